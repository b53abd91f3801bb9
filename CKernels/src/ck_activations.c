/* ck_activations.c: tanh and sigmoid over blocks of rows. The functions themselves are in ck_math.h. */
#include "ck_activations.h"

#include "ck_internal.h"
#include "ck_math.h"

enum {
    BLOCK = 1024, /* elements that one thread takes at a time: long rows are shared as well as many rows */
    NARROW = 16   /* rows of fewer columns are brought together first, so that they do not end in remainders */
};

typedef void forward_span(ck_int n, const float *x, float *y);
typedef void backward_span(ck_int n, const float *y, const float *dy, float *dx);

/* Copies rows of `cols` floats; a constant where the compiler is to know it. */
CK_INLINE void copy_narrow(ck_int rows, ck_int cols, const float *x, ck_int ldx, float *y, ck_int ldy) {
    for (ck_int r = 0; r < rows; r++) {
        for (ck_int c = 0; c < cols; c++) {
            y[r * ldy + c] = x[r * ldx + c];
        }
    }
}

static void copy_rows(ck_int rows, ck_int cols, const float *x, ck_int ldx, float *y, ck_int ldy) {
    if (cols == 2) { /* the strengths of a stack or queue */
        copy_narrow(rows, 2, x, ldx, y, ldy);
    } else {
        copy_narrow(rows, cols, x, ldx, y, ldy);
    }
}

/* f for narrow rows, at most BLOCK elements of them. */
static void forward_narrow(forward_span *f, ck_int rows, ck_int cols, const float *x, ck_int ldx, float *y,
                           ck_int ldy) {
    float elements[BLOCK];
    copy_rows(rows, cols, x, ldx, elements, cols);
    f(rows * cols, elements, elements);
    copy_rows(rows, cols, elements, cols, y, ldy);
}

/* Applies f to every row: to several narrow ones at a time, or in blocks of columns. */
static void map_forward(forward_span *f, ck_int rows, ck_int cols, const float *x, ck_int ldx, float *y, ck_int ldy) {
    if (ldx == cols && ldy == cols) { /* no gaps: one long row */
        cols *= rows;
        rows = 1;
    }
    if (rows > 1 && cols < NARROW) {
        ck_int together = BLOCK / NARROW;
        CK_PARALLEL_FOR(
            ck_worth_forking(rows * cols, CK_COST_FUNCTION), for (ck_int r = 0; r < rows; r += together) {
                forward_narrow(f, ck_min(together, rows - r), cols, x + r * ldx, ldx, y + r * ldy, ldy);
            });
        return;
    }
    ck_int blocks = ck_blocks(cols, BLOCK);
    CK_PARALLEL_FOR(
        ck_worth_forking(rows * cols, CK_COST_FUNCTION), for (ck_int i = 0; i < rows * blocks; i++) {
            ck_int r = blocks == 1 ? i : i / blocks;
            ck_int c = (i - r * blocks) * BLOCK;
            f(ck_min(BLOCK, cols - c), x + r * ldx + c, y + r * ldy + c);
        });
}

static void map_backward(backward_span *f, ck_int rows, ck_int cols, const float *y, ck_int ldy, const float *dy,
                         ck_int lddy, float *dx, ck_int lddx) {
    if (ldy == cols && lddy == cols && lddx == cols) {
        cols *= rows;
        rows = 1;
    }
    ck_int blocks = ck_blocks(cols, BLOCK);
    CK_PARALLEL_FOR(
        ck_worth_forking(rows * cols, CK_COST_COPY), for (ck_int i = 0; i < rows * blocks; i++) {
            ck_int r = blocks == 1 ? i : i / blocks;
            ck_int c = (i - r * blocks) * BLOCK;
            f(ck_min(BLOCK, cols - c), y + r * ldy + c, dy + r * lddy + c, dx + r * lddx + c);
        });
}

CK_INLINE void tanh_span_body(ck_int n, const float *x, float *y) {
    CK_INDEPENDENT
    for (ck_int i = 0; i < n; i++) {
        y[i] = ck_tanhf(x[i]);
    }
}

CK_LEVELS(void, tanh_span, (ck_int n, const float *x, float *y), (n, x, y))

CK_INLINE void tanh_backward_span_body(ck_int n, const float *y, const float *dy, float *dx) {
    CK_INDEPENDENT
    for (ck_int i = 0; i < n; i++) {
        dx[i] = dy[i] * (1.0f - y[i] * y[i]);
    }
}

CK_LEVELS(void, tanh_backward_span, (ck_int n, const float *y, const float *dy, float *dx), (n, y, dy, dx))

CK_INLINE void sigmoid_span_body(ck_int n, const float *x, float *y) {
    CK_INDEPENDENT
    for (ck_int i = 0; i < n; i++) {
        y[i] = ck_sigmoidf(x[i]);
    }
}

CK_LEVELS(void, sigmoid_span, (ck_int n, const float *x, float *y), (n, x, y))

CK_INLINE void sigmoid_backward_span_body(ck_int n, const float *y, const float *dy, float *dx) {
    CK_INDEPENDENT
    for (ck_int i = 0; i < n; i++) {
        dx[i] = dy[i] * (y[i] * (1.0f - y[i]));
    }
}

CK_LEVELS(void, sigmoid_backward_span, (ck_int n, const float *y, const float *dy, float *dx), (n, y, dy, dx))

void ck_tanh_forward(ck_int rows, ck_int cols, const float *x, ck_int ldx, float *y, ck_int ldy) {
    map_forward(tanh_span, rows, cols, x, ldx, y, ldy);
}

void ck_tanh_backward(ck_int rows, ck_int cols, const float *y, ck_int ldy, const float *dy, ck_int lddy, float *dx,
                      ck_int lddx) {
    map_backward(tanh_backward_span, rows, cols, y, ldy, dy, lddy, dx, lddx);
}

void ck_sigmoid_forward(ck_int rows, ck_int cols, const float *x, ck_int ldx, float *y, ck_int ldy) {
    map_forward(sigmoid_span, rows, cols, x, ldx, y, ldy);
}

void ck_sigmoid_backward(ck_int rows, ck_int cols, const float *y, ck_int ldy, const float *dy, ck_int lddy, float *dx,
                         ck_int lddx) {
    map_backward(sigmoid_backward_span, rows, cols, y, ldy, dy, lddy, dx, lddx);
}
