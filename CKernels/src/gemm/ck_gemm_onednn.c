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
    NARROWEST = 128,          /* rows or columns of a piece: fewer make packing the other factor dear */
    LEAST_PRODUCTS = 4 << 20, /* multiplications of a piece: some 0.1 ms */
    MOST_PIECES = 16,
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

/* Into how many pieces the longer side of C is cut. */
static ck_int pieces_of(const product *g) {
    ck_int by_width = (g->m > g->n ? g->m : g->n) / NARROWEST;
    ck_int by_work = g->m * g->n * g->k / LEAST_PRODUCTS;
    ck_int pieces = ck_min(ck_min(by_width, by_work), MOST_PIECES);
    return pieces > 1 ? pieces : 1;
}

/* Piece number `piece` of `pieces`. */
static void multiply_piece(const product *g, ck_int piece, ck_int pieces) {
    if (g->m > g->n) {
        multiply(g, g->m * piece / pieces, g->m * (piece + 1) / pieces, 0, g->n);
        return;
    }
    /* Whole vectors, where the columns are enough. */
    ck_int vectors = ck_blocks(g->n, VECTOR);
    ck_int end = vectors * (piece + 1) / pieces * VECTOR;
    multiply(g, 0, g->m, vectors * piece / pieces * VECTOR, ck_min(end, g->n));
}

/* The whole product on this thread. oneDNN would share it among all that OpenMP has. */
static void multiply_alone(const product *g) {
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
    ck_int pieces = pieces_of(&g);
    if (pieces == 1) {
        multiply_alone(&g);
        return;
    }
    CK_PARALLEL_FOR(
        !ck_in_parallel(), for (ck_int piece = 0; piece < pieces; piece++) { multiply_piece(&g, piece, pieces); });
}

#endif
