// The explorer as a whole: its panes, news of the runs, and keys.
'use strict';

(() => {
    const leastPause = 2000;
    /** A page that looks on takes a small share of the time, so that training is not slowed down. */
    const pausePerLook = 200;
    const mostPanes = 4;
    let runs = [];
    let panes = [];
    /** Panes move on together; while one moves the others, these do not answer. */
    let isMoving = false;
    let news = '';

    const hooks = {
        onrun(pane) {
            if (pane === panes[0]) {
                const { kind } = runs[pane.index];
                if (kind) NX.input.setKind(kind);
            }
            for (const other of panes.slice(1)) if (!NX.input.fits(runs[other.index])) hooks.onremove(other);
            panes.forEach(other => other.showRuns(runs));
            pane.update();
            showCompare();
        },
        onstep(pane, step) {
            if (isMoving) return;
            isMoving = true;
            for (const other of panes) if (other !== pane && other.episode) other.episode.setStep(step);
            isMoving = false;
        },
        onremove(pane) {
            panes = panes.filter(other => other !== pane);
            pane.element.remove();
            showCompare();
        },
        onstate: showState,
    };

    function showState() {
        if (panes.some(pane => pane.isBusy)) return NX.say('Running …', 'busy');
        if (panes[0] && panes[0].error) return NX.say(panes[0].error, 'error');
        if (news) return NX.say(news, 'error');
        const training = runs.filter(run => run.isTraining);
        if (training.length === 1) return NX.say(`Ready. Training is at step ${NX.count(training[0].step)}.`);
        if (training.length > 1) return NX.say(`Ready. ${training.length} runs are being trained.`);
        if (panes[0] && !panes[0].answer) return NX.say('Waiting for the first checkpoint …', 'busy');
        NX.say('Ready.');
    }

    function addPane(index) {
        const pane = new NX.Pane(runs, index, panes.length === 0, hooks);
        panes.push(pane);
        NX.byId('panes').append(pane.element);
        pane.update();
        showCompare();
    }

    const others = () => runs.map((_, index) => index)
        .filter(index => NX.input.fits(runs[index]) && !panes.some(pane => pane.index === index));

    /** Where no other run is left, the first one can be seen at another moment of its training. */
    function showCompare() {
        const button = NX.byId('compare');
        button.hidden = !NX.input.kind || panes.length >= mostPanes;
        button.textContent = others().length > 0 ? 'Compare with another run' : 'Compare with another checkpoint';
    }

    /** The kind of input is known when the first run has a checkpoint. */
    function learnKind() {
        const run = runs[panes.length > 0 ? panes[0].index : 0];
        if (!NX.input.kind && run && run.kind) NX.input.setKind(run.kind);
    }

    async function look() {
        try {
            runs = await NX.api.runs();
            news = '';
            learnKind();
            if (panes.length === 0) {
                addPane(0);
                if (runs.length === 2 && runs[0].kind && runs[1].kind && NX.input.fits(runs[1])) addPane(1);
            } else {
                panes.forEach(pane => pane.take(runs));
            }
            showCompare();
            await NX.curves.update();
        } catch (error) {
            news = error.message;
        }
        showState();
    }

    /** Nobody looks at a page that is hidden, so it asks for nothing. */
    async function poll() {
        const start = performance.now();
        if (!document.hidden) await look();
        setTimeout(poll, Math.max(leastPause, pausePerLook * (performance.now() - start)));
    }

    /** The keys of the first pane's episode, wherever no control wants them. */
    function keyDown(event) {
        if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
        if (event.target.closest('input, button, summary, textarea, select, a, canvas, svg, .nm-episode')) return;
        const episode = panes[0] && panes[0].episode;
        if (!episode) return;
        const actions = {
            ArrowLeft: () => episode.setStep(episode.step - 1),
            ArrowRight: () => episode.setStep(episode.step + 1),
            Home: () => episode.setStep(0),
            End: () => episode.setStep(episode.steps - 1),
            ' ': () => episode.element.querySelector('.nm-play').click(),
        };
        if (!actions[event.key]) return;
        event.preventDefault();
        actions[event.key]();
    }

    NX.input.begin(isAnother => panes.forEach(pane => isAnother ? pane.begin() : pane.update()));
    NX.curves.begin();
    NX.byId('compare').addEventListener('click', () => { addPane(others()[0] ?? panes[0].index); });
    document.addEventListener('keydown', keyDown);
    document.addEventListener('visibilitychange', () => { if (!document.hidden) look(); });
    poll();
})();
