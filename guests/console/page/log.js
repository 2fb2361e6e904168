// SPDX-License-Identifier: Apache-2.0
// The audit log: newest first, read once and then as it grows.
'use strict';

const LOG_STEP = 100;
const LOG_KEPT = 4096; // records that the page holds

class Log {
    // `hooks`: machine(), domain(name), failed(words), changed() when another domain is chosen.
    constructor(section, hooks) {
        this.hooks = hooks;
        this.body = section.querySelector('tbody');
        this.choice = byId('log-domain');
        this.records = []; // by number
        this.limit = LOG_STEP;
        this.choice.addEventListener('change', () => {
            this.limit = LOG_STEP;
            this.show();
            hooks.changed();
        });
        byId('log-more').addEventListener('click', () => {
            this.limit += LOG_STEP;
            this.show();
        });
    }

    // Number of the record that follows on the last one here.
    next() {
        return this.records.length > 0 ? this.records[this.records.length - 1].number + 1 : 0;
    }

    // All from a number on, a record a line; a line may say that some are no longer kept.
    async read(from) {
        let text;
        try {
            text = await request(`/v1/audit?from=${from}`);
        } catch (error) {
            this.hooks.failed(`Audit log: ${error.message}`);
            return;
        }
        for (const line of text.split('\n')) {
            if (line !== '') {
                const record = JSON.parse(line);
                if (record.number !== undefined) {
                    this.#keep(record);
                }
            }
        }
        this.show();
    }

    // A record of the stream; what was missed between it and the former is fetched. Of some the stream
    // says only how many they are: what of them is kept is fetched, too.
    add(record) {
        const next = this.next();
        if (record.number === undefined) {
            this.read(next);
            return;
        }
        if (this.#keep(record)) {
            this.#count();
            if (this.#matches(record)) {
                this.body.prepend(this.#makeRow(record));
                if (this.body.childElementCount > this.limit) {
                    this.body.lastElementChild.remove();
                }
            }
        }
        if (record.number > next) {
            this.read(next);
        }
    }

    names(list) {
        for (const name of list) {
            if (![...this.choice.options].some(({value}) => value === name)) {
                this.choice.append(make('option', {value: name}, name));
            }
        }
    }

    show() {
        const chosen = this.records.filter((record) => this.#matches(record));
        this.body.replaceChildren(...chosen.slice(-this.limit).reverse()
            .map((record) => this.#makeRow(record)));
        this.#count();
    }

    #count() {
        const all = this.records.filter((record) => this.#matches(record)).length;
        const lost = this.records.length > 0 ? this.records[0].number : 0;
        const missing = this.next() - lost - this.records.length;
        say(byId('log-count'), `${Math.min(all, this.limit)} of ${countText(all, 'record')}` +
            (lost ? `; the first ${lost} are no longer kept` : '') +
            (missing ? `; ${missing} BETWEEN ARE MISSING` : ''));
        byId('log-more').hidden = all <= this.limit;
    }

    // False if it is here already.
    #keep(record) {
        let at = this.records.length;
        while (at > 0 && this.records[at - 1].number > record.number) {
            at--;
        }
        if (at > 0 && this.records[at - 1].number === record.number) {
            return false;
        }
        this.records.splice(at, 0, record);
        if (this.records.length > LOG_KEPT) {
            this.records.shift();
        }
        return true;
    }

    #matches({domain}) {
        return this.choice.value === '' || domain === this.choice.value;
    }

    #makeRow(record) {
        const grave = isGrave(record);
        const domain = make('td');
        const known = record.domain === null ? null : this.hooks.domain(record.domain);
        if (record.domain !== null) {
            domain.append(make('span', {class: 'name'}, record.domain));
        }
        if (known) {
            domain.append(makeLabel(this.hooks.machine(), known.level, known.label));
        }
        const text = make('td');
        putPieces(text, piecesOf(record.text));
        return make('tr', {class: grave ? 'grave' : ''},
            make('td', {class: 'number'}, String(record.number)),
            make('td', {class: 'time'}, record.time === null ? 'no clock' :
                record.time.replace('T', ' ').replace('Z', '')),
            make('td', {class: 'kind'}, `${grave ? '! ' : ''}${record.kind}`), domain, text,
            make('td', {}, make('details', {},
                make('summary', {}, make('code', {}, record.hash.slice(0, 12))),
                make('code', {}, `hash ${digestText(record.hash)}`), make('br'),
                make('code', {}, `record ${digestText(record.record)}`))));
    }
}
