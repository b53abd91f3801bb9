// The lower part of an episode: what the memory holds at the chosen step, and the step's single numbers.
'use strict';

NM.panel = (() => {
    const format = number => NM.numbers.format(number);

    /** A number with a bar beside it. */
    function meter(number, scale) {
        const bar = NM.element('span', { className: 'nm-meter-bar' });
        bar.style.width = `${Math.min(100, Math.max(0, number / scale.high * 100))}%`;
        bar.style.background = NM.colors.css(Math.max(number, 0.5 * scale.high), scale);
        return NM.element('span', { className: 'nm-meter' },
            NM.element('span', { className: 'nm-meter-room' }, bar), format(number));
    }

    /** What goes in and comes out at a step, and all signals that are one number. */
    function numbersOfStep(view, signals, step) {
        const list = NM.element('dl', { className: 'nm-numbers' });
        const add = (name, ...content) => {
            const value = NM.element('dd', {}, ...content);
            list.append(NM.element('div', {}, NM.element('dt', {}, NM.text.isolated(name)), value));
        };
        add('input', NM.text.isolated(view.inputs[step]));
        if (view.targets[step]) add('target', NM.text.isolated(view.targets[step]));
        if (view.outputs[step]) add('output', NM.text.isolated(view.outputs[step]));
        for (const signal of signals.filter(signal => NM.bitmaps.isBars(signal) && signal.group === 'memory')) {
            add(signal.name, meter(signal.value(step, 0), signal.scale));
        }
        return list;
    }

    /** The vector of an entry as a strip of colours. */
    function strip(vector, scale) {
        const canvas = NM.element('canvas', { className: 'nm-strip' });
        NM.bitmaps.paintMatrix(canvas, vector, Math.max(1, vector.length), scale);
        canvas.title = Array.from(vector.subarray(0, 64), format).join(' ') + (vector.length > 64 ? ' …' : '');
        return canvas;
    }

    /** The entries of a stack, queue or deque: the last one of the memory's order first. */
    function entriesTable(view, signals, step) {
        const strengths = signals.find(signal => signal.kind === 'window' && signal.role === 'strength');
        if (!strengths) return null;
        const reads = signals.filter(signal => signal.kind === 'window' && signal.role === 'weighting');
        const contents = signals.find(signal => signal.kind === 'entries');
        const entries = [...strengths.at(step)].reverse();
        const titles = ['pushed at', strengths.name.replace(/s$/, ''), ...reads.map(read => `${read.name} weight`)];
        if (contents) titles.push(`vector (${contents.size} numbers)`);
        const head = NM.element('tr', {}, ...titles.map(title =>
            NM.element('th', { attributes: { scope: 'col' } }, NM.text.isolated(title))));
        const rows = entries.map(([entry, strength]) => {
            const weights = reads.map(read => read.at(step).get(entry) || 0);
            const cells = [
                NM.text.isolated(NM.signals.describeEntry(entry, view)), meter(strength, strengths.scale),
                ...weights.map((weight, i) => meter(weight, reads[i].scale)),
            ];
            if (contents) cells.push(strip(contents.vector(entry), contents.scale));
            return NM.element('tr', {}, ...cells.map(cell => NM.element('td', {}, cell)));
        });
        if (rows.length === 0) return NM.element('p', { textContent: 'The memory is empty after this step.' });
        const order = { stack: 'Top first.', queue: 'Newest first.', deque: 'Top first.' }[view.memory] || '';
        const count = `${rows.length} ${rows.length === 1 ? 'entry' : 'entries'}`;
        const table = NM.element('table', {},
            NM.element('caption', { textContent: `${count} after step ${step + 1}. ${order}` }),
            NM.element('thead', {}, head), NM.element('tbody', {}, ...rows));
        const attributes = { role: 'region', 'aria-label': 'Entries' };
        return NM.element('div', { className: 'nm-entries', tabIndex: 0, attributes }, table);
    }

    /** A heatmap of `rows` × `columns` with its title and scale; `paint(canvas)` draws it. */
    function figure({ title, scale, width, height, rows, columns, paint, text }) {
        const label = NM.text.visible(`${title}. Arrow keys move over it and say the numbers.`);
        const canvas = NM.element('canvas', {
            className: 'nm-heatmap', tabIndex: 0, attributes: { role: 'img', 'aria-label': label },
        });
        canvas.style.width = `${width}px`;
        canvas.style.height = `${height}px`;
        paint(canvas);
        const cursor = NM.element('span', { className: 'nm-cursor' });
        let present = [0, 0];
        NM.tooltip.overCells(canvas, cursor, {
            rows, columns, text, present: () => present, moveTo: (...cell) => { present = cell; },
        });
        const caption = NM.element('figcaption', {},
            NM.element('span', {}, NM.text.isolated(title)), NM.colors.legend(scale).element);
        caption.style.width = `${width}px`;
        return NM.element('figure', {}, caption, NM.element('div', { className: 'nm-plot' }, canvas, cursor));
    }

    /** A bar for each row, of one head's weighting. */
    function weightingFigure(signal, step, height) {
        const shown = NM.signals.shownRows(signal);
        const weights = Float32Array.from(shown, row => signal.value(step, row));
        return figure({
            title: signal.name.replace(/ weighting$/, ''), scale: signal.scale, width: 96, height,
            rows: shown.length, columns: 1,
            paint: canvas => NM.bitmaps.paintRowBars(canvas, weights, signal.scale),
            text: place => `${signal.name}, row ${shown[place]}: ${format(weights[place])}`,
        });
    }

    /** What each row of a memory holds. */
    function contentsFigure(memory, step, height) {
        const shown = NM.signals.shownRows(memory);
        const columns = memory.size / NM.signals.rowCount(memory);
        const numbers = Float32Array.from({ length: shown.length * columns }, (_, place) =>
            memory.value(step, shown[Math.floor(place / columns)] * columns + place % columns));
        return figure({
            title: `${memory.name}: ${NM.signals.describeAxes(memory).replace(' ×', ' ↓ ×')} →`,
            scale: memory.scale, height,
            // On a telephone, as narrow as leaves room for the weightings.
            width: Math.max(150, Math.min(280, 12 * columns, window.innerWidth - 260)),
            rows: shown.length, columns,
            paint: canvas => NM.bitmaps.paintMatrix(canvas, numbers, columns, memory.scale),
            text: (place, column) =>
                `${memory.name}, row ${shown[place]}, column ${column}: ${format(numbers[place * columns + column])}`,
        });
    }

    /** The matrix of links: how much the row of a line was written right after the row of a column. */
    function linksFigure(signals, step) {
        const links = signals.find(signal => signal.role === 'links');
        if (!links) return null;
        const count = NM.signals.rowCount(links);
        const shown = NM.signals.shownRows(links);
        if (shown.length === 0) return null;
        const places = new Map(shown.map((row, place) => [row, place]));
        const numbers = new Float32Array(shown.length ** 2);
        for (const [link, number] of links.at(step)) {
            numbers[places.get(Math.floor(link / count)) * shown.length + places.get(link % count)] = number;
        }
        // A row has a pixel at least, and a telephone shows it whole as far as that leaves room.
        const side = Math.max(shown.length, Math.min(384, Math.max(192, 5 * shown.length), window.innerWidth - 64));
        return NM.element('div', { className: 'nm-memory' }, figure({
            title: `${links.name}: to row ↓ from row →`, scale: links.scale, width: side, height: side,
            rows: shown.length, columns: shown.length,
            paint: canvas => NM.bitmaps.paintMatrix(canvas, numbers, shown.length, links.scale),
            text: (to, from) => {
                const number = numbers[to * shown.length + from];
                const place = `${links.name}, row ${shown[to]}, column ${shown[from]}: `;
                if (number === 0) return `${place}below ${format(links.least)}`;
                return `${place}${format(number)}\nrow ${shown[to]} was written right after row ${shown[from]}`;
            },
        }));
    }

    /** Rows × columns of a memory, with the weightings beside the rows. */
    function memoryFigures(signals, step) {
        const memory = signals.find(signal =>
            signal.kind === 'dense' && signal.role === 'contents' && signal.axes.length === 2);
        const weightings = signals.filter(signal => signal.kind === 'dense' && signal.role === 'weighting'
            && (!memory || signal.size === NM.signals.rowCount(memory)));
        if (!memory && weightings.length === 0) return null;
        const rows = NM.signals.shownRows(memory || weightings[0]).length;
        const height = Math.min(512, Math.max(120, 3 * rows));
        return NM.element('div', { className: 'nm-memory' },
            ...memory ? [contentsFigure(memory, step, height)] : [],
            ...weightings.map(signal => weightingFigure(signal, step, height)));
    }

    /** An element whose `show(step)` draws a step. */
    function build(view, signals) {
        const element = NM.element('div', { className: 'nm-panel' });
        return {
            element,
            show(step) {
                const parts = [
                    entriesTable(view, signals, step), memoryFigures(signals, step), linksFigure(signals, step),
                ].filter(part => part);
                element.replaceChildren(NM.element('h4', { textContent: `Step ${step + 1}` }),
                    numbersOfStep(view, signals, step), ...parts);
            },
        };
    }

    return { build };
})();
