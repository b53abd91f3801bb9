// Input vectors as a grid to paint: a column for each step, a row for each channel.
'use strict';

NX.paint = (() => {
    const cell = 20;
    const scale = { name: 'sequential', low: 0, high: 1 };
    let vectors = [];
    let channels = [];
    let cursor = { step: 0, channel: 0 };
    /** What is painted while the pointer is down; `null` while it is up. */
    let brush = null;
    let onchange = () => {};

    const canvas = () => NX.byId('paint');
    const color = name => getComputedStyle(document.documentElement).getPropertyValue(name);

    function draw() {
        const [width, height] = [vectors.length * cell + 1, channels.length * cell + 1];
        const ratio = window.devicePixelRatio || 1;
        const element = canvas();
        element.width = Math.round(width * ratio);
        element.height = Math.round(height * ratio);
        element.style.width = `${width}px`;
        element.style.height = `${height}px`;
        const context = element.getContext('2d');
        context.scale(ratio, ratio);
        vectors.forEach((vector, step) => vector.forEach((value, channel) => {
            context.fillStyle = NM.colors.css(Math.abs(value), scale);
            context.fillRect(step * cell, channel * cell, cell, cell);
            if (value < 0) sign(context, step, channel);
        }));
        drawLines(context, width, height);
        if (document.activeElement === element) {
            context.strokeStyle = color('--mark');
            context.lineWidth = 3;
            context.strokeRect(cursor.step * cell + 1.5, cursor.channel * cell + 1.5, cell - 2, cell - 2);
        }
    }

    function drawLines(context, width, height) {
        context.strokeStyle = color('--line');
        context.lineWidth = 1;
        context.beginPath();
        for (let step = 0; step <= vectors.length; step++) {
            context.moveTo(step * cell + 0.5, 0);
            context.lineTo(step * cell + 0.5, height);
        }
        for (let channel = 0; channel <= channels.length; channel++) {
            context.moveTo(0, channel * cell + 0.5);
            context.lineTo(width, channel * cell + 0.5);
        }
        context.stroke();
    }

    /** A bar that tells a negative number from a positive one. */
    function sign(context, step, channel) {
        context.fillStyle = color('--mark');
        context.fillRect(step * cell + 5, channel * cell + cell / 2 - 1, cell - 10, 3);
    }

    function say() {
        const value = vectors[cursor.step][cursor.channel];
        NX.byId('paint-place').textContent =
            `Step ${cursor.step + 1}, ${NM.text.visible(channels[cursor.channel])}: ${NM.numbers.format(value)}`;
    }

    function set(value) {
        if (vectors[cursor.step][cursor.channel] !== value) {
            vectors[cursor.step][cursor.channel] = value;
            onchange(vectors);
        }
        draw();
        say();
    }

    /** 1 becomes 0, and 0 becomes 1; other numbers become 0. */
    const opposite = () => vectors[cursor.step][cursor.channel] === 0 ? 1 : 0;

    function moveTo(event) {
        const box = canvas().getBoundingClientRect();
        const inside = (place, count) => Math.min(count - 1, Math.max(0, Math.floor(place / cell)));
        cursor = {
            step: inside(event.clientX - box.left, vectors.length),
            channel: inside(event.clientY - box.top, channels.length),
        };
    }

    function keyDown(event) {
        if (event.altKey || event.ctrlKey || event.metaKey || vectors.length === 0) return;
        const moves = {
            ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
            Home: [-Infinity, 0], End: [Infinity, 0],
        };
        const value = vectors[cursor.step][cursor.channel];
        const tenth = by => Math.round((value + by) * 10) / 10;
        const changes = { ' ': opposite, Enter: opposite, '+': () => tenth(0.1), '-': () => tenth(-0.1) };
        if (moves[event.key]) move(...moves[event.key]);
        else if (changes[event.key]) set(changes[event.key]());
        else return;
        event.preventDefault();
    }

    /** Moves the keyboard's cursor, and keeps it in sight. */
    function move(steps, rows) {
        cursor.step = Math.min(vectors.length - 1, Math.max(0, cursor.step + steps));
        cursor.channel = Math.min(channels.length - 1, Math.max(0, cursor.channel + rows));
        const room = canvas().parentElement;
        const left = cursor.step * cell;
        if (left < room.scrollLeft) room.scrollLeft = left;
        if (left + cell > room.scrollLeft + room.clientWidth) room.scrollLeft = left + cell - room.clientWidth;
        draw();
        say();
    }

    function begin(action) {
        onchange = action;
        const element = canvas();
        element.addEventListener('pointerdown', event => {
            if (vectors.length === 0 || event.button !== 0) return;
            element.setPointerCapture(event.pointerId);
            moveTo(event);
            brush = opposite();
            set(brush);
        });
        element.addEventListener('pointermove', event => {
            if (vectors.length === 0) return;
            if (brush === null && event.pointerType !== 'mouse') return;
            moveTo(event);
            if (brush === null) say();
            else set(brush);
        });
        for (const end of ['pointerup', 'pointercancel']) element.addEventListener(end, () => { brush = null; });
        element.addEventListener('keydown', keyDown);
        element.addEventListener('focus', draw);
        element.addEventListener('blur', draw);
        NM.colors.onchange(draw);
    }

    /** Shows vectors, in place of those there are, unless somebody is painting. */
    function show(newVectors, newChannels) {
        if (brush !== null) return;
        vectors = newVectors.map(vector => [...vector]);
        channels = newChannels;
        cursor.step = Math.min(cursor.step, vectors.length - 1);
        cursor.channel = Math.min(cursor.channel, channels.length - 1);
        const names = channels.map(name => NM.element('div', { title: name, textContent: name }));
        NX.byId('channels').replaceChildren(...names);
        draw();
    }

    return { begin, show };
})();
