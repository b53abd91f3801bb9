/* ck_gemm_onednn.c: oneDNN's matrix product, cut into pieces of C so that no bit depends on the number of threads.
 *
 * With several threads oneDNN may split a sum over k among them, and the number of threads then decides in which order
 * an element is added up. Here the sizes alone decide the pieces. Each piece is the work of one thread, on which oneDNN
 * runs alone. */
#include "ck_dense.h"
#include "ck_internal.h"

#if CK_ONEDNN

#include <dnnl.h>

enum {
    NARROWEST = 128,          /* rows or columns of a strip: fewer make packing the other factor dear */
    SHORTEST_HALF = 256,      /* rows or columns that halving leaves at AVX-512 */
    LEAST_PRODUCTS = 4 << 20, /* multiplications of a piece: some 0.1 ms */
    MOST_PIECES = 16,
    MOST_PIECES_AVX512 = 8,
    VECTOR = 16 /* floats of the widest vector registers */
};

/* C = alpha op(A) op(B) + beta C. */
typedef struct {
    int transpose_a, transpose_b;
    ck_int m, n, k;
    float alpha;
    const float *a;
    ck_int lda;
    const float *b;
    ck_int ldb;
    float beta;
    float *c;
    ck_int ldc;
} product;

/* Some rows and columns of C; both ranges lie within it. */
static void multiply(const product *g, ck_int first_row, ck_int end_row, ck_int first_column, ck_int end_column) {
    ck_int m = end_row - first_row, n = end_column - first_column;
    const float *a = g->a + first_row * (g->transpose_a ? 1 : g->lda);
    const float *b = g->b + first_column * (g->transpose_b ? g->ldb : 1);
    float *c = g->c + first_row * g->ldc + first_column;
    if (dnnl_sgemm(g->transpose_a ? 'T' : 'N', g->transpose_b ? 'T' : 'N', m, n, g->k, g->alpha, a, g->lda, b, g->ldb,
                   g->beta, c, g->ldc) != dnnl_success) { /* it has no memory for its packed factors */
        ck_gemm_plain(g->transpose_a, g->transpose_b, m, n, g->k, g->alpha, a, g->lda, b, g->ldb, g->beta, c, g->ldc);
    }
}

/* How C is cut. */
typedef struct {
    ck_int rows, columns; /* pieces along each side */
} grid;

/* Whether oneDNN 2.6 packs both factors of a product with so many rows and columns at AVX2: it does while 1/m + 1/n is
 * below this limit. Without packing, rows of a factor that are a multiple of 4 KiB apart cost half the speed. Paired
 * runs on an AMD EPYC (Zen 3), on one thread, with C in 1, 2, 4, 8 pieces (1, 2 and 4 in the first, 1 and 2 in the
 * second, 1 in the last are packed):
 *     1000 x 512 times 512 x 2048              12.8   13.5   13.7   25.8 ms
 *     (1000 x 512) transposed times 1000 x 2048  14.1   14.1   26.7   28.1 ms
 *     320 x 512 times 512 x 2048                4.8    8.4    8.7    9.9 ms */
static int is_packed(ck_int m, ck_int n) { return 1.0 / (double)m + 1.0 / (double)n < 0.0038; }

/* AVX-512: the longer side of the pieces is halved as long as its halves are long enough. Whether oneDNN packs makes no
 * difference there. Paired runs on an AMD EPYC (Zen 4), on one thread, ms with C in 1 x 1, 1 x 2, 2 x 2, 2 x 4, 2 x 8 and
 * 1 x 16 pieces:
 *     (2688 x 832) transposed times 2688 x 2048   88.3   85.8   87.8   88.4   96.3   96.5
 *     (2688 x 512) transposed times 2688 x 2048   55.6   53.6   54.3   54.8   58.1   59.6
 *     (2688 x 512) transposed times 2688 x 512    12.7   13.5   13.4   13.6   14.7   13.4
 *     1000 x 512 times 512 x 2048                 18.8   19.2   19.5   19.6   20.4   20.1 */
static grid halves_of(const product *g, ck_int by_work) {
    grid pieces = {1, 1};
    while (2 * pieces.rows * pieces.columns <= ck_min(by_work, MOST_PIECES_AVX512)) {
        ck_int m = g->m / pieces.rows, n = g->n / pieces.columns;
        if (m < 2 * SHORTEST_HALF && n < 2 * SHORTEST_HALF) {
            break;
        }
        *(m >= n ? &pieces.rows : &pieces.columns) *= 2;
    }
    return pieces;
}

/* At the other levels a product that oneDNN packs is halved along its longer side as long as the pieces are packed too;
 * any other is cut into strips of its longer side. */
static grid grid_of(const product *g) {
    ck_int by_work = ck_min(g->m * g->n * g->k / LEAST_PRODUCTS, MOST_PIECES);
    if (ck_level_in_use == CK_LEVEL_AVX512) {
        return halves_of(g, by_work);
    }
    grid pieces = {1, 1};
    if (!is_packed(g->m, g->n)) {
        ck_int *longer = g->m > g->n ? &pieces.rows : &pieces.columns;
        *longer = ck_min((g->m > g->n ? g->m : g->n) / NARROWEST, by_work);
        *longer = *longer > 1 ? *longer : 1;
        return pieces;
    }
    while (2 * pieces.rows * pieces.columns <= by_work) {
        ck_int m = g->m / pieces.rows, n = g->n / pieces.columns;
        if (!(m > n ? is_packed(m / 2, n) : is_packed(m, n / 2))) {
            break;
        }
        *(m > n ? &pieces.rows : &pieces.columns) *= 2;
    }
    return pieces;
}

/* Piece number `piece`. */
static void multiply_piece(const product *g, ck_int piece, grid pieces) {
    ck_int row = piece / pieces.columns, column = piece % pieces.columns;
    /* Whole vectors, where the columns are enough. */
    ck_int vectors = ck_blocks(g->n, VECTOR);
    ck_int end = vectors * (column + 1) / pieces.columns * VECTOR;
    multiply(g, g->m * row / pieces.rows, g->m * (row + 1) / pieces.rows, vectors * column / pieces.columns * VECTOR,
             ck_min(end, g->n));
}

/* The whole product on this thread. oneDNN would share it among all that OpenMP has. */
static void multiply_alone(const product *g) {
    CK_FLUSH_SUBNORMALS;
#ifdef _OPENMP
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    multiply(g, 0, g->m, 0, g->n);
    omp_set_num_threads(threads);
#else
    multiply(g, 0, g->m, 0, g->n);
#endif
}

void ck_gemm_onednn(int transpose_a, int transpose_b, ck_int m, ck_int n, ck_int k, float alpha, const float *a,
                    ck_int lda, const float *b, ck_int ldb, float beta, float *c, ck_int ldc) {
    product g = {transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc};
    grid pieces = grid_of(&g);
    ck_int count = pieces.rows * pieces.columns;
    if (count == 1) {
        multiply_alone(&g);
        return;
    }
    CK_PARALLEL_FOR(
        !ck_in_parallel(), for (ck_int piece = 0; piece < count; piece++) { multiply_piece(&g, piece, pieces); });
}

#endif
