/* ck_activations.h: elementwise functions over a block of rows.
 *
 * All: rows, cols >= 0. Blocks are rows x cols with their own leading dimensions. y may be x itself (same pointer and
 * leading dimension), dx may be dy itself. Parallel over rows. Values come from the library's own exponential, see
 * src/ck_math.h: the same bits for an element wherever it stands in an array. */
#ifndef CK_ACTIVATIONS_H
#define CK_ACTIVATIONS_H

#include "ck_base.h"

/* y = tanh(x), overwritten. */
void ck_tanh_forward(ck_int rows, ck_int cols, const float *x, ck_int ldx, float *y, ck_int ldy);

/* dx = dy * (1 - y^2), overwritten. y is the forward output. */
void ck_tanh_backward(ck_int rows, ck_int cols, const float *y, ck_int ldy, const float *dy, ck_int lddy, float *dx,
                      ck_int lddx);

/* y = 1 / (1 + exp(-x)), overwritten. */
void ck_sigmoid_forward(ck_int rows, ck_int cols, const float *x, ck_int ldx, float *y, ck_int ldy);

/* dx = dy * y * (1 - y), overwritten. y is the forward output. */
void ck_sigmoid_backward(ck_int rows, ck_int cols, const float *y, ck_int ldy, const float *dy, ck_int lddy, float *dx,
                         ck_int lddx);

#endif
