// The upper part of an episode: steps along x, and a track for each text and each signal.
'use strict';

NM.tracks = (() => {
    const groupNames = { sequence: 'Sequence', memory: 'Memory', controller: 'Controller', output: 'Output' };

    /** How many digits of an output are not those of its target, as a text; empty where none are. */
    function wrongBits(view, step) {
        const [target, output] = [view.targets[step], view.outputs[step]];
        const count = [...target].filter((digit, place) => output && digit !== output[place]).length;
        return count > 0 ? String(count) : '';
    }

    /** Rows of texts that stand over the heatmaps; digits that are drawn as heatmaps are left out. */
    function textRows(view, signals) {
        const has = name => signals.some(signal => signal.group === 'sequence' && signal.name === name);
        // Real numbers are neither right nor wrong.
        const isWrong = step => !view.areNumbers && view.targets[step] && view.outputs[step] && view.targets[step] !== view.outputs[step];
        const candidates = [
            { name: 'input', texts: view.inputs, isDrawn: has('inputs') },
            { name: 'target', texts: view.targets, isDrawn: has('targets') || has('output probabilities') },
            { name: 'output', texts: view.outputs, isDrawn: has('output probabilities') || has('outputs'), isWrong },
        ];
        const areDigits = row => row.texts.every(text => /^[0-9. e+−-]*$/.test(text));
        const shown = candidates.filter(row => row.texts.some(text => text) && !(row.isDrawn && areDigits(row)));
        if (!view.areNumbers && shown.every(row => row.name !== 'output') && view.targets.some(text => text)) {
            shown.push({ name: 'wrong bits', texts: view.inputs.map((_, step) => wrongBits(view, step)), isWrong });
        }
        return shown;
    }

    /** The width of a step, in pixels of a page: what its texts want, and more where a short episode leaves room. */
    function cellWidth(view, rows) {
        const steps = view.inputs.length;
        const longest = Math.max(0, ...rows.flatMap(row => row.texts.map(text => [...text].length)));
        if (longest <= 1 && steps > 60) return 14;
        const wanted = longest <= 1 ? 26 : Math.min(88, 12 + 8 * longest);
        const room = Math.min(window.innerWidth, 1240) - 260;
        return Math.max(wanted, Math.min(56, Math.floor(room / steps)));
    }

    /** A row of texts, one for each step; a wrong output is marked by a sign and a frame, not by colour alone. */
    function textTrack(row) {
        const cells = row.texts.map((text, step) => {
            const isWrong = row.isWrong && row.isWrong(step);
            const cell = NM.element('span', { className: isWrong ? 'nm-cell nm-wrong' : 'nm-cell' });
            cell.append(NM.text.isolated(text));
            if (text) cell.title = NM.text.visible(text);
            if (isWrong) cell.title += ' (wrong)';
            return cell;
        });
        return NM.element('div', { className: 'nm-track nm-texts' },
            NM.element('div', { className: 'nm-label', textContent: row.name }),
            NM.element('div', { className: 'nm-cells' }, ...cells));
    }

    /** Numbers of steps: all where there is room, else every fifth or tenth. */
    function stepTrack(steps, cell) {
        const distance = cell >= 24 ? 1 : cell >= 12 ? 5 : 10;
        const texts = Array.from({ length: steps }, (_, step) =>
            step === 0 || (step + 1) % distance === 0 ? String(step + 1) : '');
        const track = textTrack({ name: 'step', texts });
        track.classList.add('nm-steps');
        return track;
    }

    /** Name, axes and colour scale of a signal, left of its heatmap. */
    function label(signal) {
        const legend = NM.colors.legend(signal.scale);
        const axes = NM.signals.describeAxes(signal);
        const element = NM.element('div', { className: 'nm-label' },
            NM.element('span', { className: 'nm-name' }, NM.text.isolated(signal.name)), legend.element);
        // The arrow does not stand alone in a line.
        const order = signal.kind === 'window' ? `${axes}, oldest first\u00a0↓` : `${axes}\u00a0↓`;
        if (axes) element.append(NM.element('span', { className: 'nm-axes', textContent: order }));
        return { element, redraw: legend.redraw };
    }

    /**
     * Lets pointer and keys choose a step and a row of a heatmap, and says the number there. `episode` has `step` and
     * `setStep`.
     */
    function makeInteractive(canvas, cursor, signal, view, rows, episode) {
        let present = 0;
        const text = (row, step) => {
            const name = NM.text.visible(signal.name);
            const place = NM.signals.describeRow(signal, rows[row], view);
            const number = signal.value(step, rows[row]);
            const isAbsent = signal.kind === 'window' && Number.isNaN(number);
            return `${name}, step ${step + 1}${place && `, ${place}`}: `
                + (isAbsent ? 'not there' : NM.numbers.format(number));
        };
        NM.tooltip.overCells(canvas, cursor, {
            rows: rows.length, columns: view.inputs.length, text, present: () => [present, episode.step],
            moveTo(row, step) {
                present = row;
                if (step !== episode.step) episode.setStep(step);
            },
            hover: row => { present = row; },
            choose: (row, step) => {
                present = row;
                episode.setStep(step);
            },
        });
    }

    /** The heatmap of a signal, with its label. */
    function signalTrack(signal, view, entries, episode) {
        const steps = view.inputs.length;
        const rows = NM.bitmaps.rows(signal, entries);
        const summary = `${signal.name}, ${NM.signals.describeAxes(signal) || 'one number'} in each of ${steps} steps. `
            + 'Arrow keys move over it and say the numbers.';
        const canvas = NM.element('canvas', {
            className: 'nm-heatmap', tabIndex: 0, attributes: { role: 'img', 'aria-label': NM.text.visible(summary) },
        });
        canvas.style.height = `${NM.bitmaps.height(signal, entries)}px`;
        const cursor = NM.element('span', { className: 'nm-cursor' });
        const head = label(signal);
        makeInteractive(canvas, cursor, signal, view, rows, episode);
        return {
            signal,
            element: NM.element('div', { className: 'nm-track' }, head.element,
                NM.element('div', { className: 'nm-plot' }, canvas, cursor)),
            redraw() {
                head.redraw();
                NM.bitmaps.paintSignal(canvas, signal, steps, entries);
            },
        };
    }

    /** Tracks of the signals of one group, which can be folded; `order` is the track of links, if there is one. */
    function group(name, signalTracks, order, isOpen) {
        const count = signalTracks.length;
        const title = `${groupNames[name]} (${count} ${count === 1 ? 'signal' : 'signals'})`;
        const tracks = [...order ? [order] : [], ...signalTracks];
        const summary = NM.element('summary', {}, NM.element('span', { textContent: title }));
        const element = NM.element('details', { className: 'nm-group', open: isOpen }, summary,
            ...tracks.map(track => track.element));
        let isDrawn = false;
        const draw = () => {
            if (!element.open || isDrawn) return;
            isDrawn = true;
            tracks.forEach(track => track.redraw());
        };
        element.addEventListener('toggle', draw);
        return { name, element, redraw() { isDrawn = false; draw(); } };
    }

    /** Which signals have a track of their own: contents and links are in the panel below. */
    const isTrack = signal => signal.kind !== 'entries' && signal.role !== 'links'
        && !(signal.role === 'contents' && signal.axes.length > 1);

    /** All tracks of an episode; `setStep` moves the play-head and keeps it in sight. */
    function build(view, signals, entries, episode) {
        const rows = textRows(view, signals);
        const steps = view.inputs.length;
        const cell = cellWidth(view, rows);
        const order = NM.links.makeTrack(view, signals, episode, cell);
        const playHead = NM.element('div', { className: 'nm-play-head' });
        const content = NM.element('div', { className: 'nm-tracks' }, stepTrack(steps, cell), ...rows.map(textTrack));
        const groups = Object.keys(groupNames).flatMap(name => {
            const own = signals.filter(signal => signal.group === name && isTrack(signal));
            if (own.length === 0) return [];
            const isOpen = name === 'sequence' || name === 'memory';
            const tracks = own.map(signal => signalTrack(signal, view, entries, episode));
            return [group(name, tracks, name === 'memory' ? order : null, isOpen)];
        });
        content.append(...groups.map(each => each.element), playHead);
        content.style.setProperty('--cell', `${cell}px`);
        content.style.setProperty('--steps', steps);
        const scroll = NM.element('div', {
            className: 'nm-scroll', tabIndex: 0, attributes: { role: 'region', 'aria-label': 'Signals, step by step' },
        }, content);
        return {
            element: scroll, cell, textRows: rows, order,
            redraw: () => groups.forEach(each => each.redraw()),
            /** Whether the group of a signal is unfolded. */
            isOpen: signal => groups.some(each => each.name === signal.group && each.element.open),
            setStep(step) {
                // On the play-head alone: a property of all tracks would make the browser look at each of them.
                playHead.style.left = `calc(var(--label) + ${step * cell}px)`;
                if (order) order.show(step);
                const labels = scroll.querySelector('.nm-label').offsetWidth;
                const left = step * cell;
                const room = scroll.clientWidth - labels;
                if (left < scroll.scrollLeft) scroll.scrollLeft = left;
                if (left + cell > scroll.scrollLeft + room) scroll.scrollLeft = left + cell - room;
            },
        };
    }

    return { build, isTrack };
})();
