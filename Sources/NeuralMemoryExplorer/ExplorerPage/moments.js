// The slider over a run's checkpoints: the same sequence through several moments of training.
'use strict';

NX.Moments = class {
    /** `onchoose` is called when somebody has chosen another moment. */
    constructor(onchoose) {
        this.moments = [];
        /** What was chosen: a name for the server; the best one until somebody chooses. */
        this.chosen = null;
        this.slider = NM.element('input', { type: 'range', min: 0, attributes: { 'aria-label': 'Checkpoint' } });
        this.title = NM.element('span');
        this.element = NM.element('div', { className: 'nx-moment' }, this.slider, this.title);
        const choose = NX.debounced(60, onchoose);
        this.slider.addEventListener('input', () => {
            this.chosen = this.name;
            this.showTitle();
            choose();
        });
    }

    /** Takes the run's checkpoints, each step once. */
    show(checkpoints) {
        const bySteps = new Map();
        for (const { name, step } of checkpoints) {
            const moment = bySteps.get(step) || { step, names: [] };
            moment.names.push(name);
            bySteps.set(step, moment);
        }
        this.moments = [...bySteps.values()].sort((a, b) => a.step - b.step);
        const at = name => this.moments.findIndex(moment => moment.names.includes(name));
        const last = Math.max(0, this.moments.length - 1);
        const wanted = [this.chosen, 'best', 'latest'].map(at).find(index => index >= 0);
        this.slider.max = last;
        this.slider.value = wanted === undefined ? last : wanted;
        this.slider.disabled = this.moments.length < 2;
        this.showTitle();
    }

    /** The moment that is chosen; undefined where there is none yet. */
    get current() { return this.moments[this.slider.value]; }

    /** What the server calls it. */
    get name() {
        const { current } = this;
        return current && (['best', 'latest'].find(name => current.names.includes(name)) || current.names[0]);
    }

    showTitle() {
        const { current } = this;
        const marks = current ? ['best', 'latest'].filter(name => current.names.includes(name)) : [];
        const step = current ? `step ${NX.count(current.step)}` : '';
        this.title.textContent = marks.length > 0 ? `${step} (${marks.join(', ')})` : step;
        this.slider.setAttribute('aria-valuetext', this.title.textContent);
    }
};
