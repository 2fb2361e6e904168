// SPDX-License-Identifier: Apache-2.0
// Puts the parts together: what the machine says of itself, and who looks at what.
'use strict';

const page = {
    machine: null,
    at: 0, // when `machine` came
    list: [],
    live: false,
    heardAt: null,   // Date of the last that came
    lostWords: null, // why nothing comes; null while it does
    retryAt: 0,
    serials: new Map(), // open views, by name
    wanted: viewOf(location.hash),
};

function failed(words) {
    say(byId('notice-text'), words);
    byId('notice').hidden = false;
}

function rememberView() {
    const view = {serial: [...page.serials.keys()], log: byId('log-domain').value};
    history.replaceState(null, '', location.pathname + fragmentOf(view));
    domains.expand(view.serial);
}

function toggleSerial(name) {
    const open = page.serials.get(name);
    const domain = page.list.find((each) => each.name === name);
    if (open) {
        open.node.remove();
        page.serials.delete(name);
    } else if (domain && domain.may.includes('serial-read')) {
        const view = new SerialView(page.machine, domain, {failed, live: () => page.live,
            close: () => {
                toggleSerial(name);
                document.querySelector(`tr[data-domain="${CSS.escape(name)}"] [data-act=serial]`)
                    .focus();
            }});
        page.serials.set(name, view);
        byId('serials').append(view.node);
        if (page.wanted === null) {
            view.node.scrollIntoView({block: 'nearest'});
        }
    }
    rememberView();
    link.reopen();
}

function putBanner() {
    const level = levelOfMachine(page.machine, page.list);
    for (const node of document.querySelectorAll('[data-banner]')) {
        say(node, page.machine.classification || 'no classification defined');
        node.classList.toggle('long', node.textContent.length > 80);
        if (level) {
            paint(node, level.colour);
        }
    }
    document.title = `${page.machine.classification || 'no classification'} - ` +
        `${page.machine.host} - Bulkhead`;
}

function putFacts() {
    const {manifest, server_key: key, version, you} = page.machine;
    const facts = [
        ['You', `${you.name}, ${you.role}`], ['Key valid until', '', 'expires'], ['Time', '', 'time'],
        ['Up', '', 'up'], ['Manifest', digestText(manifest), 'digest'],
        ['Console\'s key', digestText(key), 'key'], ['Version', version],
    ];
    byId('machine').replaceChildren(...facts.map(([name, text, id]) =>
        make('div', {}, make('dt', {}, name), make('dd', id ? {id} : {}, text))));
}

function tickFacts() {
    const {time, uptime, you} = page.machine;
    const age = (performance.now() - page.at) / 1000;
    say(byId('up'), durationText(uptime + age));
    say(byId('time'), time.unix === null ? 'the machine has no clock' : timeText(time.unix + age) +
        (time.believed ? '' : ' - NOT BELIEVED: operators are refused'));
    byId('time').className = time.believed ? '' : 'bad';
    const days = time.unix === null ? null : daysLeft(you.expires, time.unix + age);
    say(byId('expires'), you.expires + (days === null ? '' : days < 0 ? ' - EXPIRED' :
        ` (${countText(days, 'day')} left)`));
    byId('expires').className = days !== null && days < 30 ? 'bad' : '';
}

// Another manifest or an earlier uptime is another boot: nothing that is shown holds any more.
function putMachine(machine) {
    const {machine: before} = page;
    const age = (performance.now() - page.at) / 1000; // by a clock that may go a little faster
    if (before && (machine.manifest !== before.manifest ||
        machine.uptime + 5 < before.uptime + age * 0.999)) {
        location.reload();
    }
    page.machine = machine;
    page.at = performance.now();
    say(byId('host'), machine.host);
    byId('lab').hidden = !machine.lab;
    putFacts();
    tickFacts();
}

function putDomains(list) {
    page.heardAt = new Date();
    page.list = list;
    putBanner();
    domains.putAll(page.machine, list);
    log.names(list.map(({name}) => name));
    if (page.wanted) { // the first time: what the address asks for
        const {serial, log: chosen} = page.wanted;
        if (list.some(({name}) => name === chosen)) {
            byId('log-domain').value = chosen;
        }
        new Set(serial).forEach(toggleSerial);
        page.wanted = null;
    }
}

function putEvent(kind, data) {
    page.heardAt = new Date();
    if (kind === 'serial' && page.serials.has(data.domain)) {
        page.serials.get(data.domain).take(data);
    } else if (kind === 'audit') {
        log.add(data);
    } else if (kind === 'domain') {
        page.list = page.list.map((each) => each.name === data.name ? data : each);
        domains.put(page.machine, data);
    }
}

function putState(words, wait) {
    page.live = words === null;
    page.retryAt = performance.now() + (wait || 0);
    page.lostWords = words;
    if (page.live) {
        log.read(log.next());
    }
    document.body.classList.toggle('stale', !page.live);
    byId('lost').hidden = page.live;
    say(byId('link'), page.live ? 'Live' : 'NOT LIVE');
    domains.tick();
    tick();
}

function tick() {
    if (page.machine && page.live) {
        tickFacts();
        domains.tick();
    }
    if (page.lostWords !== null) {
        const since = page.heardAt ? ` since ${page.heardAt.toISOString().slice(11, 19)} UTC` : '';
        const wait = Math.max(0, Math.ceil((page.retryAt - performance.now()) / 1000));
        say(byId('lost-text'), `Not live${since}: ${page.lostWords}. ` +
            'What stands below is as of then, and its buttons do nothing.');
        say(byId('retry'), wait > 0 ? `Try now (else in ${wait} s)` : 'Trying');
    }
}

const link = new Link({machine: putMachine, domains: putDomains, event: putEvent, state: putState,
    serial: () => [...page.serials.keys()]});
const domains = new Domains(byId('domains').tBodies[0],
    {live: () => page.live, toggleSerial, heard: (words) => say(byId('heard'), words)});
const log = new Log(byId('log'), {failed, changed: rememberView, machine: () => page.machine,
    domain: (name) => page.list.find((each) => each.name === name)});

byId('retry').addEventListener('click', () => link.connect());
byId('notice-close').addEventListener('click', () => {
    byId('notice').hidden = true;
});
setInterval(tick, 1000);
link.connect();
