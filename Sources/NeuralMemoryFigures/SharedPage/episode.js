// An inspected episode in an element: a bar of buttons, tracks of all signals, and the memory at one step.
//
//     const episode = NM.episode.draw(element, view);     // view: an EpisodeView as JSON.parse gives it
//     episode.onstep = step => { … };
//     episode.setStep(3);                                 // steps count from 0
'use strict';

NM.episode = (() => {
    const millisecondsPerStep = 400;
    const drawn = new Set();

    NM.colors.onchange(() => {
        for (const episode of drawn) {
            if (episode.element.isConnected) episode.redraw();
            else drawn.delete(episode);
        }
    });

    function button(text, label, action) {
        const element = NM.element('button', {
            type: 'button', textContent: text, title: label, attributes: { 'aria-label': label },
        });
        element.addEventListener('click', action);
        return element;
    }

    /** Buttons and slider that choose the step, and the time that passes while an episode plays. */
    function transport(episode) {
        let timer = null;
        const stop = () => {
            clearInterval(timer);
            timer = null;
            play.textContent = 'Play';
        };
        const start = () => {
            if (episode.step === episode.steps - 1) episode.setStep(0);
            play.textContent = 'Pause';
            timer = setInterval(() => {
                if (!play.isConnected || episode.step === episode.steps - 1) return stop();
                episode.setStep(episode.step + 1);
            }, millisecondsPerStep);
        };
        const choose = step => { stop(); episode.setStep(step); };
        const play = NM.element('button', { type: 'button', textContent: 'Play', className: 'nm-play' });
        play.addEventListener('click', () => timer ? stop() : start());
        const slider = NM.element('input', {
            type: 'range', min: 1, max: episode.steps, attributes: { 'aria-label': 'Step' },
        });
        slider.addEventListener('input', () => choose(Number(slider.value) - 1));
        const place = NM.element('span', { className: 'nm-place' });
        return {
            elements: [
                button('|◀', 'First step', () => choose(0)),
                button('◀', 'One step back', () => choose(episode.step - 1)), play,
                button('▶', 'One step on', () => choose(episode.step + 1)), slider, place,
            ],
            toggle: () => play.click(),
            show(step) {
                slider.value = step + 1;
                place.textContent = `step ${step + 1} of ${episode.steps}`;
            },
        };
    }

    function heading(view, signals) {
        const head = NM.element('header', {}, NM.element('h3', {}, NM.text.isolated(view.title)));
        for (const note of [...view.notes, ...NM.signals.omissions(signals)]) {
            head.append(NM.element('p', { className: 'nm-note', textContent: NM.text.visible(note) }));
        }
        if (NM.links.find(signals)) {
            head.append(NM.element('p', { className: 'nm-note', textContent: NM.links.explanation }));
        }
        return head;
    }

    /** Left and right choose the step, and the space bar plays, wherever no control wants these keys itself. */
    function handleKeys(element, episode, time) {
        element.addEventListener('keydown', event => {
            if (event.altKey || event.ctrlKey || event.metaKey) return;
            if (event.target.closest('input, button, summary, textarea, select, a')) return;
            const actions = {
                ArrowLeft: () => episode.setStep(episode.step - 1),
                ArrowRight: () => episode.setStep(episode.step + 1),
                Home: () => episode.setStep(0),
                End: () => episode.setStep(episode.steps - 1),
                ' ': time.toggle,
            };
            if (!actions[event.key]) return;
            event.preventDefault();
            actions[event.key]();
        });
    }

    /** Where to begin: at the first output, when the memory holds most of what it was shown. */
    const firstOutput = view => Math.max(0, view.outputs.findIndex(text => text !== ''));

    /** Draws a view into an element, in place of what is there. */
    function draw(element, view) {
        const signals = NM.signals.unpack(view);
        const entries = NM.signals.allEntries(signals);
        const episode = {
            element, view, signals, entries, step: firstOutput(view), steps: view.inputs.length, onstep: null,
            setStep(step) {
                episode.step = Math.min(episode.steps - 1, Math.max(0, Math.round(step)));
                show();
                if (episode.onstep) episode.onstep(episode.step);
            },
            redraw() { tracks.redraw(); panel.show(episode.step); },
        };
        const time = transport(episode);
        const tracks = episode.tracks = NM.tracks.build(view, signals, entries, episode);
        const panel = NM.panel.build(view, signals);
        const show = () => {
            time.show(episode.step);
            tracks.setStep(episode.step);
            panel.show(episode.step);
        };
        const saving = NM.element('span', { className: 'nm-saving' },
            button('PNG', 'Save as PNG', () => NM.exportPNG(episode)),
            button('SVG', 'Save as SVG', () => NM.exportSVG(episode)),
            button('JSON', 'Save the numbers as JSON', () => NM.exportJSON(episode)));
        element.classList.add('nm-episode');
        element.replaceChildren(heading(view, signals),
            NM.element('div', { className: 'nm-toolbar' }, ...time.elements, saving), tracks.element, panel.element);
        handleKeys(element, episode, time);
        tracks.redraw();
        show();
        drawn.add(episode);
        return episode;
    }

    return { draw };
})();
