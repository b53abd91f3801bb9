// What an answer has in common with the one before: which outputs changed, and which groups were unfolded.
'use strict';

NX.changes = (() => {
    /** The outputs that count, with their steps. */
    const counted = view => view.outputs.flatMap((text, step) => text === '' ? [] : [{ text, step }]);

    /** Steps whose output is not what the same output was before. */
    function changedSteps(view, before) {
        const old = counted(before);
        return counted(view).flatMap(({ text, step }, place) => old[place] && old[place].text === text ? [] : [step]);
    }

    /** Says in an element how many outputs changed, and what they were. Returns their steps. */
    function describe(element, answer, before) {
        const steps = changedSteps(answer.view, before.view);
        if (steps.length === 0 && answer.output === before.output) {
            element.textContent = 'nothing';
        } else {
            const count = `${NX.count(steps.length)} of ${NX.count(counted(answer.view).length)} outputs`;
            element.replaceChildren(`${count}; before: `, NM.text.isolated(before.output));
        }
        return steps;
    }

    /** Marks outputs in the row of outputs of a drawn episode, or else the numbers of their steps. */
    function mark(element, steps) {
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

    const groupName = details => details.querySelector('summary').textContent.split(' ')[0];

    /** Which groups of signals are unfolded. */
    const folds = element => new Map(
        [...element.querySelectorAll('details')].map(details => [groupName(details), details.open]));

    /** Unfolds the same groups. */
    function restoreFolds(element, before) {
        for (const details of element.querySelectorAll('details')) {
            const isOpen = before.get(groupName(details));
            if (isOpen !== undefined) details.open = isOpen;
        }
    }

    return { describe, mark, folds, restoreFolds };
})();
