/* simple_cases.c: cases of all kernels but the memories: one for each kernel, several for the matrix product. */
#include <string.h>

#include "cases.h"

/* Rows and columns of the blocks; neither is a multiple of a vector, and rows have gaps. */
enum { ROWS = 3, COLS = 37, STRIDE = 41, ENTRIES = 5 };

static const int32_t ids[ROWS] = {2, 0, 2};

/* An output that is also an input: starts as input number n. */
static float *updated(const kernel_case *c, int out, int in) {
    memcpy(c->out[out].data, c->in[in].data, (size_t)c->in[in].count * sizeof(float));
    return c->out[out].data;
}

static void add_block_in(kernel_case *c, const char *name, float low, float high) {
    add_in(c, name, low, high, ROWS * STRIDE, ROWS, STRIDE);
}

/* ---- activations ---- */

static void run_activation(const kernel_case *c) {
    memset(c->out[0].data, 0, (size_t)c->out[0].count * sizeof(float));
    const float *x = c->in[0].data, *dy = c->in[1].data;
    float *y = c->out[0].data;
    switch (c->size[0]) {
    case 0: ck_tanh_forward(ROWS, COLS, x, STRIDE, y, STRIDE); break;
    case 1: ck_sigmoid_forward(ROWS, COLS, x, STRIDE, y, STRIDE); break;
    case 2: ck_tanh_backward(ROWS, COLS, x, STRIDE, dy, STRIDE, y, STRIDE); break;
    case 3: ck_sigmoid_backward(ROWS, COLS, x, STRIDE, dy, STRIDE, y, STRIDE); break;
    }
}

static void make_activation(kernel_case *c, int which) {
    static const char *const names[] = {"tanh", "sigmoid", "tanh backward", "sigmoid backward"};
    c->name = names[which];
    c->run = run_activation;
    c->size[0] = which;
    float limit = which < 2 ? 4.0f : 0.9f;
    add_block_in(c, which < 2 ? "x" : "y", -limit, limit);
    add_block_in(c, "dy", -1, 1);
    add_out(c, which < 2 ? "y" : "dx", ROWS * STRIDE, ROWS, STRIDE);
}

/* ---- dense ---- */

static void run_rows(const kernel_case *c) {
    float *y = c->out[0].data;
    switch (c->size[0]) {
    case 0: ck_broadcast_row(ROWS, COLS, c->in[0].data, y, COLS); break;
    case 1: ck_sum_rows(ROWS, COLS, c->in[1].data, STRIDE, updated(c, 0, 0)); break;
    case 2: ck_gather_rows(ROWS, COLS, c->in[0].data, ids, y, COLS); break;
    case 3: ck_scatter_add_rows(ROWS, COLS, ids, c->in[1].data, STRIDE, updated(c, 0, 0)); break;
    }
}

/* ROWS arrays, each with a number of every batch element. */
static void run_sum_tree(const kernel_case *c) {
    float *arrays[ROWS], *first = updated(c, 0, 0);
    for (int a = 0; a < ROWS; a++) {
        arrays[a] = first + a * COLS;
    }
    ck_sum_tree(ROWS, COLS, arrays);
}

static void make_sum_tree(kernel_case *c, int which) {
    (void)which;
    c->name = "sum_tree";
    c->run = run_sum_tree;
    add_in(c, "x", -1, 1, ROWS * COLS, COLS, 1);
    add_out(c, "sums", ROWS * COLS, COLS, 1);
}

static void make_rows(kernel_case *c, int which) {
    static const char *const names[] = {"broadcast_row", "sum_rows", "gather_rows", "scatter_add_rows"};
    c->name = names[which];
    c->run = run_rows;
    c->size[0] = which;
    ck_int table = which < 2 ? COLS : ENTRIES * COLS;
    add_in(c, which == 0 ? "bias" : which == 1 ? "sum" : "table", -1, 1, table, 0, 1);
    if (which % 2 == 1) {
        add_block_in(c, "x", -1, 1);
        add_out(c, "sum", table, 0, 1);
    } else {
        add_out(c, "y", ROWS * COLS, ROWS, COLS);
    }
}

/* A product; size: [transpose_a, transpose_b, m, n, k, plain]. beta is 1 where k is odd, else 0. */
static void run_gemm(const kernel_case *c) {
    ck_int ta = c->size[0], tb = c->size[1], m = c->size[2], n = c->size[3], k = c->size[4];
    float beta = (float)(k % 2);
    float *y = updated(c, 0, 2);
    (c->size[5] ? ck_gemm_plain : ck_gemm)((int)ta, (int)tb, m, n, k, 0.5f, c->in[0].data, ta ? m : k, c->in[1].data,
                                           tb ? k : n, beta, y, n);
}

static const struct {
    const char *name;
    ck_int size[6];
} products[] = {{"gemm 1 x 33 x 70", {0, 0, 1, 33, 70, 0}},        {"gemm 5 x 70 x 33", {0, 0, 5, 70, 33, 0}},
                {"gemm 5 x 35 x 70, B'", {0, 1, 5, 35, 70, 0}},    {"gemm 9 x 31 x 20, A'", {1, 0, 9, 31, 20, 0}},
                {"gemm 66 x 40 x 31", {0, 0, 66, 40, 31, 0}},      {"gemm 30 x 33 x 200, B'", {0, 1, 30, 33, 200, 0}},
                {"gemm_plain 7 x 33 x 21", {0, 0, 7, 33, 21, 1}},  {"gemm_plain 5 x 18 x 20, A'", {1, 0, 5, 18, 20, 1}},
                {"gemm_plain 5 x 18 x 9, B'", {0, 1, 5, 18, 9, 1}}};

static void make_gemm(kernel_case *c, int which) {
    c->name = products[which].name;
    c->run = run_gemm;
    memcpy(c->size, products[which].size, sizeof c->size);
    ck_int m = c->size[2], n = c->size[3], k = c->size[4];
    /* Rows of A and of C belong together, where A is not transposed. */
    ck_int batch = c->size[0] ? 0 : m;
    add_in(c, "a", -1, 1, m * k, batch, k);
    add_in(c, "b", -1, 1, k * n, 0, 1);
    add_in(c, "c", -1, 1, m * n, batch, n);
    add_out(c, "c", m * n, batch, n);
}

/* ---- cells ---- */

static void run_lstm_forward(const kernel_case *c) {
    float *gates = updated(c, 0, 0);
    ck_lstm_forward(ROWS, COLS, gates, 4 * COLS, c->in[1].data, c->out[1].data, c->out[2].data, COLS);
}

static void run_lstm_backward(const kernel_case *c) {
    float *dc = updated(c, 0, 4);
    ck_lstm_backward(ROWS, COLS, c->in[0].data, 4 * COLS, c->in[1].data, c->in[2].data, c->in[3].data, COLS, dc,
                     c->out[1].data, 4 * COLS);
}

static void make_lstm(kernel_case *c, int backward) {
    c->name = backward ? "lstm backward" : "lstm";
    c->run = backward ? run_lstm_backward : run_lstm_forward;
    add_in(c, "gates", backward ? 0.1f : -3, backward ? 0.9f : 3, ROWS * 4 * COLS, ROWS, 4 * COLS);
    add_in(c, "c_prev", -2, 2, ROWS * COLS, ROWS, COLS);
    if (backward) {
        add_in(c, "c", -2, 2, ROWS * COLS, ROWS, COLS);
        add_in(c, "dh", -1, 1, ROWS * COLS, ROWS, COLS);
        add_in(c, "dc", -1, 1, ROWS * COLS, ROWS, COLS);
        add_out(c, "dc", ROWS * COLS, ROWS, COLS);
        add_out(c, "dgates", ROWS * 4 * COLS, ROWS, 4 * COLS);
    } else {
        add_out(c, "gates", ROWS * 4 * COLS, ROWS, 4 * COLS);
        add_out(c, "c", ROWS * COLS, ROWS, COLS);
        add_out(c, "h", ROWS * COLS, ROWS, COLS);
    }
}

/* ---- losses; size: [bits, with gradients] ---- */

static void run_loss(const kernel_case *c) {
    int32_t count[ROWS];
    const int32_t targets[ROWS] = {3, 0, COLS - 1};
    float *dlogits = c->size[1] ? c->out[1].data : NULL;
    if (c->size[0]) {
        ck_sigmoid_cross_entropy(ROWS, COLS, c->in[0].data, COLS, c->in[2].data, c->in[1].data, 0.5f, c->out[0].data,
                                 dlogits, count);
    } else {
        ck_softmax_cross_entropy(ROWS, COLS, c->in[0].data, COLS, targets, c->in[1].data, 0.5f, c->out[0].data, dlogits,
                                 count);
    }
    /* Also with a NaN, best is a class and wrong a number of bits. */
    for (int r = 0; r < ROWS; r++) {
        c->out[c->outs - 1].data[r] = count[r] >= 0 && count[r] < COLS ? 1 : 0;
    }
}

static void run_squared_error(const kernel_case *c) {
    ck_squared_error(ROWS, COLS, c->in[0].data, COLS, c->in[2].data, c->in[1].data, 0.5f, c->out[0].data,
                     c->size[1] ? c->out[2].data : NULL, c->out[1].data);
}

static void make_squared_error(kernel_case *c, int which) {
    c->name = which ? "squared_error with gradients" : "squared_error";
    c->run = run_squared_error;
    c->size[1] = which;
    add_in(c, "outputs", -5, 5, ROWS * COLS, ROWS, COLS);
    add_in(c, "mask", 0.5f, 1, ROWS, ROWS, 1);
    add_in(c, "targets", -5, 5, ROWS * COLS, ROWS, COLS);
    add_out(c, "loss", ROWS, ROWS, 1);
    add_out(c, "absolute", ROWS, ROWS, 1);
    if (which) {
        add_out(c, "doutputs", ROWS * COLS, ROWS, COLS);
    }
}

static void make_loss(kernel_case *c, int which) {
    static const char *const names[] = {"softmax_cross_entropy", "softmax_cross_entropy with gradients",
                                        "sigmoid_cross_entropy", "sigmoid_cross_entropy with gradients"};
    c->name = names[which];
    c->run = run_loss;
    c->size[0] = which / 2;
    c->size[1] = which % 2;
    add_in(c, "logits", -5, 5, ROWS * COLS, ROWS, COLS);
    add_in(c, "mask", 0.5f, 1, ROWS, ROWS, 1);
    if (c->size[0]) {
        add_in(c, "targets", 0, 1, ROWS * COLS, ROWS, COLS);
    }
    add_out(c, "loss", ROWS, ROWS, 1);
    if (c->size[1]) {
        add_out(c, "dlogits", ROWS * COLS, ROWS, COLS);
    }
    add_out(c, "counts are in range", ROWS, ROWS, 1);
}

/* ---- optimisers ---- */

enum { CLIP, SCALE, NORM, SGD, RMSPROP, GRAVES, ADAM, OPTIMIZERS };

static void run_optimizer(const kernel_case *c) {
    double partial[1];
    const float *g = c->in[0].data;
    ck_int n = c->in[0].count;
    float *state[MOST_ARRAYS];
    for (int i = 1; i < c->ins; i++) {
        state[i - 1] = updated(c, i - 1, i);
    }
    switch (c->size[0]) {
    case CLIP: ck_clip_value(n, 0.5f, updated(c, 0, 0)); break;
    case SCALE: ck_scale(n, 0.25f, updated(c, 0, 0)); break;
    case NORM: c->out[0].data[0] = (float)ck_squared_norm(n, g, partial); break;
    case SGD: ck_sgd(n, 0.1f, 0.9f, g, state[1], state[0]); break;
    case RMSPROP: ck_rmsprop(n, 0.1f, 0.95f, 0.9f, 1e-4f, g, state[2], state[1], state[0]); break;
    case GRAVES: ck_rmsprop_graves(n, 0.1f, 0.95f, 0.9f, 1e-4f, g, state[2], state[3], state[1], state[0]); break;
    case ADAM: ck_adam(n, 0.1f, 0.9f, 0.999f, 1e-8f, 0.1f, 0.001f, g, state[1], state[2], state[0]); break;
    }
}

static void make_optimizer(kernel_case *c, int which) {
    static const char *const names[] = {"clip_value", "scale",          "squared_norm", "sgd",
                                        "rmsprop",    "rmsprop_graves", "adam"};
    static const int states[] = {0, 0, 0, 2, 3, 4, 3};
    static const char *const state_names[] = {"w", "m", "s", "a"};
    enum { COUNT = 101 };
    c->name = names[which];
    c->run = run_optimizer;
    c->size[0] = which;
    add_in(c, "g", -1, 1, COUNT, which == NORM ? 0 : COUNT, 1);
    for (int i = 0; i < states[which]; i++) { /* mean squares are positive, and above the square of the mean */
        add_in(c, state_names[i], i == 2 ? 1 : -0.5f, i == 2 ? 2 : 0.5f, COUNT, COUNT, 1);
        add_out(c, state_names[i], COUNT, COUNT, 1);
    }
    if (states[which] == 0) {
        add_out(c, "result", which == NORM ? 1 : COUNT, which == NORM ? 0 : COUNT, 1);
    }
}

/* ---- all of them ---- */

static const struct {
    void (*make)(kernel_case *c, int which);
    int count;
} families[] = {
    {make_activation, 4}, {make_rows, 4}, {make_sum_tree, 1},      {make_gemm, sizeof products / sizeof *products},
    {make_lstm, 2},       {make_loss, 4}, {make_squared_error, 2}, {make_optimizer, OPTIMIZERS}};
enum { FAMILIES = sizeof families / sizeof *families };

int simple_case_count(void) {
    int count = 0;
    for (int f = 0; f < FAMILIES; f++) {
        count += families[f].count;
    }
    return count;
}

void make_simple_case(int number, kernel_case *c) {
    int f = 0;
    for (; number >= families[f].count; f++) {
        number -= families[f].count;
    }
    families[f].make(c, number);
}
