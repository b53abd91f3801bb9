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

    /**
     * Lets pointer and keys say the numbers of a heatmap: `text(row, column)` of its cells. `present` is where the
     * keyboard's cursor is and `moveTo(row, column)` moves it; `hover` and `choose` hear of the cell under the pointer.
     */
    function overCells(canvas, cursor, { rows, columns, text, present, moveTo, hover = () => {}, choose }) {
        const inside = (place, count) => Math.min(count - 1, Math.max(0, place));
        const at = event => {
            const box = canvas.getBoundingClientRect();
            const place = (share, count) => inside(Math.floor(share * count), count);
            return [place((event.clientY - box.top) / box.height, rows),
                place((event.clientX - box.left) / box.width, columns)];
        };
        const sayAtCursor = () => {
            const box = canvas.getBoundingClientRect();
            const [row, column] = present();
            cursor.style.top = `${row / rows * 100}%`;
            cursor.style.height = `${100 / rows}%`;
            cursor.style.left = `${column / columns * 100}%`;
            cursor.style.width = `${100 / columns}%`;
            show(text(row, column), box.left + (column + 1) / columns * box.width,
                box.top + (row + 1) / rows * box.height);
        };
        canvas.addEventListener('pointermove', event => {
            const cell = at(event);
            hover(...cell);
            show(text(...cell), event.clientX, event.clientY);
        });
        canvas.addEventListener('pointerleave', hide);
        if (choose) canvas.addEventListener('click', event => choose(...at(event)));
        canvas.addEventListener('focus', () => { if (canvas.matches(':focus-visible')) sayAtCursor(); });
        canvas.addEventListener('blur', hide);
        NM.onArrows(canvas, (byColumns, byRows) => {
            const [row, column] = present();
            moveTo(inside(row + byRows, rows), inside(column + byColumns, columns));
            sayAtCursor();
        });
    }

    return { show, hide, overCells };
})();
