/* ck_gemm_thin.c: the matrix product with few rows in A and C. It is the product inside the step loop of a recurrent
 * network, batch x weights, forward and (weights transposed) backward; not a general product.
 *
 * General libraries pack B into another layout first. With few rows that costs as much as the product itself, so these
 * loops read B where it stands. Paired runs on an AMD EPYC, GF/s of oneDNN 2.6 against these:
 *     avx512, two cores of Zen 4
 *     10 x 512 times 512 x 1024                104 : 216       64 rows     213 : 219
 *     10 x 1024 times (512 x 1024) transposed  139 : 194       16 rows      22 : 187       64 rows    70 : 192
 *     avx2, one core of Zen 3
 *     4 x 100 times 100 x 92                    66 : 85        10 rows      79 : 83
 *     4 x 120 times 120 x 400                   90 : 94        10 rows      96 : 93
 *     4 x 400 times (120 x 400) transposed      43 : 86        10 rows      67 : 86        32 rows    83 : 85
 *     5 x 1024 times (512 x 1024) transposed    28 : 86        10 rows      43 : 85        32 rows    70 : 80
 *
 * Every element's sum is taken in an order that depends on k alone, so the result depends neither on the threads nor on
 * how rows are grouped. */
#include "ck_gemm_thin.h"

#include "ck_dense.h"

/* The loops of a level, or NULL. */
static const thin_loops *loops_of(ck_instruction_level level, int transpose_b) {
    switch (level) {
#if defined(__x86_64__)
    case CK_LEVEL_AVX512: return &ck_thin_avx512[transpose_b];
    case CK_LEVEL_AVX2: return &ck_thin_lanes[transpose_b];
#elif defined(__aarch64__)
    case CK_LEVEL_NEON: return &ck_thin_lanes[transpose_b];
#endif
    default: return NULL;
    }
}

int ck_gemm_thin_is_faster(ck_instruction_level level, int transpose_b, ck_int m, ck_int k) {
    /* With more rows packing pays, and a dot product must be long to be worth the adding of its lanes, the more so the
     * more rows share what oneDNN packs. */
    if (level == CK_LEVEL_AVX512) {
        return transpose_b ? m <= 64 && k >= ck_min(10 * m, 384) : m <= 24;
    }
    return transpose_b ? m <= 40 && k >= 10 * m : m <= 10;
}

/* Columns first ..< end of all m rows: in strips, and within a strip in groups of rows of about equal size. */
static void multiply_columns(const thin_loops *loops, ck_int m, const thin_product *g, ck_int first, ck_int end) {
    ck_int groups = ck_blocks(m, loops->most_rows);
    ck_int strip = groups == 1 ? end - first : loops->strip;
    for (ck_int j = first; j < end; j += strip) {
        ck_int stop = ck_min(j + strip, end);
        for (ck_int group = 0; group < groups; group++) {
            ck_int i = m * group / groups;
            int rows = (int)(m * (group + 1) / groups - i);
            loops->tiles(rows, g, i, j, stop);
        }
    }
}

/* Columns that a thread's share is a multiple of: a cache line. */
enum { LINE = 16 };

int ck_gemm_thin(ck_instruction_level level, int transpose_b, ck_int m, ck_int n, ck_int k, float alpha, const float *a,
                 ck_int lda, const float *b, ck_int ldb, float beta, float *c, ck_int ldc) {
    int is_usable = level == ck_level_in_use || ck_has_level(level);
    const thin_loops *loops = is_usable ? loops_of(level, transpose_b) : NULL;
    if (!loops || m < 1 || n < loops->least_n || k < loops->least_k) {
        return 0;
    }
    thin_product g = {k, alpha, beta, a, lda, b, ldb, c, ldc, n};
    ck_int blocks = ck_blocks(n, LINE);
    /* 20 ps for a multiplication: about 100 GF/s. Any split gives the same bits: here one range for each thread. */
    ck_int parts = ck_worth_forking(m * n * k, 20) ? ck_max_threads() : 1;
    CK_PARALLEL_FOR(
        parts > 1, for (ck_int part = 0; part < parts; part++) {
            ck_int first = blocks * part / parts * LINE;
            ck_int end = ck_min(blocks * (part + 1) / parts * LINE, n);
            multiply_columns(loops, m, &g, first, end);
        });
    return 1;
}
