// One run of those that stand side by side: which moment of its training, what came out, and the episode.
'use strict';

NX.Pane = class {
    /**
     * A pane about one run. The first pane decides the input. `hooks` has `onrun(pane)`, which is called when another
     * run was chosen, `onstep(pane, step)`, `onremove(pane)` and `onstate()`.
     */
    constructor(runs, index, isFirst, hooks) {
        Object.assign(this, { index, isFirst, hooks, episode: null, answer: null, isBusy: false, error: '' });
        this.restsUntil = 0;
        this.ask = NX.newest(wish => this.work(wish));
        this.moments = new NX.Moments(() => this.update());
        this.build();
        this.showRuns(runs);
    }

    // MARK: Elements

    build() {
        this.choice = NM.element('select', { attributes: { 'aria-label': 'Run' } });
        this.choice.addEventListener('change', () => this.choose(Number(this.choice.value)));
        const remove = NM.element('button', { type: 'button', textContent: 'Remove', hidden: this.isFirst });
        remove.addEventListener('click', () => this.hooks.onremove(this));
        this.problem = NM.element('p', { className: 'nx-problem', attributes: { role: 'alert' } });
        this.place = NM.element('div');
        this.element = NM.element('section', { className: 'nx-card nx-pane', attributes: { 'aria-label': 'Run' } },
            NM.element('div', { className: 'nx-row' }, this.choice, remove, this.moments.element),
            this.problem, this.buildResults(), this.place);
    }

    /** What came out, as terms and values; those of the first pane can be found by their ids. */
    buildResults() {
        this.results = NM.element('dl', { className: 'nx-result', hidden: true });
        this.fields = {};
        for (const [name, title] of [
            ['output', 'Output'], ['verdict', 'Target'], ['depth', 'Last depth'], ['changes', 'Changed'],
        ]) {
            const value = NM.element('dd', { className: `nx-${name}`, ...(this.isFirst ? { id: name } : {}) });
            const term = NM.element('dt', { textContent: title });
            this.fields[name] = { value, show: isShown => { term.hidden = value.hidden = !isShown; } };
            this.results.append(term, value);
        }
        return this.results;
    }

    // MARK: Runs

    /** Takes what is known of all runs now. */
    showRuns(runs) {
        this.run = runs[this.index];
        const options = runs.map((run, place) => {
            const fits = this.isFirst || NX.input.fits(run);
            return NM.element('option', {
                value: place, disabled: !fits,
                textContent: NM.text.visible(run.name) + (fits ? '' : ' (other inputs)'),
            });
        });
        const text = list => list.map(option => option.textContent + option.disabled).join('\n');
        if (text(options) !== text([...this.choice.options])) this.choice.replaceChildren(...options);
        this.choice.value = this.index;
        this.moments.show(this.run.checkpoints);
        this.showProblem();
    }

    /** Errors of the first pane stand in the status line. */
    showProblem() {
        const wrong = (!this.isFirst && this.error) || NM.text.visible(this.run.problem || '');
        const waiting = this.moments.current ? '' : 'This run has no checkpoint yet; it will be shown when it has.';
        this.problem.classList.toggle('nx-wrong', wrong !== '');
        if (this.problem.textContent !== (wrong || waiting)) this.problem.textContent = wrong || waiting;
    }

    choose(index) {
        Object.assign(this, { index, answer: null, error: '' });
        this.moments.chosen = null;
        this.hooks.onrun(this);
    }

    /**
     * Takes news of all runs; asks again where there is a network now, or another than the one that is shown. While a run
     * is being trained, this takes a small share of the time: to draw an episode is most of a page's work.
     */
    take(runs) {
        const had = this.moments.current;
        this.showRuns(runs);
        const { current } = this.moments;
        const isOther = this.answer && current && current.step !== this.answer.step && !this.isBusy && !this.error;
        const isResting = this.run.isTraining && performance.now() < this.restsUntil;
        if ((!had && current) || (isOther && !isResting)) this.update();
    }

    // MARK: Episodes

    /** Shows the input again: another one, or at another moment. */
    update() { this.ask(NX.input.wish); }

    /** Shows another sequence, which is not to be compared with the one before. */
    begin() {
        this.answer = null;
        this.update();
    }

    async work(wish) {
        const { index } = this;
        if (!this.moments.current) return;
        const start = performance.now();
        this.isBusy = true;
        this.place.classList.add('nx-stale');
        this.hooks.onstate();
        try {
            const answer = await NX.api.episode({ run: index, checkpoint: this.moments.name, ...wish });
            if (index !== this.index) return;
            this.error = '';
            if (this.isFirst) NX.input.adopt(answer, wish);
            this.show(answer);
            this.place.classList.remove('nx-stale');
        } catch (error) {
            this.error = NM.text.visible(error.message);
            if (this.isFirst) NX.input.refuse();
        } finally {
            this.isBusy = false;
            const now = performance.now();
            this.restsUntil = now + 300 * (now - start);
            this.showProblem();
            this.hooks.onstate();
        }
    }

    show(answer) {
        const before = this.answer;
        const step = this.episode ? this.episode.step : null;
        const folds = NX.changes.folds(this.place);
        this.answer = answer;
        this.showResults(answer);
        this.episode = NM.episode.draw(this.place, answer.view);
        NX.changes.restoreFolds(this.place, folds);
        if (step !== null) this.episode.setStep(step);
        this.episode.onstep = chosen => this.hooks.onstep(this, chosen);
        this.fields.changes.show(before);
        if (before) NX.changes.mark(this.place, NX.changes.describe(this.fields.changes.value, answer, before));
    }

    showResults({ output, isRight, depth }) {
        const { fields } = this;
        this.results.hidden = false;
        fields.output.value.replaceChildren(NM.text.isolated(output));
        fields.verdict.show(isRight !== undefined);
        fields.verdict.value.textContent = isRight ? '✓ all outputs are right' : '✗ not all outputs are right';
        fields.depth.show(depth !== undefined);
        fields.depth.value.textContent = depth === undefined ? '' : String(Number(depth.toFixed(3)));
    }
};
