/* ck_lanes.h: one vector register of floats as a value, for loops that must keep several of them in registers.
 *
 * Where a plain loop serves, it should stay a plain loop: the compiler vectorises those (see ck_internal.h). Registers
 * are passed by pointer even to inlined functions, since by value the calling convention would depend on the level. */
#ifndef CK_LANES_H
#define CK_LANES_H

#include <string.h>

#include "ck_internal.h"

/* One vector register's worth of floats; where registers are narrower the compiler splits it. */
enum { CK_LANES = 16 };
typedef float ck_lanes __attribute__((vector_size(CK_LANES * sizeof(float)), may_alias));
typedef float ck_unaligned_lanes __attribute__((vector_size(CK_LANES * sizeof(float)), aligned(4), may_alias));

/* What a comparison of two registers gives: all bits set where it holds. */
typedef int32_t ck_lanes_mask __attribute__((vector_size(sizeof(ck_lanes))));

/* Parts of a register, on the way to one number. */
typedef float ck_lanes8 __attribute__((vector_size(32)));
typedef float ck_lanes4 __attribute__((vector_size(16)));
#define CK_LOW8(x) __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7)
#define CK_HIGH8(x) __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15)
#define CK_LOW4(x) __builtin_shufflevector(x, x, 0, 1, 2, 3)
#define CK_HIGH4(x) __builtin_shufflevector(x, x, 4, 5, 6, 7)

CK_INLINE ck_lanes *lanes_at(float *x, ck_int i) { return (ck_lanes *)(x + i); }

CK_INLINE const ck_lanes *const_lanes_at(const float *x, ck_int i) { return (const ck_lanes *)(x + i); }

/* Before a loop over a padded vector whose iteration i touches only elements i of what it writes. */
#define FOR_LANES _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) interleave(disable)")

/* FOR_FEW(level, i, first, end, statements): likewise a whole loop, over columns, shifts or what is left of a row, all
 * of them few. At avx512 a mask covers what does not fill a register. Elsewhere masks are dear (a masked store of AVX2
 * is up to 40 operations), so it goes by fours, and what is left one by one. */
#define FOR_FEW(level, i, first, end, ...)                                                                             \
    if ((level) == CK_LEVEL_AVX512) {                                                                                  \
        _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) interleave(disable)")                         \
            _Pragma("clang loop vectorize_predicate(enable)") for (ck_int i = (first); i < (end); i++) {               \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    } else {                                                                                                           \
        _Pragma("clang loop vectorize(assume_safety) vectorize_width(4) interleave(disable)") for (ck_int i = (first); \
                                                                                                   i < (end); i++) {   \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }

/* 0 where the comparison holds, else x. C has no ?: for vectors. */
CK_INLINE void lanes_clear(ck_lanes *x, const ck_lanes_mask *holds) { *x = (ck_lanes)((ck_lanes_mask)*x & ~*holds); }

/* A bit for each lane where the comparison holds, the first lane's the lowest. */
CK_INLINE unsigned lanes_bits(const ck_lanes_mask *holds) {
    typedef _Bool lane_bits __attribute__((ext_vector_type(CK_LANES)));
    lane_bits bits = __builtin_convertvector(*holds, lane_bits);
    uint16_t number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* The sum of a vector register, in a fixed order. */
CK_INLINE float lanes_sum(const ck_lanes *x) {
    ck_lanes8 a = CK_LOW8(*x) + CK_HIGH8(*x);
    ck_lanes4 b = CK_LOW4(a) + CK_HIGH4(a);
    return (b[0] + b[2]) + (b[1] + b[3]);
}

/* The sums of four registers of four lanes, each in the order (0 + 2) + (1 + 3). */
CK_INLINE void lanes_sum_quads(const ck_lanes4 *b, float *sums) {
    /* Two rounds of adding pairs bring the four times four parts together. */
    ck_lanes4 left = __builtin_shufflevector(b[0], b[1], 0, 4, 1, 5) + __builtin_shufflevector(b[0], b[1], 2, 6, 3, 7);
    ck_lanes4 right = __builtin_shufflevector(b[2], b[3], 0, 4, 1, 5) + __builtin_shufflevector(b[2], b[3], 2, 6, 3, 7);
    ck_lanes4 all = __builtin_shufflevector(left, right, 0, 1, 4, 5) + __builtin_shufflevector(left, right, 2, 3, 6, 7);
    memcpy(sums, &all, sizeof all);
}

/* The sums of four vector registers at once, each in lanes_sum's order. */
CK_INLINE void lanes_sum_four(const ck_lanes *x, float *sums) {
    ck_lanes4 b[4];
    for (int k = 0; k < 4; k++) {
        ck_lanes8 a = CK_LOW8(x[k]) + CK_HIGH8(x[k]);
        b[k] = CK_LOW4(a) + CK_HIGH4(a);
    }
    lanes_sum_quads(b, sums);
}

/* The sums of sixteen registers at once, each in lanes_sum's order: each round adds the halves of what is left of two
 * registers side by side, and so fills whole registers. Half the operations of four times lanes_sum_four. */
CK_INLINE void lanes_sum_sixteen(const ck_lanes *x, float *sums) {
    ck_lanes a[8], b[4], c[2];
    for (int k = 0; k < 8; k++) {
        a[k] = __builtin_shufflevector(x[k], x[k + 8], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
               __builtin_shufflevector(x[k], x[k + 8], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    }
    for (int k = 0; k < 4; k++) {
        b[k] = __builtin_shufflevector(a[k], a[k + 4], 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27) +
               __builtin_shufflevector(a[k], a[k + 4], 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
    }
    for (int k = 0; k < 2; k++) {
        c[k] = __builtin_shufflevector(b[k], b[k + 2], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29) +
               __builtin_shufflevector(b[k], b[k + 2], 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    }
    ck_lanes all = __builtin_shufflevector(c[0], c[1], 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30) +
                   __builtin_shufflevector(c[0], c[1], 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
    memcpy(sums, &all, sizeof all);
}

/* The sums of `count` registers, each in lanes_sum's order; count is a constant. */
CK_INLINE void lanes_sums(const ck_lanes *x, const int count, float *sums) {
    int k = 0;
    for (; k + 16 <= count; k += 16) {
        lanes_sum_sixteen(x + k, sums + k);
    }
    for (; k + 4 <= count; k += 4) {
        lanes_sum_four(x + k, sums + k);
    }
    for (; k < count; k++) {
        sums[k] = lanes_sum(x + k);
    }
}

/* The largest of a vector register. */
CK_INLINE float lanes_max(const ck_lanes *x) {
    ck_lanes8 a = __builtin_elementwise_max(CK_LOW8(*x), CK_HIGH8(*x));
    ck_lanes4 b = __builtin_elementwise_max(CK_LOW4(a), CK_HIGH4(a));
    float c = b[0] > b[1] ? b[0] : b[1];
    float d = b[2] > b[3] ? b[2] : b[3];
    return c > d ? c : d;
}

/* The largest element of x, the sum of x, and that of x y, over arrays of n floats, n a multiple of CK_LANES. x is
 * aligned to whole registers. */
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
        sum += *const_lanes_at(x, i) * *(const ck_unaligned_lanes *)(y + i);
    }
    return lanes_sum(&sum);
}

#endif
