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

/* Added to the product of two norms; and the square below which a norm counts as 0. */
#define CK_ROWS_EPSILON 1e-8f
#define CK_ROWS_SMALLEST_SQUARE 1e-30f

/* Sizes in floats. */
typedef struct {
    ck_int rows, columns;
    ck_int row_pad; /* N in whole vectors */
    ck_int size;    /* all columns; as many floats has a gradient of the memory */
    ck_int block;   /* and the norms */
} rows_layout;

CK_INLINE rows_layout rows_layout_of(ck_int rows, ck_int columns) {
    ck_int row_pad = lanes_round_up(rows);
    return (rows_layout){.rows = rows,
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

/* norm = |m|, 0 where |m|^2 is below the smallest square, NaN where it is NaN. */
CK_INLINE void store_norm(const ck_lanes *square, ck_lanes *norm) {
    ck_lanes_mask is_small = *square < CK_ROWS_SMALLEST_SQUARE;
    *norm = __builtin_elementwise_sqrt(*square);
    lanes_clear(norm, &is_small);
}

/* 1 / (|k| |m_i| + epsilon), 0 where either norm is 0, NaN where one is NaN. */
CK_INLINE void inverse_norms(const ck_lanes *norm, float key_norm, ck_lanes *inverse) {
    ck_lanes norms = *norm * key_norm;
    ck_lanes_mask is_zero = norms <= 0.0f;
    *inverse = 1.0f / (norms + CK_ROWS_EPSILON);
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
