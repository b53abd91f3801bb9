/* ck_dense.h: matrix products and what surrounds them in a dense layer  y = x W + b,  W stored (inputs, outputs). */
#ifndef CK_DENSE_H
#define CK_DENSE_H

#include "ck_base.h"
#include "ck_runtime.h"

/* C = alpha * op(A) op(B) + beta * C, with op(A) m x k, op(B) k x n, C m x n; op transposes where the flag is 1.
 * A, B and C are row-major with leading dimensions lda, ldb, ldc. m, n, k >= 0. With beta = 0, C need not be
 * initialised (a NaN in it does not survive). Few rows go through ck_gemm_thin where it is faster; the rest through
 * oneDNN where built with it, else ck_gemm_plain.
 * The same shapes and values give the same bits for any number of threads. */
void ck_gemm(int transpose_a, int transpose_b, ck_int m, ck_int n, ck_int k, float alpha, const float *a, ck_int lda,
             const float *b, ck_int ldb, float beta, float *c, ck_int ldc);

/* The same, by our own blocked loops: portable, the fallback, and what tests compare against. Parallel over blocks
 * of C; the result does not depend on the thread count. */
void ck_gemm_plain(int transpose_a, int transpose_b, ck_int m, ck_int n, ck_int k, float alpha, const float *a,
                   ck_int lda, const float *b, ck_int ldb, float beta, float *c, ck_int ldc);

/* The same without a transposition of A, made for few rows of A and C: B is read where it stands, and never packed into
 * another layout first. With the loops of one level of vector instructions, whichever is in use. Returns 1; or 0, having
 * done nothing, where there are no loops for the level, the processor does not have it, or the sizes are too small:
 *     m, n, k >= 1 at avx512; avx2 and neon want a whole register (8 or 4 floats) of n, or transposed of k.
 * Parallel over columns; each element is summed in an order that depends on k alone, not on threads, m or n. */
int ck_gemm_thin(ck_instruction_level level, int transpose_b, ck_int m, ck_int n, ck_int k, float alpha, const float *a,
                 ck_int lda, const float *b, ck_int ldb, float beta, float *c, ck_int ldc);

/* The leading dimension ldb >= cols at which ck_gemm reads rows of so many floats fastest at the level in use. Where it
 * is not cols, a copy with such rows pays from some 8 products on. */
ck_int ck_gemm_row_step(ck_int cols);

/* y[r,:] = bias[:] for each of rows, overwritten. rows, cols >= 0. Parallel over rows. */
void ck_broadcast_row(ck_int rows, ck_int cols, const float *bias, float *y, ck_int ldy);

/* sum[c] += sum_r x[r,c], accumulated. rows, cols >= 0. Parallel over columns; each column is summed in row order. */
void ck_sum_rows(ck_int rows, ck_int cols, const float *x, ck_int ldx, float *sum);

/* x[0] += x[1] + ... + x[count - 1], arrays of n floats apart from each other, as a balanced tree: neighbours are added,
 * then neighbouring sums, and so on. The other arrays hold partial sums afterwards. count >= 1, n >= 0. Parallel over the
 * elements; the order of additions depends on count alone. */
void ck_sum_tree(ck_int count, ck_int n, float *const *x);

/* y[r,:] = table[ids[r],:], overwritten. table (entries, cols) contiguous; 0 <= ids[r] < entries. Parallel over rows. */
void ck_gather_rows(ck_int rows, ck_int cols, const float *table, const int32_t *ids, float *y, ck_int ldy);

/* dtable[ids[r],:] += dy[r,:], accumulated in row order. Parallel over columns. */
void ck_scatter_add_rows(ck_int rows, ck_int cols, const int32_t *ids, const float *dy, ck_int lddy, float *dtable);

#endif
