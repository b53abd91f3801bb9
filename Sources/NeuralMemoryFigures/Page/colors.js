// Colour scales. Both can be read by people who do not tell red from green, and grow evenly in lightness. Zero is near
// to the page's background, so each theme has its own.
'use strict';

NM.colors = (() => {
    // At equal distances along the scale, as in the figures (Colours.swift).
    const stops = {
        light: {
            sequential: '#f7fbfb #c4e2e6 #90c9d4 #66adc0 #3f8fb0 #1e719f #175285 #11356a #0d194f',
            diverging: '#02549a #427dbd #7fa7d4 #bbd0e9 #fcf9f8 #e5c7b5 #cb9575 #af6432 #833e02',
        },
        dark: {
            sequential: '#11161f #1d2c43 #284369 #3f5c83 #517d86 #91936b #b2af6c #d7ca6a #fee569',
            diverging: '#8bc3fd #5d93cb #446689 #2c3c4d #171614 #493627 #81593a #bd7f4e #fea761',
        },
    };
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

    /** Calls back when the theme changes. */
    function onchange(action) { dark.addEventListener('change', action); }

    return { paint, css, gradient, onchange };
})();
