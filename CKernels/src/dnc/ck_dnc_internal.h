/* ck_dnc_internal.h: where everything of one episode of the DNC's memory is in its workspace.
 *
 * A memory is a block of ck_rows_layout.h with the links behind it, N rows of a padded vector. These are the states of
 * a history (ck_history.h), and steps its moves: step t leads from state t to state t + 1. What else a step computes
 * is its record; record t + 1 belongs to step t, record 0 to the start. Without a tape there are two records, used in
 * turn. Batch elements share nothing. */
#ifndef CK_DNC_INTERNAL_H
#define CK_DNC_INTERNAL_H

#include "ck_dnc.h"
#include "ck_history.h"
#include "rows/ck_rows_passes.h"

/* Where the parts of a raw interface vector begin. */
typedef struct {
    ck_int read_keys, read_strengths, write_key, write_strength, erase, add, free_gates, allocation_gate, write_gate,
        modes, masks, sharpness, size;
} dnc_interface;

/* Sizes in floats; *_at are places in the workspace, in floats from its aligned start. */
typedef struct {
    ck_dnc_shape shape;
    rows_layout memory;
    history states; /* its segment is 0 without a tape */
    dnc_interface interface;
    ck_int heads, keys, batch, records; /* R, R + 1, B, records of a batch element */
    ck_int record, gradients, scratch;  /* of a step, of a state, of one thread */
    ck_int record_at, dmemory_at, dlinks_at, gradients_at, scratch_at, end_at;
} dnc_layout;

dnc_layout ck_dnc_layout_of(ck_dnc_shape shape);

/* How far each batch element is: at the start of the workspace. */
CK_INLINE history_progress *dnc_progress_of(const void *workspace, ck_int b) {
    return (history_progress *)workspace_base(workspace) + b;
}

/* What a step computes, and what the next one goes on from. Vectors of N are padded; those of several heads or keys
 * stand one after the other. The write head's key comes last. */
typedef struct {
    float *usage, *precedence, *write, *reads; /* u, p, w^w, w^r: what the next step goes on from */
    float *retention, *allocation;
    int32_t *order;
    float *backward, *forward;             /* b and f (R, N) */
    float *sharp_backward, *sharp_forward; /* the same sharpened, else these are b and f */
    float *similarity;                     /* (R+1, N) */
    float *masked_norms;                   /* |z m_i| (R+1, N), with masks */
    /* From here on nothing is aligned. */
    float *keys, *erase, *add, *strengths, *key_norms, *free_gates, *modes;
    float *masks, *squares, *masked_keys; /* z, z^2 and z^2 k (R+1, M) */
    float *sharpness;                     /* backward (R), forward (R) */
    float *gates;                         /* g^a and g^w */
} dnc_record;

/* As it stands at `at`; moves `at` behind it. The record of the start has only what the next step goes on from. */
CK_INLINE dnc_record dnc_record_from(const dnc_layout *l, float **at) {
    const ck_int n = l->memory.row_pad, m = l->memory.columns, heads = l->heads, keys = l->keys;
    const ck_int sharpens = l->shape.sharpens, masks = l->shape.masks;
    dnc_record r;
    r.usage = take_floats(at, n), r.precedence = take_floats(at, n);
    r.write = take_floats(at, n), r.reads = take_floats(at, heads * n);
    r.retention = take_floats(at, n), r.allocation = take_floats(at, n);
    r.order = (int32_t *)take_floats(at, n);
    r.backward = take_floats(at, heads * n), r.forward = take_floats(at, heads * n);
    r.sharp_backward = sharpens ? take_floats(at, heads * n) : r.backward;
    r.sharp_forward = sharpens ? take_floats(at, heads * n) : r.forward;
    r.similarity = take_floats(at, keys * n);
    r.masked_norms = take_floats(at, masks * keys * n);
    r.keys = take_floats(at, keys * m), r.erase = take_floats(at, m), r.add = take_floats(at, m);
    r.strengths = take_floats(at, keys), r.key_norms = take_floats(at, keys);
    r.free_gates = take_floats(at, heads), r.modes = take_floats(at, 3 * heads);
    r.masks = take_floats(at, masks * keys * m), r.squares = take_floats(at, masks * keys * m);
    r.masked_keys = masks ? take_floats(at, keys * m) : r.keys;
    r.sharpness = take_floats(at, sharpens * 2 * heads);
    r.gates = take_floats(at, 2);
    return r;
}

/* The record of step t; t = -1 is the start. */
CK_INLINE dnc_record dnc_record_at(const dnc_layout *l, float *base, ck_int t, ck_int b) {
    ck_int number = l->states.segment == 0 ? (t + 1) & 1 : t + 1;
    float *at = base + l->record_at + (number * l->batch + b) * l->record;
    return dnc_record_from(l, &at);
}

/* The links in a state's block, (N, row_pad). */
CK_INLINE const float *dnc_links_of(const dnc_layout *l, const float *block) { return block + l->memory.block; }
CK_INLINE float *dnc_links_after(const dnc_layout *l, float *block) { return block + l->memory.block; }

/* The gradients of what a step goes on from, as they stand; all are vectors of N, or R of them. */
typedef struct {
    float *usage, *precedence, *write, *reads;
} dnc_gradients;

CK_INLINE dnc_gradients dnc_gradients_from(const dnc_layout *l, float **at) {
    const ck_int n = l->memory.row_pad;
    dnc_gradients d;
    d.usage = take_floats(at, n), d.precedence = take_floats(at, n);
    d.write = take_floats(at, n), d.reads = take_floats(at, l->heads * n);
    return d;
}

/* The most rows of L that a pass takes at a time. */
enum { MOST_LINK_ROWS = 4 };

/* One thread's working space. All but content and sums are for the backward pass, and not there without a tape. */
typedef struct {
    float *content;                /* w^c (N) */
    float *ranks;                  /* places of rows in phi, as int32_t (N) */
    ck_lanes *sums[2 * ROWS_MOST]; /* per column, a vector of what is summed over rows */
    dnc_gradients before;          /* of the state before the step */
    float *dbackward, *dforward;   /* dL/db and dL/df (R, N) */
    float *dproduct;               /* dL/d(k . m_i) (R+1, N) */
    float *row_factor;             /* (R+1, N) with masks, else (N) */
    float *dallocation, *dretention, *terms;
    float *dkeys, *dsquares, *derase, *dadd; /* not aligned: (R+1, M), (R+1, M), (M), (M) */
} dnc_scratch;

CK_INLINE dnc_scratch dnc_scratch_from(const dnc_layout *l, float **at) {
    const ck_int n = l->memory.row_pad, m = l->memory.columns, masks = l->shape.masks;
    const int sums = masks ? 2 * ROWS_MOST : ROWS_MOST;
    dnc_scratch s = {.content = take_floats(at, n), .ranks = take_floats(at, n)};
    for (int i = 0; i < sums; i++) {
        s.sums[i] = (ck_lanes *)take_floats(at, m * CK_LANES);
    }
    if (l->states.segment == 0) {
        return s;
    }
    s.before = dnc_gradients_from(l, at);
    s.dbackward = take_floats(at, l->heads * n), s.dforward = take_floats(at, l->heads * n);
    s.dproduct = take_floats(at, l->keys * n);
    s.row_factor = take_floats(at, (masks ? l->keys : 1) * n);
    s.dallocation = take_floats(at, n), s.dretention = take_floats(at, n), s.terms = take_floats(at, n);
    s.dkeys = take_floats(at, l->keys * m), s.dsquares = take_floats(at, masks * l->keys * m);
    s.derase = take_floats(at, m), s.dadd = take_floats(at, m);
    return s;
}

/* The working space for batch element b; a thread that takes several elements may use that of the first for all. */
CK_INLINE dnc_scratch dnc_scratch_at(const dnc_layout *l, float *base, ck_int b) {
    float *at = base + l->scratch_at + b * l->scratch;
    return dnc_scratch_from(l, &at);
}

CK_INLINE dnc_gradients dnc_gradients_at(const dnc_layout *l, float *base, ck_int b) {
    float *at = base + l->gradients_at + b * l->gradients;
    return dnc_gradients_from(l, &at);
}

/* The batch elements of a call are cut into one part per thread. A step costs about 0.3 ns for each link and each number
 * of the memory. */
CK_INLINE ck_int dnc_parts(const dnc_layout *l, ck_span span) {
    ck_int count = span.end - span.first;
    ck_int elements =
        3 * (span.end_step - span.first_step) * count * l->memory.rows * (l->memory.rows + l->memory.columns);
    return ck_worth_forking(elements, CK_COST_COPY) ? ck_min(count, ck_max_threads()) : 1;
}

/* Calls function(arguments..., from, n) for `count` of a kind, the most of a pass at a time: n of them from number
 * `from` on, n a constant. */
#define FOR_GROUPS(count, function, ...)                                                                               \
    for (ck_int from = 0; from < (count); from += ROWS_MOST) {                                                         \
        switch (ck_min((count)-from, ROWS_MOST)) {                                                                     \
        case 1: function(__VA_ARGS__, from, 1); break;                                                                 \
        case 2: function(__VA_ARGS__, from, 2); break;                                                                 \
        case 3: function(__VA_ARGS__, from, 3); break;                                                                 \
        default: function(__VA_ARGS__, from, ROWS_MOST); break;                                                        \
        }                                                                                                              \
    }

#endif
