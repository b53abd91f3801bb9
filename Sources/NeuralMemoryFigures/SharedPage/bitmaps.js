// Heatmaps as small canvases: a pixel for each number, which CSS makes as large as it should be.
'use strict';

NM.bitmaps = (() => {
    const barHeight = 28;

    /** How many pixels of a page a row of a heatmap with so many rows has. */
    const rowHeight = rows => Math.min(12, Math.max(1, 160 / rows));

    /** The rows of a signal's heatmap: numbers, or the entries of a window. */
    function rows(signal, entries) {
        if (signal.kind === 'window') return entries;
        return signal.rows || Array.from({ length: signal.size }, (_, row) => row);
    }

    /** A signal of a single number is drawn as bars. */
    const isBars = signal => signal.kind === 'dense' && signal.size === 1;

    /** The height of a signal's heatmap, in pixels of a page. */
    function height(signal, entries) {
        if (isBars(signal)) return barHeight;
        const count = rows(signal, entries).length;
        return Math.max(4, Math.round(count * rowHeight(count)));
    }

    /** Paints a canvas of `columns` × `count` pixels; `paint(pixels, pixel, column, row)` paints one. */
    function paintAll(canvas, columns, count, paint) {
        canvas.width = Math.max(1, columns);
        canvas.height = Math.max(1, count);
        const context = canvas.getContext('2d');
        const image = context.createImageData(canvas.width, canvas.height);
        for (let row = 0; row < count; row++) {
            for (let column = 0; column < columns; column++) paint(image.data, row * columns + column, column, row);
        }
        context.putImageData(image, 0, 0);
    }

    /** Paints a signal: steps along x. */
    function paintSignal(canvas, signal, steps, entries) {
        if (isBars(signal)) return paintBars(canvas, signal, steps);
        const list = rows(signal, entries);
        paintAll(canvas, steps, list.length, (pixels, pixel, step, row) => {
            NM.colors.paint(pixels, pixel, signal.value(step, list[row]), signal.scale);
        });
    }

    /** Bars from 0 up, and down for negative numbers. */
    function paintBars(canvas, signal, steps) {
        const { low, high } = signal.scale;
        const line = number => (high - number) / (high - low) * barHeight;
        paintAll(canvas, steps, barHeight, (pixels, pixel, step, row) => {
            const number = signal.value(step, 0);
            const [top, bottom] = [line(Math.max(number, 0)), line(Math.min(number, 0))];
            if (!(row + 0.5 >= top && row + 0.5 <= bottom)) return;
            // A short bar has a colour that can be seen, too.
            const strong = Math.max(Math.abs(number), 0.5 * high);
            NM.colors.paint(pixels, pixel, number < 0 ? -strong : strong, signal.scale);
        });
    }

    /** Paints numbers as a matrix of so many columns. */
    function paintMatrix(canvas, numbers, columns, scale) {
        paintAll(canvas, columns, numbers.length / columns, (pixels, pixel) => {
            NM.colors.paint(pixels, pixel, numbers[pixel], scale);
        });
    }

    /** Paints a bar to the right for each number. */
    function paintRowBars(canvas, numbers, scale) {
        const width = 48;
        paintAll(canvas, width, numbers.length, (pixels, pixel, column, row) => {
            if (column + 0.5 > numbers[row] / scale.high * width) return;
            NM.colors.paint(pixels, pixel, Math.max(numbers[row], 0.5 * scale.high), scale);
        });
    }

    return { rows, rowHeight, isBars, height, paintSignal, paintMatrix, paintRowBars };
})();
