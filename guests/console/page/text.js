// SPDX-License-Identifier: Apache-2.0
// What is shown in words and colours: pure functions, tested by tests/console/page/unit.html.
'use strict';

// Seconds as people say them: the two largest units.
function durationText(seconds) {
    let left = Math.max(0, Math.floor(seconds));
    const parts = [];
    for (const [unit, size] of [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]]) {
        const count = Math.floor(left / size);
        left -= count * size;
        if (count > 0 || (unit === 's' && parts.length === 0)) {
            parts.push(`${count} ${unit}`);
        }
    }
    return parts.slice(0, 2).join(' ');
}

function memoryText(bytes) {
    const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
    let unit = 0;
    while (unit + 1 < units.length && bytes >= 1024 && bytes % 1024 === 0) {
        bytes /= 1024;
        unit++;
    }
    return `${bytes} ${units[unit]}`;
}

function countText(count, noun) {
    return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

// Unix time in seconds as "2026-11-30 10:15:00 UTC".
function timeText(unix) {
    return `${new Date(unix * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

// Whole days from Unix time `now` to the end of the day `date` ("2027-01-31"); below 0 once over.
function daysLeft(date, now) {
    return Math.floor((Date.parse(`${date}T00:00:00Z`) / 1000 + 86400 - now) / 86400);
}

// Groups of eight, so that eyes can compare.
function digestText(hex) {
    return hex.replace(/.{8}(?=.)/g, '$& ');
}

// Tickets go up by one, and round; true if `answered` is `ticket` or a later one.
function isAnswered(answered, ticket) {
    return ((answered - ticket) | 0) >= 0;
}

// A colour of the manifest, or a neutral one: nothing else ever reaches a style.
function safeColour(colour) {
    return /^#[0-9a-f]{6}$/i.test(colour) ? colour : '#5a6470';
}

// Black or white, whichever is read better on a colour: at least 4.5 to 1 (WCAG 2.1).
function inkOn(colour) {
    const [red, green, blue] = [1, 3, 5].map((at) => {
        const part = parseInt(safeColour(colour).slice(at, at + 2), 16) / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    return luminance > 0.179 ? '#000000' : '#ffffff';
}

// The level that a classification begins with, else the highest that a domain has, else null.
function levelOfMachine(machine, domains) {
    const text = machine.classification.toLowerCase();
    const named = machine.levels.filter(({name}) =>
        text === name || (text.startsWith(name) && !/[a-z0-9-]/.test(text[name.length])));
    if (named.length > 0) {
        return named[0];
    }
    const owned = machine.levels.filter(({name}) => domains.some(({level}) => level === name));
    return owned.length > 0 ? owned[owned.length - 1] : null;
}

// "#serial=a,b&log=a": which serial views are open, and what the log shows.
function viewOf(fragment) {
    const words = new URLSearchParams(fragment.replace(/^#/, ''));
    return {
        serial: (words.get('serial') || '').split(',').filter((name) => name !== ''),
        log: words.get('log') || '',
    };
}

function fragmentOf(view) {
    const parts = [];
    if (view.serial.length > 0) {
        parts.push(`serial=${view.serial.map(encodeURIComponent).join(',')}`);
    }
    if (view.log !== '') {
        parts.push(`log=${encodeURIComponent(view.log)}`);
    }
    return parts.length > 0 ? `#${parts.join('&')}` : '';
}

const GRAVE = ['refused', 'panic', 'dma-fault', 'quarantine', 'machine-check', 'nmi', 'lost'];

// Whether a record wants to be seen. Its first value (kernel/abi/audit.h) says what a check found,
// and what the console noted: 1 is a log-in.
function isGrave({kind, record}) {
    const value = record.slice(48, 64);
    return GRAVE.includes(kind) || (kind === 'check' && !/^0*$/.test(value)) ||
        (kind === 'console' && !/^010*$/.test(value));
}

// What stands in a problem+json, or what HTTP itself says.
function problemText(status, body) {
    if (body && typeof body.detail === 'string') {
        return body.detail;
    }
    return `the console answered ${status}${body && body.title ? ` ${body.title}` : ''}`;
}
