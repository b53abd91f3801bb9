// Learning curves of all runs, drawn by the server, which grow while a run is under way.
'use strict';

NX.curves = (() => {
    let version = '';
    let shown = null;
    const place = () => NX.byId('curves');
    const choices = () => ['quantity', 'scale', 'axis'].map(NX.byId);

    /** In steps of 20 pixels, so that a scroll bar does not make another picture. */
    const width = () => Math.max(240, Math.floor(place().clientWidth / 20) * 20);

    function showQuantities(quantities) {
        const select = NX.byId('quantity');
        const names = [...select.options].map(option => option.value).join();
        if (names === quantities.map(quantity => quantity.name).join()) return;
        const chosen = select.value;
        select.replaceChildren(...quantities.map(({ name, title }) =>
            NM.element('option', { value: name, textContent: title, selected: name === (chosen || 'loss') })));
    }

    /** A drawing as an element; scripts in it would not run. */
    function show(svg) {
        shown = svg;
        const drawing = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
        NM.tooltip.hide();
        place().replaceChildren(document.importNode(drawing, true));
        NM.charts.activate(place());
    }

    const update = NX.newest(async () => {
        const [quantity, scale, axis] = choices().map(choice => choice.value);
        const wanted = { scale, axis, width: width(), version };
        if (quantity) wanted.quantity = quantity;
        const answer = await NX.api.curves(wanted);
        if (answer.quantities) showQuantities(answer.quantities);
        if (answer.version !== version) {
            version = answer.version;
            if (answer.svg) show(answer.svg);
            else place().replaceChildren();
            NX.byId('curves-note').textContent =
                answer.svg ? '' : 'There are no numbers yet; the curves begin with the first interval of training.';
            NX.byId('save-curves').disabled = !answer.svg;
        }
    });

    function begin() {
        for (const choice of choices()) choice.addEventListener('change', () => { update(); });
        window.addEventListener('resize', NX.debounced(200, () => update()));
        NX.byId('save-curves').addEventListener('click', () => {
            const link = NM.element('a', {
                href: URL.createObjectURL(new Blob([shown], { type: 'image/svg+xml' })), download: 'curves.svg',
            });
            link.click();
            setTimeout(() => URL.revokeObjectURL(link.href), 10000);
        });
    }

    return { begin, update };
})();
