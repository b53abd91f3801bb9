// Colour scales. Both can be read by people who do not tell red from green, and grow evenly in lightness. Zero is near
// to the page's background, so each theme has its own.
'use strict';

NM.colors = (() => {
    // At equal distances along the scale; put in by PageFolder.swift, so that pages and figures have the same.
    const stops = {{scales}};
    const size = 256;
    const tables = { light: {}, dark: {} };
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    // Kept, because it is asked for at each pixel.
    let theme = dark.matches ? 'dark' : 'light';
    dark.addEventListener('change', () => { theme = dark.matches ? 'dark' : 'light'; });

    /** A colour for each of 256 places along a scale: red, green, blue, 255. */
    function makeTable(name) {
        const channels = color => [1, 3, 5].map(i => parseInt(color.slice(i, i + 2), 16));
        const list = stops[theme][name].split(' ').map(channels);
        const colors = new Uint8ClampedArray(4 * size);
        for (let i = 0; i < size; i++) {
            const place = i / (size - 1) * (list.length - 1);
            const first = Math.min(Math.floor(place), list.length - 2);
            for (let c = 0; c < 3; c++) {
                colors[4 * i + c] = list[first][c] + (place - first) * (list[first + 1][c] - list[first][c]);
            }
            colors[4 * i + 3] = 255;
        }
        return colors;
    }

    const table = name => tables[theme][name] || (tables[theme][name] = makeTable(name));

    /** Where a number of a scale stands in its table; −1 where there is no number. */
    function place(number, scale) {
        if (Number.isNaN(number)) return -1;
        const share = (number - scale.low) / (scale.high - scale.low);
        return Math.round((size - 1) * Math.min(1, Math.max(0, share)));
    }

    /** Writes the colour of a number into pixels (an array of bytes); no number leaves them transparent. */
    function paint(pixels, pixel, number, scale) {
        const index = place(number, scale);
        if (index < 0) return;
        const colors = table(scale.name);
        for (let c = 0; c < 4; c++) pixels[4 * pixel + c] = colors[4 * index + c];
    }

    /** The colour as CSS writes it. */
    function css(number, scale) {
        const index = place(number, scale);
        if (index < 0) return 'transparent';
        const colors = table(scale.name);
        return `rgb(${colors[4 * index]}, ${colors[4 * index + 1]}, ${colors[4 * index + 2]})`;
    }

    /** The scale as a CSS gradient, from its lowest number to its highest. */
    function gradient(scale) {
        return `linear-gradient(to right, ${stops[theme][scale.name].split(' ').join(', ')})`;
    }

    /** A scale with its numbers: from the lowest to the highest. `redraw` is for another theme. */
    function legend(scale) {
        const bar = NM.element('span', { className: 'nm-scale-bar' });
        const element = NM.element('span', { className: 'nm-scale' },
            NM.element('span', { textContent: NM.numbers.format(scale.low) }), bar,
            NM.element('span', { textContent: NM.numbers.format(scale.high) }));
        const redraw = () => { bar.style.background = gradient(scale); };
        redraw();
        return { element, redraw };
    }

    /** Calls back when the theme changes. */
    function onchange(action) { dark.addEventListener('change', action); }

    return { paint, css, legend, onchange };
})();
