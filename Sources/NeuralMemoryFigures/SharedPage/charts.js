// Numbers of line charts under the pointer, and the switch between linear and logarithmic scales. The charts are SVG:
// a group of class "plot" says where its area is, and each line in it which numbers it has.
'use strict';

NM.charts = (() => {
    const list = text => (text || '').trim() ? text.trim().split(/\s+/) : [];

    /** The lines of a plot: name, numbers, and places in the SVG's units. */
    function readLines(plot) {
        return [...plot.querySelectorAll('polyline[data-x]')].map(line => ({
            name: line.dataset.name,
            x: list(line.dataset.x).map(Number),
            y: list(line.dataset.y).map(Number),
            points: list(line.getAttribute('points')).map(point => point.split(',').map(Number)),
        })).filter(line => line.points.length > 0);
    }

    /** The place in ascending numbers that is nearest to one. */
    function nearest(numbers, wanted) {
        let [low, high] = [0, numbers.length - 1];
        while (low < high) {
            const middle = (low + high) >> 1;
            if (numbers[middle] < wanted) low = middle + 1;
            else high = middle;
        }
        return low > 0 && wanted - numbers[low - 1] < numbers[low] - wanted ? low - 1 : low;
    }

    /** A vertical line at the chosen x. */
    function makeRuler(plot, [, y, , height]) {
        const ruler = document.createElementNS('http://www.w3.org/2000/svg', 'line');
        const attributes = {
            y1: y, y2: y + height, stroke: 'currentColor', 'stroke-opacity': 0.5, visibility: 'hidden',
        };
        for (const [name, value] of Object.entries(attributes)) ruler.setAttribute(name, value);
        plot.append(ruler);
        return ruler;
    }

    /** Shows what all lines have at the x under the pointer, or where the arrow keys moved. */
    function makeInteractive(svg, plot) {
        const lines = readLines(plot);
        if (lines.length === 0) return;
        const box = list(plot.dataset.plot).map(Number);
        const ruler = makeRuler(plot, box);
        const places = [...new Set(lines.flatMap(line => line.points.map(point => point[0])))].sort((a, b) => a - b);
        let chosen = 0;
        const show = () => {
            const place = places[chosen];
            ruler.setAttribute('x1', place);
            ruler.setAttribute('x2', place);
            ruler.setAttribute('visibility', 'visible');
            let x = null;
            const texts = lines.flatMap(line => {
                const index = nearest(line.points.map(point => point[0]), place);
                // A line that has no point near here has nothing to say.
                if (Math.abs(line.points[index][0] - place) > 4) return [];
                x = line.x[index];
                return [`${NM.text.visible(line.name)}: ${String(line.y[index]).replace('-', '−')}`];
            });
            const most = 12;
            if (texts.length > most) texts.splice(most, Infinity, `… and ${texts.length - most} more`);
            const shape = svg.getBoundingClientRect();
            const unit = shape.width / svg.viewBox.baseVal.width;
            NM.tooltip.show([`${plot.dataset.xName} ${x}`, ...texts].join('\n'),
                shape.left + place * unit, shape.top + box[1] * unit);
        };
        const hide = () => {
            ruler.setAttribute('visibility', 'hidden');
            NM.tooltip.hide();
        };
        svg.addEventListener('pointermove', event => {
            const shape = svg.getBoundingClientRect();
            chosen = nearest(places, (event.clientX - shape.left) / shape.width * svg.viewBox.baseVal.width);
            show();
        });
        svg.addEventListener('pointerleave', hide);
        svg.addEventListener('blur', hide);
        svg.addEventListener('keydown', event => {
            const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
            if (!(event.key in moves)) return;
            event.preventDefault();
            chosen = Math.min(places.length - 1, Math.max(0, chosen + moves[event.key]));
            show();
        });
        svg.setAttribute('tabindex', 0);
    }

    /** Makes all charts in an element say their numbers; it may be called again for new ones. */
    function activate(element) {
        for (const plot of element.querySelectorAll('svg .plot[data-plot]:not([data-active])')) {
            plot.dataset.active = '';
            makeInteractive(plot.closest('svg'), plot);
        }
    }

    /** Buttons with the attribute data-scale show the charts of their scale in an element, and hide the others. */
    function activateSwitch(element) {
        const buttons = [...element.querySelectorAll('button[data-scale]')];
        const choose = scale => {
            element.dataset.scale = scale;
            buttons.forEach(button => button.setAttribute('aria-pressed', button.dataset.scale === scale));
        };
        buttons.forEach(button => button.addEventListener('click', () => choose(button.dataset.scale)));
        if (buttons.length > 0) choose(element.dataset.scale || buttons[0].dataset.scale);
    }

    return { activate, activateSwitch };
})();
