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

    /** Says the number under the pointer. */
    function sayNumbers(canvas, columns, rows, text) {
        canvas.addEventListener('pointermove', event => {
            const box = canvas.getBoundingClientRect();
            const place = (share, count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));
            const row = place((event.clientY - box.top) / box.height, rows);
            const column = place((event.clientX - box.left) / box.width, columns);
            NM.tooltip.show(text(row, column), event.clientX, event.clientY);
        });
        canvas.addEventListener('pointerleave', NM.tooltip.hide);
    }

    function figure(title, scale, canvas, width, height) {
        canvas.style.width = `${width}px`;
        canvas.style.height = `${height}px`;
        const caption = NM.element('figcaption', {},
            NM.element('span', {}, NM.text.isolated(title)), NM.colors.legend(scale).element);
        caption.style.width = `${width}px`;
        return NM.element('figure', {}, caption, canvas);
    }

    /** A bar for each row, of one head's weighting. */
    function weightingFigure(signal, step, height) {
        const weights = signal.at(step);
        const canvas = NM.element('canvas', { className: 'nm-heatmap' });
        NM.bitmaps.paintRowBars(canvas, weights, signal.scale);
        sayNumbers(canvas, 1, weights.length, row => `${signal.name}, row ${row}: ${format(weights[row])}`);
        const name = signal.name.replace(/ weighting$/, '');
        return figure(name, signal.scale, canvas, 96, height);
    }

    /** Rows × columns of a memory, with the weightings beside the rows. */
    function memoryFigures(signals, step) {
        const memory = signals.find(signal =>
            signal.kind === 'dense' && signal.role === 'contents' && signal.axes.length === 2);
        const rows = memory && NM.signals.count(memory.axes[0]);
        const weightings = signals.filter(signal =>
            signal.kind === 'dense' && signal.role === 'weighting' && (!memory || signal.size === rows));
        if (!memory && weightings.length === 0) return null;
        const height = Math.min(512, Math.max(120, 3 * (rows || weightings[0].size)));
        const parts = weightings.map(signal => weightingFigure(signal, step, height));
        if (memory) {
            const columns = memory.size / rows;
            const numbers = memory.at(step);
            const canvas = NM.element('canvas', { className: 'nm-heatmap' });
            NM.bitmaps.paintMatrix(canvas, numbers, columns, memory.scale);
            sayNumbers(canvas, columns, rows, (row, column) =>
                `${memory.name}, row ${row}, column ${column}: ${format(numbers[row * columns + column])}`);
            const title = `${memory.name}: ${rows} rows ↓ × ${columns} columns →`;
            // On a telephone, as narrow as leaves room for the weightings.
            const width = Math.max(150, Math.min(280, 12 * columns, window.innerWidth - 260));
            parts.unshift(figure(title, memory.scale, canvas, width, height));
        }
        return NM.element('div', { className: 'nm-memory' }, ...parts);
    }

    /** An element whose `show(step)` draws a step. */
    function build(view, signals) {
        const element = NM.element('div', { className: 'nm-panel' });
        return {
            element,
            show(step) {
                const parts = [entriesTable(view, signals, step), memoryFigures(signals, step)].filter(part => part);
                element.replaceChildren(NM.element('h4', { textContent: `Step ${step + 1}` }),
                    numbersOfStep(view, signals, step), ...parts);
            },
        };
    }

    return { build };
})();
