/* ck_optimizers.h: one pass over the flat parameter buffer each. w parameters, g gradients, n floats; n >= 0.
 * State arrays have n floats, start at 0, and are updated in place. Parallel over elements. */
#ifndef CK_OPTIMIZERS_H
#define CK_OPTIMIZERS_H

#include "ck_base.h"

/* g = min(limit, max(-limit, g)); limit > 0. A NaN stays a NaN. */
void ck_clip_value(ck_int n, float limit, float *g);

/* g *= factor. */
void ck_scale(ck_int n, float factor, float *g);

/* sum of squares of x, in double. Summed in blocks of CK_NORM_BLOCK elements, whose sums go to partial (one double per
 * started block) and are added in order: the same bits for any thread count. */
#define CK_NORM_BLOCK 4096
double ck_squared_norm(ck_int n, const float *x, double *partial);

/* The index of the first NaN or infinity in x, or -1. */
ck_int ck_first_nonfinite(ck_int n, const float *x);

/* Gradient descent with momentum: m = momentum m + g;  w -= rate m. */
void ck_sgd(ck_int n, float rate, float momentum, const float *g, float *m, float *w);

/* RMSProp (Tieleman & Hinton 2012) with momentum: s = decay s + (1-decay) g^2;  m = momentum m + g / (sqrt(s) + epsilon);
 * w -= rate m. */
void ck_rmsprop(ck_int n, float rate, float decay, float momentum, float epsilon, const float *g, float *s, float *m,
                float *w);

/* RMSProp as in Graves 2013, equations 38-45: s = decay s + (1-decay) g^2;  a = decay a + (1-decay) g;
 * m = momentum m - rate g / sqrt(s - a^2 + epsilon);  w += m. */
void ck_rmsprop_graves(ck_int n, float rate, float decay, float momentum, float epsilon, const float *g, float *s,
                       float *a, float *m, float *w);

/* Adam (Kingma & Ba 2015, algorithm 1): a = beta1 a + (1-beta1) g;  s = beta2 s + (1-beta2) g^2;
 * w -= rate (a / correction1) / (sqrt(s / correction2) + epsilon), with correction = 1 - beta^step from the caller. */
void ck_adam(ck_int n, float rate, float beta1, float beta2, float epsilon, float correction1, float correction2,
             const float *g, float *a, float *s, float *w);

#endif
