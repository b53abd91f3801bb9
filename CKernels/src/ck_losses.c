/* ck_losses.c: cross-entropy of rows of logits, by softmax over classes or by sigmoid per bit, and squared error of
 * numbers, with gradients. */
#include "ck_losses.h"

#include <string.h>

#include "ck_internal.h"
#include "ck_math.h"

/* The largest of x[0 ..< n], n >= 1. A positive NaN counts as larger than all. Compared as integers in an order that
 * is theirs too: the compiler does not vectorise a maximum of floats, because of NaN and the signed zeros. */
CK_INLINE float largest(ck_int n, const float *x) {
    int32_t top = INT32_MIN;
    for (ck_int c = 0; c < n; c++) {
        int32_t key = (int32_t)ck_bits(x[c]);
        key ^= key >> 31 & INT32_MAX; /* negative floats grow as their bits fall */
        top = key > top ? key : top;
    }
    return ck_float((uint32_t)(top ^ (top >> 31 & INT32_MAX)));
}

/* The first c with x[c] == value; 0 if there is none. */
CK_INLINE int32_t first_equal(ck_int n, const float *x, float value) {
    int32_t first = INT32_MAX;
    for (int32_t c = 0; c < n; c++) {
        int32_t here = x[c] == value ? c : INT32_MAX;
        first = here < first ? here : first;
    }
    return first == INT32_MAX ? 0 : first;
}

/* e = exp(x - top); returns the sum. e may be x. */
CK_INLINE double exponentials(ck_int n, const float *x, float top, float *e) {
#pragma clang fp reassociate(on)
    double sum = 0.0;
    CK_INDEPENDENT
    for (ck_int c = 0; c < n; c++) {
        float value = ck_expf(x[c] - top);
        e[c] = value;
        sum += value;
    }
    return sum;
}

/* The same where nobody wants the exponentials themselves. */
CK_INLINE double exponential_sum(ck_int n, const float *x, float top) {
#pragma clang fp reassociate(on)
    double sum = 0.0;
    for (ck_int c = 0; c < n; c++) {
        sum += ck_expf(x[c] - top);
    }
    return sum;
}

/* One row: returns the loss. slope = scale * mask, gradient may be NULL or x. */
CK_INLINE double softmax_row_body(ck_int n, const float *x, ck_int target, float slope, float *gradient) {
    float top = largest(n, x);
    double margin = (double)x[target] - top;
    if (!gradient) {
        return log(exponential_sum(n, x, top)) - margin;
    }
    double sum = exponentials(n, x, top, gradient);
    /* p - 1 at the target, from the sum in double: p itself may round to 1. */
    double missing = (gradient[target] - sum) / sum;
    float factor = (float)(slope / sum);
    for (ck_int c = 0; c < n; c++) {
        gradient[c] *= factor;
    }
    gradient[target] = (float)(slope * missing);
    return log(sum) - margin;
}

CK_LEVELS(double, softmax_row, (ck_int n, const float *x, ck_int target, float slope, float *gradient),
          (n, x, target, slope, gradient))

CK_INLINE int32_t best_class_body(ck_int n, const float *x) { return first_equal(n, x, largest(n, x)); }

CK_LEVELS(int32_t, best_class, (ck_int n, const float *x), (n, x))

void ck_softmax_cross_entropy(ck_int rows, ck_int classes, const float *logits, ck_int ld, const int32_t *targets,
                              const float *mask, float scale, float *loss, float *dlogits, int32_t *best) {
    CK_PARALLEL_FOR(
        ck_worth_forking(rows * classes, CK_COST_FUNCTION), for (ck_int r = 0; r < rows; r++) {
            const float *x = logits + r * ld;
            float *gradient = dlogits ? dlogits + r * ld : NULL;
            if (best) {
                best[r] = best_class(classes, x); /* first: the gradient may overwrite the logits */
            }
            int counts = mask[r] != 0.0f;
            loss[r] = counts ? (float)(mask[r] * softmax_row(classes, x, targets[r], scale * mask[r], gradient)) : 0.0f;
            if (!counts && gradient) {
                memset(gradient, 0, (size_t)classes * sizeof *gradient);
            }
        });
}

/* The loss of one bit, given e = exp(-|x|). */
CK_INLINE float bit_loss(float x, float y, float e) { return (x > 0.0f ? x : 0.0f) - x * y + ck_log1p_unit(e); }

/* sigma(x) - y, given e = exp(-|x|): over the common denominator 1 + e, which cancels nothing when y is 0 or 1. */
CK_INLINE float bit_slope(float x, float y, float e) {
    float above = x >= 0.0f ? 1.0f - y : (1.0f - y) * e;
    float below = x >= 0.0f ? y * e : y;
    return (above - below) / (1.0f + e);
}

/* One row of independent bits: returns the loss. slope = scale * mask, gradient may be NULL or x. */
CK_INLINE double sigmoid_row_body(ck_int n, const float *x, const float *y, float slope, float *gradient) {
#pragma clang fp reassociate(on)
    double loss = 0.0;
    if (!gradient) {
        for (ck_int c = 0; c < n; c++) {
            loss += bit_loss(x[c], y[c], ck_expf(-fabsf(x[c])));
        }
        return loss;
    }
    CK_INDEPENDENT
    for (ck_int c = 0; c < n; c++) {
        float e = ck_expf(-fabsf(x[c]));
        loss += bit_loss(x[c], y[c], e);
        gradient[c] = slope * bit_slope(x[c], y[c], e);
    }
    return loss;
}

CK_LEVELS(double, sigmoid_row, (ck_int n, const float *x, const float *y, float slope, float *gradient),
          (n, x, y, slope, gradient))

CK_INLINE int32_t wrong_bits_body(ck_int n, const float *x, const float *y) {
    int32_t wrong = 0;
    for (ck_int c = 0; c < n; c++) {
        wrong += (x[c] > 0.0f) != (y[c] > 0.5f);
    }
    return wrong;
}

CK_LEVELS(int32_t, wrong_bits, (ck_int n, const float *x, const float *y), (n, x, y))

void ck_sigmoid_cross_entropy(ck_int rows, ck_int bits, const float *logits, ck_int ld, const float *targets,
                              const float *mask, float scale, float *loss, float *dlogits, int32_t *wrong) {
    CK_PARALLEL_FOR(
        ck_worth_forking(rows * bits, 2 * CK_COST_FUNCTION), for (ck_int r = 0; r < rows; r++) {
            const float *x = logits + r * ld;
            const float *y = targets + r * bits;
            float *gradient = dlogits ? dlogits + r * ld : NULL;
            int counts = mask[r] != 0.0f;
            if (wrong) {
                wrong[r] = counts ? wrong_bits(bits, x, y) : 0; /* first: the gradient may overwrite the logits */
            }
            loss[r] = counts ? (float)(mask[r] * sigmoid_row(bits, x, y, scale * mask[r], gradient)) : 0.0f;
            if (!counts && gradient) {
                memset(gradient, 0, (size_t)bits * sizeof *gradient);
            }
        });
}

/* One row of numbers: returns the loss. slope = scale * mask, gradient may be NULL or x. */
CK_INLINE double squared_row_body(ck_int n, const float *x, const float *y, float slope, float *gradient) {
#pragma clang fp reassociate(on)
    double sum = 0.0;
    if (!gradient) {
        for (ck_int c = 0; c < n; c++) {
            double error = x[c] - y[c];
            sum += error * error;
        }
        return 0.5 * sum;
    }
    CK_INDEPENDENT
    for (ck_int c = 0; c < n; c++) {
        float error = x[c] - y[c];
        sum += (double)error * error;
        gradient[c] = slope * error;
    }
    return 0.5 * sum;
}

CK_LEVELS(double, squared_row, (ck_int n, const float *x, const float *y, float slope, float *gradient),
          (n, x, y, slope, gradient))

CK_INLINE double absolute_row_body(ck_int n, const float *x, const float *y) {
#pragma clang fp reassociate(on)
    double sum = 0.0;
    for (ck_int c = 0; c < n; c++) {
        sum += fabsf(x[c] - y[c]);
    }
    return sum;
}

CK_LEVELS(double, absolute_row, (ck_int n, const float *x, const float *y), (n, x, y))

void ck_squared_error(ck_int rows, ck_int numbers, const float *outputs, ck_int ld, const float *targets,
                      const float *mask, float scale, float *loss, float *doutputs, float *absolute) {
    CK_PARALLEL_FOR(
        ck_worth_forking(rows * numbers, 2 * CK_COST_COPY), for (ck_int r = 0; r < rows; r++) {
            const float *x = outputs + r * ld;
            const float *y = targets + r * numbers;
            float *gradient = doutputs ? doutputs + r * ld : NULL;
            int counts = mask[r] != 0.0f;
            if (absolute) {
                /* First: the gradient may overwrite x. */
                absolute[r] = counts ? (float)absolute_row(numbers, x, y) : 0.0f;
            }
            loss[r] = counts ? (float)(mask[r] * squared_row(numbers, x, y, scale * mask[r], gradient)) : 0.0f;
            if (!counts && gradient) {
                memset(gradient, 0, (size_t)numbers * sizeof *gradient);
            }
        });
}
