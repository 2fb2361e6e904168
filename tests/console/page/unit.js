// SPDX-License-Identifier: Apache-2.0
// Unit tests of the page's pure functions; `results` is what tests/console/page/drive.py asks for.
'use strict';

const results = {passed: 0, failed: []};

function same(name, found, wanted) {
    if (JSON.stringify(found) === JSON.stringify(wanted)) {
        results.passed++;
    } else {
        results.failed.push(`${name}: ${JSON.stringify(found)} is not ${JSON.stringify(wanted)}`);
    }
}

// A row in short: marks between bars, "+" at the end of one that goes on.
function short({pieces, goesOn}) {
    return pieces.map(({text, mark}) => mark ? `|${text}|` : text).join('') + (goesOn ? '+' : '');
}

const bytesIn = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const utf8 = (text) => new TextEncoder().encode(text);

// What bytes come to, in pieces of `step` bytes, with the row that is still open.
function rowsOf(bytes, step) {
    const text = new SerialText();
    const rows = [];
    for (let at = 0; at < bytes.length; at += step) {
        rows.push(...text.push(bytes.subarray(at, at + step)));
    }
    const open = text.open();
    return rows.concat(open ? [open] : []).map(short);
}

// However bytes are cut up on their way, they come to the same.
function serial(name, bytes, wanted) {
    for (const step of [1, 2, 3, 7, bytes.length || 1]) {
        same(`${name}, ${step} at a time`, rowsOf(bytes, step), wanted);
    }
}

// Lines and what ends them.
serial('nothing', bytesIn(''), []);
serial('lines', bytesIn('a\r\nb\n\nlogin: '), ['a', 'b', '', 'login: ']);
serial('many CRs before the end', bytesIn('a\r\r\nb\r\n'), ['a', 'b']);
serial('CR that would overwrite', bytesIn('100 %\rdone\r\n'), ['100 %|CR|done']);
serial('tab', bytesIn('\ta\tb\n'), ['        a       b']);
same('a CR is held back', rowsOf(bytesIn('a\r'), 2), ['a']);
same('not without end', rowsOf(bytesIn('\r'.repeat(20)), 20)[0].startsWith('|CR||CR|'), true);

// Controls.
serial('controls', bytesIn('\x00\x07\x08\x0b\x0c\x1a\x7f\n'),
    ['|NUL||BEL||BS||VT||FF||SUB||DEL|']);
serial('C1', bytesIn('\xc2\x9b31m\n'), ['|U+009B|31m']);
serial('colours', bytesIn('\x1b[1;31mred\x1b[0m\n'), ['|ESC [1;31m|red|ESC [0m|']);
serial('screen', bytesIn('\x1b[2J\x1b[H\x1bc\n'), ['|ESC [2J||ESC [H||ESC c|']);
serial('title', bytesIn('\x1b]0;x\x07\n'), ['|ESC ]|0;x|BEL|']);
serial('escape at the end of a line', bytesIn('\x1b\r\na\n'), ['|ESC |', 'a']);
serial('escape within one', bytesIn('\x1b[3\x1b[1m\n'), ['|ESC [3||ESC [1m|']);
serial('escape and a letter of several bytes', utf8('\x1b[\u00e9\n'), ['|ESC [|\u00e9']);
same('escape without end', rowsOf(bytesIn(`\x1b[${'1'.repeat(100)}m\n`), 200)[0].length < 120, true);
same('open escape is seen', rowsOf(bytesIn('a\x1b[1'), 4), ['a|ESC [1|']);
same('its name, typed', rowsOf(bytesIn('ESC [1m|'), 8), ['ESC [1m|']);

// Unicode.
serial('letters', utf8('na\u00efve \u20ac \u{1f512}\n'), ['na\u00efve \u20ac \u{1f512}']);
serial('direction', utf8('\u202eabc\u202c \u2066x\u2069 \u200f\u061c\n'),
    ['|U+202E|abc|U+202C| |U+2066|x|U+2069| |U+200F||U+061C|']);
serial('marks that stack', utf8('e\u0301\u0302\n'), ['e|U+0301||U+0302|']);
serial('blanks', utf8('\u00a0\u2003\u3000\u3164\u115f\u2800\u00ad\u200b\ufeff\n'),
    ['|U+00A0||U+2003||U+3000||U+3164||U+115F||U+2800||U+00AD||U+200B||U+FEFF|']);
serial('line ends of Unicode', utf8('a\u2028b\u2029c\u0085d\n'), ['a|U+2028|b|U+2029|c|U+0085|d']);
serial('tags, private, variation', utf8('\u{e0041}\ue000\ufe0f\n'),
    ['|U+E0041||U+E000||U+FE0F|']);
serial('no UTF-8', bytesIn('\xff\xfe\xc0\xaf \xe2\x28\xa1\n'),
    ['|0xFF||0xFE||0xC0||0xAF| |0xE2|(|0xA1|']);
serial('surrogate, too long, too large', bytesIn('\xed\xa0\x80\xe0\x80\x80\xf4\x90\x80\x80\n'),
    ['|0xED||0xA0||0x80||0xE0||0x80||0x80||0xF4||0x90||0x80||0x80|']);
serial('cut off by a line', bytesIn('\xe2\x82\na\n'), ['|0xE2||0x82|', 'a']);
serial('markup', bytesIn('<script>alert(1)</script>&amp;\n'), ['<script>alert(1)</script>&amp;']);

// Long lines.
const long = rowsOf(bytesIn(`${'W'.repeat(4096)}\r\nend\r\n`), 1000);
same('rows of a long line', long.length, Math.ceil(4096 / ROW_COLUMNS) + 1);
same('its first', long[0], `${'W'.repeat(ROW_COLUMNS)}+`);
same('nothing is lost', long.join('').replace(/[^W]/g, '').length, 4096);
same('after it', long[long.length - 1], 'end');
same('just as long as a row', rowsOf(bytesIn(`${'x'.repeat(ROW_COLUMNS)}\n`), 999),
    ['x'.repeat(ROW_COLUMNS)]);

// What is lost.
const broken = new SerialText();
broken.push(bytesIn('half \xe2'));
same('cut', broken.cut().map(short), ['half ']);
same('nothing is left of it', broken.push(bytesIn('\x82new\n')).map(short), ['|0x82|new']);

// Text of others in one line.
same('pieces', short({pieces: piecesOf('a\n\u202eb')}), 'a|LF||U+202E|b');
same('base64', base64Of('\u00e9\r'), 'w6kN');
same('and back', [...bytesOf('w6kN')], [0xc3, 0xa9, 13]);

// Words.
same('seconds', durationText(0), '0 s');
same('minutes', durationText(61.9), '1 min 1 s');
same('days', durationText(90000), '1 d 1 h');
same('backwards', durationText(-5), '0 s');
same('memory', [memoryText(1 << 30), memoryText(3 << 19), memoryText(1000)],
    ['1 GiB', '1536 KiB', '1000 bytes']);
same('counts', [countText(1, 'row'), countText(0, 'row')], ['1 row', '0 rows']);
same('time', timeText(1796032800), '2026-11-30 10:00:00 UTC');
same('last day', daysLeft('2026-11-30', 1796032800), 0);
same('the day after', daysLeft('2026-11-29', 1796032800), -1);
same('digest', digestText('0123456789abcdef'), '01234567 89abcdef');
same('tickets', [isAnswered(7, 7), isAnswered(8, 7), isAnswered(6, 7)], [true, true, false]);
same('tickets that go round', [isAnswered(1, 0xffffffff), isAnswered(0xffffffff, 1)],
    [true, false]);
same('problem', problemText(403, {detail: 'no right'}), 'no right');
same('problem without words', problemText(502, null), 'the console answered 502');

// Records: their numbers are little-endian.
const record = (kind, value) => ({kind, record: '0'.repeat(48) + value.padEnd(80, '0')});
same('grave', [record('refused', ''), record('check', '05'), record('check', '0001'),
    record('console', '02')].map(isGrave), [true, true, true, true]);
same('not grave', [record('start', '07'), record('check', ''), record('console', '01')].map(isGrave),
    [false, false, false]);

// Colours.
same('colour', safeColour('#007a33'), '#007a33');
same('no colour', ['red', '#fff', null, '#007a33;x', 'url(x)'].map(safeColour),
    Array(5).fill('#5a6470'));
same('ink', [inkOn('#ffffff'), inkOn('#000000'), inkOn('#c8102e'), inkOn('#fcd116')],
    ['#000000', '#ffffff', '#ffffff', '#000000']);
const levels = [{name: 'secret', colour: '#1'}, {name: 'secret-west', colour: '#2'},
    {name: 'top', colour: '#3'}];
const levelName = (classification, domains) =>
    (levelOfMachine({classification, levels}, domains) || {name: null}).name;
same('level', levelName('SECRET {crypto}', []), 'secret');
same('level that begins like another', levelName('secret-west', []), 'secret-west');
same('the domains\' highest', levelName('?', [{level: 'secret-west'}, {level: 'secret'}]),
    'secret-west');
same('none', levelName('', [{level: null}]), null);

// The address.
same('view', viewOf('#serial=a,b&log=c'), {serial: ['a', 'b'], log: 'c'});
same('no view', viewOf(''), {serial: [], log: ''});
same('fragment', fragmentOf({serial: ['a', 'b'], log: 'c'}), '#serial=a,b&log=c');
same('no fragment', fragmentOf({serial: [], log: ''}), '');
