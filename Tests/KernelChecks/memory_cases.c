/* memory_cases.c: cases of stack, queue, deque, the Turing memory and the sparse access memory: whole episodes, forward
 * and backward; and forward alone, going on from saved states. */
#include <stdlib.h>
#include <string.h>

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

/* Steps before the states are saved. */
enum { FIRST_STEPS = 4 };

static ck_int vector_place(ck_int ends, ck_int b, ck_int entry) {
    return ((entry / ends * BATCH + b) * ends + entry % ends) * WIDTH;
}

/* The last steps run in a second workspace, which begins with the windows of the first. */
static void run_restored_window(const kernel_case *c) {
    ck_window_shape shape = window_shape(c);
    ck_int ends = ck_window_ends(shape.kind), stride = ends * WIDTH;
    ck_span first = {0, FIRST_STEPS, 0, BATCH}, last = {FIRST_STEPS, STEPS, 0, BATCH};
    void *second = (char *)c->workspace + ck_window_workspace_size(shape);
    const float *strengths = c->in[0].data, *values = c->in[1].data;
    float *reads = c->out[0].data, carried[STEPS * BATCH * 2 * WIDTH];
    memcpy(carried, values, (size_t)c->in[1].count * sizeof(float));
    ck_window_begin(shape, c->workspace);
    ck_window_forward(shape, c->workspace, first, strengths, values, reads, stride);
    for (ck_int b = 0; b < BATCH; b++) {
        int32_t entries[2 * FIRST_STEPS];
        float left[2 * FIRST_STEPS];
        ck_int live = ck_window_entries(shape, c->workspace, b, 2 * FIRST_STEPS, entries, left);
        ck_window_restore(shape, second, b, FIRST_STEPS, live, left);
        for (ck_int n = 0; n < live; n++) {
            memcpy(carried + vector_place(ends, b, n), values + vector_place(ends, b, entries[n]),
                   WIDTH * sizeof(float));
        }
    }
    ck_window_forward(shape, second, last, strengths, carried, reads, stride);
}

static void make_restored_window(kernel_case *c, int kind) {
    static const char *const names[] = {"stack, restored", "queue, restored", "deque, restored"};
    c->name = names[kind];
    c->run = run_restored_window;
    c->size[0] = kind;
    ck_int ends = ck_window_ends((ck_window_kind)kind), vectors = STEPS * BATCH * ends * WIDTH;
    add_in(c, "strengths", 0.05f, 0.95f, STEPS * BATCH * 2 * ends, BATCH, 2 * ends);
    add_in(c, "values", -1, 1, vectors, BATCH, ends * WIDTH);
    add_out(c, "reads", vectors, BATCH, ends * WIDTH);
    c->workspace = allocate(2 * ck_window_workspace_size(window_shape(c)));
}

/* ---- the Turing memory; size: [reads, rows, columns, segment, clip, writes] ---- */

enum { TURING_STEPS = 3 };

static ck_turing_shape turing_shape(const kernel_case *c) {
    return (ck_turing_shape){.steps = TURING_STEPS,
                             .batch = BATCH,
                             .rows = c->size[1],
                             .columns = c->size[2],
                             .reads = c->size[0],
                             .writes = c->size[5],
                             .max_shift = 1,
                             .segment = c->size[3],
                             .clip = (float)c->size[4]};
}

static void run_turing(const kernel_case *c) {
    ck_turing_shape shape = turing_shape(c);
    ck_int stride = shape.reads * shape.columns;
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
} turing_shapes[] = {
    {"Turing memory, N 5", {1, 5, 3, 1, 0, 1}},           {"Turing memory, N 16, 2 pairs", {2, 16, 3, 2, 0, 2}},
    {"Turing memory, N 19, clip 2", {1, 19, 5, 3, 2, 1}}, {"Turing memory, N 70", {1, 70, 2, 2, 0, 1}},
    {"Turing memory, 3 read heads", {3, 9, 3, 2, 0, 1}},  {"Turing memory, 3 write heads", {1, 9, 3, 2, 0, 3}}};

static void make_turing(kernel_case *c, int which) {
    c->name = turing_shapes[which].name;
    c->run = run_turing;
    for (int i = 0; i < 6; i++) {
        c->size[i] = turing_shapes[which].size[i];
    }
    ck_turing_shape shape = turing_shape(c);
    ck_int interface = ck_turing_interface_size(shape);
    ck_int memory = shape.rows * shape.columns, focus = (shape.reads + shape.writes) * shape.rows;
    ck_int reads = TURING_STEPS * BATCH * shape.reads * shape.columns;
    float weight = 1.0f / (float)shape.rows;
    add_in(c, "interface", -2.5f, 2.5f, TURING_STEPS * BATCH * interface, BATCH, interface);
    add_in(c, "memory_0", -1, 1, memory, 0, 1);
    add_in(c, "focus_0", 0.5f * weight, 1.5f * weight, focus, 0, 1);
    add_in(c, "dreads", -1, 1, reads, BATCH, shape.reads * shape.columns);
    add_out(c, "reads", reads, BATCH, shape.reads * shape.columns);
    add_out(c, "dinterface", TURING_STEPS * BATCH * interface, BATCH, interface);
    add_out(c, "memory", BATCH * memory, BATCH, memory);
    add_out(c, "dmemory_0", memory, 0, 1);
    add_out(c, "dfocus_0", focus, 0, 1);
    c->workspace = allocate(ck_turing_workspace_size(shape));
}

static void save_all(const kernel_case *c, const void *workspace) {
    ck_turing_shape shape = turing_shape(c);
    for (ck_int b = 0; b < BATCH; b++) {
        ck_turing_save(shape, workspace, b, c->out[1].data + b * shape.rows * shape.columns,
                       c->out[2].data + b * shape.rows, c->out[3].data + b * (shape.reads + shape.writes) * shape.rows);
    }
}

/* Without a tape. The last step runs in a second workspace, which begins with the states of the first. */
static void run_restored_turing(const kernel_case *c) {
    ck_turing_shape shape = turing_shape(c);
    ck_int width = shape.reads * shape.columns, done = (TURING_STEPS - 1) * BATCH;
    ck_span first = {0, TURING_STEPS - 1, 0, BATCH}, last = {0, 1, 0, BATCH};
    void *second = (char *)c->workspace + ck_turing_workspace_size(shape);
    const float *interface = c->in[0].data;
    ck_turing_begin(shape, c->workspace, c->in[1].data, c->in[2].data);
    ck_turing_forward(shape, c->workspace, first, interface, c->out[0].data, width);
    save_all(c, c->workspace);
    for (ck_int b = 0; b < BATCH; b++) {
        ck_turing_restore(shape, second, b, c->out[1].data + b * shape.rows * shape.columns,
                          c->out[2].data + b * shape.rows,
                          c->out[3].data + b * (shape.reads + shape.writes) * shape.rows);
    }
    ck_turing_forward(shape, second, last, interface + done * ck_turing_interface_size(shape),
                      c->out[0].data + done * width, width);
    save_all(c, second);
}

static void make_restored_turing(kernel_case *c) {
    c->name = "Turing memory, N 19, 3 read and 2 write heads, restored";
    c->run = run_restored_turing;
    c->size[0] = 3, c->size[1] = 19, c->size[2] = 3, c->size[5] = 2;
    ck_turing_shape shape = turing_shape(c);
    ck_int interface = ck_turing_interface_size(shape), reads = shape.reads * shape.columns;
    ck_int memory = shape.rows * shape.columns, focus = (shape.reads + shape.writes) * shape.rows;
    float weight = 1.0f / (float)shape.rows;
    add_in(c, "interface", -2.5f, 2.5f, TURING_STEPS * BATCH * interface, BATCH, interface);
    add_in(c, "memory_0", -1, 1, memory, 0, 1);
    add_in(c, "focus_0", 0.5f * weight, 1.5f * weight, focus, 0, 1);
    add_out(c, "reads", TURING_STEPS * BATCH * reads, BATCH, reads);
    add_out(c, "memory", BATCH * memory, BATCH, memory);
    add_out(c, "norms", BATCH * shape.rows, BATCH, shape.rows);
    add_out(c, "focus", BATCH * focus, BATCH, focus);
    c->workspace = allocate(2 * ck_turing_workspace_size(shape));
}

/* ---- the sparse access memory; size: [heads, rows, columns, neighbors, links] ---- */

enum { SAM_STEPS = 6 };

static ck_sam_shape sam_shape(const kernel_case *c) {
    return (ck_sam_shape){.steps = SAM_STEPS,
                          .batch = BATCH,
                          .rows = c->size[1],
                          .columns = c->size[2],
                          .heads = c->size[0],
                          .neighbors = c->size[3],
                          .has_tape = 1,
                          .threshold = 0.005f,
                          .initial = 0.1f,
                          .links = c->size[4]};
}

/* The last steps of a second forward pass, before the way back, run in a second workspace from the states of the first. */
static void run_sam(const kernel_case *c) {
    ck_sam_shape shape = sam_shape(c);
    ck_int stride = shape.heads * shape.columns, reads = shape.heads * ck_sam_reads(shape);
    ck_span all = {0, SAM_STEPS, 0, BATCH};
    const float *interface = c->in[0].data;
    ck_sam_begin(shape, c->workspace);
    ck_sam_forward(shape, c->workspace, all, interface, c->out[0].data, stride);
    void *second = (char *)c->workspace + ck_sam_workspace_size(shape);
    for (ck_int b = 0; b < BATCH; b++) {
        ck_int touched = ck_sam_touched(shape, c->workspace, b);
        float memory[300], norms[40], weights[60], link_weights[640], precedence_weights[20];
        int32_t ranks[40], neighbors[60], links[640], precedence[20];
        ck_sam_save(shape, c->workspace, b, memory, norms, ranks, neighbors, weights);
        ck_sam_restore(shape, second, b, touched, memory, norms, ranks, neighbors, weights);
        if (shape.links > 0) {
            ck_sam_save_links(shape, c->workspace, b, links, link_weights, precedence, precedence_weights);
            ck_sam_restore_links(shape, second, b, links, link_weights, precedence, precedence_weights);
        }
        for (ck_int i = 0; i < shape.rows; i++) {
            ck_sam_row(shape, second, b, i, c->out[2].data + (b * shape.rows + i) * shape.columns);
        }
        memcpy(c->out[3].data + b * reads, weights, (size_t)reads * sizeof(float));
    }
    ck_sam_begin_backward(shape, c->workspace);
    ck_sam_backward(shape, c->workspace, all, interface, c->in[1].data, stride, c->out[1].data);
}

static const struct {
    const char *name;
    ck_int size[6];
} sam_shapes[] = {{"Sparse access memory, N 5", {1, 5, 3, 2}},
                  {"Sparse access memory, N 40, 2 heads", {2, 40, 3, 4}},
                  {"Sparse access memory, N 17, M 17", {1, 17, 17, 17}},
                  {"Sparse access memory, N 40, 2 heads, links", {2, 40, 3, 4, 8}},
                  {"Sparse access memory, N 5, links", {1, 5, 3, 2, 1}}};

static void make_sam(kernel_case *c, int which) {
    c->name = sam_shapes[which].name;
    c->run = run_sam;
    for (int i = 0; i < 6; i++) {
        c->size[i] = sam_shapes[which].size[i];
    }
    ck_sam_shape shape = sam_shape(c);
    ck_int interface = ck_sam_interface_size(shape), reads = shape.heads * shape.columns;
    add_in(c, "interface", -2, 2, SAM_STEPS * BATCH * interface, BATCH, interface);
    add_in(c, "dreads", -1, 1, SAM_STEPS * BATCH * reads, BATCH, reads);
    add_out(c, "reads", SAM_STEPS * BATCH * reads, BATCH, reads);
    add_out(c, "dinterface", SAM_STEPS * BATCH * interface, BATCH, interface);
    add_out(c, "memory", BATCH * shape.rows * shape.columns, BATCH, shape.rows * shape.columns);
    ck_int weights = shape.heads * ck_sam_reads(shape);
    add_out(c, "weights", BATCH * weights, BATCH, weights);
    c->workspace = allocate(2 * ck_sam_workspace_size(shape));
}

enum {
    WINDOWS = 3,
    TURINGS = sizeof turing_shapes / sizeof *turing_shapes,
    SAMS = sizeof sam_shapes / sizeof *sam_shapes
};

int memory_case_count(void) { return 2 * WINDOWS + TURINGS + 1 + SAMS; }

void make_memory_case(int number, kernel_case *c) {
    if (number < WINDOWS) {
        make_window(c, number);
    } else if (number < 2 * WINDOWS) {
        make_restored_window(c, number - WINDOWS);
    } else if (number < 2 * WINDOWS + TURINGS) {
        make_turing(c, number - 2 * WINDOWS);
    } else if (number == 2 * WINDOWS + TURINGS) {
        make_restored_turing(c);
    } else {
        make_sam(c, number - 2 * WINDOWS - TURINGS - 1);
    }
}
