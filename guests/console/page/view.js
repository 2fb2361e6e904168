// SPDX-License-Identifier: Apache-2.0
// Elements. Text goes in as text only; there is no way from a string to markup.
'use strict';

const byId = (id) => document.getElementById(id);

// An element; options are attributes, `class`, and listeners as `onNAME`.
function make(tag, options, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(options || {})) {
        if (name.startsWith('on')) {
            node.addEventListener(name.slice(2), value);
        } else {
            node.setAttribute(name, value);
        }
    }
    node.append(...children);
    return node;
}

// Sets text only where it differs, so that selections and screen readers are left in peace.
function say(node, text) {
    if (node.textContent !== text) {
        node.textContent = text;
    }
}

function paint(node, colour) {
    node.style.backgroundColor = safeColour(colour);
    node.style.color = inkOn(colour);
}

function colourOf(machine, level) {
    const found = machine.levels.find(({name}) => name === level);
    return found ? found.colour : null;
}

// A label: its text on its level's colour, or that there is none.
function makeLabel(machine, level, text) {
    const colour = colourOf(machine, level);
    const node = make('span', {class: colour ? 'label' : 'label none'}, text || level || 'no label');
    if (colour) {
        paint(node, colour);
    }
    return node;
}

// Someone else's text: what is not plain is marked.
function putPieces(node, pieces) {
    node.replaceChildren(...pieces.map(({text, mark}) =>
        mark ? make('span', {class: 'mark'}, text) : text));
}

// Asks before an act; resolves to null where it shall not be. Escape, and Enter at once, are no.
// `also`: a choice beside it, not taken unless it is ticked.
function ask(heading, label, text, yes, also) {
    const dialog = byId('ask');
    say(byId('ask-heading'), heading);
    byId('ask-label').replaceChildren(label);
    say(byId('ask-text'), text);
    say(byId('ask-yes'), yes);
    byId('ask-also').checked = false;
    byId('ask-also-line').hidden = !also;
    say(byId('ask-also-text'), also || '');
    dialog.returnValue = 'no';
    dialog.showModal();
    byId('ask-no').focus();
    return new Promise((resolve) => {
        dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes' ?
            {also: byId('ask-also').checked} : null), {once: true});
    });
}
