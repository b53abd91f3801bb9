/* ck_turing_internal.h: where everything of one episode of the Turing memory stands in its workspace.
 *
 * Layout of the memory. A memory block holds the memory transposed, column after column, N rows contiguous, and behind
 * the columns one more vector: the rows' norms, which every write brings up to date. So every loop runs over N:
 * products with a key add columns, reads are sums over N, writes change columns.
 *
 * Vectors of N are padded to whole vector registers. The padding of memories, norms and focuses is 0 and stays 0: it
 * adds nothing to any sum. What would fill it otherwise clears it, see set_padding.
 *
 * Memories. Write number w = t*P + p sees memory w and makes memory w+1. Memory s*K*P, which segment s starts with, is
 * kept for each s; the K*P-1 memories inside a segment share one place with those of all other segments. The forward
 * pass leaves the last segment there, replaying fills in an earlier one.
 *
 * Without a tape each batch element has one memory, in the place of the kept ones, which writes change in place; the
 * focuses of two steps, those of step t at t mod 2; and the similarities and parameters of one step. Batch elements
 * share nothing, and there is no room for gradients. */
#ifndef CK_TURING_INTERNAL_H
#define CK_TURING_INTERNAL_H

#include "ck_lanes.h"
#include "ck_turing.h"

#define CK_TURING_EPSILON 1e-8f
#define CK_TURING_SMALLEST_SQUARE 1e-30f
#define CK_TURING_EXPONENT_FLOOR -64.0f

/* How far the episode of one batch element is; those of all of them are at the start of the workspace. */
typedef struct {
    int64_t done;    /* steps done and not undone */
    int64_t segment; /* the segment whose inner memories are at hand */
} turing_state;

/* Sizes in floats; *_at are places in the workspace, in floats from its aligned start. */
typedef struct {
    ck_int rows, columns, pairs, heads, shifts, max_shift, batch;
    ck_int segment;                       /* K, at most T; 0 without a tape */
    ck_int step_rows;                     /* from a step's records to the next step's: B, or 0 without a tape */
    float clip;                           /* infinite for none */
    ck_int row_pad;                       /* N in whole vectors */
    ck_int shift_pad;                     /* room beside a vector of N for the rows that shifts bring in; >= n */
    ck_int read_raw, pair_raw, interface; /* raw parameters of a read head, of a pair, of a step */
    ck_int read_record, pair_record;      /* activated parameters of a read head, of a pair */
    ck_int block;                         /* one memory with its norms */
    ck_int kept, inner;                   /* memories per batch element: kept ones, and those inside a segment */
    ck_int scratch;                       /* working space of one thread */
    ck_int first_memory_at, first_focus_at, focus_at, similarity_at, records_at, kept_at, inner_at;
    ck_int dmemory_at, dfocus_at, scratch_at, end_at;
} turing_layout;

turing_layout ck_turing_layout_of(ck_turing_shape shape);

enum { TURING_STRENGTH, TURING_GATE, TURING_SHARPENING, TURING_KEY_NORM, TURING_SCALARS };

/* Activated parameters of one head; erase and add are NULL for a read head. */
typedef struct {
    float *key, *shift, *scalars, *erase, *add;
} turing_head;

/* The workspace starts at the next multiple of a vector's size: the caller promises 16 bytes only. */
CK_INLINE float *turing_base(const void *workspace) {
    uintptr_t unit = sizeof(ck_lanes);
    return (float *)(((uintptr_t)workspace + unit - 1) / unit * unit);
}

CK_INLINE turing_state *turing_state_of(const void *workspace, ck_int b) {
    return (turing_state *)turing_base(workspace) + b;
}

/* Memory number `write` of batch element b. */
CK_INLINE float *turing_memory_at(const turing_layout *l, float *base, ck_int b, ck_int write) {
    if (l->segment == 0) {
        return base + l->kept_at + b * l->block;
    }
    ck_int segment = write / (l->segment * l->pairs);
    ck_int inside = write - segment * l->segment * l->pairs;
    if (inside > 0) {
        return base + l->inner_at + (b * l->inner + inside - 1) * l->block;
    }
    return segment == 0 ? base + l->first_memory_at + b * l->block
                        : base + l->kept_at + (b * l->kept + segment - 1) * l->block;
}

/* K of a head of step t, kept for the backward pass. */
CK_INLINE float *turing_similarity_at(const turing_layout *l, float *base, ck_int t, ck_int b, ck_int head) {
    return base + l->similarity_at + ((t * l->step_rows + b) * l->heads + head) * l->row_pad;
}

/* A head's focus after step t; t = -1 is the initial one. */
CK_INLINE float *turing_focus_at(const turing_layout *l, float *base, ck_int t, ck_int b, ck_int head) {
    if (l->segment == 0) {
        return base + l->focus_at + (((t & 1) * l->batch + b) * l->heads + head) * l->row_pad;
    }
    return t < 0 ? base + l->first_focus_at + (b * l->heads + head) * l->row_pad
                 : base + l->focus_at + ((t * l->batch + b) * l->heads + head) * l->row_pad;
}

CK_INLINE turing_head turing_head_at(const turing_layout *l, float *base, ck_int t, ck_int b, ck_int head) {
    float *record = base + l->records_at + ((t * l->step_rows + b) * l->pairs + head / 2) * l->pair_record;
    turing_head result = {NULL, NULL, NULL, NULL, NULL};
    if (head % 2 == 1) {
        record += l->read_record;
        result.erase = record + l->read_record;
        result.add = result.erase + l->columns;
    }
    result.key = record;
    result.shift = record + l->columns;
    result.scalars = result.shift + l->shifts;
    return result;
}

CK_INLINE float *turing_dmemory_at(const turing_layout *l, float *base, ck_int b) {
    return base + l->dmemory_at + b * l->columns * l->row_pad;
}

CK_INLINE float *turing_dfocus_at(const turing_layout *l, float *base, ck_int b, ck_int head) {
    return base + l->dfocus_at + (b * l->heads + head) * l->row_pad;
}

/* Everything of one pair of heads in one step of one batch element; [0] is the read head, [1] the write head. */
typedef struct {
    const float *memory, *norm; /* as both heads see it */
    float *memory_after;        /* the write */
    turing_head heads[2];
    float *similarity[2], *focus[2];
    const float *previous[2]; /* focus of the step before */
    float *dmemory,
        *dfocus[2];     /* gradients of the memory and the focuses as they stand; for the backward pass to set */
    const float *dread; /* of the read vector; likewise */
} turing_pair;

CK_INLINE turing_pair turing_pair_at(const turing_layout *l, float *base, ck_int t, ck_int b, ck_int pair) {
    turing_pair p;
    ck_int write = t * l->pairs + pair;
    p.memory = turing_memory_at(l, base, b, write);
    p.norm = p.memory + l->columns * l->row_pad;
    p.memory_after = turing_memory_at(l, base, b, write + 1);
    p.dmemory = NULL;
    p.dread = NULL;
    for (int h = 0; h < 2; h++) {
        ck_int head = 2 * pair + h;
        p.heads[h] = turing_head_at(l, base, t, b, head);
        p.similarity[h] = turing_similarity_at(l, base, t, b, head);
        p.focus[h] = turing_focus_at(l, base, t, b, head);
        p.previous[h] = turing_focus_at(l, base, t - 1, b, head);
        p.dfocus[h] = NULL;
    }
    return p;
}

/* The batch elements of a call are cut into one part per thread. A step costs about 0.2 ns for each number in the memory,
 * and as much for 16 more columns. */
CK_INLINE ck_int turing_parts(const turing_layout *l, ck_span span) {
    ck_int count = span.end - span.first;
    ck_int elements = 2 * (span.end_step - span.first_step) * count * l->pairs * l->rows * (l->columns + CK_LANES);
    return ck_worth_forking(elements, CK_COST_COPY) ? ck_min(count, ck_max_threads()) : 1;
}

/* One thread's working space for one pair of heads; [0] the read head's, [1] the write head's. What follows `sums` is
 * for the backward pass, and NULL without a tape. */
typedef struct {
    /* Of N floats: w^c, w^g and w~, which the backward pass makes anew; gradients. Those marked with * have shift_pad
     * floats of room on both sides, for the rows that shifts bring in from beyond either end. */
    float *content[2], *gated[2] /* * */, *shifted[2];
    ck_lanes *sums[2]; /* per column, a vector of what is summed over rows */
    float *dshifted[2] /* * */, *dgated[2], *dproduct[2] /* dL/d(k.m_i) */;
    float *row_factor; /* what each row gets of itself through its norm */
    float *dkey[2], *derase, *dadd, *dshift[2];
} turing_scratch;

/* The working space for batch element b; a thread that takes several elements may use that of the first for all. */
turing_scratch ck_turing_scratch_at(const turing_layout *l, float *base, ck_int b);

/* Sets the padding behind N rows to `value`. */
CK_INLINE void set_padding(const turing_layout *l, float *x, float value) {
    for (ck_int i = l->rows; i < l->row_pad; i++) {
        x[i] = value;
    }
}

/* 1 / (|k| |m_i| + epsilon), 0 where either norm is 0, NaN where one is NaN. */
CK_INLINE void inverse_norms(const ck_lanes *norm, float key_norm, ck_lanes *inverse) {
    ck_lanes norms = *norm * key_norm;
    ck_lanes_mask is_zero = norms <= 0.0f;
    *inverse = 1.0f / (norms + CK_TURING_EPSILON);
    lanes_clear(inverse, &is_zero);
}

#endif
