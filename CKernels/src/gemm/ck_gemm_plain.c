/* ck_gemm_plain.c: the matrix product in portable C: packed, blocked, vectorised by the compiler. The fallback where
 * oneDNN is missing, and an independent check where it is not.
 *
 * C is cut into blocks of BLOCK_ROWS x BLOCK_COLS, each the work of one thread. A block goes through k in pieces of
 * DEPTH: it packs that piece of op(A) and of op(B) into buffers on its stack, as panels of TILE_ROWS rows and of
 * TILE_COLS columns with k running slowest, and multiplies panel by panel. Packing also does the transpositions and
 * fills the edges with zeros, so that the multiplication knows one case only. How an element's sum over k is split
 * depends on DEPTH alone, not on its place or on the threads. */
#include <string.h>

#include "ck_dense.h"
#include "ck_internal.h"

/* One row of a tile. The compiler splits it into as many registers as the instructions in use need. */
typedef float tile_row __attribute__((vector_size(64)));

enum {
    TILE_ROWS = 6, /* times 16 columns: 12 of the 16 registers of AVX2 */
    TILE_COLS = 16,
    BLOCK_ROWS = 8 * TILE_ROWS,
    BLOCK_COLS = 8 * TILE_COLS,
    DEPTH = 192 /* packed blocks of 36 and 96 KB */
};

/* op(A) or op(B): `lines` are the rows of op(A) or the columns of op(B), each k elements long. */
typedef struct {
    const float *data;
    ck_int line_step;  /* from one line to the next at the same k */
    ck_int depth_step; /* from one k to the next on the same line */
} operand;

typedef struct {
    ck_int m, n, k;
    float alpha, beta;
    operand a, b;
    float *c;
    ck_int ldc;
} product;

/* Packs `lines` lines from x, k elements of each, into panels of `width` lines, with zeros where lines are missing. */
CK_INLINE void pack(operand x, ck_int lines, ck_int k, ck_int width, float *panels) {
    for (ck_int first = 0; first < lines; first += width, panels += k * width) {
        const float *from = x.data + first * x.line_step;
        ck_int used = ck_min(width, lines - first);
        if (used < width) {
            memset(panels, 0, (size_t)(k * width) * sizeof *panels);
        }
        if (x.line_step == 1 && used == width) {
            for (ck_int p = 0; p < k; p++) {
                memcpy(panels + p * width, from + p * x.depth_step, (size_t)width * sizeof *panels);
            }
            continue;
        }
        for (ck_int i = 0; i < used; i++) {
            for (ck_int p = 0; p < k; p++) {
                panels[p * width + i] = from[i * x.line_step + p * x.depth_step];
            }
        }
    }
}

/* sum[i] = row i of the product of a panel of A with a panel of B. */
CK_INLINE void multiply_panels(ck_int k, const float *a, const float *b, tile_row sum[TILE_ROWS]) {
    tile_row s[TILE_ROWS] = {{0}};
    for (ck_int p = 0; p < k; p++) {
        tile_row row;
        memcpy(&row, b + p * TILE_COLS, sizeof row);
#pragma clang loop unroll(full)
        for (int i = 0; i < TILE_ROWS; i++) {
            s[i] += a[p * TILE_ROWS + i] * row;
        }
    }
    for (int i = 0; i < TILE_ROWS; i++) {
        sum[i] = s[i];
    }
}

/* c[0 ..< n] = beta c + alpha sum, for one row of a tile. With beta = 0, c is not read. */
CK_INLINE void store_row(ck_int n, float alpha, const tile_row *sum, float beta, float *c) {
    tile_row old = {0};
    if (beta != 0.0f) {
        memcpy(&old, c, (size_t)n * sizeof *c);
        old *= beta;
    }
    tile_row next = old + alpha * *sum;
    memcpy(c, &next, (size_t)n * sizeof *c);
}

/* The block of C whose first element is (i0, j0). */
CK_INLINE void multiply_block_body(const product *g, ck_int i0, ck_int j0) {
    float a_panels[BLOCK_ROWS * DEPTH] __attribute__((aligned(64)));
    float b_panels[BLOCK_COLS * DEPTH] __attribute__((aligned(64)));
    ck_int rows = ck_min(BLOCK_ROWS, g->m - i0);
    ck_int cols = ck_min(BLOCK_COLS, g->n - j0);
    for (ck_int p0 = 0; p0 < g->k; p0 += DEPTH) {
        ck_int k = ck_min(DEPTH, g->k - p0);
        float beta = p0 == 0 ? g->beta : 1.0f;
        operand a = g->a, b = g->b;
        a.data += i0 * a.line_step + p0 * a.depth_step;
        b.data += j0 * b.line_step + p0 * b.depth_step;
        pack(a, rows, k, TILE_ROWS, a_panels);
        pack(b, cols, k, TILE_COLS, b_panels);
        for (ck_int j = 0; j < cols; j += TILE_COLS) {
            ck_int width = ck_min(TILE_COLS, cols - j);
            for (ck_int i = 0; i < rows; i += TILE_ROWS) {
                tile_row sum[TILE_ROWS];
                multiply_panels(k, a_panels + i * k, b_panels + j * k, sum);
                float *c = g->c + (i0 + i) * g->ldc + j0 + j;
                for (ck_int r = 0; r < ck_min(TILE_ROWS, rows - i); r++) {
                    if (width == TILE_COLS) {
                        store_row(TILE_COLS, g->alpha, &sum[r], beta, c + r * g->ldc);
                    } else {
                        store_row(width, g->alpha, &sum[r], beta, c + r * g->ldc);
                    }
                }
            }
        }
    }
}

CK_LEVELS(void, multiply_block, (const product *g, ck_int i0, ck_int j0), (g, i0, j0))

/* C = beta C, for products over nothing. */
static void scale_block(ck_int m, ck_int n, float beta, float *c, ck_int ldc) {
    for (ck_int i = 0; i < m; i++) {
        for (ck_int j = 0; j < n; j++) {
            c[i * ldc + j] = beta == 0.0f ? 0.0f : beta * c[i * ldc + j];
        }
    }
}

void ck_gemm_plain(int transpose_a, int transpose_b, ck_int m, ck_int n, ck_int k, float alpha, const float *a,
                   ck_int lda, const float *b, ck_int ldb, float beta, float *c, ck_int ldc) {
    if (k == 0) {
        scale_block(m, n, beta, c, ldc);
        return;
    }
    product g = {.m = m, .n = n, .k = k, .alpha = alpha, .beta = beta, .c = c, .ldc = ldc};
    g.a = transpose_a ? (operand){a, 1, lda} : (operand){a, lda, 1};
    g.b = transpose_b ? (operand){b, ldb, 1} : (operand){b, 1, ldb};
    ck_int row_blocks = ck_blocks(m, BLOCK_ROWS);
    ck_int col_blocks = ck_blocks(n, BLOCK_COLS);
    /* 50 ps: some 40 GF/s. */
    CK_PARALLEL_FOR(
        ck_worth_forking(m * n * k, 50), for (ck_int i = 0; i < row_blocks * col_blocks; i++) {
            multiply_block(&g, i / col_blocks * BLOCK_ROWS, i % col_blocks * BLOCK_COLS);
        });
}
