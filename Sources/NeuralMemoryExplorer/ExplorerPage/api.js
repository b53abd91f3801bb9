// Asking the server, and what all parts of the explorer share.
'use strict';

const NX = {};

NX.byId = id => document.getElementById(id);

/** A whole number with commas. */
NX.count = number => Number(number).toLocaleString('en');

/** What the status line says; `state` is "busy", "ready" or "error". */
NX.say = (text, state = 'ready') => {
    const status = NX.byId('status');
    if (status.textContent !== text) status.textContent = text;
    status.dataset.state = state;
};

/** Calls an action once its calls have stopped for some milliseconds. */
NX.debounced = (milliseconds, action) => {
    let timer = null;
    return () => {
        clearTimeout(timer);
        timer = setTimeout(action, milliseconds);
    };
};

NX.api = (() => {
    async function ask(path, options) {
        let response;
        try {
            response = await fetch(path, { cache: 'no-store', ...options });
        } catch {
            throw new Error('The explorer does not answer; start it again: trainer explore RUN.');
        }
        const text = await response.text();
        let answer = {};
        try { answer = JSON.parse(text); } catch { /* It is no JSON, so the status must say all. */ }
        if (!response.ok) throw new Error(answer.error || `The explorer answered with status ${response.status}.`);
        return answer;
    }

    return {
        runs: async () => (await ask('/api/runs')).runs,
        curves: wanted => ask(`/api/curves?${new URLSearchParams(wanted)}`),
        episode: wanted => ask('/api/episode', {
            method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(wanted),
        }),
    };
})();

/**
 * Does the newest of several wishes: one at a time, and of those that come meanwhile only the last. `work` gets a wish
 * and returns a promise.
 */
NX.newest = work => {
    let isBusy = false;
    let next = null;
    const go = async wish => {
        if (isBusy) {
            next = { wish };
            return;
        }
        isBusy = true;
        try {
            await work(wish);
        } finally {
            isBusy = false;
            if (next) {
                const { wish: last } = next;
                next = null;
                go(last);
            }
        }
    };
    return go;
};
