/* ck_window.c: stack, queue and deque by their live windows. The method and its contract are in ck_window.h.
 *
 * One batch element's window is a run low ..< high of positions in a fixed array; a pop or push moves one of the two
 * bounds. Whole pops are logged, so that the backward pass can put the entries back where they were. The three memories
 * are the same four operations (pop, push, read, and their undoing) at different ends; `kind` and `top` are constants
 * wherever they are inlined. What inspects and restores a window is in ck_window_state.c.
 *
 * What a step waits for is memory: over a long episode each row of the large arrays comes from far away, twice. Several
 * steps of one batch element are therefore done in one go, while its window is near, and the backward pass asks for
 * rows of gradients, and of entries that it will put back, a few operations before it needs them. */
#include "ck_window.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "ck_internal.h"
#include "ck_window_operations.h"

ck_int ck_window_ends(ck_window_kind kind) { return ends_of(kind); }

ck_int ck_window_max_steps(ck_window_kind kind) { return INT32_MAX / ends_of(kind); }

size_t ck_window_workspace_size(ck_window_shape shape) {
    size_t bytes;
    int is_too_long = shape.steps > ck_window_max_steps(shape.kind);
    if (is_too_long || __builtin_mul_overflow((size_t)shape.batch, block_size(shape), &bytes)) {
        return 0;
    }
    return bytes <= PTRDIFF_MAX ? bytes : 0;
}

void ck_window_begin(ck_window_shape shape, void *workspace) {
    /* A deque grows both ways from the middle; stack and queue only upwards. */
    ck_int origin = shape.kind == CK_DEQUE ? shape.steps : 0;
    for (ck_int b = 0; b < shape.batch; b++) {
        window w = window_at(shape, workspace, b);
        *w.home = (window_bounds){.low = origin, .high = origin, .logged = 0, .nan_from = no_nan};
    }
}

/* ---- one step of one batch element ---- */

/* A call's arguments. */
typedef struct {
    ck_window_shape shape;
    void *workspace;
    const float *strengths, *values;
    float *reads;
    ck_int ldr;
} forward_call;

typedef struct {
    ck_window_shape shape;
    void *workspace;
    const float *values, *dreads;
    ck_int lddr;
    float *dstrengths, *dvalues;
} backward_call;

CK_INLINE row_layout layout_of(ck_window_kind kind, ck_window_shape shape, ck_int b) {
    return (row_layout){ends_of(kind), shape.batch, shape.width, b};
}

CK_INLINE void forward_single(window *w, int read_top, row_layout layout, const forward_call *call, ck_int t,
                              const float *strengths, float *r) {
    pop_record *record = &w->pops[t];
    w->sum += strengths[0] + strengths[1];
    pop(w, read_top, strengths[0], record);
    drop_zeros(w, !read_top, record);
    push(w, 1, t, strengths[1]);
    read(w, read_top, layout, call->values, r);
}

CK_INLINE void forward_double(window *w, row_layout layout, const forward_call *call, ck_int t, const float *strengths,
                              float *r) {
    pop_record *records = &w->pops[2 * t];
    w->sum += (strengths[0] + strengths[1]) + (strengths[2] + strengths[3]);
    pop(w, 1, strengths[0], &records[0]);
    drop_zeros(w, 0, &records[0]);
    pop(w, 0, strengths[1], &records[1]);
    push(w, 0, 2 * t + 1, strengths[3]);
    push(w, 1, 2 * t, strengths[2]);
    read(w, 1, layout, call->values, r);
    read(w, 0, layout, call->values, r + layout.width);
}

CK_INLINE void forward_step(ck_window_kind kind, window *w, row_layout layout, const forward_call *call, ck_int t) {
    ck_int row = t * layout.batch + layout.b;
    const float *strengths = call->strengths + row * 2 * layout.ends;
    float *r = call->reads + row * call->ldr;
    if (kind == CK_DEQUE) {
        forward_double(w, layout, call, t, strengths, r);
    } else {
        forward_single(w, kind == CK_STACK, layout, call, t, strengths, r);
    }
}

CK_INLINE void backward_single(window *w, int read_top, row_layout layout, const backward_call *call, ck_int t,
                               const float *dr, float *dstrengths) {
    read_backward(w, read_top, layout, call->values, dr, call->dvalues);
    dstrengths[1] = push_backward(w, 1);
    dstrengths[0] = pop_backward(w, read_top, &w->pops[t], layout, call->dvalues);
}

CK_INLINE void backward_double(window *w, row_layout layout, const backward_call *call, ck_int t, const float *dr,
                               float *dstrengths) {
    const pop_record *records = &w->pops[2 * t];
    read_backward(w, 0, layout, call->values, dr + layout.width, call->dvalues);
    read_backward(w, 1, layout, call->values, dr, call->dvalues);
    dstrengths[2] = push_backward(w, 1);
    dstrengths[3] = push_backward(w, 0);
    dstrengths[1] = pop_backward(w, 0, &records[1], layout, call->dvalues);
    dstrengths[0] = pop_backward(w, 1, &records[0], layout, call->dvalues);
}

enum { LINE_FLOATS = 16 };

/* Asks for dr of some steps on: a processor does not look beyond a page by itself, and the rows of a page are few. Over a
 * million steps of M = 64 this takes a fifth off a stack's time; a queue and a deque lose 6 %, so they do without. */
CK_INLINE void prefetch_gradients(row_layout layout, const backward_call *call, ck_int t) {
    enum { AHEAD = 8 };
    if (t < AHEAD) return;
    const float *dr = call->dreads + ((t - AHEAD) * layout.batch + layout.b) * call->lddr;
    for (ck_int m = 0; m < layout.ends * layout.width; m += LINE_FLOATS) __builtin_prefetch(dr + m, 0);
}

/* Asks for the rows of the entries that will be put back some operations from now, one for each end: only the log knows
 * which those are. */
CK_INLINE void prefetch_logged(const window *w, row_layout layout, const backward_call *call) {
    enum { AHEAD = 4 };
    for (ck_int n = AHEAD; n < AHEAD + layout.ends && n <= w->bounds.logged; n++) {
        ck_int offset = row_offset(layout, w->log[w->bounds.logged - n].push);
        for (ck_int m = 0; m < layout.width; m += LINE_FLOATS) {
            __builtin_prefetch(call->values + offset + m, 0);
            __builtin_prefetch(call->dvalues + offset + m, 1);
        }
    }
}

CK_INLINE void backward_step(ck_window_kind kind, window *w, row_layout layout, const backward_call *call, ck_int t) {
    ck_int row = t * layout.batch + layout.b;
    const float *dr = call->dreads + row * call->lddr;
    float *dstrengths = call->dstrengths + row * 2 * layout.ends;
    prefetch_logged(w, layout, call);
    if (kind == CK_STACK) prefetch_gradients(layout, call, t);
    if (kind == CK_DEQUE) {
        backward_double(w, layout, call, t, dr, dstrengths);
    } else {
        backward_single(w, kind == CK_STACK, layout, call, t, dr, dstrengths);
    }
}

/* ---- strengths that are not finite ---- */

static void fill_nan(float *x, ck_int count) {
    for (ck_int n = 0; n < count; n++) x[n] = NAN;
}

/* The first step with such a strength: nan_from, or the first one in first ..< end. The reads of these steps from it on
 * become NaN, whatever came out. */
static __attribute__((noinline)) ck_int spread_nan(ck_int nan_from, row_layout layout, const forward_call *call,
                                                   ck_int first, ck_int end) {
    for (ck_int t = first; t < end; t++) {
        ck_int row = t * layout.batch + layout.b;
        const float *strengths = call->strengths + row * 2 * layout.ends;
        for (ck_int n = 0; n < 2 * layout.ends; n++) {
            if (!(strengths[n] <= FLT_MAX)) nan_from = ck_min(nan_from, t);
        }
        if (t >= nan_from) fill_nan(call->reads + row * call->ldr, layout.ends * layout.width);
    }
    return nan_from;
}

/* The gradients of some steps of such an episode. */
static __attribute__((noinline)) void spread_nan_backward(row_layout layout, const backward_call *call, ck_int first,
                                                          ck_int end) {
    ck_int width = layout.ends * layout.width;
    for (ck_int t = first; t < end; t++) {
        ck_int row = t * layout.batch + layout.b;
        fill_nan(call->dstrengths + row * 2 * layout.ends, 2 * layout.ends);
        fill_nan(call->dvalues + row * width, width);
    }
}

/* ---- over steps and the batch ---- */

/* Steps of one batch element done in one go. More would no longer be neighbours in memory: rows of other elements lie
 * between them. */
enum { STEPS_AT_ONCE = 16 };

CK_INLINE void forward_steps(ck_window_kind kind, const forward_call *call, ck_span part) {
    for (ck_int first = part.first_step; first < part.end_step; first += STEPS_AT_ONCE) {
        ck_int end = ck_min(first + STEPS_AT_ONCE, part.end_step);
        for (ck_int b = part.first; b < part.end; b++) {
            window w = window_at(call->shape, call->workspace, b);
            row_layout layout = layout_of(kind, call->shape, b);
            for (ck_int t = first; t < end; t++) forward_step(kind, &w, layout, call, t);
            if (!(w.sum <= FLT_MAX) || w.bounds.nan_from < end) {
                w.bounds.nan_from = spread_nan(w.bounds.nan_from, layout, call, first, end);
            }
            *w.home = w.bounds;
        }
    }
}

CK_INLINE void backward_steps(ck_window_kind kind, const backward_call *call, ck_span part) {
    for (ck_int end = part.end_step; end > part.first_step; end -= STEPS_AT_ONCE) {
        ck_int first = end - ck_min(STEPS_AT_ONCE, end - part.first_step);
        for (ck_int b = part.first; b < part.end; b++) {
            window w = window_at(call->shape, call->workspace, b);
            row_layout layout = layout_of(kind, call->shape, b);
            if (w.bounds.nan_from != no_nan) {
                spread_nan_backward(layout, call, first, end);
                continue;
            }
            for (ck_int t = end - 1; t >= first; t--) backward_step(kind, &w, layout, call, t);
            *w.home = w.bounds;
        }
    }
}

CK_INLINE void forward_run_body(const forward_call *call, ck_span part) {
    switch (call->shape.kind) {
    case CK_STACK: forward_steps(CK_STACK, call, part); break;
    case CK_QUEUE: forward_steps(CK_QUEUE, call, part); break;
    case CK_DEQUE: forward_steps(CK_DEQUE, call, part); break;
    }
}

CK_LEVELS(void, forward_run, (const forward_call *call, ck_span part), (call, part))

CK_INLINE void backward_run_body(const backward_call *call, ck_span part) {
    switch (call->shape.kind) {
    case CK_STACK: backward_steps(CK_STACK, call, part); break;
    case CK_QUEUE: backward_steps(CK_QUEUE, call, part); break;
    case CK_DEQUE: backward_steps(CK_DEQUE, call, part); break;
    }
}

CK_LEVELS(void, backward_run, (const backward_call *call, ck_span part), (call, part))

/* Batch elements are dealt out in as many runs as there are threads; all in one run where a fork does not pay. An
 * operation costs about as much as copying 128 floats, and another 2 for each of its own. */
static ck_int runs_of(ck_window_shape shape, ck_span span) {
    ck_int count = span.end - span.first;
    ck_int operations = (span.end_step - span.first_step) * count * ends_of(shape.kind);
    if (!ck_worth_forking(operations * (128 + 2 * shape.width), CK_COST_COPY)) return 1;
    return ck_min(ck_max_threads(), count);
}

void ck_window_forward(ck_window_shape shape, void *workspace, ck_span span, const float *strengths,
                       const float *values, float *reads, ck_int ldr) {
    forward_call call = {shape, workspace, strengths, values, reads, ldr};
    ck_int runs = runs_of(shape, span);
    CK_PARALLEL_FOR(
        runs > 1, for (ck_int run = 0; run < runs; run++) { forward_run(&call, ck_part_of(span, run, runs)); });
}

/* Zeroes the gradients of the entries left in batch element b's window. */
static void begin_backward(ck_window_shape shape, void *workspace, ck_int b, float *dvalues) {
    window w = window_at(shape, workspace, b);
    row_layout layout = layout_of(shape.kind, shape, b);
    for (ck_int at = w.bounds.low; at < w.bounds.high; at++) {
        w.entries[at].gradient = 0;
        zero_row(dvalues + row_offset(layout, w.entries[at].push), shape.width);
    }
}

void ck_window_begin_backward(ck_window_shape shape, void *workspace, float *dvalues) {
    /* As many as there may be: how many are left is not worth finding out. */
    CK_PARALLEL_FOR(
        runs_of(shape, (ck_span){0, shape.steps, 0, shape.batch}) > 1,
        for (ck_int b = 0; b < shape.batch; b++) { begin_backward(shape, workspace, b, dvalues); });
}

void ck_window_backward(ck_window_shape shape, void *workspace, ck_span span, const float *values, const float *dreads,
                        ck_int lddr, float *dstrengths, float *dvalues) {
    backward_call call = {shape, workspace, values, dreads, lddr, dstrengths, dvalues};
    ck_int runs = runs_of(shape, span);
    CK_PARALLEL_FOR(
        runs > 1, for (ck_int run = 0; run < runs; run++) { backward_run(&call, ck_part_of(span, run, runs)); });
}
