/* ck_dense.c: the choice of a matrix product, and the row operations around it. The products themselves are in
 * ck_gemm_thin.c, ck_gemm_onednn.c and ck_gemm_plain.c. */
#include "ck_dense.h"

#include <string.h>

#include "gemm/ck_gemm_thin.h"
#include "ck_internal.h"

void ck_gemm(int transpose_a, int transpose_b, ck_int m, ck_int n, ck_int k, float alpha, const float *a, ck_int lda,
             const float *b, ck_int ldb, float beta, float *c, ck_int ldc) {
    /* Sizes of 0 are for ck_gemm_plain: oneDNN does not write C when k is 0. */
    int empty = m == 0 || n == 0 || k == 0;
    if (!empty && !transpose_a && ck_gemm_thin_is_faster(ck_level_in_use, transpose_b, m, k) &&
        ck_gemm_thin(ck_level_in_use, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)) {
        return;
    }
#if CK_ONEDNN
    if (!empty && ck_onednn_obeys_level()) {
        ck_gemm_onednn(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
        return;
    }
#endif
    ck_gemm_plain(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

ck_int ck_gemm_row_step(ck_int cols) {
    /* Rows of B that are a multiple of 1 KiB apart, and of 4 KiB most of all, fall on the same few places of the first and
     * second cache. Paired runs of 5 x 512 times 512 x 1024 on one core of an AMD EPYC (Zen 3), GF/s with rows 1024 and
     * 1040 floats apart: 49 : 95, and oneDNN's 45 : 91. With AVX-512 it has not been seen to matter. */
    return cols % 256 == 0 && ck_level_in_use != CK_LEVEL_AVX512 ? cols + 16 : cols;
}

void ck_broadcast_row(ck_int rows, ck_int cols, const float *bias, float *y, ck_int ldy) {
    CK_PARALLEL_FOR(
        ck_worth_forking(rows * cols, CK_COST_COPY),
        for (ck_int r = 0; r < rows; r++) { memcpy(y + r * ldy, bias, (size_t)cols * sizeof *y); });
}

void ck_gather_rows(ck_int rows, ck_int cols, const float *table, const int32_t *ids, float *y, ck_int ldy) {
    CK_PARALLEL_FOR(
        ck_worth_forking(rows * cols, CK_COST_COPY),
        for (ck_int r = 0; r < rows; r++) { memcpy(y + r * ldy, table + ids[r] * cols, (size_t)cols * sizeof *y); });
}

/* Columns that one thread takes at a time: a few cache lines of each row. */
enum { BLOCK = 64 };

/* sum[0 ..< n] += the first n <= BLOCK columns of x. In double: the rows are all steps of a whole batch, and a float
 * sum over tens of thousands of them would lose digits. */
CK_INLINE void sum_rows_columns(ck_int rows, ck_int n, const float *x, ck_int ldx, float *sum) {
    double total[BLOCK] = {0};
    for (ck_int r = 0; r < rows; r++) {
        for (ck_int c = 0; c < n; c++) {
            total[c] += x[r * ldx + c];
        }
    }
    for (ck_int c = 0; c < n; c++) {
        sum[c] = (float)(sum[c] + total[c]);
    }
}

CK_INLINE void sum_rows_block_body(ck_int rows, ck_int n, const float *x, ck_int ldx, float *sum) {
    if (n == BLOCK) { /* known to the compiler, so that all totals stay in registers */
        sum_rows_columns(rows, BLOCK, x, ldx, sum);
    } else {
        sum_rows_columns(rows, n, x, ldx, sum);
    }
}

CK_LEVELS(void, sum_rows_block, (ck_int rows, ck_int n, const float *x, ck_int ldx, float *sum), (rows, n, x, ldx, sum))

void ck_sum_rows(ck_int rows, ck_int cols, const float *x, ck_int ldx, float *sum) {
    CK_PARALLEL_FOR(
        ck_worth_forking(rows * cols, CK_COST_COPY), for (ck_int c = 0; c < cols; c += BLOCK) {
            sum_rows_block(rows, ck_min(BLOCK, cols - c), x + c, ldx, sum + c);
        });
}

/* Elements of ck_sum_tree that one thread takes at a time: those of sixteen arrays stand in its second cache. */
enum { TREE_BLOCK = 2048 };

CK_INLINE void add_block_body(ck_int n, const float *x, float *sum) {
    CK_INDEPENDENT
    for (ck_int i = 0; i < n; i++) {
        sum[i] += x[i];
    }
}

CK_LEVELS(void, add_block, (ck_int n, const float *x, float *sum), (n, x, sum))

void ck_sum_tree(ck_int count, ck_int n, float *const *x) {
    CK_PARALLEL_FOR(
        ck_worth_forking(count * n, CK_COST_COPY), for (ck_int i = 0; i < n; i += TREE_BLOCK) {
            for (ck_int distance = 1; distance < count; distance *= 2) {
                for (ck_int a = 0; a + distance < count; a += 2 * distance) {
                    add_block(ck_min(TREE_BLOCK, n - i), x[a + distance] + i, x[a] + i);
                }
            }
        });
}

/* The first n columns of ck_scatter_add_rows. */
CK_INLINE void scatter_add_block_body(ck_int rows, ck_int n, ck_int cols, const int32_t *ids, const float *dy,
                                      ck_int lddy, float *dtable) {
    for (ck_int r = 0; r < rows; r++) {
        const float *from = dy + r * lddy;
        float *to = dtable + ids[r] * cols;
        CK_INDEPENDENT
        for (ck_int c = 0; c < n; c++) {
            to[c] += from[c];
        }
    }
}

CK_LEVELS(void, scatter_add_block,
          (ck_int rows, ck_int n, ck_int cols, const int32_t *ids, const float *dy, ck_int lddy, float *dtable),
          (rows, n, cols, ids, dy, lddy, dtable))

void ck_scatter_add_rows(ck_int rows, ck_int cols, const int32_t *ids, const float *dy, ck_int lddy, float *dtable) {
    CK_PARALLEL_FOR(
        ck_worth_forking(rows * cols, CK_COST_COPY), for (ck_int c = 0; c < cols; c += BLOCK) {
            scatter_add_block(rows, ck_min(BLOCK, cols - c), cols, ids, dy + c, lddy, dtable + c);
        });
}
