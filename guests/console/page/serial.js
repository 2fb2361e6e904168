// SPDX-License-Identifier: Apache-2.0
// A domain's serial port. Each row is three cells: name and label are the page's, and what the guest
// printed can't leave the one between them.
'use strict';

const ROWS_KEPT = 1000;
const SHOW_MS = 200;      // between two changes of what is shown, however much is printed
const WRITE_BYTES = 1024; // most that one request takes

class SerialView {
    // `hooks`: close(), failed(words), live().
    constructor(machine, domain, hooks) {
        this.domain = domain;
        this.hooks = hooks;
        this.label = () => makeLabel(machine, domain.level, domain.label);
        this.colour = safeColour(colourOf(machine, domain.level));
        this.next = null; // number of the byte that comes next
        this.dropped = 0;
        this.waiting = []; // rows and notes that are not shown yet
        this.timer = 0;
        this.text = new SerialText();
        this.openRow = null;
        this.rows = make('div', {class: 'serial', tabindex: '0', role: 'log', 'aria-live': 'off',
            'aria-label': `Serial output of ${domain.name}, label ${domain.label}`});
        this.count = make('span', {class: 'muted'}, 'asking');
        const id = `serial-${domain.name}`;
        this.node = make('section', {class: 'panel', 'aria-labelledby': id},
            make('div', {class: 'bar'},
                make('h2', {id}, `Serial: ${domain.name}`), this.label(), this.count,
                make('button', {type: 'button', onclick: hooks.close}, 'Close')),
            this.rows);
        this.node.style.borderLeftColor = this.colour;
        // Both are read whole, but for a label that would leave no room.
        this.node.style.setProperty('--name', `${domain.name.length + 3}ch`);
        this.node.style.setProperty('--label', `${Math.min((domain.label || '').length || 8, 36) + 6}ch`);
        if (domain.may.includes('serial-write')) {
            this.node.append(this.#makeInput());
        }
    }

    // An event of the stream; bytes that were here before are passed over.
    take({from, lost, base64}) {
        let bytes = bytesOf(base64);
        const end = from + bytes.length;
        if (this.next !== null && from < this.next) {
            bytes = bytes.subarray(Math.min(this.next - from, bytes.length));
        }
        const gap = this.next === null ? lost : Math.max(0, from - this.next);
        if (gap > 0) {
            this.#put(...this.text.cut());
            this.#put({note: this.next === null ? `${countText(gap, 'earlier byte')} are no longer kept` :
                `${countText(gap, 'byte')} lost: printed faster than read`});
        }
        this.next = Math.max(end, this.next || 0);
        this.#put(...this.text.push(bytes));
        this.timer = this.timer || setTimeout(() => this.show(), SHOW_MS);
    }

    // What was printed since the last time.
    show() {
        const isBottom = this.rows.scrollTop + this.rows.clientHeight >= this.rows.scrollHeight - 8;
        clearTimeout(this.timer);
        this.timer = 0;
        if (this.openRow) {
            this.openRow.remove();
            this.openRow = null;
        }
        const excess = this.rows.childElementCount + this.waiting.length + 1 - ROWS_KEPT;
        for (let i = 0; i < excess && this.rows.firstElementChild; i++, this.dropped++) {
            this.rows.firstElementChild.remove();
        }
        this.rows.append(...this.waiting.map((row) => this.#makeRow(row)));
        this.waiting = [];
        const open = this.text.open();
        if (open) {
            this.openRow = this.#makeRow(open);
            this.rows.append(this.openRow);
        }
        say(this.count, this.next === 0 ? 'nothing printed yet' :
            `${countText(this.rows.childElementCount, 'row')}, byte ${this.next}` +
            (this.dropped ? `; ${this.dropped} older dropped` : ''));
        if (isBottom) {
            this.rows.scrollTop = this.rows.scrollHeight;
        }
    }

    // Of a flood only what will be kept is made into rows.
    #put(...rows) {
        this.waiting.push(...rows);
        const excess = this.waiting.length - (ROWS_KEPT - 1);
        if (excess > 0) {
            this.waiting.splice(0, excess);
            this.dropped += excess;
        }
    }

    #makeRow({note, pieces, goesOn}) {
        if (note) {
            return make('div', {class: 'note'}, `Console: ${note}`);
        }
        const guest = make('span', {class: 'guest'});
        putPieces(guest, pieces);
        const name = make('span', {class: 'from'}, this.domain.name);
        name.style.borderLeftColor = this.colour;
        const label = make('span', {class: 'from'},
            `${goesOn ? '\u21b5 ' : ''}${this.domain.label || 'no label'}`);
        label.style.borderRightColor = this.colour;
        return make('div', {class: 'row'}, name, guest, label);
    }

    #makeInput() {
        const id = `type-${this.domain.name}`;
        const text = make('input', {id, type: 'text', autocomplete: 'off', spellcheck: 'false',
            autocapitalize: 'off', maxlength: '250'});
        const enter = make('input', {type: 'checkbox', checked: ''});
        const send = async (bytes) => {
            if (!this.hooks.live()) {
                return false;
            }
            try {
                const {written} = await post(
                    `/v1/domains/${encodeURIComponent(this.domain.name)}/serial`,
                    {base64: base64Of(bytes)});
                const wanted = new TextEncoder().encode(bytes).length;
                if (written < wanted) {
                    this.hooks.failed(`${this.domain.name} took ${written} of ${wanted} bytes: ` +
                        'it has not read what was typed before');
                }
                return written > 0;
            } catch (error) {
                this.hooks.failed(`Typing to ${this.domain.name}: ${error.message}`);
                return false;
            }
        };
        return make('form', {class: 'bar', onsubmit: async (event) => {
            event.preventDefault();
            if (await send(text.value + (enter.checked ? '\r' : ''))) {
                text.value = '';
            }
        }}, make('label', {for: id}, `Type to ${this.domain.name}`), text,
        make('button', {}, 'Send'), make('label', {}, enter, ' with Enter'),
        make('button', {type: 'button', onclick: () => send('\x03')}, 'Ctrl-C'));
    }
}
