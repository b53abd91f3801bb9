/* formulae.c: simple kernels against their formulae in double.
 *
 * Bounds are in units of u = 2^-24, half a unit in the last place of 1: what headers promise of single functions, and
 * for sums u times the number of roundings times the sum of magnitudes (Higham, Accuracy and Stability, 3.1). */
#include <stdlib.h>

#include "formulae.h"

enum { COUNT = 301, ROWS = 3, UNITS = 37 };

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/* Within 3 ulp, so 6 u of the value. */
static const char *check_activations(uint64_t seed) {
    float x[COUNT], y[COUNT], z[COUNT];
    const char *wrong = NULL;
    for (float limit = 1e-3f; limit < 200 && !wrong; limit *= 3) {
        draw(x, COUNT, -limit, limit, &seed);
        ck_tanh_forward(1, COUNT, x, COUNT, y, COUNT);
        ck_sigmoid_forward(1, COUNT, x, COUNT, z, COUNT);
        for (ck_int i = 0; i < COUNT && !wrong; i++) {
            double least = 0x1p-126; /* the smallest normal float, below which is 0: sigma of a large negative number */
            wrong = compare("tanh", i, y[i], tanh(x[i]), 6 * u * fabs(tanh(x[i])));
            wrong = wrong ? wrong : compare("sigmoid", i, z[i], sigmoid(x[i]), 6 * u * sigmoid(x[i]) + least);
        }
    }
    return wrong;
}

static const char *check_product(int ta, int tb, ck_int m, ck_int n, ck_int k, int plain, uint64_t seed) {
    float *a = allocate((size_t)(m * k) * sizeof *a), *b = allocate((size_t)(k * n) * sizeof *b);
    float *c = allocate((size_t)(m * n) * sizeof *c);
    draw(a, m * k, -1, 1, &seed);
    draw(b, k * n, -1, 1, &seed);
    (plain ? ck_gemm_plain : ck_gemm)(ta, tb, m, n, k, 1, a, ta ? m : k, b, tb ? k : n, 0, c, n);
    const char *wrong = NULL;
    for (ck_int i = 0; i < m * n && !wrong; i++) {
        double sum = 0, magnitude = 0;
        for (ck_int p = 0; p < k; p++) {
            double term = (double)a[ta ? p * m + i / n : i / n * k + p] * b[tb ? i % n * k + p : p * n + i % n];
            sum += term;
            magnitude += fabs(term);
        }
        wrong = compare("matrix product", i, c[i], sum, (double)(k + 2) * u * magnitude);
    }
    free(a);
    free(b);
    free(c);
    return wrong;
}

static const char *check_products(uint64_t seed) {
    static const ck_int shapes[][3] = {{1, 33, 70}, {5, 70, 33}, {13, 17, 385}, {66, 40, 31}, {50, 130, 200}};
    const char *wrong = NULL;
    for (int s = 0; s < 5; s++) {
        for (int form = 0; form < 8 && !wrong; form++) {
            wrong = check_product(form & 1, form >> 1 & 1, shapes[s][0], shapes[s][1], shapes[s][2], form >> 2, seed);
        }
    }
    return wrong;
}

/* c = f c_prev + i g takes four functions (6 u each) and three roundings; h another function and a rounding. */
static const char *check_lstm(uint64_t seed) {
    float gates[ROWS * 4 * UNITS], z[ROWS * 4 * UNITS], c_prev[ROWS * UNITS], c[ROWS * UNITS], h[ROWS * UNITS];
    draw(z, ROWS * 4 * UNITS, -4, 4, &seed);
    draw(c_prev, ROWS * UNITS, -2, 2, &seed);
    for (int i = 0; i < ROWS * 4 * UNITS; i++) {
        gates[i] = z[i];
    }
    ck_lstm_forward(ROWS, UNITS, gates, 4 * UNITS, c_prev, c, h, UNITS);
    const char *wrong = NULL;
    for (ck_int n = 0; n < ROWS * UNITS && !wrong; n++) {
        const float *x = z + n / UNITS * 4 * UNITS + n % UNITS;
        double kept = sigmoid(x[UNITS]) * c_prev[n], added = sigmoid(x[0]) * tanh(x[2 * UNITS]);
        double bound = u * (8 * fabs(kept) + 14 * fabs(added) + fabs(kept + added));
        wrong = compare("lstm c", n, c[n], kept + added, bound);
        double output = sigmoid(x[3 * UNITS]) * tanh(kept + added);
        wrong = wrong ? wrong : compare("lstm h", n, h[n], output, bound + 13 * u * fabs(output));
    }
    return wrong;
}

/* A difference is rounded once, so its square has two roundings. */
static const char *check_squared_error(const float *x, const float *y, const float *mask) {
    float loss[ROWS], dx[ROWS * UNITS], absolute[ROWS];
    const char *wrong = NULL;
    ck_squared_error(ROWS, UNITS, x, UNITS, y, mask, 1, loss, dx, absolute);
    for (ck_int r = 0; r < ROWS && !wrong; r++) {
        double squares = 0, sum = 0;
        for (ck_int c = 0; c < UNITS && !wrong; c++) {
            double error = (double)x[r * UNITS + c] - y[r * UNITS + c];
            squares += error * error / 2;
            sum += mask[r] == 0 ? 0 : fabs(error);
            wrong = compare("squared error's gradient", c, dx[r * UNITS + c], mask[r] * error, 4 * u * fabs(error));
        }
        wrong = wrong ? wrong : compare("squared error", r, loss[r], mask[r] * squares, 4 * u * mask[r] * squares);
        wrong = wrong ? wrong : compare("absolute error", r, absolute[r], sum, 4 * u * sum);
    }
    return wrong;
}

/* The largest logit is subtracted exactly enough: x - top is rounded once, which changes its exponential by |x - top| u. */
static const char *check_losses(uint64_t seed) {
    float x[ROWS * UNITS], y[ROWS * UNITS], mask[ROWS] = {1, 0, 0.5f}, loss[ROWS], dx[ROWS * UNITS];
    const int32_t targets[ROWS] = {0, 3, UNITS - 1};
    const char *wrong = NULL;
    draw(x, ROWS * UNITS, -6, 6, &seed);
    draw(y, ROWS * UNITS, 0, 1, &seed);
    ck_softmax_cross_entropy(ROWS, UNITS, x, UNITS, targets, mask, 1, loss, dx, NULL);
    for (ck_int r = 0; r < ROWS && !wrong; r++) {
        double sum = 0;
        for (ck_int c = 0; c < UNITS; c++) {
            sum += exp(x[r * UNITS + c]);
        }
        double expected = log(sum) - x[r * UNITS + targets[r]];
        wrong = compare("softmax loss", r, loss[r], mask[r] * expected, mask[r] * (20 + fabs(expected)) * u);
        for (ck_int c = 0; c < UNITS && !wrong; c++) {
            double p = exp(x[r * UNITS + c]) / sum;
            wrong = compare("softmax gradient", c, dx[r * UNITS + c], mask[r] * (p - (c == targets[r])),
                            mask[r] * u * (20 * p + 2));
        }
    }
    ck_sigmoid_cross_entropy(ROWS, UNITS, x, UNITS, y, mask, 1, loss, dx, NULL);
    for (ck_int r = 0; r < ROWS && !wrong; r++) {
        double expected = 0, magnitude = 0;
        for (ck_int c = 0; c < UNITS && !wrong; c++) {
            double logit = x[r * UNITS + c], bit = y[r * UNITS + c];
            expected += log1p(exp(logit)) - logit * bit;
            magnitude += log1p(exp(logit)) + fabs(logit);
            wrong =
                compare("sigmoid gradient", c, dx[r * UNITS + c], mask[r] * (sigmoid(logit) - bit), mask[r] * 10 * u);
        }
        wrong = wrong ? wrong : compare("sigmoid loss", r, loss[r], mask[r] * expected, mask[r] * 10 * u * magnitude);
    }
    return wrong ? wrong : check_squared_error(x, y, mask);
}

static const char *check_adam(uint64_t seed) {
    float g[COUNT], a[COUNT], s[COUNT], w[COUNT], a0[COUNT], s0[COUNT], w0[COUNT];
    draw(g, COUNT, -1, 1, &seed);
    draw(a0, COUNT, -1, 1, &seed);
    draw(s0, COUNT, 0.1f, 1, &seed);
    draw(w0, COUNT, -1, 1, &seed);
    for (int i = 0; i < COUNT; i++) {
        a[i] = a0[i], s[i] = s0[i], w[i] = w0[i];
    }
    const float rate = 0.01f, beta1 = 0.9f, beta2 = 0.99f, epsilon = 1e-6f, correction1 = 0.5f, correction2 = 0.25f;
    ck_adam(COUNT, rate, beta1, beta2, epsilon, correction1, correction2, g, a, s, w);
    const char *wrong = NULL;
    for (ck_int i = 0; i < COUNT && !wrong; i++) {
        double mean = (double)beta1 * a0[i] + (1 - (double)beta1) * g[i];
        double square = (double)beta2 * s0[i] + (1 - (double)beta2) * g[i] * g[i];
        double step = rate * (mean / correction1) / (sqrt(square / correction2) + epsilon);
        double magnitude = rate / correction1 * (fabs(a0[i]) + fabs(g[i])) / sqrt(square / correction2);
        wrong = compare("adam", i, w[i], w0[i] - step, u * (fabs(w0[i]) + 12 * magnitude));
    }
    return wrong;
}

/* Equations 1-3 of the neural stack (Grefenstette et al. 2015), with sums over all entries. Each weight is a sum of at
 * most 2T strengths, in double until it is rounded. */
static const char *check_stack(uint64_t seed) {
    enum { STEPS = 60, WIDTH = 5 };
    ck_window_shape shape = {CK_STACK, STEPS, 1, WIDTH};
    float strengths[STEPS * 2], values[STEPS * WIDTH], reads[STEPS * WIDTH];
    double s[STEPS];
    draw(strengths, STEPS * 2, 0, 1, &seed);
    draw(values, STEPS * WIDTH, -1, 1, &seed);
    void *workspace = allocate(ck_window_workspace_size(shape));
    ck_window_begin(shape, workspace);
    ck_window_forward(shape, workspace, (ck_span){0, STEPS, 0, 1}, strengths, values, reads, WIDTH);
    free(workspace);
    const char *wrong = NULL;
    for (ck_int t = 0; t < STEPS; t++) {
        double pop = strengths[2 * t], rest = 1, r[WIDTH] = {0};
        for (ck_int i = t - 1; i >= 0; i--) {
            double popped = fmin(s[i], pop);
            pop -= popped;
            s[i] -= popped;
        }
        s[t] = strengths[2 * t + 1];
        for (ck_int i = t; i >= 0; i--) {
            double weight = fmin(s[i], rest);
            rest -= weight;
            for (ck_int m = 0; m < WIDTH; m++) {
                r[m] += weight * values[i * WIDTH + m];
            }
        }
        for (ck_int m = 0; m < WIDTH && !wrong; m++) {
            wrong = compare("stack", t * WIDTH + m, reads[t * WIDTH + m], r[m], 4 * STEPS * u);
        }
    }
    return wrong;
}

static const struct {
    const char *name;
    const char *(*check)(uint64_t seed);
} formulae[] = {{"activations", check_activations},
                {"matrix products", check_products},
                {"lstm", check_lstm},
                {"losses", check_losses},
                {"adam", check_adam},
                {"stack", check_stack},
                {"rows", check_rows}};

int kernel_formula_count(void) { return sizeof formulae / sizeof *formulae; }

const char *kernel_formula_name(int number) { return formulae[number].name; }

const char *kernel_formula_check(int number, uint64_t seed) { return formulae[number].check(seed); }
