// SPDX-License-Identifier: Apache-2.0
// The way to the console: requests, the stream of events, and whether they work.
'use strict';

const ANSWER_MS = 8000;  // after which a request has failed
const REFRESH_MS = 5000; // between looks at the domains, which also show that the line is dead
const RETRY_MS = [1000, 2000, 4000, 8000, 15000];

// A request; resolves to the answer's text. Fails with an Error in words.
async function request(path, options) {
    let answer;
    let text;
    try {
        answer = await fetch(path, {cache: 'no-store', redirect: 'error',
            signal: AbortSignal.timeout(ANSWER_MS), ...options});
        text = await answer.text();
    } catch (error) {
        throw new Error(error.name === 'TimeoutError' ?
            `no answer within ${ANSWER_MS / 1000} s` : 'the console can\'t be reached');
    }
    if (!answer.ok) {
        let body = null;
        try {
            body = JSON.parse(text);
        } catch (error) { // then HTTP's own word is all there is
        }
        throw new Error(problemText(answer.status, body));
    }
    return text;
}

const read = async (path) => JSON.parse(await request(path));

async function post(path, body) {
    const headers = {'Bulkhead-Request': '1'};
    const options = {method: 'POST', headers};
    if (body !== undefined) {
        headers['Content-Type'] = 'application/json';
        options.body = JSON.stringify(body);
    }
    return JSON.parse(await request(path, options));
}

// Keeps one stream open and the domains fresh. `hooks`: machine(), domains(), event(kind, data),
// state(words or null while all is well, seconds until the next try), serial() names for the stream.
class Link {
    constructor(hooks) {
        this.hooks = hooks;
        this.source = null;
        this.failures = 0;
        this.tries = 0; // a number for each attempt: what an older one still brings is dropped
        this.timer = 0;
    }

    async connect() {
        const attempt = this.#reset();
        try {
            const machine = await read('/v1/machine');
            const {domains} = await read('/v1/domains');
            if (attempt === this.tries) {
                this.hooks.machine(machine);
                this.hooks.domains(domains);
                this.#open(attempt);
            }
        } catch (error) {
            this.#fail(attempt, error.message);
        }
    }

    // The set of serial views has changed.
    reopen() {
        if (this.source) {
            this.#open(this.#reset());
        }
    }

    #reset() {
        clearTimeout(this.timer);
        if (this.source) {
            this.source.close();
            this.source = null;
        }
        return ++this.tries;
    }

    #fail(attempt, words) {
        if (attempt === this.tries) {
            this.#reset();
            const wait = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)];
            this.timer = setTimeout(() => this.connect(), wait);
            this.hooks.state(words, wait);
        }
    }

    #open(attempt) {
        const serial = this.hooks.serial().map(encodeURIComponent).join(',');
        const path = `/v1/events?${serial ? `serial=${serial}&` : ''}audit=1`;
        const source = new EventSource(path);
        this.source = source;
        source.addEventListener('open', () => {
            if (attempt === this.tries) {
                this.failures = 0;
                this.hooks.state(null);
            }
        });
        source.addEventListener('error', () => this.#explain(attempt, path));
        for (const kind of ['serial', 'audit', 'domain']) {
            source.addEventListener(kind, (event) => {
                if (attempt === this.tries) {
                    this.hooks.event(kind, JSON.parse(event.data));
                }
            });
        }
        this.#refresh(attempt);
    }

    // A stream does not say why it ended: a request for the same does, if it is refused.
    async #explain(attempt, path) {
        if (attempt !== this.tries) {
            return;
        }
        this.source.close();
        const stop = new AbortController();
        const limit = setTimeout(() => stop.abort(), ANSWER_MS);
        let words = 'the stream of events ended';
        try {
            const answer = await fetch(path, {cache: 'no-store', signal: stop.signal});
            if (!answer.ok) {
                words = problemText(answer.status, await answer.json());
            }
        } catch (error) {
            words = 'the console can\'t be reached';
        }
        clearTimeout(limit);
        stop.abort();
        this.#fail(attempt, words);
    }

    #refresh(attempt) {
        this.timer = setTimeout(async () => {
            try {
                const {domains} = await read('/v1/domains');
                if (attempt === this.tries) {
                    this.hooks.domains(domains);
                    this.#refresh(attempt);
                }
            } catch (error) {
                this.#fail(attempt, error.message);
            }
        }, REFRESH_MS);
    }
}
