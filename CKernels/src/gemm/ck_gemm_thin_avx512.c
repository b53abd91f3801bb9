/* ck_gemm_thin_avx512.c: the loops of the thin product for AVX-512. Masks take care of the edges. */
#include "ck_gemm_thin.h"

#if defined(__x86_64__)

#include <immintrin.h>

/* Code for AVX-512 alone; ck_gemm_thin asks for the level before it comes here. With avx512vl, because otherwise a sum
 * that is halved at its end may use 16 of the 32 registers only. */
#define AVX512 __attribute__((target("avx512f,avx512vl")))
#define AVX512_INLINE static inline __attribute__((always_inline, target("avx512f,avx512vl")))
#define UNROLL _Pragma("clang loop unroll(full)")

enum {
    LANES = 16,     /* floats in a register */
    MOST_ROWS = 12, /* rows of a tile where B stands as it is: times 2 vectors, 24 of the 32 registers are sums */
    MOST_DOTS = 6,  /* rows of a tile where B is transposed: times 4 dot products, again 24 */
    DOTS = 4,
    AHEAD = 16, /* rows of B that are asked for before they are needed; beyond its end that does nothing */
    STRIP = 64  /* columns of B that stay in cache while several groups of rows pass over them */
};

/* The first n lanes; none for n <= 0. */
AVX512_INLINE __mmask16 first_lanes(ck_int n) { return (__mmask16)(n >= LANES ? 0xffff : n <= 0 ? 0 : (1 << n) - 1); }

/* B as it stands: `rows` rows from row i and `cols` <= 16 `vectors` columns from column j of C. Each sum runs over k
 * in order. rows and vectors are constants where this is called. */
AVX512_INLINE void tile(int rows, int vectors, ck_int cols, const thin_product *g, ck_int i, ck_int j) {
    const float *a = g->a + i * g->lda;
    const float *b = g->b + j;
    __mmask16 used[16];
    __m512 sum[24];
    UNROLL for (int v = 0; v < vectors; v++) { used[v] = first_lanes(cols - v * LANES); }
    UNROLL for (int s = 0; s < rows * vectors; s++) { sum[s] = _mm512_setzero_ps(); }
    for (ck_int p = 0; p < g->k; p++, b += g->ldb) {
        __m512 row[16];
        UNROLL for (int v = 0; v < vectors; v++) { row[v] = _mm512_maskz_loadu_ps(used[v], b + v * LANES); }
        /* From the third cache this pays; with fewer rows the second one is the limit as it is. Into the second, since
         * rows of B a multiple of 4 KiB apart would push each other out of the first before they are used. */
        if (rows >= 4) {
            UNROLL for (int v = 0; v < vectors; v++) { __builtin_prefetch(b + AHEAD * g->ldb + v * LANES, 0, 2); }
        }
        UNROLL for (int r = 0; r < rows; r++) {
            __m512 x = _mm512_set1_ps(a[r * g->lda + p]);
            UNROLL for (int v = 0; v < vectors; v++) {
                sum[r * vectors + v] = _mm512_fmadd_ps(x, row[v], sum[r * vectors + v]);
            }
        }
    }
    UNROLL for (int s = 0; s < rows * vectors; s++) {
        int v = s % vectors;
        float *c = g->c + (i + s / vectors) * g->ldc + j + v * LANES;
        __m512 y = _mm512_mul_ps(sum[s], _mm512_set1_ps(g->alpha));
        if (g->beta != 0.0f) {
            y = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(used[v], c), _mm512_set1_ps(g->beta), y);
        }
        _mm512_mask_storeu_ps(c, used[v], y);
    }
}

/* The same where fewer columns than the tile's may be left: then no more vectors than they need, if they are few. */
AVX512_INLINE void last_tile(int rows, int vectors, ck_int cols, const thin_product *g, ck_int i, ck_int j) {
    if (cols <= LANES) {
        tile(rows, 1, cols, g, i, j);
    } else if (cols <= 2 * LANES) {
        tile(rows, 2, cols, g, i, j);
    } else {
        tile(rows, vectors, cols, g, i, j);
    }
}

/* `rows` <= MOST_ROWS rows from row i, columns j ..< end. The fewer the rows, the wider the tile: it needs enough sums
 * to hide the latency of an addition, and memory prefers long runs. */
AVX512 static void tiles(int rows, const thin_product *g, ck_int i, ck_int j, ck_int end) {
#define WIDE(ROWS, VECTORS)                                                                                            \
    case ROWS:                                                                                                         \
        for (; j + VECTORS * LANES <= end; j += VECTORS * LANES) {                                                     \
            tile(ROWS, VECTORS, VECTORS *LANES, g, i, j);                                                              \
        }                                                                                                              \
        break;
#define REST(ROWS, VECTORS)                                                                                            \
    case ROWS:                                                                                                         \
        for (; j < end; j += VECTORS * LANES) {                                                                        \
            last_tile(ROWS, VECTORS, end - j, g, i, j);                                                                \
        }                                                                                                              \
        break;
    switch (rows) {
        WIDE(1, 16)
        WIDE(2, 8)
    }
    switch (rows) {
        REST(1, 4)
        REST(2, 4)
        REST(3, 4)
        REST(4, 4)
        REST(5, 4)
        REST(6, 4)
        REST(7, 2)
        REST(8, 2)
        REST(9, 2)
        REST(10, 2)
        REST(11, 2)
        REST(12, 2)
    }
#undef WIDE
#undef REST
}

/* The four sums of the lanes of x[0 ..< 4]. */
AVX512_INLINE __m128 lane_sums(const __m512 x[DOTS]) {
    __m256 half[DOTS];
    UNROLL for (int d = 0; d < DOTS; d++) {
        __m256d upper = _mm512_extractf64x4_pd(_mm512_castps_pd(x[d]), 1);
        half[d] = _mm256_add_ps(_mm512_castps512_ps256(x[d]), _mm256_castpd_ps(upper));
    }
    __m256 pairs = _mm256_hadd_ps(_mm256_hadd_ps(half[0], half[1]), _mm256_hadd_ps(half[2], half[3]));
    return _mm_add_ps(_mm256_castps256_ps128(pairs), _mm256_extractf128_ps(pairs, 1));
}

/* sum[r][d] += a[r] b[d], lane by lane, in the lanes used. */
AVX512_INLINE void add_products(int rows, __mmask16 used, const float *a, ck_int lda, const float *const b[DOTS],
                                ck_int p, __m512 sum[MOST_DOTS][DOTS]) {
    __m512 line[DOTS];
    UNROLL for (int d = 0; d < DOTS; d++) { line[d] = _mm512_maskz_loadu_ps(used, b[d] + p); }
    UNROLL for (int r = 0; r < rows; r++) {
        __m512 x = _mm512_maskz_loadu_ps(used, a + r * lda);
        UNROLL for (int d = 0; d < DOTS; d++) { sum[r][d] = _mm512_fmadd_ps(x, line[d], sum[r][d]); }
    }
}

/* B transposed: `rows` rows from row i and `cols` <= DOTS columns from column j of C, each element a dot product of two
 * rows. rows is a constant where this is called. */
AVX512_INLINE void dot_tile(int rows, ck_int cols, const thin_product *g, ck_int i, ck_int j) {
    const float *a = g->a + i * g->lda;
    const float *b[DOTS];
    __m512 sum[MOST_DOTS][DOTS];
    UNROLL for (int d = 0; d < DOTS; d++) {
        b[d] = g->b + (j + ck_min(d, cols - 1)) * g->ldb; /* columns that are missing repeat the last */
    }
    UNROLL for (int r = 0; r < rows; r++) {
        UNROLL for (int d = 0; d < DOTS; d++) { sum[r][d] = _mm512_setzero_ps(); }
    }
    ck_int p = 0;
    for (; p + LANES <= g->k; p += LANES) {
        add_products(rows, 0xffff, a + p, g->lda, b, p, sum);
    }
    if (p < g->k) {
        add_products(rows, first_lanes(g->k - p), a + p, g->lda, b, p, sum);
    }
    UNROLL for (int r = 0; r < rows; r++) {
        float dots[DOTS];
        float *c = g->c + (i + r) * g->ldc + j;
        _mm_storeu_ps(dots, lane_sums(sum[r]));
        for (ck_int d = 0; d < cols; d++) {
            c[d] = g->alpha * dots[d] + (g->beta != 0.0f ? g->beta * c[d] : 0.0f);
        }
    }
}

/* `rows` <= MOST_DOTS rows from row i, columns j ..< end. */
AVX512 static void dot_tiles(int rows, const thin_product *g, ck_int i, ck_int j, ck_int end) {
#define REST(ROWS)                                                                                                     \
    case ROWS:                                                                                                         \
        for (; j < end; j += DOTS) {                                                                                   \
            dot_tile(ROWS, ck_min(DOTS, end - j), g, i, j);                                                            \
        }                                                                                                              \
        break;
    switch (rows) {
        REST(1)
        REST(2)
        REST(3)
        REST(4)
        REST(5)
        REST(6)
    }
#undef REST
}

const thin_loops ck_thin_avx512[2] = {
    {.tiles = tiles, .most_rows = MOST_ROWS, .strip = STRIP, .least_n = 1, .least_k = 1},
    {.tiles = dot_tiles, .most_rows = MOST_DOTS, .strip = LANES, .least_n = 1, .least_k = 1}};

#endif
