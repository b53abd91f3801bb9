// What all page scripts share: the namespace, elements, texts and numbers.
'use strict';

const NM = {};

/**
 * Makes an element. `properties` are set on it; `attributes` may be among them under that name. Children are elements
 * and texts. Texts become text nodes, never markup.
 */
NM.element = (name, properties = {}, ...children) => {
    const { attributes = {}, ...rest } = properties;
    const element = Object.assign(document.createElement(name), rest);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
};

/** Calls `move(columns, rows)` for the arrow keys, each by one, and keeps them from doing anything else. */
NM.onArrows = (element, move) => element.addEventListener('keydown', event => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (!moves[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    move(...moves[event.key]);
});

NM.text = {
    /** A text with control characters, and those that change the direction of what follows, written out. */
    visible(text) {
        const hidden = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
        return String(text).replace(hidden, character => `\\u{${character.charCodeAt(0).toString(16)}}`);
    },

    /** A text of a user as an element of its own, whose direction does not reach its neighbours. */
    isolated(text, className = '') {
        return NM.element('bdi', { textContent: NM.text.visible(text), className });
    },
};

NM.numbers = {
    /** The bytes of base64. */
    bytes(base64) {
        const binary = atob(base64);
        const bytes = new Uint8Array(binary.length);
        for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
        return bytes;
    },

    /** Half floats, little-endian, in base64. */
    halves(base64) {
        const bytes = NM.numbers.bytes(base64);
        const table = NM.numbers.halfTable();
        const numbers = new Float32Array(bytes.length / 2);
        for (let i = 0; i < numbers.length; i++) numbers[i] = table[bytes[2 * i] | bytes[2 * i + 1] << 8];
        return numbers;
    },

    /** 32-bit integers, little-endian, in base64. */
    integers(base64) {
        const view = new DataView(NM.numbers.bytes(base64).buffer);
        return Int32Array.from({ length: view.byteLength / 4 }, (_, i) => view.getInt32(4 * i, true));
    },

    /** The value of each of the 65,536 half floats; made when it is first needed. */
    halfTable() {
        if (NM.numbers.table) return NM.numbers.table;
        const table = new Float32Array(65536);
        for (let bits = 0; bits < 65536; bits++) {
            const sign = bits & 0x8000 ? -1 : 1;
            const exponent = bits >> 10 & 31;
            const fraction = bits & 1023;
            if (exponent === 31) table[bits] = fraction ? NaN : sign * Infinity;
            else if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
            else table[bits] = sign * (1024 + fraction) * 2 ** (exponent - 25);
        }
        NM.numbers.table = table;
        return table;
    },

    /** A number in three digits, which is what half floats hold. */
    format(number) {
        if (Number.isNaN(number)) return 'no number';
        if (!Number.isFinite(number)) return number > 0 ? 'above 65,504' : 'below −65,504';
        if (number === 0) return '0';
        const size = Math.abs(number);
        const text = size < 0.001 || size >= 10000 ? number.toExponential(1) : String(Number(number.toPrecision(3)));
        return text.replace('-', '−');
    },
};
