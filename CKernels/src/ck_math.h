/* ck_math.h: exponential, logarithm and what is built from them, for float32, in a form that vectorises.
 *
 * Why not the C library's: a loop that calls expf either stays scalar or needs a vector library, whose results differ
 * from those of the scalar remainder of the same loop. These functions are plain arithmetic with selects instead of
 * branches, so that the compiler vectorises them wherever they stand, and an element has the same bits in a vector and
 * in the remainder. The result then does not depend on how rows are shared among threads.
 *
 * Errors are against exact values, in units in the last place (ulp), the largest seen over dense sweeps of the range.
 * The coefficients are minimax fits of relative error, made for these ranges and rounded to float. */
#ifndef CK_MATH_H
#define CK_MATH_H

#include <float.h>
#include <math.h>
#include <string.h>

#include "ck_internal.h"

CK_INLINE uint32_t ck_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

CK_INLINE float ck_float(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The square root, exactly rounded; sqrtf would set errno, which keeps a loop from being vectorised. */
CK_INLINE float ck_sqrtf(float x) { return __builtin_elementwise_sqrt(x); }

/* ln 2 in two parts: the first has 15 bits, so that its product with any exponent is exact. */
#define CK_LN2_HIGH 0x1.62e4p-1f
#define CK_LN2_LOW 1.42860682e-06f

/* Reduces x = n ln 2 + r with |r| <= ln 2 / 2 and returns exp(r) - 1, with full relative precision around 0.
 * |x| < 2^15. A NaN gives a NaN and an arbitrary n. */
CK_INLINE float ck_expm1_reduced(float x, int32_t *n) {
    const float shift = 0x1.8p23f; /* adding it rounds to a whole number, which stands in the low bits */
    float shifted = x * 0x1.715476p0f + shift;
    float whole = shifted - shift;
    *n = (int32_t)(ck_bits(shifted) - ck_bits(shift));
    float r = x - whole * CK_LN2_HIGH;
    r = r - whole * CK_LN2_LOW;
    float p = 0.00138825167f;
    p = p * r + 0.00836654752f;
    p = p * r + 0.0416672006f;
    p = p * r + 0.166665435f;
    p = p * r + 0.49999997f;
    return p * (r * r) + r;
}

/* 2^n for -126 <= n <= 127; garbage, but no trap, otherwise. */
CK_INLINE float ck_power_of_two(int32_t n) { return ck_float((uint32_t)(n + 127) << 23); }

/* exp(x), within 1.2 ulp; below the normal range 0, above it infinity. NaN gives NaN. */
CK_INLINE float ck_expf(float x) {
    x = x < -104.0f ? -104.0f : x; /* gives 0 */
    x = x > 89.0f ? 89.0f : x;     /* overflows */
    int32_t n;
    float e = 1.0f + ck_expm1_reduced(x, &n);
    /* In two factors, since n runs from -150 to 128. */
    int32_t half = n >> 1;
    return e * ck_power_of_two(half) * ck_power_of_two(n - half);
}

/* log(1+f) + n ln 2 for sqrt(1/2) <= 1+f <= sqrt(2), with full relative precision around f = 0 where n = 0. */
CK_INLINE float ck_log_reduced(float f, float n) {
    float p = -0.0763438866f;
    p = p * f + 0.127654284f;
    p = p * f - 0.131620035f;
    p = p * f + 0.142013684f;
    p = p * f - 0.166231439f;
    p = p * f + 0.200012356f;
    p = p * f - 0.250008255f;
    p = p * f + 0.333333313f;
    float square = f * f;
    float tail = p * (f * square) + n * CK_LN2_LOW;
    return n * CK_LN2_HIGH + (f + (tail - 0.5f * square));
}

/* log(x) for x >= 0, within 1 ulp; that of 0, and of what is below the normal range, is -infinity. NaN gives NaN. x < 0 is
 * not allowed. */
CK_INLINE float ck_logf(float x) {
    /* n such that x / 2^n lies between sqrt(1/2) and sqrt(2). */
    int32_t n = (int32_t)(ck_bits(x) - 0x3f3504f3u) >> 23;
    float mantissa = ck_float(ck_bits(x) - ((uint32_t)n << 23));
    float y = ck_log_reduced(mantissa - 1.0f, (float)n);
    y = x <= FLT_MAX ? y : x; /* infinity and NaN are their own logarithms */
    return x < FLT_MIN ? -INFINITY : y;
}

/* x^y for x >= 0 as exp(y log x). The error grows with the exponent: up to 2 + 2 |y log x| ulp. For y > 0, 0^y is 0. */
CK_INLINE float ck_powf(float x, float y) { return ck_expf(y * ck_logf(x)); }

/* tanh(x), within 3 ulp, for tiny x too: from exp(2|x|) - 1, which keeps its relative precision around 0. */
CK_INLINE float ck_tanhf(float x) {
    float twice = 2.0f * fabsf(x);
    twice = twice > 20.0f ? 20.0f : twice; /* tanh is 1 to float precision from 9.02 on */
    int32_t n;
    float e = ck_expm1_reduced(twice, &n);
    float scale = ck_power_of_two(n);
    float expm1 = e * scale + (scale - 1.0f);
    return copysignf(expm1 / (expm1 + 2.0f), x);
}

/* 1 / (1 + exp(-x)), within 3 ulp on either side: only exponentials of negative numbers, so none overflows. */
CK_INLINE float ck_sigmoidf(float x) {
    float e = ck_expf(-fabsf(x));
    return (x >= 0.0f ? 1.0f : e) / (1.0f + e);
}

/* log(1 + e) for 0 <= e <= 1, within 2 ulp: halves 1+e where it exceeds sqrt(2), without rounding 1+e itself. */
CK_INLINE float ck_log1p_unit(float e) {
    int upper = e > 0.41421356f;
    return ck_log_reduced(upper ? 0.5f * (e - 1.0f) : e, upper ? 1.0f : 0.0f);
}

/* log(1 + exp(x)), within 3 ulp on either side. */
CK_INLINE float ck_softplusf(float x) { return (x > 0.0f ? x : 0.0f) + ck_log1p_unit(ck_expf(-fabsf(x))); }

#endif
