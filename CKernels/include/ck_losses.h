/* ck_losses.h: losses over rows of logits or numbers, with their gradients in the same pass.
 *
 * mask (rows) >= 0 weights each row; 0 leaves it out. loss (rows) is overwritten with mask * loss in nats. dlogits is
 * overwritten with scale * mask * dloss/dlogits; it may be NULL, or logits itself. Parallel over rows. */
#ifndef CK_LOSSES_H
#define CK_LOSSES_H

#include "ck_base.h"

/* Softmax and cross-entropy: loss = log sum_c exp(x_c) - x_target. logits (rows, classes), rows ld apart, dlogits too;
 * 0 <= targets[r] < classes. best[r] is the first class with the largest logit, overwritten; best may be NULL.
 * The largest logit is subtracted first, so no logit overflows. */
void ck_softmax_cross_entropy(ck_int rows, ck_int classes, const float *logits, ck_int ld, const int32_t *targets,
                              const float *mask, float scale, float *loss, float *dlogits, int32_t *best);

/* Sigmoid and cross-entropy of independent bits, summed over a row's bits: loss = sum_c max(x,0) - x y + log(1+exp(-|x|)).
 * logits, targets (rows, bits), logits rows ld apart, targets contiguous, in [0, 1]. wrong[r] counts the bits of the row
 * whose logit is on the wrong side of 0 (x > 0 against y > 1/2), 0 where mask is 0; overwritten, may be NULL. */
void ck_sigmoid_cross_entropy(ck_int rows, ck_int bits, const float *logits, ck_int ld, const float *targets,
                              const float *mask, float scale, float *loss, float *dlogits, int32_t *wrong);

/* Half the squared error of real numbers, summed over a row's numbers: loss = sum_c (x_c - y_c)^2 / 2. outputs (rows,
 * numbers), rows ld apart, doutputs too; targets contiguous. absolute[r] is sum_c |x_c - y_c|, 0 where mask is 0;
 * overwritten, may be NULL. A loss beyond the range of float is infinite. */
void ck_squared_error(ck_int rows, ck_int numbers, const float *outputs, ck_int ld, const float *targets,
                      const float *mask, float scale, float *loss, float *doutputs, float *absolute);

#endif
