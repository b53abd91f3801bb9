/* ck_optimizers.c: clipping and parameter updates, one pass over flat arrays. */
#include "ck_optimizers.h"

#include "ck_internal.h"
#include "ck_math.h"

/* Elements that one thread takes at a time. */
enum { BLOCK = CK_NORM_BLOCK };

/* Whether to share a pass over n elements among threads. Fewer than these stand in one core's cache with their optimiser's
 * state, where the rest of the step finds them; to share them would send them to and fro, step after step. */
static int worth_sharing(ck_int n) {
    enum { FEWEST = 1 << 17 };
    return n >= FEWEST && !ck_in_parallel();
}

CK_INLINE void clip_block_body(ck_int n, float limit, float *g) {
    for (ck_int i = 0; i < n; i++) {
        float x = g[i] < -limit ? -limit : g[i]; /* a NaN fails both comparisons */
        g[i] = x > limit ? limit : x;
    }
}

CK_LEVELS(void, clip_block, (ck_int n, float limit, float *g), (n, limit, g))

void ck_clip_value(ck_int n, float limit, float *g) {
    CK_PARALLEL_FOR(
        worth_sharing(n), for (ck_int i = 0; i < n; i += BLOCK) { clip_block(ck_min(BLOCK, n - i), limit, g + i); });
}

CK_INLINE void scale_block_body(ck_int n, float factor, float *g) {
    for (ck_int i = 0; i < n; i++) {
        g[i] *= factor;
    }
}

CK_LEVELS(void, scale_block, (ck_int n, float factor, float *g), (n, factor, g))

void ck_scale(ck_int n, float factor, float *g) {
    CK_PARALLEL_FOR(
        worth_sharing(n), for (ck_int i = 0; i < n; i += BLOCK) { scale_block(ck_min(BLOCK, n - i), factor, g + i); });
}

CK_INLINE double squared_norm_block_body(ck_int n, const float *x) {
#pragma clang fp reassociate(on)
    double sum = 0.0;
    for (ck_int i = 0; i < n; i++) {
        sum += (double)x[i] * x[i];
    }
    return sum;
}

CK_LEVELS(double, squared_norm_block, (ck_int n, const float *x), (n, x))

double ck_squared_norm(ck_int n, const float *x, double *partial) {
    ck_int blocks = ck_blocks(n, CK_NORM_BLOCK);
    CK_PARALLEL_FOR(
        worth_sharing(n), for (ck_int b = 0; b < blocks; b++) {
            ck_int first = b * CK_NORM_BLOCK;
            partial[b] = squared_norm_block(ck_min(CK_NORM_BLOCK, n - first), x + first);
        });
    double sum = 0.0;
    for (ck_int b = 0; b < blocks; b++) {
        sum += partial[b];
    }
    return sum;
}

static int is_nonfinite(float x) { return (ck_bits(x) & 0x7fffffffu) >= 0x7f800000u; }

CK_INLINE int has_nonfinite_body(ck_int n, const float *x) {
    uint32_t largest = 0;
    for (ck_int i = 0; i < n; i++) {
        uint32_t magnitude = ck_bits(x[i]) & 0x7fffffffu;
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest >= 0x7f800000u;
}

CK_LEVELS(int, has_nonfinite, (ck_int n, const float *x), (n, x))

/* The first block that holds a NaN or an infinity, or the number of blocks. */
static ck_int first_nonfinite_block(ck_int n, const float *x) {
    ck_int first = ck_blocks(n, BLOCK);
#pragma omp parallel for schedule(static) reduction(min : first)
    for (ck_int b = 0; b < ck_blocks(n, BLOCK); b++) {
        if (b < first && has_nonfinite(ck_min(BLOCK, n - b * BLOCK), x + b * BLOCK)) {
            first = b;
        }
    }
    return first;
}

ck_int ck_first_nonfinite(ck_int n, const float *x) {
    ck_int start = worth_sharing(n) ? first_nonfinite_block(n, x) * BLOCK : 0;
    for (ck_int i = start; i < n; i++) {
        if (is_nonfinite(x[i])) {
            return i;
        }
    }
    return -1;
}

CK_INLINE void sgd_block_body(ck_int n, float rate, float momentum, const float *g, float *m, float *w) {
    CK_INDEPENDENT
    for (ck_int i = 0; i < n; i++) {
        m[i] = momentum * m[i] + g[i];
        w[i] -= rate * m[i];
    }
}

CK_LEVELS(void, sgd_block, (ck_int n, float rate, float momentum, const float *g, float *m, float *w),
          (n, rate, momentum, g, m, w))

void ck_sgd(ck_int n, float rate, float momentum, const float *g, float *m, float *w) {
    CK_PARALLEL_FOR(
        worth_sharing(n), for (ck_int i = 0; i < n;
                               i += BLOCK) { sgd_block(ck_min(BLOCK, n - i), rate, momentum, g + i, m + i, w + i); });
}

CK_INLINE void rmsprop_block_body(ck_int n, float rate, float decay, float momentum, float epsilon, const float *g,
                                  float *s, float *m, float *w) {
    CK_INDEPENDENT
    for (ck_int i = 0; i < n; i++) {
        s[i] = decay * s[i] + (1.0f - decay) * (g[i] * g[i]);
        m[i] = momentum * m[i] + g[i] / (ck_sqrtf(s[i]) + epsilon);
        w[i] -= rate * m[i];
    }
}

CK_LEVELS(void, rmsprop_block,
          (ck_int n, float rate, float decay, float momentum, float epsilon, const float *g, float *s, float *m,
           float *w),
          (n, rate, decay, momentum, epsilon, g, s, m, w))

void ck_rmsprop(ck_int n, float rate, float decay, float momentum, float epsilon, const float *g, float *s, float *m,
                float *w) {
    CK_PARALLEL_FOR(
        worth_sharing(n), for (ck_int i = 0; i < n; i += BLOCK) {
            rmsprop_block(ck_min(BLOCK, n - i), rate, decay, momentum, epsilon, g + i, s + i, m + i, w + i);
        });
}

CK_INLINE void rmsprop_graves_block_body(ck_int n, float rate, float decay, float momentum, float epsilon,
                                         const float *g, float *s, float *a, float *m, float *w) {
    CK_INDEPENDENT
    for (ck_int i = 0; i < n; i++) {
        s[i] = decay * s[i] + (1.0f - decay) * (g[i] * g[i]);
        a[i] = decay * a[i] + (1.0f - decay) * g[i];
        float variance = s[i] - a[i] * a[i]; /* >= 0 but for rounding, which epsilon may not cover when g is large */
        variance = variance < 0.0f ? 0.0f : variance;
        m[i] = momentum * m[i] - rate * (g[i] / ck_sqrtf(variance + epsilon));
        w[i] += m[i];
    }
}

CK_LEVELS(void, rmsprop_graves_block,
          (ck_int n, float rate, float decay, float momentum, float epsilon, const float *g, float *s, float *a,
           float *m, float *w),
          (n, rate, decay, momentum, epsilon, g, s, a, m, w))

void ck_rmsprop_graves(ck_int n, float rate, float decay, float momentum, float epsilon, const float *g, float *s,
                       float *a, float *m, float *w) {
    CK_PARALLEL_FOR(
        worth_sharing(n), for (ck_int i = 0; i < n; i += BLOCK) {
            rmsprop_graves_block(ck_min(BLOCK, n - i), rate, decay, momentum, epsilon, g + i, s + i, a + i, m + i,
                                 w + i);
        });
}

CK_INLINE void adam_block_body(ck_int n, float rate, float beta1, float beta2, float epsilon, float correction1,
                               float correction2, const float *g, float *a, float *s, float *w) {
    float step = rate / correction1;
    float spread = 1.0f / correction2;
    CK_INDEPENDENT
    for (ck_int i = 0; i < n; i++) {
        a[i] = beta1 * a[i] + (1.0f - beta1) * g[i];
        s[i] = beta2 * s[i] + (1.0f - beta2) * (g[i] * g[i]);
        w[i] -= step * a[i] / (ck_sqrtf(s[i] * spread) + epsilon);
    }
}

CK_LEVELS(void, adam_block,
          (ck_int n, float rate, float beta1, float beta2, float epsilon, float correction1, float correction2,
           const float *g, float *a, float *s, float *w),
          (n, rate, beta1, beta2, epsilon, correction1, correction2, g, a, s, w))

void ck_adam(ck_int n, float rate, float beta1, float beta2, float epsilon, float correction1, float correction2,
             const float *g, float *a, float *s, float *w) {
    CK_PARALLEL_FOR(
        worth_sharing(n), for (ck_int i = 0; i < n; i += BLOCK) {
            adam_block(ck_min(BLOCK, n - i), rate, beta1, beta2, epsilon, correction1, correction2, g + i, a + i, s + i,
                       w + i);
        });
}
