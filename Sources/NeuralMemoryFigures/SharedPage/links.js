// The order in which rows were written, as links between them tell it: arcs over the steps, at the chosen step.
'use strict';

NM.links = (() => {
    /** Room over the line of steps, and for each read head under it. */
    const above = 66;
    const below = 16;
    /** Smaller shares and arcs are not drawn. */
    const least = 0.02;

    const explanation = 'Order of writes, at the chosen step: an arc from step s to step t is how strongly the links '
        + 'lead from the rows that s wrote last to the rows that t wrote last; a dot is how much is left of a step’s '
        + 'write; ▲ is what a head reads, at the step that wrote it.';

    /** The links of a memory, with the weightings of its heads; null where there are none. */
    function find(signals) {
        const links = signals.find(signal => signal.role === 'links');
        const weightings = signals.filter(signal => signal.kind === 'dense' && signal.role === 'weighting');
        const write = weightings.find(signal => signal.name === 'write weighting');
        const reads = weightings.filter(signal => /^read( \d+)? weighting$/.test(signal.name));
        return links && write ? { links, write, reads } : null;
    }

    // MARK: Numbers

    /** Which steps wrote what the rows hold after a step: for each row, steps with their shares of it. */
    function writers(write, step) {
        const byRow = new Map();
        const left = new Float32Array(write.size).fill(1);
        for (let writer = step; writer >= 0; writer--) {
            write.at(writer).forEach((weight, row) => {
                const share = weight * left[row];
                left[row] *= 1 - weight;
                if (share < least) return;
                if (!byRow.has(row)) byRow.set(row, []);
                byRow.get(row).push({ step: writer, share });
            });
        }
        return byRow;
    }

    /** Adds a number to what a map has under a key. */
    const add = (map, key, number) => map.set(key, (map.get(key) || 0) + number);

    /** Arcs between steps, with `from`, `to` and `strength`, by the links after a step. */
    function arcs({ links, write }, byRow, step) {
        const strengths = new Map();
        for (const [place, link] of links.at(step)) {
            const [row, former] = [Math.floor(place / write.size), place % write.size];
            for (const to of byRow.get(row) || []) {
                for (const from of byRow.get(former) || []) {
                    add(strengths, from.step * 65536 + to.step, to.share * link * from.share);
                }
            }
        }
        return [...strengths].sort(([first], [second]) => first - second)
            .map(([key, strength]) => ({ from: Math.floor(key / 65536), to: key % 65536, strength }))
            .filter(({ from, to, strength }) => from !== to && strength >= least);
    }

    /** How much each step wrote of what a weighting reads. */
    function sources(weights, byRow) {
        const steps = new Map();
        for (const [row, writers] of byRow) {
            for (const { step, share } of writers) add(steps, step, weights[row] * share);
        }
        return steps;
    }

    /** All that the picture after a step shows. */
    function state(memory, step) {
        const byRow = writers(memory.write, step);
        const left = new Map();
        for (const writers of byRow.values()) for (const { step: writer, share } of writers) add(left, writer, share);
        return {
            step, byRow, left, arcs: arcs(memory, byRow, step),
            reads: memory.reads.map(read => sources(read.at(step), byRow)),
        };
    }

    // MARK: Picture

    function shape(name, attributes, ...children) {
        const element = document.createElementNS('http://www.w3.org/2000/svg', name);
        for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
        element.append(...children);
        return element;
    }

    const short = number => Number(number.toFixed(2));

    /** An arc with its head; one back to an earlier step is dashed. */
    function arcShape({ from, to, strength }, cell) {
        const [start, end, y] = [(from + 0.5) * cell, (to + 0.5) * cell, above - 7];
        const middle = (start + end) / 2;
        const height = Math.min(above - 14, 8 + 0.3 * Math.abs(end - start));
        const length = Math.hypot(end - middle, 2 * height);
        const [along, down] = [(end - middle) / length, 2 * height / length];
        const side = sign => `${short(end - 6 * along + sign * 3 * down)},${short(y - 6 * down - sign * 3 * along)}`;
        return shape('g', { opacity: short(0.12 + 0.88 * Math.min(1, strength)) },
            shape('path', {
                d: `M${short(start)} ${y}Q${short(middle)} ${short(y - 2 * height)} ${short(end)} ${y}`,
                fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6,
                ...to < from ? { 'stroke-dasharray': 4 } : {},
            }),
            shape('path', { d: `M${short(end)},${y}L${side(1)}L${side(-1)}z`, fill: 'currentColor' }));
    }

    /** Marks under the steps that wrote what a head reads. */
    function readShapes(steps, head, cell) {
        const y = above + 7 + head * below;
        return [...steps].filter(([, weight]) => weight >= least).map(([step, weight]) => {
            const x = short((step + 0.5) * cell);
            const opacity = short(0.12 + 0.88 * Math.min(1, weight));
            return shape('path', { d: `M${x} ${y}l5 9h-10z`, fill: 'currentColor', opacity });
        });
    }

    const size = (memory, steps, cell) => [steps * cell, above + 6 + below * memory.reads.length];

    /** The picture of a state, in colours of its own, so that it can be saved as it is. */
    function picture(memory, state, steps, cell) {
        const theme = getComputedStyle(document.documentElement);
        const dots = Array.from({ length: steps }, (_, step) => {
            const r = short(1.2 + 3.3 * Math.min(1, state.left.get(step) || 0));
            const opacity = step > state.step ? 0.25 : 1;
            return shape('circle', { cx: short((step + 0.5) * cell), cy: above, r, fill: 'currentColor', opacity });
        });
        const [width, height] = size(memory, steps, cell);
        const written = shape('g', { color: theme.getPropertyValue('--accent').trim() },
            ...state.arcs.map(arc => arcShape(arc, cell)), ...dots);
        const read = shape('g', { color: theme.getPropertyValue('--mark').trim() },
            ...state.reads.flatMap((steps, head) => readShapes(steps, head, cell)));
        return shape('svg', { width, height, viewBox: `0 0 ${width} ${height}` }, written, read);
    }

    // MARK: Texts

    /** Up to three numbers of a list, the largest first. */
    const largest = (list, text) => list.sort((first, second) => second.number - first.number).slice(0, 3)
        .map(each => `${text(each)} ${NM.numbers.format(each.number)}`);

    const stepText = (step, view) => `step ${step + 1}, “${NM.text.visible(view.inputs[step])}”`;

    /** What a step wrote, which links lead to it and from it, and how much of it is read. */
    function describeStep(memory, state, step, view) {
        if (step > state.step) return `${stepText(step, view)}: after the chosen step`;
        const rows = [...state.byRow].flatMap(([row, writers]) =>
            writers.filter(writer => writer.step === step).map(({ share }) => ({ row, number: share })));
        const links = (end, other) => state.arcs.filter(arc => arc[end] === step)
            .map(arc => ({ step: arc[other], number: arc.strength }));
        const reads = memory.reads.map((read, head) => ({ read, number: state.reads[head].get(step) || 0 }))
            .filter(({ number }) => number >= least);
        const wrote = largest(rows, ({ row }) => `row ${row}:`);
        const writing = wrote.length > 0 ? `wrote ${wrote.join(', ')}` : 'nothing that it wrote is left';
        return [
            `${stepText(step, view)}: ${writing}`,
            ...largest(links('to', 'from'), link => `link from step ${link.step + 1}:`),
            ...largest(links('from', 'to'), link => `link to step ${link.step + 1}:`),
            ...reads.map(({ read, number }) => `${read.name}: ${NM.numbers.format(number)}`),
        ].join('\n');
    }

    // MARK: Track

    /** Lets pointer and keys say the numbers: left and right choose the step, up and down go from arc to arc. */
    function makeInteractive(plot, track, memory, view, cell, episode) {
        let arc = -1;
        const at = event => {
            const box = plot.getBoundingClientRect();
            return Math.min(episode.steps - 1, Math.max(0, Math.floor((event.clientX - box.left) / cell)));
        };
        const sayAt = (step, text) => {
            const box = plot.getBoundingClientRect();
            NM.tooltip.show(text, box.left + (step + 0.5) * cell, box.top + above);
        };
        const sayStep = () => sayAt(episode.step, describeStep(memory, track.state, episode.step, view));
        plot.addEventListener('pointermove', event =>
            NM.tooltip.show(describeStep(memory, track.state, at(event), view), event.clientX, event.clientY));
        plot.addEventListener('pointerleave', NM.tooltip.hide);
        plot.addEventListener('click', event => episode.setStep(at(event)));
        plot.addEventListener('focus', () => { if (plot.matches(':focus-visible')) sayStep(); });
        plot.addEventListener('blur', NM.tooltip.hide);
        NM.onArrows(plot, (bySteps, byArcs) => {
            if (bySteps) {
                arc = -1;
                episode.setStep(episode.step + bySteps);
                return sayStep();
            }
            const { arcs } = track.state;
            if (arcs.length === 0) return sayAt(episode.step, 'no links');
            arc = Math.min(arcs.length - 1, Math.max(0, arc + byArcs));
            const { from, to, strength } = arcs[arc];
            sayAt(to, `link from ${stepText(from, view)}\nto ${stepText(to, view)}: ${NM.numbers.format(strength)}`);
        });
    }

    /** The track of an episode whose memory has links; null for others. */
    function makeTrack(view, signals, episode, cell) {
        const memory = find(signals);
        if (!memory) return null;
        const heads = memory.reads.map(read => read.name.replace(/ weighting$/, '')).join(', ');
        const order = memory.reads.length > 1 ? '\u00a0↓' : '';
        const summary = 'Order of writes: arcs are links between the rows that two steps wrote. Left and right choose '
            + 'the step, up and down go from link to link and say its strength.';
        const plot = NM.element('div', {
            className: 'nm-plot nm-order', tabIndex: 0, attributes: { role: 'img', 'aria-label': summary },
        });
        const label = NM.element('div', { className: 'nm-label' },
            NM.element('span', { className: 'nm-name', textContent: 'order of writes' }),
            NM.element('span', { className: 'nm-axes', textContent: 'arcs: links' }),
            NM.element('span', { className: 'nm-axes', textContent: `▲ ${heads}${order}` }));
        const track = {
            element: NM.element('div', { className: 'nm-track' }, label, plot),
            state: null,
            show(step) {
                track.state = state(memory, step);
                plot.replaceChildren(track.picture());
            },
            picture: () => picture(memory, track.state, episode.steps, cell),
            redraw: () => track.show(episode.step),
        };
        track.show(episode.step);
        makeInteractive(plot, track, memory, view, cell, episode);
        return track;
    }

    return { find, state, makeTrack, explanation };
})();
