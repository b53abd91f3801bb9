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
    AHEAD = 16,     /* rows of B that are asked for before they are needed; beyond its end that does nothing */
    STRIP = 64      /* columns of B that stay in cache while several groups of rows pass over them */
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

/* Dot products of a row in a tile: with one or two rows more of them, since it takes some eight sums to hide the latency
 * of an addition, and lanes are summed by sixteen registers. */
AVX512_INLINE int dots_of(int rows) { return rows <= 2 ? 8 : 4; }

/* The sums of the lanes of 16 registers at once, each in the order halves, neighbours, neighbours, halves; lanes_sums has
 * another order, and so other bits. A round adds parts of two registers side by side, and leaves half as many registers. */
AVX512_INLINE __m512 lane_sums(const __m512 x[16]) {
    /* Where the sum of a register comes out when it goes in as number k. */
    static const int place[16] = {0, 8, 2, 10, 1, 9, 3, 11, 4, 12, 6, 14, 5, 13, 7, 15};
    __m512 y[8], z[4], u[2];
    UNROLL for (int k = 0; k < 8; k++) {
        __m512 low = x[place[k]], high = x[place[k + 8]];
        y[k] = _mm512_add_ps(_mm512_shuffle_f32x4(low, high, 0x44), _mm512_shuffle_f32x4(low, high, 0xee));
    }
    UNROLL for (int k = 0; k < 4; k++) {
        z[k] = _mm512_add_ps(_mm512_shuffle_ps(y[k], y[k + 4], 0x88), _mm512_shuffle_ps(y[k], y[k + 4], 0xdd));
    }
    UNROLL for (int k = 0; k < 2; k++) {
        u[k] = _mm512_add_ps(_mm512_shuffle_ps(z[k], z[k + 2], 0x88), _mm512_shuffle_ps(z[k], z[k + 2], 0xdd));
    }
    return _mm512_add_ps(_mm512_shuffle_f32x4(u[0], u[1], 0x88), _mm512_shuffle_f32x4(u[0], u[1], 0xdd));
}

/* sum[r dots + d] += a[r] b[d], lane by lane, in the lanes used. */
AVX512_INLINE void add_products(int rows, int dots, __mmask16 used, const float *a, ck_int lda, const float *const *b,
                                ck_int p, __m512 *sum) {
    __m512 row[MOST_DOTS];
    UNROLL for (int r = 0; r < rows; r++) { row[r] = _mm512_maskz_loadu_ps(used, a + r * lda); }
    UNROLL for (int d = 0; d < dots; d++) {
        __m512 line = _mm512_maskz_loadu_ps(used, b[d] + p);
        UNROLL for (int r = 0; r < rows; r++) { sum[r * dots + d] = _mm512_fmadd_ps(row[r], line, sum[r * dots + d]); }
    }
}

/* B transposed: `rows` rows from row i and `cols` <= `dots` columns from column j of C, each element a dot product of two
 * rows. rows and dots are constants where this is called. */
AVX512_INLINE void dot_tile(int rows, int dots, ck_int cols, const thin_product *g, ck_int i, ck_int j) {
    const float *a = g->a + i * g->lda;
    const float *b[8];
    __m512 sum[32]; /* as far as they are used, in registers */
    UNROLL for (int d = 0; d < dots; d++) {
        b[d] = g->b + (j + ck_min(d, cols - 1)) * g->ldb; /* columns that are missing repeat the last */
    }
    UNROLL for (int s = 0; s < 32; s++) { sum[s] = _mm512_setzero_ps(); }
    ck_int p = 0;
    for (; p + LANES <= g->k; p += LANES) {
        add_products(rows, dots, 0xffff, a + p, g->lda, b, p, sum);
    }
    if (p < g->k) {
        add_products(rows, dots, first_lanes(g->k - p), a + p, g->lda, b, p, sum);
    }
    float all[32];
    UNROLL for (int s = 0; s < rows * dots; s += 16) { _mm512_storeu_ps(all + s, lane_sums(sum + s)); }
    UNROLL for (int r = 0; r < rows; r++) {
        float *c = g->c + (i + r) * g->ldc + j;
        for (ck_int d = 0; d < cols; d++) {
            c[d] = g->alpha * all[r * dots + d] + (g->beta != 0.0f ? g->beta * c[d] : 0.0f);
        }
    }
}

/* `rows` <= MOST_DOTS rows from row i, columns j ..< end. */
AVX512 static void dot_tiles(int rows, const thin_product *g, ck_int i, ck_int j, ck_int end) {
#define DOTS(ROWS)                                                                                                     \
    case ROWS:                                                                                                         \
        for (; j + dots_of(ROWS) <= end; j += dots_of(ROWS)) {                                                         \
            dot_tile(ROWS, dots_of(ROWS), dots_of(ROWS), g, i, j);                                                     \
        }                                                                                                              \
        if (j < end) {                                                                                                 \
            dot_tile(ROWS, dots_of(ROWS), end - j, g, i, j);                                                           \
        }                                                                                                              \
        break;
    switch (rows) {
        DOTS(1)
        DOTS(2)
        DOTS(3)
        DOTS(4)
        DOTS(5)
        DOTS(6)
    }
#undef DOTS
}

const thin_loops ck_thin_avx512[2] = {
    {.tiles = tiles, .most_rows = MOST_ROWS, .strip = STRIP, .least_n = 1, .least_k = 1},
    {.tiles = dot_tiles, .most_rows = MOST_DOTS, .strip = LANES, .least_n = 1, .least_k = 1}};

#endif
