// The signals of an episode, unpacked: numbers of each step, and the range of their colours.
'use strict';

NM.signals = (() => {
    /** Of a memory with more rows than these, the rows that are not used are left out. */
    const mostRows = 64;
    /** Rows with smaller weights in all steps are not used, unless they have together more than the second number. */
    const [leastWeight, mostLeftOut] = [0.01, 0.1];

    /** What a page says about a signal's axes: "128 rows", "128 rows × 20 columns". */
    function describeAxes(signal) {
        return signal.axes.map(axis => {
            const [name, count] = Object.entries(axis)[0];
            const shown = name === 'rows' && signal.rows ? `${signal.rows.length} of ` : '';
            return count === null ? name : `${shown}${count} ${count === 1 ? name.slice(0, -1) : name}`;
        }).join(' × ');
    }

    /** The colour scale of a signal: of its role, and as wide as its numbers in the whole episode. */
    function makeScale(role, numbers) {
        let [least, most] = [0, 0];
        for (const number of numbers) {
            if (number < least && number !== -Infinity) least = number;
            if (number > most && number !== Infinity) most = number;
        }
        if (least < 0) most = Math.max(most, -least);
        if (least < 0) return { name: 'diverging', low: -most, high: most };
        const fixed = role === 'gate' || role === 'distribution';
        return { name: 'sequential', low: 0, high: fixed ? 1 : most || 1 };
    }

    /** A signal with `size` numbers in each step. */
    function dense(packed) {
        const numbers = NM.numbers.halves(packed.numbers);
        const { size } = packed;
        return {
            ...packed, numbers, kind: 'dense', scale: makeScale(packed.role, numbers),
            /** The numbers of a step. */
            at: step => numbers.subarray(step * size, (step + 1) * size),
            value: (step, row) => numbers[step * size + row],
        };
    }

    /** A number for each entry that is there; an entry is a row, in the order in which entries were pushed. */
    function windowed(packed) {
        const numbers = NM.numbers.halves(packed.numbers);
        const indices = NM.numbers.integers(packed.indices);
        const counts = NM.numbers.integers(packed.counts);
        const steps = [];
        let offset = 0;
        for (const count of counts) {
            const step = new Map();
            for (let i = offset; i < offset + count; i++) step.set(indices[i], numbers[i]);
            steps.push(step);
            offset += count;
        }
        return {
            ...packed, numbers, kind: 'window', scale: makeScale(packed.role, numbers), places: indices,
            /** Entries of a step with their numbers, as a Map in the memory's order. */
            at: step => steps[step],
            value: (step, entry) => steps[step].has(entry) ? steps[step].get(entry) : NaN,
        };
    }

    /** The vectors of entries, by index. */
    function stored(packed) {
        const numbers = NM.numbers.halves(packed.numbers);
        const vectors = new Map();
        NM.numbers.integers(packed.indices).forEach((entry, place) => {
            vectors.set(entry, numbers.subarray(place * packed.size, (place + 1) * packed.size));
        });
        return {
            ...packed, numbers, kind: 'entries', scale: makeScale(packed.role, numbers), vectors,
            vector: entry => vectors.get(entry) || new Float32Array(0),
        };
    }

    /** How many rows of a memory a signal has numbers for; 0 where it is over something else. */
    const rowCount = signal => signal.axes.length > 0 && signal.axes[0].rows || 0;

    /** The rows that weightings over so many rows use; null where all are to be shown. */
    function usedRows(weightings, count, steps) {
        if (count <= mostRows || weightings.length === 0) return null;
        const isUsed = new Uint8Array(count);
        for (const { numbers } of weightings) {
            numbers.forEach((weight, place) => { if (weight >= leastWeight) isUsed[place % count] = 1; });
        }
        const leftOut = (signal, step) =>
            signal.at(step).reduce((sum, weight, row) => isUsed[row] ? sum : sum + weight, 0);
        const losesWeight = weightings.some(signal =>
            Array.from({ length: steps }, (_, step) => leftOut(signal, step)).some(weight => weight > mostLeftOut));
        const rows = [...isUsed.keys()].filter(row => isUsed[row]);
        return losesWeight || rows.length === 0 || rows.length === count ? null : rows;
    }

    /** The rows that links lead from or to; null where all are to be shown. */
    function linkedRows(links, count) {
        if (count <= mostRows) return null;
        const rows = new Set();
        for (const place of links.places) rows.add(Math.floor(place / count)).add(place % count);
        return [...rows].sort((first, second) => first - second);
    }

    /** Gives signals over rows the numbers of the rows that are shown; null stands for all. */
    function chooseRows(signals, steps) {
        for (const count of new Set(signals.map(rowCount))) {
            const own = signals.filter(signal => count > 0 && rowCount(signal) === count);
            const used = usedRows(own.filter(signal => signal.role === 'weighting'), count, steps);
            for (const signal of own) signal.rows = signal.role === 'links' ? linkedRows(signal, count) : used;
        }
        return signals;
    }

    /** All signals of an EpisodeView, unpacked. */
    function unpack(view) {
        const signals = view.signals.map(packed =>
            packed.counts ? windowed(packed) : packed.indices ? stored(packed) : dense(packed));
        return chooseRows(signals, view.inputs.length);
    }

    /** The numbers of the rows of a signal that are shown. */
    const shownRows = signal => signal.rows || Array.from({ length: rowCount(signal) }, (_, row) => row);

    /** All entries of signals with a window, in the order in which they were pushed. */
    function allEntries(signals) {
        const entries = new Set();
        for (const signal of signals.filter(signal => signal.kind === 'window' && signal.role === 'strength')) {
            for (let step = 0; signal.at(step); step++) for (const entry of signal.at(step).keys()) entries.add(entry);
        }
        return [...entries].sort((first, second) => first - second);
    }

    /** Which step pushed an entry and what it heard: "step 5, “h”"; with the end of a memory that has two. */
    function describeEntry(entry, view) {
        if (entry < 0) return 'before the first step';
        const step = Math.floor(entry / view.ends);
        const end = view.ends > 1 ? [' top', ' bottom'][entry % view.ends] || ` end ${entry % view.ends + 1}` : '';
        return `step ${step + 1}${end}, “${NM.text.visible(view.inputs[step])}”`;
    }

    /** What a row of a signal is called: "row 3", "shift +1", or the entry. */
    function describeRow(signal, row, view) {
        if (signal.kind === 'window') return `entry of ${describeEntry(row, view)}`;
        const isOfOutputs = signal.group === 'output' || ['targets', 'output probabilities'].includes(signal.name);
        if (isOfOutputs && view.outputNames[row]) return `“${NM.text.visible(view.outputNames[row])}”`;
        const axis = signal.axes[signal.axes.length - 1];
        if (!axis) return '';
        const [name, count] = Object.entries(axis)[0];
        if (name === 'shifts') {
            const shift = (count - 1) / 2 - row;
            return `shift ${shift > 0 ? '+' : shift < 0 ? '−' : ''}${Math.abs(shift)}`;
        }
        return `${name.slice(0, -1)} ${row}`;
    }

    /** What is not shown of these signals, as sentences. */
    function omissions(signals) {
        const part = signals.find(signal => signal.role === 'weighting' && signal.rows);
        const links = signals.find(signal => signal.role === 'links');
        return [
            ...part ? [`Of the ${rowCount(part)} rows, the ${part.rows.length} are shown that have a weight of at `
                + `least ${leastWeight} in some step.`] : [],
            ...links ? [`Links below ${NM.numbers.format(links.least)} are left out.`] : [],
        ];
    }

    return { unpack, allEntries, describeAxes, describeEntry, describeRow, rowCount, shownRows, omissions };
})();
