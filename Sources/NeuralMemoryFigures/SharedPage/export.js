// Saving an episode: a picture of all its tracks as SVG or PNG, and its numbers as JSON.
'use strict';

(() => {
    const labelWidth = 190;
    const margin = 12;
    const lineHeight = 18;

    /** Offers a blob as a file. */
    function save(blob, name) {
        const link = NM.element('a', { href: URL.createObjectURL(blob), download: name });
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    }

    /** A file's name that every system takes. */
    function fileName(view, suffix) {
        const name = view.title.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 60);
        return `${name || 'episode'}.${suffix}`;
    }

    const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
    const escaped = text => NM.text.visible(text).replace(/[&<>"']/g, character => escapes[character]);

    const textElement = (x, y, text, attributes = '') =>
        `<text x="${x}" y="${y}" ${attributes}>${escaped(text)}</text>`;

    /** The signal's heatmap as an image element, whose pixels are the numbers. */
    function imageElement(signal, episode, x, y, width, height) {
        const canvas = document.createElement('canvas');
        NM.bitmaps.paintSignal(canvas, signal, episode.steps, episode.entries);
        return `<image x="${x}" y="${y}" width="${width}" height="${height}" preserveAspectRatio="none" `
            + `style="image-rendering:pixelated" href="${canvas.toDataURL('image/png')}"/>`
            + `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="none" stroke="currentColor" `
            + 'stroke-opacity="0.35"/>';
    }

    /** Name, axes and range of a signal. */
    function labelElements(signal, y) {
        const axes = NM.signals.describeAxes(signal);
        const range = `${NM.numbers.format(signal.scale.low)} to ${NM.numbers.format(signal.scale.high)}`;
        return textElement(margin, y + 12, signal.name)
            + textElement(margin, y + 26, axes ? `${range}; ${axes}` : range, 'font-size="10" opacity="0.75"');
    }

    /** The order of writes as the links are at the chosen step, with its height. */
    function orderElements({ step, tracks }, x, y) {
        const picture = tracks.order.picture();
        picture.setAttribute('x', x);
        picture.setAttribute('y', y);
        const text = textElement(margin, y + 12, 'order of writes')
            + textElement(margin, y + 26, `links at step ${step + 1}`, 'font-size="10" opacity="0.75"')
            + picture.outerHTML;
        return { text, height: Number(picture.getAttribute('height')) };
    }

    /** All tracks of groups that are open, as an SVG document with its size. */
    function picture(episode) {
        const { view, signals, tracks } = episode;
        const { cell } = tracks;
        const left = margin + labelWidth;
        const width = left + episode.steps * cell + margin;
        const colors = getComputedStyle(episode.element);
        const parts = [textElement(margin, margin + 12, view.title, 'font-weight="bold"')];
        let y = margin + 24;
        const steps = { name: 'step', texts: view.inputs.map((_, step) => String(step + 1)) };
        for (const row of [steps, ...tracks.textRows]) {
            parts.push(textElement(margin, y + 13, row.name));
            row.texts.forEach((text, step) => {
                const isLeftOut = row === steps && cell < 20 && step !== 0 && (step + 1) % 10 !== 0;
                if (!text || isLeftOut) return;
                const isWrong = row.isWrong && row.isWrong(step);
                const style = isWrong ? 'font-weight="bold" text-decoration="underline"' : '';
                parts.push(textElement(left + (step + 0.5) * cell, y + 13, text, `text-anchor="middle" ${style}`));
            });
            y += lineHeight;
        }
        y += 6;
        const shown = signals.filter(NM.tracks.isTrack).filter(tracks.isOpen);
        const first = shown.find(signal => signal.group === 'memory');
        for (const signal of shown) {
            if (signal === first && tracks.order) {
                const order = orderElements(episode, left, y);
                parts.push(order.text);
                y += order.height + 8;
            }
            const height = NM.bitmaps.height(signal, episode.entries);
            parts.push(labelElements(signal, y), imageElement(signal, episode, left, y, episode.steps * cell, height));
            y += Math.max(height, 2 * lineHeight) + 8;
        }
        const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + margin}" `
            + `viewBox="0 0 ${width} ${y + margin}" font-family="system-ui, sans-serif" font-size="12" `
            + `color="${colors.color}" fill="currentColor">`
            + `<rect width="100%" height="100%" fill="${colors.backgroundColor}"/>${parts.join('')}</svg>`;
        return { text, width, height: y + margin };
    }

    NM.exportSVG = episode => {
        save(new Blob([picture(episode).text], { type: 'image/svg+xml' }), fileName(episode.view, 'svg'));
    };

    /** Twice as many pixels as the picture has on a page, but no more than browsers take. */
    NM.exportPNG = episode => {
        const { text, width, height } = picture(episode);
        const scale = Math.min(2, 8000 / Math.max(width, height));
        const image = new Image();
        image.onload = () => {
            const canvas = NM.element('canvas', { width: Math.ceil(width * scale), height: Math.ceil(height * scale) });
            canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
            canvas.toBlob(blob => save(blob, fileName(episode.view, 'png')), 'image/png');
        };
        image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    };

    /** What a signal's numbers are in JSON, rounded to the digits that they have. */
    function plain(signal, steps) {
        const round = number => Number.isFinite(number) ? Number(number.toPrecision(4)) : null;
        const rounded = numbers => Array.from(numbers, round);
        const { name, role, axes, head, group } = signal;
        const common = { name, role, axes, head, group };
        if (signal.kind === 'entries') {
            const entries = [...signal.vectors].map(([index, numbers]) => ({ index, numbers: rounded(numbers) }));
            return { ...common, entries };
        }
        const values = Array.from({ length: steps }, (_, step) => signal.kind === 'dense'
            ? { numbers: rounded(signal.at(step)) }
            : { numbers: rounded(signal.at(step).values()), indices: [...signal.at(step).keys()] });
        return { ...common, values };
    }

    NM.exportJSON = episode => {
        const { title, notes, memory, ends, inputs, targets, outputs } = episode.view;
        const signals = episode.signals.map(signal => plain(signal, episode.steps));
        const text = JSON.stringify({ title, notes, memory, ends, inputs, targets, outputs, signals });
        save(new Blob([text], { type: 'application/json' }), fileName(episode.view, 'json'));
    };
})();
