/* ck_window.c: stack, queue and deque by their live windows. The method and its contract are in ck_window.h.
 *
 * One batch element's window is a run low ..< high of positions in fixed arrays; a pop or push moves one of the two
 * bounds. Whole pops are logged, so that the backward pass can put the entries back where they were. The three memories
 * are the same four operations (pop, push, read, and their undoing) at different ends; `top` is a constant wherever
 * they are inlined. */
#include "ck_window.h"

#include "ck_internal.h"
#include "ck_runtime.h"

/* What one pop did, as far as undoing it needs. */
typedef struct {
    int32_t popped;         /* entries taken whole, the last ones in the log */
    int32_t dropped;        /* entries of strength 0 that left at the other end, logged after them */
    int32_t is_partial;     /* whether the entry then at the end lost a part of its strength */
    float partial_strength; /* what that entry had before */
} pop_record;

typedef struct {
    ck_int low, high; /* the window is low ..< high; high - 1 is the top */
    ck_int logged;
} window_bounds;

/* The window of one batch element. */
typedef struct {
    window_bounds *bounds;
    pop_record *pops;       /* (T, E) */
    int32_t *entry;         /* by position: which push stands here */
    float *strength;        /* by position */
    float *gradient;        /* by position: dL/dstrength, in the backward pass */
    int32_t *log_entry;     /* entries popped whole, in order */
    float *log_strength;    /* and the strength they had */
} window;

/* Rows of a (T, B, E, M) array for one batch element, reached by entry number. */
typedef struct {
    ck_int ends, batch, width, b;
} entry_layout;

static inline ck_int entry_offset(entry_layout at, int32_t entry) {
    ck_int step = at.ends == 2 ? entry >> 1 : entry;
    ck_int end = at.ends == 2 ? entry & 1 : 0;
    return ((step * at.batch + at.b) * at.ends + end) * at.width;
}

ck_int ck_window_ends(ck_window_kind kind) { return kind == CK_DEQUE ? 2 : 1; }

/* Bytes of one batch element's block, a multiple of 16. */
static size_t block_size(ck_window_shape shape) {
    size_t entries = (size_t)(shape.steps * ck_window_ends(shape.kind));
    size_t bytes = sizeof(window_bounds) + entries * (sizeof(pop_record) + 5 * sizeof(float));
    return (bytes + 15) & ~(size_t)15;
}

size_t ck_window_workspace_size(ck_window_shape shape) { return (size_t)shape.batch * block_size(shape); }

static window window_at(ck_window_shape shape, void *workspace, ck_int b) {
    ck_int entries = shape.steps * ck_window_ends(shape.kind);
    char *block = (char *)workspace + (size_t)b * block_size(shape);
    window w;
    w.bounds = (window_bounds *)block;
    w.pops = (pop_record *)(w.bounds + 1);
    w.entry = (int32_t *)(w.pops + entries);
    w.strength = (float *)(w.entry + entries);
    w.gradient = w.strength + entries;
    w.log_entry = (int32_t *)(w.gradient + entries);
    w.log_strength = (float *)(w.log_entry + entries);
    return w;
}

void ck_window_begin(ck_window_shape shape, void *workspace) {
    /* A deque grows both ways from the middle; stack and queue only upwards. */
    ck_int origin = shape.kind == CK_DEQUE ? shape.steps : 0;
    for (ck_int b = 0; b < shape.batch; b++) {
        window_bounds *bounds = window_at(shape, workspace, b).bounds;
        bounds->low = bounds->high = origin;
        bounds->logged = 0;
    }
}

/* ---- the four operations, forward ---- */

static inline ck_int end_position(const window *w, int top) { return top ? w->bounds->high - 1 : w->bounds->low; }

static inline int is_empty(const window *w) { return w->bounds->low >= w->bounds->high; }

/* Takes the entry at one end out of the window and logs it. */
static inline void take(window *w, int top) {
    window_bounds *bounds = w->bounds;
    ck_int at = top ? --bounds->high : bounds->low++;
    w->log_entry[bounds->logged] = w->entry[at];
    w->log_strength[bounds->logged] = w->strength[at];
    bounds->logged++;
}

/* s[i] = max(0, s[i] - max(0, u - sum of the strengths between i and the end)). */
static inline void pop(window *w, int top, float u, pop_record *record) {
    double rest = u;
    int32_t popped = 0;
    while (!is_empty(w)) {
        float s = w->strength[end_position(w, top)];
        if (!(s <= rest)) break;
        rest -= s;
        take(w, top);
        popped++;
    }
    record->popped = popped;
    record->dropped = 0;
    record->is_partial = rest > 0 && !is_empty(w);
    if (record->is_partial) {
        float *s = &w->strength[end_position(w, top)];
        record->partial_strength = *s;
        *s = (float)(*s - rest);
    }
}

/* An entry pushed with strength 0 at the end that the first pop does not reach: max(0, 0) has derivative 0, so from this
 * step on it counts for nothing. (At the near end the pop itself takes it.) */
static inline void drop_zeros(window *w, int top, pop_record *record) {
    while (!is_empty(w) && w->strength[end_position(w, top)] == 0) {
        take(w, top);
        record->dropped++;
    }
}

static inline void push(window *w, int top, ck_int entry, float d) {
    ck_int at = top ? w->bounds->high++ : --w->bounds->low;
    w->entry[at] = (int32_t)entry;
    w->strength[at] = d;
}

/* r = sum_i min(s[i], max(0, 1 - sum of the strengths between i and the end)) V[i]. */
static inline void read(const window *w, int top, entry_layout layout, const float *values, float *restrict r) {
    ck_int width = layout.width, step = top ? -1 : 1;
    ck_int past = top ? w->bounds->low - 1 : w->bounds->high;
    double rest = 1;
    for (ck_int m = 0; m < width; m++) r[m] = 0;
    for (ck_int at = end_position(w, top); at != past; at += step) {
        float s = w->strength[at];
        int is_whole = s <= rest;
        if (!is_whole && !(rest > 0)) return;
        float weight = is_whole ? s : (float)rest;
        const float *restrict v = values + entry_offset(layout, w->entry[at]);
        for (ck_int m = 0; m < width; m++) r[m] += weight * v[m];
        if (!is_whole) return;
        rest -= s;
    }
}

/* ---- and backward ---- */

/* dv += weight * dr; returns v . dr. */
static inline float read_row_backward(ck_int width, float weight, const float *restrict v, const float *restrict dr,
                                      float *restrict dv) {
#pragma clang fp reassociate(on)
    float product = 0;
    for (ck_int m = 0; m < width; m++) {
        product += v[m] * dr[m];
        dv[m] += weight * dr[m];
    }
    return product;
}

static inline void read_backward(window *w, int top, entry_layout layout, const float *values, const float *dr,
                                 float *dvalues) {
    ck_int step = top ? -1 : 1;
    ck_int past = top ? w->bounds->low - 1 : w->bounds->high;
    ck_int first = end_position(w, top);
    ck_int at;
    double rest = 1;
    for (at = first; at != past; at += step) {
        float s = w->strength[at];
        int is_whole = s <= rest;
        if (!is_whole && !(rest > 0)) break; /* max(0, 0): no gradient, and none deeper */
        float weight = is_whole ? s : (float)rest;
        ck_int offset = entry_offset(layout, w->entry[at]);
        float product = read_row_backward(layout.width, weight, values + offset, dr, dvalues + offset);
        if (is_whole) {
            w->gradient[at] += product;
            rest -= s;
            continue;
        }
        /* The boundary entry's weight is 1 minus the strengths between it and the end. */
        for (ck_int j = first; j != at; j += step) w->gradient[j] -= product;
        break;
    }
    /* But for an entry of strength 0: min(0, 0) is its strength by the tie rule, however full the read. Only the one just
     * pushed at the far end can be such; older ones have been dropped. */
    ck_int far = end_position(w, !top);
    if (at != past && w->strength[far] == 0) {
        ck_int offset = entry_offset(layout, w->entry[far]);
        w->gradient[far] += read_row_backward(layout.width, 0, values + offset, dr, dvalues + offset);
    }
}

/* Undoes a push; returns dL/dd. */
static inline float push_backward(window *w, int top) {
    ck_int at = top ? --w->bounds->high : w->bounds->low++;
    return w->gradient[at];
}

/* Puts the last logged entry back at one end, with a gradient, and zeroes its row of dvalues. */
static inline void put_back(window *w, int top, float gradient, entry_layout layout, float *dvalues) {
    window_bounds *bounds = w->bounds;
    bounds->logged--;
    ck_int at = top ? bounds->high++ : --bounds->low;
    w->entry[at] = w->log_entry[bounds->logged];
    w->strength[at] = w->log_strength[bounds->logged];
    w->gradient[at] = gradient;
    float *dv = dvalues + entry_offset(layout, w->entry[at]);
    for (ck_int m = 0; m < layout.width; m++) dv[m] = 0;
}

/* Undoes a pop; returns dL/du. The partial entry kept s - u + (sum of the popped); nothing else depends on u, nor on the
 * popped strengths. */
static inline float pop_backward(window *w, int top, const pop_record *record, entry_layout layout, float *dvalues) {
    float gradient = 0;
    for (int32_t n = 0; n < record->dropped; n++) put_back(w, !top, 0, layout, dvalues);
    if (record->is_partial) {
        ck_int at = end_position(w, top);
        w->strength[at] = record->partial_strength;
        gradient = w->gradient[at];
    }
    for (int32_t n = 0; n < record->popped; n++) put_back(w, top, gradient, layout, dvalues);
    return -gradient;
}

/* ---- one step of one batch element ---- */

/* What a step of batch element b works on; all pointers at its own rows, but for values and dvalues. */
typedef struct {
    window *w;
    entry_layout layout;
    ck_int step;
    const float *values;
} step_context;

static inline void forward_single(step_context c, int read_top, const float *strengths, float *r) {
    pop_record *record = &c.w->pops[c.step];
    pop(c.w, read_top, strengths[0], record);
    drop_zeros(c.w, !read_top, record);
    push(c.w, 1, c.step, strengths[1]);
    read(c.w, read_top, c.layout, c.values, r);
}

static inline void backward_single(step_context c, int read_top, const float *dr, float *dstrengths, float *dvalues) {
    read_backward(c.w, read_top, c.layout, c.values, dr, dvalues);
    dstrengths[1] = push_backward(c.w, 1);
    dstrengths[0] = pop_backward(c.w, read_top, &c.w->pops[c.step], c.layout, dvalues);
}

static inline void forward_double(step_context c, const float *strengths, float *r) {
    pop_record *records = &c.w->pops[2 * c.step];
    pop(c.w, 1, strengths[0], &records[0]);
    drop_zeros(c.w, 0, &records[0]);
    pop(c.w, 0, strengths[1], &records[1]);
    push(c.w, 0, 2 * c.step + 1, strengths[3]);
    push(c.w, 1, 2 * c.step, strengths[2]);
    read(c.w, 1, c.layout, c.values, r);
    read(c.w, 0, c.layout, c.values, r + c.layout.width);
}

static inline void backward_double(step_context c, const float *dr, float *dstrengths, float *dvalues) {
    const pop_record *records = &c.w->pops[2 * c.step];
    read_backward(c.w, 0, c.layout, c.values, dr + c.layout.width, dvalues);
    read_backward(c.w, 1, c.layout, c.values, dr, dvalues);
    dstrengths[2] = push_backward(c.w, 1);
    dstrengths[3] = push_backward(c.w, 0);
    dstrengths[1] = pop_backward(c.w, 0, &records[1], c.layout, dvalues);
    dstrengths[0] = pop_backward(c.w, 1, &records[0], c.layout, dvalues);
}

CK_CLONES
static void forward_element(ck_window_kind kind, step_context c, const float *strengths, float *r) {
    switch (kind) {
    case CK_STACK: c.layout.ends = 1; forward_single(c, 1, strengths, r); break;
    case CK_QUEUE: c.layout.ends = 1; forward_single(c, 0, strengths, r); break;
    case CK_DEQUE: c.layout.ends = 2; forward_double(c, strengths, r); break;
    }
}

CK_CLONES
static void backward_element(ck_window_kind kind, step_context c, const float *dr, float *dstrengths, float *dvalues) {
    switch (kind) {
    case CK_STACK: c.layout.ends = 1; backward_single(c, 1, dr, dstrengths, dvalues); break;
    case CK_QUEUE: c.layout.ends = 1; backward_single(c, 0, dr, dstrengths, dvalues); break;
    case CK_DEQUE: c.layout.ends = 2; backward_double(c, dr, dstrengths, dvalues); break;
    }
}

/* ---- over steps and the batch ---- */

static inline entry_layout layout_of(ck_window_shape shape, ck_int b) {
    entry_layout layout = {ck_window_ends(shape.kind), shape.batch, shape.width, b};
    return layout;
}

/* Batch elements are dealt out in as many runs as there are threads; within a run the steps are the outer loop, so that
 * memory is walked in order. Fewer floats than this are not worth a fork. */
enum { FORK_FLOATS = 2048 };

static inline ck_int runs_of(ck_window_shape shape, ck_int steps) {
    ck_int threads = ck_threads();
    if (steps * shape.batch * shape.width * ck_window_ends(shape.kind) < FORK_FLOATS) return 1;
    return threads < shape.batch ? threads : shape.batch;
}

void ck_window_forward(ck_window_shape shape, void *workspace, ck_int first, ck_int end, const float *strengths,
                       const float *values, float *reads, ck_int ldr) {
    ck_int runs = runs_of(shape, end - first), columns = 2 * ck_window_ends(shape.kind);
#pragma omp parallel for schedule(static) if (runs > 1)
    for (ck_int run = 0; run < runs; run++) {
        ck_int from = run * shape.batch / runs, to = (run + 1) * shape.batch / runs;
        for (ck_int t = first; t < end; t++) {
            for (ck_int b = from; b < to; b++) {
                window w = window_at(shape, workspace, b);
                step_context c = {&w, layout_of(shape, b), t, values};
                ck_int row = t * shape.batch + b;
                forward_element(shape.kind, c, strengths + row * columns, reads + row * ldr);
            }
        }
    }
}

void ck_window_begin_backward(ck_window_shape shape, void *workspace, float *dvalues) {
    for (ck_int b = 0; b < shape.batch; b++) {
        window w = window_at(shape, workspace, b);
        entry_layout layout = layout_of(shape, b);
        for (ck_int at = w.bounds->low; at < w.bounds->high; at++) {
            float *dv = dvalues + entry_offset(layout, w.entry[at]);
            w.gradient[at] = 0;
            for (ck_int m = 0; m < shape.width; m++) dv[m] = 0;
        }
    }
}

void ck_window_backward(ck_window_shape shape, void *workspace, ck_int first, ck_int end, const float *values,
                        const float *dreads, ck_int lddr, float *dstrengths, float *dvalues) {
    ck_int runs = runs_of(shape, end - first), columns = 2 * ck_window_ends(shape.kind);
#pragma omp parallel for schedule(static) if (runs > 1)
    for (ck_int run = 0; run < runs; run++) {
        ck_int from = run * shape.batch / runs, to = (run + 1) * shape.batch / runs;
        for (ck_int t = end - 1; t >= first; t--) {
            for (ck_int b = from; b < to; b++) {
                window w = window_at(shape, workspace, b);
                step_context c = {&w, layout_of(shape, b), t, values};
                ck_int row = t * shape.batch + b;
                backward_element(shape.kind, c, dreads + row * lddr, dstrengths + row * columns, dvalues);
            }
        }
    }
}

ck_int ck_window_entries(ck_window_shape shape, const void *workspace, ck_int b, ck_int capacity, int32_t *entries,
                         float *strengths) {
    window w = window_at(shape, (void *)(uintptr_t)workspace, b);
    ck_int live = w.bounds->high - w.bounds->low;
    for (ck_int n = 0; n < live && n < capacity; n++) {
        entries[n] = w.entry[w.bounds->low + n];
        strengths[n] = w.strength[w.bounds->low + n];
    }
    return live;
}
