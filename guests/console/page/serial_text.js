// SPDX-License-Identifier: Apache-2.0
// What a guest printed, as rows that are safe to show: pure, tested by tests/console/page/unit.html.
// Guests are hostile: nothing that they print moves a cursor, hides, reorders or stacks up text.
'use strict';

const ROW_COLUMNS = 120; // longer lines go on in rows of their own
const ESCAPE_BYTES = 32; // of a sequence that is shown as one mark
const UTF8 = new TextDecoder('utf-8', {ignoreBOM: true}); // which leaves that mark in
const CONTROLS = ('NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK ' +
    'SYN ETB CAN EM SUB ESC FS GS RS US').split(' ');
// Letters, digits, punctuation, symbols, space. Not among them: controls, what changes direction,
// marks that stack on a letter, spaces that look like others; letters that are blank are taken out.
const PLAIN = /^[\p{L}\p{N}\p{P}\p{S} ]$/u;
const BLANK = /^[\p{Default_Ignorable_Code_Point}\u2800]$/u;

function isPlain(character) {
    return PLAIN.test(character) && !BLANK.test(character);
}

// The name of a character that is not shown as itself.
function markOf(code) {
    if (code < CONTROLS.length) {
        return CONTROLS[code];
    }
    return code === 0x7f ? 'DEL' : `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

function bytesOf(base64) {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function base64Of(text) {
    return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

// Text of one line, from whomever, as pieces: {text, mark}. A mark is shown in a way of its own, so
// that a guest that prints its name can't pass for it.
function piecesOf(text) {
    const pieces = [];
    for (const character of text) {
        addPiece(pieces, isPlain(character) ? character : markOf(character.codePointAt(0)),
            !isPlain(character));
    }
    return pieces;
}

function addPiece(pieces, text, mark) {
    const last = pieces[pieces.length - 1];
    if (last && !mark && !last.mark) {
        last.text += text;
    } else {
        pieces.push({text, mark});
    }
}

// The length of the UTF-8 character at `at`; 0: its end has not come yet; -1: it is none.
function characterBytes(bytes, at) {
    const first = bytes[at];
    const length = first < 0x80 ? 1 : first < 0xc2 ? -1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 :
        first < 0xf5 ? 4 : -1;
    for (let i = 1; i < length; i++) {
        if (at + i === bytes.length) {
            return 0;
        }
        // The second byte excludes surrogates, what is too long, and what is beyond Unicode.
        const low = i > 1 ? 0x80 : {0xe0: 0xa0, 0xf0: 0x90}[first] || 0x80;
        const high = i > 1 ? 0xbf : {0xed: 0x9f, 0xf4: 0x8f}[first] || 0xbf;
        if (bytes[at + i] < low || bytes[at + i] > high) {
            return -1;
        }
    }
    return length;
}

// Bytes to rows. A row: {pieces, goesOn: whether the line is longer than this row}.
class SerialText {
    constructor() {
        this.rest = new Uint8Array(0); // the beginning of a character
        this.returns = 0;              // CRs that may belong to a line's end
        this.escape = '';              // a sequence that is not whole yet
        this.pieces = [];
        this.columns = 0;
        this.rows = [];
    }

    // The rows that are whole now.
    push(bytes) {
        const all = new Uint8Array(this.rest.length + bytes.length);
        all.set(this.rest);
        all.set(bytes, this.rest.length);
        let at = 0;
        for (let length; at < all.length; at += Math.abs(length)) {
            length = characterBytes(all, at);
            if (length === 0) {
                break;
            }
            if (length < 0) {
                this.#settle();
                this.#add(`0x${all[at].toString(16).toUpperCase()}`, true);
            } else {
                this.#take(UTF8.decode(all.subarray(at, at + length)));
            }
        }
        this.rest = all.slice(at);
        return this.#taken();
    }

    // The row that is being written, as far as it has come; null if it is empty.
    open() {
        const tail = [];
        if (this.escape !== '') {
            tail.push({text: this.escape, mark: true});
        }
        const pieces = this.pieces.concat(tail);
        return pieces.length > 0 ? {pieces, goesOn: false} : null;
    }

    // Ends a line whose rest is lost.
    cut() {
        this.rest = new Uint8Array(0);
        this.#settle();
        if (this.pieces.length > 0) {
            this.#end(false);
        }
        return this.#taken();
    }

    #taken() {
        const rows = this.rows;
        this.rows = [];
        return rows;
    }

    #end(goesOn) {
        this.rows.push({pieces: this.pieces, goesOn});
        this.pieces = [];
        this.columns = 0;
    }

    #add(text, mark) {
        if (this.columns + text.length > ROW_COLUMNS && this.columns > 0) {
            this.#end(true);
        }
        addPiece(this.pieces, text, mark);
        this.columns += text.length;
    }

    // What was held back in the hope that it belongs to something is shown as what it is.
    #settle() {
        for (; this.returns > 0; this.returns--) {
            this.#add('CR', true);
        }
        if (this.escape !== '') {
            this.#add(this.escape, true);
            this.escape = '';
        }
    }

    // One more character of an escape sequence; false if it is none of it.
    #takeEscape(character) {
        const code = character.codePointAt(0);
        const isFirst = this.escape === 'ESC ';
        if (code < 0x20 || code > 0x7e || this.escape.length >= ESCAPE_BYTES) {
            this.#settle();
            return false;
        }
        this.escape += character;
        if (isFirst ? character !== '[' : code >= 0x40) {
            this.#settle();
        }
        return true;
    }

    #take(character) {
        if (this.escape !== '' && this.#takeEscape(character)) {
            return;
        }
        if (character === '\r') {
            this.returns++;
        } else if (character === '\n') {
            this.returns = 0;
            this.#end(false);
        } else {
            this.#settle();
            this.#show(character);
        }
        // A flood of CRs is not worth its memory.
        if (this.returns > 8) {
            this.#settle();
        }
    }

    #show(character) {
        if (character === '\x1b') {
            this.escape = 'ESC ';
        } else if (character === '\t') {
            this.#add(' '.repeat(8 - this.columns % 8), false);
        } else if (isPlain(character)) {
            this.#add(character, false);
        } else {
            this.#add(markOf(character.codePointAt(0)), true);
        }
    }
}
