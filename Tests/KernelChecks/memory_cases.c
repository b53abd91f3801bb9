/* memory_cases.c: cases of stack, queue, deque and the Turing memory: whole episodes, forward and backward. */
#include <stdlib.h>

#include "cases.h"

/* ---- stack, queue, deque ---- */

enum { STEPS = 7, BATCH = 2, WIDTH = 3 };

static ck_window_shape window_shape(const kernel_case *c) {
    return (ck_window_shape){(ck_window_kind)c->size[0], STEPS, BATCH, WIDTH};
}

static void run_window(const kernel_case *c) {
    ck_window_shape shape = window_shape(c);
    ck_int stride = ck_window_ends(shape.kind) * WIDTH;
    ck_span all = {0, STEPS, 0, BATCH};
    ck_window_begin(shape, c->workspace);
    ck_window_forward(shape, c->workspace, all, c->in[0].data, c->in[1].data, c->out[0].data, stride);
    ck_window_begin_backward(shape, c->workspace, c->out[2].data);
    ck_window_backward(shape, c->workspace, all, c->in[1].data, c->in[2].data, stride, c->out[1].data, c->out[2].data);
}

static void make_window(kernel_case *c, int kind) {
    static const char *const names[] = {"stack", "queue", "deque"};
    c->name = names[kind];
    c->run = run_window;
    c->size[0] = kind;
    ck_int ends = ck_window_ends((ck_window_kind)kind), vectors = STEPS * BATCH * ends * WIDTH;
    add_in(c, "strengths", 0.05f, 0.95f, STEPS * BATCH * 2 * ends, BATCH, 2 * ends);
    add_in(c, "values", -1, 1, vectors, BATCH, ends * WIDTH);
    add_in(c, "dreads", -1, 1, vectors, BATCH, ends * WIDTH);
    add_out(c, "reads", vectors, BATCH, ends * WIDTH);
    add_out(c, "dstrengths", STEPS * BATCH * 2 * ends, BATCH, 2 * ends);
    add_out(c, "dvalues", vectors, BATCH, ends * WIDTH);
    c->workspace = allocate(ck_window_workspace_size(window_shape(c)));
}

/* ---- the Turing memory; size: [pairs, rows, columns, segment, clip] ---- */

enum { TURING_STEPS = 3 };

static ck_turing_shape turing_shape(const kernel_case *c) {
    return (ck_turing_shape){.steps = TURING_STEPS,
                             .batch = BATCH,
                             .rows = c->size[1],
                             .columns = c->size[2],
                             .pairs = c->size[0],
                             .max_shift = 1,
                             .segment = c->size[3],
                             .clip = (float)c->size[4]};
}

static void run_turing(const kernel_case *c) {
    ck_turing_shape shape = turing_shape(c);
    ck_int stride = shape.pairs * shape.columns;
    ck_span all = {0, TURING_STEPS, 0, BATCH};
    const float *interface = c->in[0].data, *dreads = c->in[3].data;
    float *dmemory = c->out[3].data, *dfocus = c->out[4].data;
    for (ck_int i = 0; i < c->out[3].count; i++) {
        dmemory[i] = 0;
    }
    for (ck_int i = 0; i < c->out[4].count; i++) {
        dfocus[i] = 0;
    }
    ck_turing_begin(shape, c->workspace, c->in[1].data, c->in[2].data);
    ck_turing_forward(shape, c->workspace, all, interface, c->out[0].data, stride);
    for (ck_int b = 0; b < BATCH; b++) {
        ck_turing_memory(shape, c->workspace, b, c->out[2].data + b * shape.rows * shape.columns);
    }
    ck_turing_begin_backward(shape, c->workspace);
    ck_turing_backward(shape, c->workspace, all, interface, dreads, stride, c->out[1].data);
    ck_turing_finish_backward(shape, c->workspace, dmemory, dfocus);
}

static const struct {
    const char *name;
    ck_int size[6];
} turing_shapes[] = {{"Turing memory, N 5", {1, 5, 3, 1, 0}},
                     {"Turing memory, N 16, 2 pairs", {2, 16, 3, 2, 0}},
                     {"Turing memory, N 19, clip 2", {1, 19, 5, 3, 2}},
                     {"Turing memory, N 70", {1, 70, 2, 2, 0}}};

static void make_turing(kernel_case *c, int which) {
    c->name = turing_shapes[which].name;
    c->run = run_turing;
    for (int i = 0; i < 6; i++) {
        c->size[i] = turing_shapes[which].size[i];
    }
    ck_turing_shape shape = turing_shape(c);
    ck_int interface = ck_turing_interface_size(shape);
    ck_int memory = shape.rows * shape.columns, focus = 2 * shape.pairs * shape.rows;
    ck_int reads = TURING_STEPS * BATCH * shape.pairs * shape.columns;
    float weight = 1.0f / (float)shape.rows;
    add_in(c, "interface", -2.5f, 2.5f, TURING_STEPS * BATCH * interface, BATCH, interface);
    add_in(c, "memory_0", -1, 1, memory, 0, 1);
    add_in(c, "focus_0", 0.5f * weight, 1.5f * weight, focus, 0, 1);
    add_in(c, "dreads", -1, 1, reads, BATCH, shape.pairs * shape.columns);
    add_out(c, "reads", reads, BATCH, shape.pairs * shape.columns);
    add_out(c, "dinterface", TURING_STEPS * BATCH * interface, BATCH, interface);
    add_out(c, "memory", BATCH * memory, BATCH, memory);
    add_out(c, "dmemory_0", memory, 0, 1);
    add_out(c, "dfocus_0", focus, 0, 1);
    c->workspace = allocate(ck_turing_workspace_size(shape));
}

enum { WINDOWS = 3, TURINGS = sizeof turing_shapes / sizeof *turing_shapes };

int memory_case_count(void) { return WINDOWS + TURINGS; }

void make_memory_case(int number, kernel_case *c) {
    if (number < WINDOWS) {
        make_window(c, number);
    } else {
        make_turing(c, number - WINDOWS);
    }
}
