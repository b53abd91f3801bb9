/* ck_gemm_thin.h: what the loops of the thin product share; see ck_gemm_thin.c. */
#ifndef CK_GEMM_THIN_H
#define CK_GEMM_THIN_H

#include "ck_internal.h"

/* C = alpha A op(B) + beta C, all n columns of it. */
typedef struct {
    ck_int k;
    float alpha, beta;
    const float *a;
    ck_int lda;
    const float *b;
    ck_int ldb;
    float *c;
    ck_int ldc;
    ck_int n;
} thin_product;

/* Rows i ..< i + rows and columns j ..< end of C. Every element's sum is taken in an order that depends on k alone. */
typedef void thin_tiles(int rows, const thin_product *g, ck_int i, ck_int j, ck_int end);

/* The loops of one level for one form of B. */
typedef struct {
    thin_tiles *tiles;
    int most_rows;           /* that `tiles` takes */
    ck_int strip;            /* columns of B that stay in cache while several groups of rows pass over them */
    ck_int least_n, least_k; /* fewer columns, or shorter sums, it cannot do */
} thin_loops;

/* [0] for B as it stands, [1] for B transposed. */
#if defined(__x86_64__)
extern const thin_loops ck_thin_avx512[2];
#endif
#if defined(__x86_64__) || defined(__aarch64__)
extern const thin_loops ck_thin_lanes[2]; /* avx2 or neon */
#endif

/* Whether the loops of a level beat oneDNN's, from paired runs. */
int ck_gemm_thin_is_faster(ck_instruction_level level, int transpose_b, ck_int m, ck_int k);

#endif
