/* ck_turing_internal.h: where everything of one episode of the Turing memory stands in its workspace.
 *
 * Layout of the memory. A memory block holds the memory transposed, column after column, N rows contiguous, and behind
 * the columns one more vector: the rows' norms, which every write brings up to date. So every loop runs over N: products
 * with a key add columns, reads are sums over N, writes update columns in place.
 *
 * Vectors of N are padded to whole vector registers. The padding of memories, norms and focuses is 0 and stays 0: it
 * adds nothing to any sum. What would fill it otherwise clears it, see set_padding.
 *
 * Memories. Write number w = t*P + p sees memory w and makes memory w+1. Memory s*K*P, which segment s starts with, is
 * kept for each s; the K*P-1 memories inside a segment share one place with those of all other segments. The forward
 * pass leaves the last segment there, replaying fills in an earlier one. */
#ifndef CK_TURING_INTERNAL_H
#define CK_TURING_INTERNAL_H

#include <string.h>

#include "ck_internal.h"
#include "ck_turing.h"

/* One vector register's worth of floats; where registers are narrower the compiler splits it. */
enum { CK_LANES = 16 };
typedef float ck_lanes __attribute__((vector_size(CK_LANES * sizeof(float)), may_alias));

typedef int32_t ck_lanes_mask __attribute__((vector_size(sizeof(ck_lanes))));
typedef float unaligned_lanes __attribute__((vector_size(CK_LANES * sizeof(float)), aligned(4), may_alias));

#define CK_TURING_EPSILON 1e-8f
#define CK_TURING_SMALLEST_SQUARE 1e-30f
#define CK_TURING_EXPONENT_FLOOR -64.0f

/* How far the episode is; at the start of the workspace. */
typedef struct {
    int64_t done;    /* steps done and not undone */
    int64_t segment; /* the segment whose inner memories are at hand */
} turing_state;

/* Sizes in floats; *_at are places in the workspace, in floats from its aligned start. */
typedef struct {
    ck_int rows, columns, pairs, shifts, max_shift, batch, heads;
    ck_int row_pad, column_pad;    /* N and M in whole vectors */
    ck_int shift_pad;              /* room beside a vector of N for the rows that a shift brings in; >= n */
    ck_int shift_count_pad;        /* S in whole vectors */
    ck_int segment;                /* K, at most T */
    ck_int read_raw, pair_raw, interface; /* raw parameters of a read head, of a pair, of a step */
    ck_int read_record, pair_record; /* activated parameters of a read head, of a pair */
    ck_int block;                  /* one memory with its norms */
    ck_int kept, inner;            /* memory blocks per batch element: kept ones, and those inside one segment */
    ck_int scratch;                /* working space of one thread */
    ck_int first_memory_at, first_focus_at, focus_at, similarity_at, records_at, kept_at, inner_at, dmemory_at, dfocus_at, scratch_at;
    ck_int end_at;
    float clip;
} turing_layout;

turing_layout turing_layout_of(ck_turing_shape shape);

/* Activated parameters of one head. key, erase and add are padded with 0; erase and add are NULL for a read head. */
typedef struct {
    float *key, *shift, *scalars, *erase, *add;
} turing_head;

enum { TURING_STRENGTH, TURING_GATE, TURING_SHARPENING, TURING_KEY_NORM, TURING_SCALARS };

/* The workspace starts at the next multiple of a vector's size: the caller promises 16 bytes only. */
CK_INLINE float *turing_base(const void *workspace) {
    uintptr_t unit = sizeof(ck_lanes);
    return (float *)(((uintptr_t)workspace + unit - 1) / unit * unit);
}

CK_INLINE turing_state *turing_state_of(const void *workspace) {
    return (turing_state *)turing_base(workspace);
}

/* Memory number `write` of batch element b. */
CK_INLINE float *turing_memory_at(const turing_layout *l, float *base, ck_int b, ck_int write) {
    ck_int segment = write / (l->segment * l->pairs);
    ck_int inside = write - segment * l->segment * l->pairs;
    if (inside > 0) {
        return base + l->inner_at + (b * l->inner + inside - 1) * l->block;
    }
    return segment == 0 ? base + l->first_memory_at : base + l->kept_at + (b * l->kept + segment - 1) * l->block;
}

/* K of a head of step t, kept for the backward pass. */
CK_INLINE float *turing_similarity_at(const turing_layout *l, float *base, ck_int t, ck_int b, ck_int head) {
    return base + l->similarity_at + ((t * l->batch + b) * l->heads + head) * l->row_pad;
}

/* A head's focus after step t; t = -1 is the initial one, which the batch shares. */
CK_INLINE float *turing_focus_at(const turing_layout *l, float *base, ck_int t, ck_int b, ck_int head) {
    return t < 0 ? base + l->first_focus_at + head * l->row_pad
                 : base + l->focus_at + ((t * l->batch + b) * l->heads + head) * l->row_pad;
}

CK_INLINE turing_head turing_head_at(const turing_layout *l, float *base, ck_int t, ck_int b, ck_int head) {
    float *record = base + l->records_at + ((t * l->batch + b) * l->pairs + head / 2) * l->pair_record;
    turing_head result = {NULL, NULL, NULL, NULL, NULL};
    if (head % 2 == 1) {
        record += l->read_record;
        result.erase = record + l->read_record;
        result.add = result.erase + l->column_pad;
    }
    result.key = record;
    result.scalars = record + l->column_pad;
    result.shift = result.scalars + CK_LANES;
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
    const float *previous[2];     /* focus of the step before */
    float *dmemory, *dfocus[2];   /* backward: gradients of the memory and the focuses as they stand */
    const float *dread;           /* backward: of the read vector, set by who knows it */
} turing_pair;

CK_INLINE turing_pair turing_pair_at(const turing_layout *l, float *base, ck_int t, ck_int b, ck_int pair) {
    turing_pair p;
    ck_int write = t * l->pairs + pair;
    p.memory = turing_memory_at(l, base, b, write);
    p.norm = p.memory + l->columns * l->row_pad;
    p.memory_after = turing_memory_at(l, base, b, write + 1);
    p.dmemory = turing_dmemory_at(l, base, b);
    p.dread = NULL;
    for (int h = 0; h < 2; h++) {
        ck_int head = 2 * pair + h;
        p.heads[h] = turing_head_at(l, base, t, b, head);
        p.similarity[h] = turing_similarity_at(l, base, t, b, head);
        p.focus[h] = turing_focus_at(l, base, t, b, head);
        p.previous[h] = turing_focus_at(l, base, t - 1, b, head);
        p.dfocus[h] = turing_dfocus_at(l, base, b, head);
    }
    return p;
}

/* The batch is cut into one part per thread, and each part has a scratch of its own. */
CK_INLINE ck_int turing_parts(const turing_layout *l, ck_int steps, ck_int threads) {
    ck_int elements = 2 * steps * l->batch * l->pairs * l->rows * (l->columns + CK_LANES);
    return ck_worth_forking(elements, CK_COST_COPY) ? ck_min(l->batch, threads) : 1;
}

/* One thread's working space for one pair of heads; [0] the read head's, [1] the write head's. */
typedef struct {
    /* Of N floats: w^c, w^g and w~, which the backward pass makes anew; gradients. Those marked with * have shift_pad
     * floats of room on both sides, for the rows that shifts bring in from beyond either end. */
    float *content[2], *gated[2] /* * */, *shifted[2];
    float *dshifted[2] /* * */, *dgated[2];
    float *dproduct[2]; /* dL/d(k.m_i) */
    float *row_factor;  /* what each row gets of itself through its norm */
    ck_lanes *sums[2];  /* per column, a vector of what is summed over rows */
    float *dkey[2], *derase, *dadd, *dshift[2];
} turing_scratch;

turing_scratch turing_scratch_at(const turing_layout *l, float *base, ck_int part);

typedef float lanes8 __attribute__((vector_size(32)));
typedef float lanes4 __attribute__((vector_size(16)));
#define LANES_LOW(x) __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7)
#define LANES_HIGH(x) __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15)

CK_INLINE ck_lanes *lanes_at(float *x, ck_int i) {
    return (ck_lanes *)(x + i);
}

CK_INLINE const ck_lanes *const_lanes_at(const float *x, ck_int i) {
    return (const ck_lanes *)(x + i);
}

/* Before a loop over a padded vector whose iteration i touches only elements i of what it writes. */
#define FOR_LANES \
    _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) interleave(disable)")

/* Likewise, before a loop over columns or shifts: they are few, so what does not fill a register is masked. */
#define FOR_FEW                                                                           \
    _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) interleave(disable)") \
    _Pragma("clang loop vectorize_predicate(enable)")

/* Sets the padding behind N rows to `value`. */
CK_INLINE void set_padding(const turing_layout *l, float *x, float value) {
    for (ck_int i = l->rows; i < l->row_pad; i++) {
        x[i] = value;
    }
}

/* x where the comparison holds, else 0. Comparisons of vectors set all bits where they hold; C has no ?: for them. */
CK_INLINE void lanes_keep(ck_lanes *x, const ck_lanes_mask *holds) {
    *x = (ck_lanes)((ck_lanes_mask)*x & *holds);
}

/* 1 / (|k| |m_i| + epsilon), 0 where either norm is 0. */
CK_INLINE void inverse_norms(const ck_lanes *norm, float key_norm, ck_lanes *inverse) {
    ck_lanes norms = *norm * key_norm;
    ck_lanes_mask counts = norms > 0.0f;
    *inverse = 1.0f / (norms + CK_TURING_EPSILON);
    lanes_keep(inverse, &counts);
}

/* The sum of a vector register, in a fixed order. */
CK_INLINE float lanes_sum(const ck_lanes *x) {
    lanes8 a = LANES_LOW(*x) + LANES_HIGH(*x);
    lanes4 b = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
    return (b[0] + b[2]) + (b[1] + b[3]);
}

/* The sums of four vector registers at once, each in lanes_sum's order. */
CK_INLINE void lanes_sum_four(const ck_lanes *x, float *sums) {
    lanes4 b[4];
    for (int k = 0; k < 4; k++) {
        lanes8 a = LANES_LOW(x[k]) + LANES_HIGH(x[k]);
        b[k] = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
    }
    lanes4 left = __builtin_shufflevector(b[0], b[1], 0, 4, 1, 5) + __builtin_shufflevector(b[0], b[1], 2, 6, 3, 7);
    lanes4 right = __builtin_shufflevector(b[2], b[3], 0, 4, 1, 5) + __builtin_shufflevector(b[2], b[3], 2, 6, 3, 7);
    lanes4 all = __builtin_shufflevector(left, right, 0, 1, 4, 5) + __builtin_shufflevector(left, right, 2, 3, 6, 7);
    memcpy(sums, &all, sizeof all);
}

/* The largest of a vector register. */
CK_INLINE float lanes_max(const ck_lanes *x) {
    lanes8 a = __builtin_elementwise_max(LANES_LOW(*x), LANES_HIGH(*x));
    lanes4 b = __builtin_elementwise_max(__builtin_shufflevector(a, a, 0, 1, 2, 3),
                                         __builtin_shufflevector(a, a, 4, 5, 6, 7));
    float c = b[0] > b[1] ? b[0] : b[1];
    float d = b[2] > b[3] ? b[2] : b[3];
    return c > d ? c : d;
}

/* The largest element, sum and product of padded arrays of n floats. */
CK_INLINE float lanes_array_max(ck_int n, const float *x) {
    ck_lanes largest = *const_lanes_at(x, 0);
    for (ck_int i = CK_LANES; i < n; i += CK_LANES) {
        largest = __builtin_elementwise_max(largest, *const_lanes_at(x, i));
    }
    return lanes_max(&largest);
}

CK_INLINE float lanes_array_sum(ck_int n, const float *x) {
    ck_lanes sum = *const_lanes_at(x, 0);
    for (ck_int i = CK_LANES; i < n; i += CK_LANES) {
        sum += *const_lanes_at(x, i);
    }
    return lanes_sum(&sum);
}

/* y need not be aligned. */
CK_INLINE float lanes_array_dot(ck_int n, const float *x, const float *y) {
    ck_lanes sum = {0};
    for (ck_int i = 0; i < n; i += CK_LANES) {
        sum += *const_lanes_at(x, i) * *(const unaligned_lanes *)(y + i);
    }
    return lanes_sum(&sum);
}

#endif
