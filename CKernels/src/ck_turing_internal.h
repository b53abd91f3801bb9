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

#include "ck_internal.h"
#include "ck_turing.h"

/* One vector register's worth of floats; where registers are narrower the compiler splits it. */
enum { CK_LANES = 16 };
typedef float ck_lanes __attribute__((vector_size(CK_LANES * sizeof(float)), may_alias));

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
    ck_int segment;                /* K, at most T */
    ck_int read_raw, interface;    /* raw parameters of a read head, of a step */
    ck_int read_record, pair_record; /* activated parameters of a read head, of a pair */
    ck_int block;                  /* one memory with its norms */
    ck_int kept, inner;            /* memory blocks per batch element: kept ones, and those inside one segment */
    ck_int scratch;                /* working space of one thread */
    ck_int first_memory_at, first_focus_at, focus_at, records_at, kept_at, inner_at, dmemory_at, dfocus_at, scratch_at;
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

/* Where a head's raw parameters start in one step's interface vector. */
CK_INLINE ck_int turing_raw_at(const turing_layout *l, ck_int head) {
    return head / 2 * (l->interface / l->pairs) + (head % 2 == 1 ? l->read_raw : 0);
}

CK_INLINE float *turing_dmemory_at(const turing_layout *l, float *base, ck_int b) {
    return base + l->dmemory_at + b * l->columns * l->row_pad;
}

CK_INLINE float *turing_dfocus_at(const turing_layout *l, float *base, ck_int b, ck_int head) {
    return base + l->dfocus_at + (b * l->heads + head) * l->row_pad;
}

/* The batch is cut into one part per thread, and each part has a scratch of its own. */
CK_INLINE ck_int turing_parts(const turing_layout *l, ck_int steps, ck_int threads) {
    ck_int elements = 2 * steps * l->batch * l->pairs * l->rows * (l->columns + CK_LANES);
    return ck_worth_forking(elements, CK_COST_COPY) ? ck_min(l->batch, threads) : 1;
}

/* Vectors of N that lead from the products of key and rows to the shifted weights; the backward pass makes them anew.
 * gated has shift_pad floats of room on both sides, for the rows that shifts bring in from beyond either end. */
typedef struct {
    float *similarity, *inverse, *content, *gated, *shifted;
} focus_stages;

/* One thread's working space for one pair of heads; [0] the read head's, [1] the write head's. */
typedef struct {
    float *dot[2];                         /* N: products of key and rows, then their gradients */
    focus_stages stages[2];
    float *dshifted, *dgated, *row_factor; /* N: gradients; dshifted has room on both sides like gated */
    ck_lanes *sums[2];                     /* M vectors: per lane, what is summed over rows */
    float *dkey[2], *derase, *dadd;        /* M */
    float *dshift[2];                      /* S */
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

/* Sets the padding behind N rows to `value`. */
CK_INLINE void set_padding(const turing_layout *l, float *x, float value) {
    for (ck_int i = l->rows; i < l->row_pad; i++) {
        x[i] = value;
    }
}

/* The sum of a vector register, in a fixed order. */
CK_INLINE float lanes_sum(const ck_lanes *x) {
    lanes8 a = LANES_LOW(*x) + LANES_HIGH(*x);
    lanes4 b = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
    return (b[0] + b[1]) + (b[2] + b[3]);
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

#endif
