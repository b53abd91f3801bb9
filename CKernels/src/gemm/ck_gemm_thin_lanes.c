/* ck_gemm_thin_lanes.c: the loops of the thin product for AVX2 and for NEON: one source over the number of floats in a
 * register and of sums that fit the registers. AVX-512 has masks, and so loops of its own.
 *
 * Where fewer columns are left than fill a register, the register moves to the left until it ends with the last column:
 * it computes some elements again, and stores only those that are still missing. */
#include "ck_gemm_thin.h"

#if defined(__x86_64__) || defined(__aarch64__)

#include "ck_lanes.h"

#define UNROLL _Pragma("clang loop unroll(full)")

/* Loads stay behind it: where all registers are in use, one that comes early pushes a sum out of its own. */
#define KEEP_ORDER __asm__ volatile("" ::: "memory")

#if defined(__x86_64__)
#define THIN_LEVEL __attribute__((target(CK_AVX2)))
enum {
    LANES = 8, /* floats in a register */
    SUMS = 12  /* sums of a tile: of the 16 registers, one or two more hold a row of B, and one an element of A */
};
#else
#define THIN_LEVEL
enum { LANES = 4, SUMS = 24 }; /* 32 registers */
#endif

enum {
    MOST_ROWS = 6,
    MOST_VECTORS = 8, /* wider tiles of one row gain nothing: B comes from the second cache no faster */
    AHEAD = 8,        /* rows of B that are asked for before they are needed; beyond its end that does nothing */
    STRIP = 96,       /* whole tiles of 3 rows and more */
    DOTS_STRIP = 24,
    QUAD = 4
};

typedef float thin_lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));
typedef int32_t thin_mask __attribute__((vector_size(LANES * sizeof(int32_t)), aligned(4), may_alias));

CK_INLINE thin_lanes *lanes_of(float *x) { return (thin_lanes *)x; }

CK_INLINE const thin_lanes *const_lanes_of(const float *x) { return (const thin_lanes *)x; }

/* The vectors, or dot products, that a tile of so many rows has side by side. */
CK_INLINE int vectors_of(int rows) { return rows == 1 ? MOST_VECTORS : SUMS / rows; }

/* ---- B as it stands ---- */

/* c = alpha sum + beta c in a whole register. */
CK_INLINE void store_lanes(float alpha, float beta, const thin_lanes *sum, float *c) {
    thin_lanes y = *sum * alpha;
    if (beta != 0.0f) {
        y += *const_lanes_of(c) * beta;
    }
    *lanes_of(c) = y;
}

/* The same in lanes first ..< end. */
CK_INLINE void store_some(float alpha, float beta, const thin_lanes *sum, ck_int first, ck_int end, float *c) {
    for (ck_int l = first; l < end; l++) {
        float y = (*sum)[l] * alpha;
        if (beta != 0.0f) {
            y += c[l] * beta;
        }
        c[l] = y;
    }
}

/* sum[r][v] += a[r] b[v]. The side with fewer registers stays in them, and the other passes by. */
CK_INLINE void add_row(int rows, int vectors, const float *a, ck_int lda, const float *b, const ck_int *column,
                       thin_lanes *sum) {
    if (vectors <= rows) {
        thin_lanes row[MOST_VECTORS];
        UNROLL for (int v = 0; v < vectors; v++) { row[v] = *const_lanes_of(b + column[v]); }
        UNROLL for (int r = 0; r < rows; r++) {
            KEEP_ORDER;
            float x = a[r * lda];
            UNROLL for (int v = 0; v < vectors; v++) { sum[r * vectors + v] += x * row[v]; }
        }
    } else {
        float x[MOST_ROWS];
        UNROLL for (int r = 0; r < rows; r++) { x[r] = a[r * lda]; }
        UNROLL for (int v = 0; v < vectors; v++) {
            KEEP_ORDER;
            thin_lanes row = *const_lanes_of(b + column[v]);
            UNROLL for (int r = 0; r < rows; r++) { sum[r * vectors + v] += x[r] * row; }
        }
    }
}

/* `rows` rows from row i and `cols` columns from column j of C, as many as `vectors` registers hold or fewer. Each sum
 * runs over k in order. rows and vectors are constants where this is called. */
CK_INLINE void tile(int rows, int vectors, ck_int cols, const thin_product *g, ck_int i, ck_int j) {
    const float *a = g->a + i * g->lda;
    ck_int column[MOST_VECTORS];
    thin_lanes sum[SUMS];
    UNROLL for (int v = 0; v < vectors; v++) {
        column[v] = j + v * LANES;
        if (cols != vectors * LANES) {
            column[v] = ck_min(column[v], g->n - LANES);
        }
    }
    UNROLL for (int s = 0; s < rows * vectors; s++) { sum[s] = (thin_lanes){0}; }
    const float *b = g->b;
    const ck_int k = g->k, lda = g->lda, ldb = g->ldb;
    const float alpha = g->alpha, beta = g->beta;
    for (ck_int p = 0; p < k; p++, b += ldb) {
        UNROLL for (int v = 0; v < vectors; v += 2) { __builtin_prefetch(b + AHEAD * ldb + column[v], 0, 3); }
        add_row(rows, vectors, a + p, lda, b, column, sum);
    }
    UNROLL for (int s = 0; s < rows * vectors; s++) {
        int v = s % vectors;
        float *c = g->c + (i + s / vectors) * g->ldc + column[v];
        ck_int first = j + v * LANES - column[v];
        ck_int end = ck_min(LANES, j + cols - column[v]);
        if (first == 0 && end == LANES) {
            store_lanes(alpha, beta, &sum[s], c);
        } else {
            store_some(alpha, beta, &sum[s], first, end, c);
        }
    }
}

/* The same where fewer columns than the tile's may be left: then no more vectors than they need. */
CK_INLINE void last_tile(int rows, int vectors, ck_int cols, const thin_product *g, ck_int i, ck_int j) {
    if (cols <= LANES) {
        tile(rows, 1, cols, g, i, j);
    } else if (cols <= 2 * LANES) {
        tile(rows, 2, cols, g, i, j);
    } else if (cols <= 4 * LANES && vectors > 4) {
        tile(rows, 4, cols, g, i, j);
    } else {
        tile(rows, vectors, cols, g, i, j);
    }
}

/* All columns for a number of rows that is a constant where this is called. */
CK_INLINE void row_tiles(int rows, const thin_product *g, ck_int i, ck_int j, ck_int end) {
    const int vectors = vectors_of(rows);
    for (; j + vectors * LANES <= end; j += vectors * LANES) {
        tile(rows, vectors, vectors * LANES, g, i, j);
    }
    if (j < end) {
        last_tile(rows, vectors, end - j, g, i, j);
    }
}

THIN_LEVEL static void tiles(int rows, const thin_product *g, ck_int i, ck_int j, ck_int end) {
    switch (rows) {
    case 1: row_tiles(1, g, i, j, end); break;
    case 2: row_tiles(2, g, i, j, end); break;
    case 3: row_tiles(3, g, i, j, end); break;
    case 4: row_tiles(4, g, i, j, end); break;
    case 5: row_tiles(5, g, i, j, end); break;
    case 6: row_tiles(6, g, i, j, end); break;
    }
}

/* ---- B transposed ---- */

/* Masks for the last n lanes: a register from element 8 - LANES + n on. */
static const int32_t last_lanes[16] = {0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1};

/* Loads what ends at x + n: a register that is `whole`, or the last n lanes of one, with 0 in those before them. */
CK_INLINE void load_last(const float *x, int whole, ck_int n, thin_lanes *y) {
    *y = *const_lanes_of(x + n - LANES);
    if (!whole) {
        *y = (thin_lanes)((thin_mask)*y & *(const thin_mask *)(last_lanes + 8 - LANES + n));
    }
}

/* sum[r][d] += a[r] b[d], lane by lane, over n floats: LANES, or fewer where they are not a `whole` register. */
CK_INLINE void add_products(int rows, int dots, int whole, ck_int n, const float *a, ck_int lda, const float *const *b,
                            ck_int p, thin_lanes *sum) {
    thin_lanes held[MOST_VECTORS], passing;
    UNROLL for (int s = 0; s < (dots <= rows ? dots : rows); s++) {
        load_last(dots <= rows ? b[s] + p : a + s * lda + p, whole, n, &held[s]);
    }
    if (dots <= rows) {
        UNROLL for (int r = 0; r < rows; r++) {
            KEEP_ORDER;
            load_last(a + r * lda + p, whole, n, &passing);
            UNROLL for (int d = 0; d < dots; d++) { sum[r * dots + d] += passing * held[d]; }
        }
    } else {
        UNROLL for (int d = 0; d < dots; d++) {
            KEEP_ORDER;
            load_last(b[d] + p, whole, n, &passing);
            UNROLL for (int r = 0; r < rows; r++) { sum[r * dots + d] += held[r] * passing; }
        }
    }
}

/* Brings the lanes of one register together to four. */
CK_INLINE void fold(const thin_lanes *x, ck_lanes4 *y) {
#if defined(__x86_64__)
    *y = CK_LOW4(*x) + CK_HIGH4(*x);
#else
    *y = *x;
#endif
}

/* c = alpha results + beta c, for `cols` of the `dots` columns of a tile. */
CK_INLINE void store_dots(int rows, int dots, ck_int cols, float alpha, float beta, const float *results, float *c,
                          ck_int ldc) {
    UNROLL for (int r = 0; r < rows; r++, c += ldc) {
        for (ck_int d = 0; d < cols; d++) {
            c[d] = alpha * results[r * dots + d] + (beta != 0.0f ? beta * c[d] : 0.0f);
        }
    }
}

/* `rows` rows from row i and `cols` <= `dots` columns from column j of C, each element a dot product of two rows. rows
 * and dots are constants where this is called. */
CK_INLINE void dot_tile(int rows, int dots, ck_int cols, const thin_product *g, ck_int i, ck_int j) {
    const float *a = g->a + i * g->lda;
    const float *b[SUMS];
    thin_lanes sum[SUMS];
    UNROLL for (int d = 0; d < dots; d++) {
        b[d] = g->b + (j + ck_min(d, cols - 1)) * g->ldb; /* columns that are missing repeat the last */
    }
    UNROLL for (int s = 0; s < SUMS; s++) { sum[s] = (thin_lanes){0}; }
    const ck_int k = g->k, lda = g->lda;
    ck_int p = 0;
    for (; p + LANES <= k; p += LANES) {
        add_products(rows, dots, 1, LANES, a, lda, b, p, sum);
    }
    if (p < k) {
        add_products(rows, dots, 0, k - p, a, lda, b, p, sum);
    }
    float results[SUMS];
    UNROLL for (int s = 0; s < rows * dots; s += QUAD) {
        ck_lanes4 quads[QUAD];
        UNROLL for (int q = 0; q < QUAD; q++) { fold(&sum[s + q], &quads[q]); }
        lanes_sum_quads(quads, results + s);
    }
    if (g->beta == 0.0f) {
        store_dots(rows, dots, cols, g->alpha, 0.0f, results, g->c + i * g->ldc + j, g->ldc);
    } else {
        store_dots(rows, dots, cols, g->alpha, g->beta, results, g->c + i * g->ldc + j, g->ldc);
    }
}

CK_INLINE void row_dot_tiles(int rows, const thin_product *g, ck_int i, ck_int j, ck_int end) {
    const int dots = vectors_of(rows);
    for (; j + dots <= end; j += dots) {
        dot_tile(rows, dots, dots, g, i, j);
    }
    if (j < end) {
        dot_tile(rows, dots, end - j, g, i, j);
    }
}

THIN_LEVEL static void dot_tiles(int rows, const thin_product *g, ck_int i, ck_int j, ck_int end) {
    switch (rows) {
    case 1: row_dot_tiles(1, g, i, j, end); break;
    case 2: row_dot_tiles(2, g, i, j, end); break;
    case 3: row_dot_tiles(3, g, i, j, end); break;
    case 4: row_dot_tiles(4, g, i, j, end); break;
    case 5: row_dot_tiles(5, g, i, j, end); break;
    case 6: row_dot_tiles(6, g, i, j, end); break;
    }
}

const thin_loops ck_thin_lanes[2] = {
    {.tiles = tiles, .most_rows = MOST_ROWS, .strip = STRIP, .least_n = LANES, .least_k = 1},
    {.tiles = dot_tiles, .most_rows = MOST_ROWS, .strip = DOTS_STRIP, .least_n = 1, .least_k = LANES}};

#endif
