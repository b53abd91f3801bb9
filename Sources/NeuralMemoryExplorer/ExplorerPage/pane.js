// One run of those that stand side by side: which moment of its training, what came out, and the episode.
'use strict';

NX.pane = (() => {
    /** Checkpoints in the order of their steps, each step once: a name for people, and one for the server. */
    function momentsOf(run) {
        const bySteps = new Map();
        for (const { name, step } of run.checkpoints) {
            const moment = bySteps.get(step) || { step, names: [] };
            moment.names.push(name);
            bySteps.set(step, moment);
        }
        return [...bySteps.values()].sort((a, b) => a.step - b.step);
    }

    const nameOf = moment => ['best', 'latest'].find(name => moment.names.includes(name)) || moment.names[0];
    const titleOf = moment => {
        const marks = ['best', 'latest'].filter(name => moment.names.includes(name));
        return `step ${NX.count(moment.step)}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`;
    };

    /** The outputs that count, with their steps. */
    const counted = view => view.outputs.flatMap((text, step) => text === '' ? [] : [{ text, step }]);

    /** Steps whose output is not what the same output was before. */
    function changedSteps(view, before) {
        if (!before) return [];
        const old = counted(before);
        return counted(view).flatMap(({ text, step }, place) => old[place] && old[place].text === text ? [] : [step]);
    }

    /** Marks outputs in the row of outputs, or else the numbers of their steps. */
    function markChanges(element, steps) {
        const rows = [...element.querySelectorAll('.nm-texts')];
        const titled = title => rows.find(row => row.querySelector('.nm-label').textContent === title);
        const row = titled('output') || titled('step');
        if (!row) return;
        const cells = row.querySelectorAll('.nm-cell');
        for (const step of steps) {
            if (!cells[step]) continue;
            cells[step].classList.add('nx-changed');
            cells[step].title = `${cells[step].title} (changed)`.trim();
        }
    }

    /** Which groups of signals are unfolded, so that the next drawing can keep it. */
    const folds = element => new Map([...element.querySelectorAll('details')]
        .map(details => [details.querySelector('summary').textContent.split(' ')[0], details.open]));

    function restoreFolds(element, before) {
        for (const details of element.querySelectorAll('details')) {
            const key = details.querySelector('summary').textContent.split(' ')[0];
            if (before.has(key)) details.open = before.get(key);
        }
    }

    /**
     * A pane about one run. `hooks` has `onrun()`, which is called when another run was chosen, `onstep(pane, step)` and
     * `onremove(pane)`.
     */
    function make(runs, index, isFirst, hooks) {
        const id = name => isFirst ? { id: name } : {};
        const choice = NM.element('select', { attributes: { 'aria-label': 'Run' } });
        const slider = NM.element('input', { type: 'range', min: 0, attributes: { 'aria-label': 'Checkpoint' } });
        const momentTitle = NM.element('span');
        const problem = NM.element('p', { className: 'nx-problem', attributes: { role: 'alert' } });
        const output = NM.element('dd', { className: 'nx-output', ...id('output') });
        const verdict = NM.element('dd', id('verdict'));
        const depth = NM.element('dd', id('depth'));
        const changes = NM.element('dd', id('changes'));
        const place = NM.element('div');
        const term = text => NM.element('dt', { textContent: text });
        const [depthTerm, verdictTerm, changesTerm] = ['Last depth', 'Target', 'Changed'].map(term);
        const remove = NM.element('button', { type: 'button', textContent: 'Remove', hidden: isFirst });
        const element = NM.element('section', { className: 'nx-card nx-pane', attributes: { 'aria-label': 'Run' } },
            NM.element('div', { className: 'nx-row' }, choice, remove,
                NM.element('div', { className: 'nx-moment' }, slider, momentTitle)),
            problem,
            NM.element('dl', { className: 'nx-result' }, term('Output'), output, verdictTerm, verdict, depthTerm, depth,
                changesTerm, changes),
            place);
        const pane = {
            element, index, episode: null, answer: null, isBusy: false, error: '', moments: [],
            /** The moment that was chosen: a name for the server; the best one until somebody chooses. */
            chosen: null,
        };

        function showRuns(newRuns) {
            pane.run = newRuns[pane.index];
            const inputs = NX.input.kind ? NX.input.kind.inputs : null;
            const options = newRuns.map((run, place) => {
                const fits = isFirst || !run.kind || run.kind.inputs === inputs;
                return NM.element('option', {
                    value: place, disabled: !fits, selected: place === pane.index,
                    textContent: NM.text.visible(run.name) + (fits ? '' : ' (other inputs)'),
                });
            });
            const text = list => list.map(option => option.textContent + option.disabled).join('\n');
            if (text(options) !== text([...choice.options])) choice.replaceChildren(...options);
            choice.value = pane.index;
            showMoments();
        }

        function showMoments() {
            pane.moments = momentsOf(pane.run);
            const wanted = pane.chosen || (pane.moments.some(moment => moment.names.includes('best')) ? 'best' : 'latest');
            const at = pane.moments.findIndex(moment => moment.names.includes(wanted));
            const last = Math.max(0, pane.moments.length - 1);
            slider.max = last;
            slider.value = at < 0 ? last : at;
            slider.disabled = pane.moments.length < 2;
            showMoment();
            problem.textContent = (!isFirst && pane.error) || (pane.run.problem ? NM.text.visible(pane.run.problem)
                : pane.moments.length === 0 ? 'This run has no checkpoint yet; it will be shown when it has.' : '');
        }

        function showMoment() {
            const moment = pane.moments[slider.value];
            momentTitle.textContent = moment ? titleOf(moment) : '';
            slider.setAttribute('aria-valuetext', momentTitle.textContent);
        }

        function showResult(answer, before) {
            output.replaceChildren(NM.text.isolated(answer.output));
            const isKnown = answer.isRight !== undefined && answer.isRight !== null;
            verdictTerm.hidden = verdict.hidden = !isKnown;
            verdict.textContent = isKnown ? (answer.isRight ? '✓ all outputs are right' : '✗ not all outputs are right') : '';
            const hasDepth = answer.depth !== undefined && answer.depth !== null;
            depthTerm.hidden = depth.hidden = !hasDepth;
            depth.textContent = hasDepth ? String(Number(answer.depth.toFixed(3))) : '';
            const steps = changedSteps(answer.view, before && before.view);
            changesTerm.hidden = changes.hidden = !before;
            if (!before) return [];
            if (steps.length === 0 && answer.output === before.output) changes.textContent = 'nothing';
            else {
                changes.replaceChildren(`${NX.count(steps.length)} of ${NX.count(counted(answer.view).length)} outputs; before: `,
                    NM.text.isolated(before.output));
            }
            return steps;
        }

        function showAnswer(answer) {
            const before = pane.answer;
            const step = pane.episode ? pane.episode.step : 0;
            const open = folds(place);
            pane.answer = answer;
            const steps = showResult(answer, before);
            pane.episode = NM.episode.draw(place, answer.view);
            restoreFolds(place, open);
            pane.episode.setStep(Math.min(step, pane.episode.steps - 1));
            pane.episode.onstep = chosen => hooks.onstep(pane, chosen);
            markChanges(place, steps);
        }

        const ask = NX.newest(async wish => {
            const { run, index: asked } = pane;
            if (!run || run.checkpoints.length === 0) return;
            pane.isBusy = true;
            place.classList.add('nx-stale');
            hooks.onstate();
            const moment = pane.moments[slider.value];
            try {
                const answer = await NX.api.episode({ run: asked, checkpoint: moment ? nameOf(moment) : undefined, ...wish });
                if (asked !== pane.index) return;
                pane.error = '';
                if (isFirst) NX.input.adopt(answer, wish);
                showAnswer(answer);
                place.classList.remove('nx-stale');
            } catch (error) {
                pane.error = NM.text.visible(error.message);
                if (isFirst) NX.input.refuse();
            } finally {
                pane.isBusy = false;
                showMoments();
                hooks.onstate();
            }
        });

        pane.update = () => ask(NX.input.wish);

        /** Takes news of all runs; asks again where the network that is shown has changed. */
        pane.take = newRuns => {
            const had = pane.run && pane.run.checkpoints.length > 0;
            showRuns(newRuns);
            const moment = pane.moments[slider.value];
            const isOther = pane.answer && moment && moment.step !== pane.answer.step && !pane.isBusy && !pane.error;
            if ((!had && moment) || isOther) pane.update();
        };

        const choose = NX.debounced(60, pane.update);
        slider.addEventListener('input', () => {
            pane.chosen = nameOf(pane.moments[slider.value]);
            showMoment();
            choose();
        });
        choice.addEventListener('change', () => {
            Object.assign(pane, { index: Number(choice.value), chosen: null, answer: null, error: '' });
            hooks.onrun(pane);
        });
        remove.addEventListener('click', () => hooks.onremove(pane));
        pane.showRuns = showRuns;
        showRuns(runs);
        return pane;
    }

    return { make };
})();
