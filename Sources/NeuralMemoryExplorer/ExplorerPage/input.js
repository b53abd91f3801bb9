// The sequence that all panes show: typed, painted, or drawn by the task.
'use strict';

NX.input = (() => {
    /** Up to so many symbols are buttons; more would be a wall of them. */
    const mostButtons = 40;
    let kind = null;
    let onchange = () => {};
    /** What to ask the server for: `input`, or `length` and `seed`, and `vectors` where they were painted. */
    let wish = {};
    /** Whether the server's answer says what is to be shown in the fields. */
    let isExpected = true;

    const fields = () => ['input', 'length', 'seed'].map(NX.byId);

    function drawnWish() {
        const [, length, seed] = fields();
        const numbers = { seed: Math.max(0, Math.floor(Number(seed.value) || 0)) };
        if (length.value !== '') numbers.length = Math.floor(Number(length.value));
        return numbers;
    }

    function change(newWish, expected) {
        wish = newWish;
        isExpected = expected;
        NX.byId('reset').hidden = !wish.vectors;
        onchange(expected);
    }

    function symbolButtons({ names, count, separator }) {
        const insert = name => {
            const box = NX.byId('input');
            const text = box.value;
            const needsSeparator = text !== '' && separator !== '' && !text.endsWith(separator) && !text.endsWith('\t');
            box.value = text + (needsSeparator ? separator : '') + name;
            box.dispatchEvent(new Event('input'));
        };
        const shown = names.slice(0, mostButtons);
        const buttons = shown.map(name => {
            const button = NM.element('button', {
                type: 'button', title: 'Add this symbol', attributes: { 'aria-label': `Add ${NM.text.visible(name)}` },
            }, NM.text.isolated(name));
            button.addEventListener('click', () => insert(name));
            return button;
        });
        const others = count - shown.length;
        const rest = others > 0 ? [NM.element('span', { textContent: `and ${NX.count(others)} more` })] : [];
        const help = separator === '' ? 'Each character is a symbol:' : 'Symbols, with spaces between them:';
        return [NM.element('span', { textContent: help }), ...buttons, ...rest];
    }

    /** Shows the fields that fit a kind of input. */
    function setKind(newKind) {
        if (kind && newKind && kind.inputs === newKind.inputs) return;
        kind = newKind;
        const { symbols, vectors, lengths } = kind;
        NX.byId('fields').hidden = false;
        NX.byId('typed').hidden = !symbols;
        NX.byId('painted').hidden = !vectors;
        NX.byId('length-field').hidden = !lengths;
        NX.byId('drawn-note').textContent = '';
        if (symbols) NX.byId('symbols').replaceChildren(...symbolButtons(symbols));
        const [input, length, seed] = fields();
        input.value = '';
        seed.value = 1;
        // Without lengths, sequences are data.
        length.value = '';
        if (lengths) {
            Object.assign(length, { min: lengths.least, max: lengths.most, step: lengths.unit, value: lengths.usual });
        }
        wish = drawnWish();
        isExpected = true;
    }

    /** Takes from an answer what was drawn for a wish, unless somebody has gone on typing or painting. */
    function adopt(answer, ofWish) {
        if (ofWish !== wish) return;
        const [input] = fields();
        input.removeAttribute('aria-invalid');
        if (isExpected && answer.input !== undefined) input.value = answer.input;
        if (isExpected && answer.vectors && kind.vectors) NX.paint.show(answer.vectors, kind.vectors.channels);
        const isTyped = wish.input !== undefined;
        NX.byId('drawn-note').textContent = isTyped ? 'Typed: the network answers by itself.'
            : wish.vectors ? 'Painted: the target is not known.'
                : answer.place ? `From the data, with its target: ${NM.text.visible(answer.place)}.`
                    : 'Drawn by the task, with its target.';
        isExpected = false;
    }

    function begin(action) {
        onchange = action;
        const [input, length, seed] = fields();
        const typed = NX.debounced(150, () => change({ input: input.value }, false));
        input.addEventListener('input', typed);
        const drawn = NX.debounced(150, () => change(drawnWish(), true));
        length.addEventListener('input', drawn);
        seed.addEventListener('input', drawn);
        NX.byId('draw').addEventListener('click', () => {
            seed.value = drawnWish().seed + 1;
            change(drawnWish(), true);
        });
        NX.byId('reset').addEventListener('click', () => change(drawnWish(), true));
        let painted = null;
        const paint = NX.debounced(60, () => change({ ...drawnWish(), vectors: painted }, false));
        NX.paint.begin(vectors => {
            painted = vectors.map(vector => [...vector]);
            paint();
        });
    }

    return {
        begin, setKind, adopt,
        get wish() { return wish; },
        get kind() { return kind; },
        /** Whether a run takes the same sequences. */
        fits: run => !kind || !run.kind || run.kind.inputs === kind.inputs,
        /** Marks the text as one that cannot be read. */
        refuse() { if (wish.input !== undefined) NX.byId('input').setAttribute('aria-invalid', 'true'); },
    };
})();
