/* ck_window_state.c: looking at a live window, and starting one from entries that were saved. */
#include <float.h>
#include <math.h>

#include "ck_window_operations.h"

static int is_nan(const window *w) { return w->bounds.nan_from != no_nan; }

static window const_window_at(ck_window_shape shape, const void *workspace, ck_int b) {
    return window_at(shape, (void *)(uintptr_t)workspace, b);
}

ck_int ck_window_entries(ck_window_shape shape, const void *workspace, ck_int b, ck_int capacity, int32_t *entries,
                         float *strengths) {
    window w = const_window_at(shape, workspace, b);
    ck_int live = w.bounds.high - w.bounds.low;
    for (ck_int n = 0; n < live && n < capacity; n++) {
        const entry *e = &w.entries[w.bounds.low + n];
        entries[n] = e->push;
        strengths[n] = is_nan(&w) ? NAN : e->strength;
    }
    return live;
}

/* After a step there is at least the entry that it pushed. So strengths of NaN can always say that reads are NaN, also
 * where it was a pop that was not finite. */
void ck_window_restore(ck_window_shape shape, void *workspace, ck_int b, ck_int carried, ck_int count,
                       const float *strengths) {
    window w = window_at(shape, workspace, b);
    /* The steps to come may push as many entries of a deque downwards as upwards. */
    ck_int low = shape.kind == CK_DEQUE ? shape.steps - carried : 0;
    *w.home = (window_bounds){.low = low, .high = low + count, .logged = 0, .nan_from = no_nan};
    for (ck_int n = 0; n < count; n++) {
        w.entries[low + n] = (entry){.push = (int32_t)n, .strength = strengths[n]};
        if (!(strengths[n] <= FLT_MAX)) w.home->nan_from = 0;
    }
}

/* The same walk as that of read() in ck_window_operations.h, and the same weights. */
ck_int ck_window_read_weights(ck_window_shape shape, const void *workspace, ck_int b, ck_int end, ck_int capacity,
                              int32_t *entries, float *weights) {
    window w = const_window_at(shape, workspace, b);
    int top = shape.kind == CK_STACK || (shape.kind == CK_DEQUE && end == 0);
    ck_int step = top ? -1 : 1, past = past_position(&w, top), count = 0;
    double rest = 1;
    for (ck_int at = end_position(&w, top); at != past; at += step) {
        float s = w.entries[at].strength;
        int is_whole = s <= rest;
        if (!is_whole && !(rest > 0)) break;
        if (count < capacity) {
            entries[count] = w.entries[at].push;
            weights[count] = is_nan(&w) ? NAN : is_whole ? s : (float)rest;
        }
        count++;
        if (!is_whole) break;
        rest -= s;
    }
    return count;
}
