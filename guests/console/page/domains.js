// SPDX-License-Identifier: Apache-2.0
// The domains: a row each, what this key may do with it, and what became of what was asked.
'use strict';

const POWER_SECONDS = 60; // that a guest has to power off before the page offers to stop it

const ACTS = [
    {name: 'start', label: 'Start',
        when: (state) => ['stopped', 'refused', 'waiting'].includes(state)},
    {name: 'stop', label: 'Stop', when: (state) => state !== 'stopped',
        asks: 'It ends at once, as if the power failed, and stays stopped until someone starts it.'},
    {name: 'restart', label: 'Restart', when: () => true,
        asks: 'It ends at once, as if the power failed; its memory is emptied and it starts anew.'},
    {name: 'power-button', label: 'Power button', when: (state) => state === 'running',
        asks: 'Its system is asked to shut down, and then stays stopped. ' +
            `If it still runs after ${POWER_SECONDS} s, this page offers to stop it.`,
        also: 'Let the console stop it then; it does so even when this page is closed.'},
    {name: 'check', label: 'Check', when: () => true},
];
// A sign beside the word; the word is what counts.
const SIGNS = {running: '\u25b6', stopped: '\u25a0', refused: '\u2716', unknown: '?'};

class Domains {
    // `hooks`: live() whether buttons work, toggleSerial(name), heard(words) for screen readers.
    constructor(body, hooks) {
        this.body = body;
        this.hooks = hooks;
        this.rows = new Map(); // by name
    }

    // All of them; those that are no longer there go.
    putAll(machine, list) {
        for (const [name, row] of this.rows) {
            if (!list.some((domain) => domain.name === name)) {
                row.node.remove();
                this.rows.delete(name);
            }
        }
        list.forEach((domain) => this.put(machine, domain));
    }

    put(machine, domain) {
        let row = this.rows.get(domain.name);
        if (!row) {
            row = this.#makeRow(machine, domain);
            this.rows.set(domain.name, row);
            this.body.append(row.node);
        }
        row.fault = sameFault(row.domain, domain) ? row.fault : null;
        if (row.domain.state !== domain.state) {
            this.hooks.heard(`${domain.name} is ${domain.state}`);
        }
        row.domain = domain;
        row.at = performance.now();
        this.#readFault(row);
        this.#putButtons(row);
        this.#settle(row);
        this.#show(row);
    }

    // Once a second: what goes on by itself.
    tick() {
        this.rows.forEach((row) => this.#show(row));
    }

    expand(open) {
        for (const [name, {serial}] of this.rows) {
            if (serial) {
                serial.setAttribute('aria-expanded', open.includes(name));
                say(serial, open.includes(name) ? '\u25be Serial' : '\u25b8 Serial');
            }
        }
    }

    #makeRow(machine, domain) {
        const cell = (name) => make('td', {class: name});
        const row = {asked: null, power: null, may: null, fault: null, domain, at: 0,
            state: cell('state'), health: cell('health'), acts: make('div', {class: 'acts'}),
            told: make('p', {class: 'told'}),
            offer: make('button', {type: 'button', class: 'danger', hidden: ''}, 'Stop it now')};
        row.offer.addEventListener('click', () => this.#press(row, ACTS[1]));
        const head = make('th', {scope: 'row'}, make('span', {class: 'name'}, domain.name),
            makeLabel(machine, domain.level, domain.label));
        const colour = colourOf(machine, domain.level);
        if (colour) {
            head.style.borderLeftColor = safeColour(colour);
        }
        if (domain.start_after.length > 0) {
            head.append(make('p', {class: 'muted'}, `starts after ${domain.start_after.join(', ')}`));
        }
        row.node = make('tr', {'data-domain': domain.name}, head, row.state,
            makeOwned(machine, domain), row.health,
            make('td', {}, row.acts, row.told, row.offer));
        return row;
    }

    // Made anew only when rights change, so that the focus stays where it is.
    #putButtons(row) {
        const may = row.domain.may.join();
        if (row.may !== may) {
            row.may = may;
            row.buttons = ACTS.filter(({name}) => row.domain.may.includes(name)).map((act) =>
                ({act, node: make('button', {type: 'button', 'data-act': act.name,
                    onclick: () => this.#press(row, act)}, act.label)}));
            row.serial = row.domain.may.includes('serial-read') ?
                make('button', {type: 'button', 'data-act': 'serial', 'aria-expanded': 'false',
                    onclick: () => this.hooks.toggleSerial(row.domain.name)},
                    '\u25b8 Serial') : null;
            row.acts.replaceChildren(...row.buttons.map(({node}) => node),
                ...(row.serial ? [row.serial] : []));
            row.told.classList.toggle('kept', row.buttons.length > 0);
            if (row.buttons.length === 0 && !row.serial) {
                row.acts.append(make('span', {class: 'muted'}, 'nothing'));
            }
        }
    }

    async #press(row, act) {
        const {name, level, label, state} = row.domain;
        if (!this.hooks.live() || (state !== null && !act.when(state))) {
            return;
        }
        let body;
        if (act.asks) {
            const mark = row.node.querySelector('.label').cloneNode(true);
            const also = mayStopLater(row.domain) ? act.also : undefined;
            const answer = await ask(`${act.label}: ${name}?`, mark, act.asks,
                `${act.label} ${name}`, also);
            if (!answer) {
                return;
            }
            body = answer.also ? {stop_after: POWER_SECONDS} : undefined;
        }
        row.power = null;
        row.asked = {act, ticket: null, at: performance.now(), answered: null};
        this.#show(row);
        try {
            const {ticket} = await post(`/v1/domains/${encodeURIComponent(name)}/${act.name}`, body);
            row.asked.ticket = ticket;
            if (act.name === 'power-button') {
                row.power = {lives: row.domain.lives, at: performance.now()};
            }
            this.#settle(row);
        } catch (error) {
            row.asked = {...row.asked, failed: error.message};
            this.hooks.heard(`${act.label} ${name} was not done: ${error.message}`);
        }
        this.#show(row);
    }

    // Whether what was asked has come to rest.
    #settle(row) {
        const {asked, power, domain} = row;
        if (asked && asked.ticket !== null && asked.answered === null && domain.answered !== null &&
            isAnswered(domain.answered, asked.ticket)) {
            asked.answered = performance.now();
            this.hooks.heard(`${asked.act.label} ${domain.name}: answered`);
        }
        if (power && (domain.state !== 'running' || domain.lives !== power.lives)) {
            row.power = null;
        }
    }

    // The address of a fault is told only of one domain at a time, and to those who may read it.
    async #readFault(row) {
        const {domain} = row;
        if (domain.fault && row.fault === null && domain.may.includes('counters')) {
            row.fault = domain.fault;
            try {
                const whole = await read(`/v1/domains/${encodeURIComponent(domain.name)}`);
                row.fault = whole.fault || domain.fault;
                this.#show(row);
            } catch (error) { // the reason alone stays shown
            }
        }
    }

    #show(row) {
        const {domain} = row;
        const age = (performance.now() - row.at) / 1000;
        putLines(row.state, stateLines(domain, age));
        putLines(row.health, healthLines(domain, row.fault || domain.fault));
        row.node.dataset.state = domain.state || 'unread';
        for (const {act, node} of row.buttons) {
            node.setAttribute('aria-disabled',
                !this.hooks.live() || (domain.state !== null && !act.when(domain.state)));
        }
        const late = row.power && performance.now() - row.power.at >= POWER_SECONDS * 1000;
        row.offer.hidden = !late || !domain.may.includes('stop');
        say(row.told, toldText(row, late, age));
        row.told.classList.toggle('failed', Boolean(late || (row.asked && row.asked.failed)));
    }
}

// A stop that comes later is one of the life that the console sees.
function mayStopLater({may}) {
    return may.includes('stop') && may.includes('status');
}

function sameFault(before, after) {
    return before.fault && after.fault && before.fault.reason === after.fault.reason &&
        before.fault.deaf === after.fault.deaf && before.lives === after.lives;
}

function makeOwned(machine, domain) {
    const list = make('ul', {}, make('li', {},
        `${countText(domain.cpus, 'processor')}, ${memoryText(domain.memory)}`));
    for (const device of domain.devices) {
        const item = make('li', {}, make('code', {}, device.pci), ` device ${device.id}`);
        const network = machine.networks.find(({name}) => name === device.network);
        if (network) {
            item.append(make('br'), `network ${network.name}`,
                network.exposed ? ' (exposed) ' : ' ',
                makeLabel(machine, network.level, network.level));
        }
        list.append(item);
    }
    if (domain.devices.length === 0) {
        list.append(make('li', {class: 'muted'}, 'no devices'));
    }
    return make('td', {class: 'owned'}, list);
}

// Lines are {text, kind}; what is already there is left alone.
function putLines(cell, lines) {
    const key = JSON.stringify(lines);
    if (cell.dataset.key !== key) {
        cell.dataset.key = key;
        cell.replaceChildren(...lines.map(({text, kind}) => make('p', {class: kind || ''}, text)));
    }
}

function stateLines(domain, age) {
    if (domain.state === null) {
        return [{text: 'status may not be read with this key', kind: 'muted'}];
    }
    const sign = SIGNS[domain.state] || '\u2026';
    const lines = [{text: `${sign} ${domain.state}`, kind: 'word'},
        {text: `for ${durationText(domain.since + age)}`}, {text: `life ${domain.lives}`}];
    if (domain.state === 'waiting' && domain.start_after.length > 0) {
        lines.push({text: `waits for ${domain.start_after.join(', ')}`});
    }
    if (domain.last_end !== null) {
        lines.push({text: `last end: ${domain.last_end}`});
    }
    return lines;
}

function healthLines(domain, fault) {
    if (domain.state === null) {
        return [];
    }
    const lines = [{text: domain.restarts_left === null ? 'restarts: no limit' :
        `restarts left: ${domain.restarts_left}`,
        kind: domain.restarts_left === 0 ? 'bad' : ''}];
    lines.push(fault ? {kind: 'bad', text: `DMA fault: reason ${fault.reason}` +
        (fault.address === null ? '' : ` at ${fault.address}`) +
        (fault.deaf ? '; it goes on, and its IOMMU unit tells no more faults' : '')} :
        {text: 'no DMA fault'});
    if (domain.check_failed) {
        lines.push({text: `check ${domain.checks} FAILED: ${domain.check_failed}`, kind: 'bad'});
    } else {
        lines.push({text: domain.checks ? `check ${domain.checks}: nothing found` :
            'no check asked for yet'});
    }
    return lines;
}

// What became of what was asked, here or elsewhere.
function toldText({asked, power, domain}, late, age) {
    const seconds = (since) => Math.floor((performance.now() - since) / 1000);
    if (domain.stop_in) {
        return 'Power button pressed; the console stops it ' +
            `in ${Math.max(0, Math.ceil(domain.stop_in - age))} s if it still runs.`;
    }
    if (late) {
        return `Still running ${seconds(power.at)} s after the power button` +
            (domain.may.includes('stop') ? '.' : '; this key may not stop it.');
    }
    if (power) {
        return `Power button pressed; it has ${POWER_SECONDS - seconds(power.at)} s to shut down.`;
    }
    // One that has come after what was asked here.
    if ((!asked || asked.answered !== null || asked.failed) && domain.ticket !== domain.answered) {
        return `Ticket ${domain.ticket}, asked elsewhere, is not answered yet.`;
    }
    if (!asked) {
        return '';
    }
    const what = asked.act.label;
    if (asked.failed) {
        return `${what} was not done: ${asked.failed}`;
    }
    if (asked.ticket === null) {
        return `${what}: asking...`;
    }
    if (asked.answered !== null) {
        const took = Math.round((asked.answered - asked.at) / 100) / 10;
        return `${what}: ticket ${asked.ticket} answered after ${took} s.`;
    }
    return domain.answered === null ? `${what}: ticket ${asked.ticket}.` :
        `${what}: ticket ${asked.ticket}, waiting ${seconds(asked.at)} s.`;
}
