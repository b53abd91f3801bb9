// A small box with the number under the pointer or the keyboard's cursor. Screen readers hear its text.
'use strict';

NM.tooltip = (() => {
    let box = null;

    /** Shows a text near a point of the window, and inside the window. */
    function show(text, x, y) {
        if (!box) {
            box = NM.element('div', { className: 'nm-tooltip', attributes: { role: 'status' } });
            document.body.append(box);
        }
        box.textContent = text;
        box.hidden = false;
        const { width, height } = box.getBoundingClientRect();
        const left = Math.min(x + 14, document.documentElement.clientWidth - width - 4);
        const top = y + 18 + height > window.innerHeight ? y - height - 10 : y + 18;
        box.style.left = `${Math.max(4, left)}px`;
        box.style.top = `${Math.max(4, top)}px`;
    }

    function hide() { if (box) box.hidden = true; }

    return { show, hide };
})();
