/* ck_rows_layout.h: a memory of N rows and M columns, kept transposed.
 *
 * A block holds the memory column after column, N rows contiguous, and behind the columns one more vector: the rows'
 * norms, which every write brings up to date. So every loop runs over N: products with a key add columns, reads are
 * sums over N, writes change columns.
 *
 * Vectors of N are padded to whole vector registers. The padding of memories, norms and weights is 0 and stays 0: it
 * adds nothing to any sum. What would fill it otherwise clears it, see set_padding. */
#ifndef CK_ROWS_LAYOUT_H
#define CK_ROWS_LAYOUT_H

#include "ck_workspace.h"

/* The square below which a norm counts as 0. */
#define CK_ROWS_SMALLEST_SQUARE 1e-30f

/* What the cosine of two vectors adds: under the root of each norm, and to the product of the norms. */
typedef struct {
    float under_root, to_product;
} rows_epsilons;

/* Sizes in floats. */
typedef struct {
    rows_epsilons epsilon;
    ck_int rows, columns;
    ck_int row_pad; /* N in whole vectors */
    ck_int size;    /* all columns; as many floats has a gradient of the memory */
    ck_int block;   /* and the norms */
} rows_layout;

CK_INLINE rows_layout rows_layout_of(ck_int rows, ck_int columns, rows_epsilons epsilon) {
    ck_int row_pad = lanes_round_up(rows);
    return (rows_layout){.epsilon = epsilon,
                         .rows = rows,
                         .columns = columns,
                         .row_pad = row_pad,
                         .size = columns * row_pad,
                         .block = (columns + 1) * row_pad};
}

/* Sets the padding behind N rows to `value`. */
CK_INLINE void set_padding(const rows_layout *l, float *x, float value) {
    for (ck_int i = l->rows; i < l->row_pad; i++) {
        x[i] = value;
    }
}

/* norm = the root of |m|^2 + epsilon, 0 where that is below the smallest square, NaN where it is NaN. */
CK_INLINE void store_norm(const rows_layout *l, const ck_lanes *square, ck_lanes *norm) {
    ck_lanes sum = *square + l->epsilon.under_root;
    ck_lanes_mask is_small = sum < CK_ROWS_SMALLEST_SQUARE;
    *norm = __builtin_elementwise_sqrt(sum);
    lanes_clear(norm, &is_small);
}

/* 1 / (|k| |m_i| + epsilon), 0 where either norm is 0, NaN where one is NaN. */
CK_INLINE void inverse_norms(const rows_layout *l, const ck_lanes *norm, float key_norm, ck_lanes *inverse) {
    ck_lanes norms = *norm * key_norm;
    ck_lanes_mask is_zero = norms <= 0.0f;
    *inverse = 1.0f / (norms + l->epsilon.to_product);
    lanes_clear(inverse, &is_zero);
}

/* Between a memory (N, M) as callers have it and a block. Serial. */

/* Copies a memory to a block; norms (N) of its rows, or NULL to have them made as a write makes them. */
void ck_rows_put(const rows_layout *l, const float *memory, const float *norms, float *block);

/* Copies a block's memory, and its norms unless NULL. */
void ck_rows_take(const rows_layout *l, const float *block, float *memory, float *norms);

/* Adds the gradient of a block's columns to dmemory (N, M). */
void ck_rows_add_gradient(const rows_layout *l, const float *gradient, float *dmemory);

#endif
