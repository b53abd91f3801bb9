/* dnc_cases.c: cases of the DNC's memory: whole episodes, forward and backward, from the usual start; and forward alone,
 * going on from saved states. */
#include <string.h>

#include "cases.h"

enum { STEPS = 3, BATCH = 2 };

/* The variants of a shape, as bits. */
enum { STOPS = 1, FLOORS = 2, SMOOTHS = 4, MASKS = 8, DEALLOCATES = 16, SHARPENS = 32 };

/* size: [heads, rows, columns, segment, variants] */
static ck_dnc_shape dnc_shape(const kernel_case *c) {
    const ck_int variants = c->size[4];
    return (ck_dnc_shape){.steps = STEPS,
                          .batch = BATCH,
                          .rows = c->size[1],
                          .columns = c->size[2],
                          .heads = c->size[0],
                          .segment = c->size[3],
                          .stops_usage_gradient = (variants & STOPS) != 0,
                          .floors_usage = (variants & FLOORS) != 0,
                          .smooths_cosine = (variants & SMOOTHS) != 0,
                          .masks = (variants & MASKS) != 0,
                          .deallocates = (variants & DEALLOCATES) != 0,
                          .sharpens = (variants & SHARPENS) != 0};
}

static void run_dnc(const kernel_case *c) {
    ck_dnc_shape shape = dnc_shape(c);
    ck_int stride = shape.heads * shape.columns;
    ck_span all = {0, STEPS, 0, BATCH};
    const float *interface = c->in[0].data, *dreads = c->in[2].data;
    float *dmemory = c->out[4].data;
    memset(dmemory, 0, (size_t)c->out[4].count * sizeof(float));
    ck_dnc_begin(shape, c->workspace, c->in[1].data);
    ck_dnc_forward(shape, c->workspace, all, interface, c->out[0].data, stride);
    for (ck_int b = 0; b < BATCH; b++) {
        ck_dnc_matrices(shape, c->workspace, b, c->out[2].data + b * shape.rows * shape.columns,
                        c->out[3].data + b * shape.rows * shape.rows);
    }
    ck_dnc_begin_backward(shape, c->workspace);
    ck_dnc_backward(shape, c->workspace, all, interface, dreads, stride, c->out[1].data);
    ck_dnc_finish_backward(shape, c->workspace, dmemory);
}

static const struct {
    const char *name;
    ck_int size[6];
} dnc_shapes[] = {{"DNC, N 5", {1, 5, 3, 1, 0}},
                  {"DNC, N 16, 5 heads, published code", {5, 16, 2, 2, STOPS | FLOORS | SMOOTHS}},
                  {"DNC, N 19, 2 heads, masks", {2, 19, 4, 2, MASKS}},
                  {"DNC, N 19, de-allocation", {1, 19, 3, 3, DEALLOCATES}},
                  {"DNC, N 21, 3 heads, sharp links", {3, 21, 2, 1, SHARPENS}},
                  {"DNC, N 35, 2 heads, all repairs", {2, 35, 3, 2, SMOOTHS | MASKS | DEALLOCATES | SHARPENS}}};

static void take_shape(kernel_case *c, int which) {
    for (int i = 0; i < 6; i++) {
        c->size[i] = dnc_shapes[which].size[i];
    }
}

static void make_dnc(kernel_case *c, int which) {
    c->name = dnc_shapes[which].name;
    c->run = run_dnc;
    take_shape(c, which);
    ck_dnc_shape shape = dnc_shape(c);
    ck_int interface = ck_dnc_interface_size(shape), reads = shape.heads * shape.columns;
    ck_int memory = shape.rows * shape.columns, links = shape.rows * shape.rows;
    add_in(c, "interface", -2.5f, 2.5f, STEPS * BATCH * interface, BATCH, interface);
    add_in(c, "memory_0", -1, 1, memory, 0, 1);
    add_in(c, "dreads", -1, 1, STEPS * BATCH * reads, BATCH, reads);
    add_out(c, "reads", STEPS * BATCH * reads, BATCH, reads);
    add_out(c, "dinterface", STEPS * BATCH * interface, BATCH, interface);
    add_out(c, "memory", BATCH * memory, BATCH, memory);
    add_out(c, "links", BATCH * links, BATCH, links);
    add_out(c, "dmemory_0", memory, 0, 1);
    c->workspace = allocate(ck_dnc_workspace_size(shape));
}

/* ---- restored ---- */

/* Outputs of a restored case: reads, memory, links, and the vectors of N (norms, u, p, w^w, w^r) of each element. */
static ck_dnc_state state_of(const kernel_case *c, ck_int b) {
    ck_dnc_shape shape = dnc_shape(c);
    const ck_int n = shape.rows;
    float *vectors = c->out[3].data + b * (4 + shape.heads) * n;
    return (ck_dnc_state){.memory = c->out[1].data + b * n * shape.columns,
                          .links = c->out[2].data + b * n * n,
                          .norms = vectors,
                          .usage = vectors + n,
                          .precedence = vectors + 2 * n,
                          .write = vectors + 3 * n,
                          .reads = vectors + 4 * n};
}

/* Without a tape. The last step runs in a second workspace, which begins with the states of the first. */
static void run_restored_dnc(const kernel_case *c) {
    ck_dnc_shape shape = dnc_shape(c);
    ck_int width = shape.heads * shape.columns, done = (STEPS - 1) * BATCH;
    ck_span first = {0, STEPS - 1, 0, BATCH}, last = {0, 1, 0, BATCH};
    void *second = (char *)c->workspace + ck_dnc_workspace_size(shape);
    const float *interface = c->in[0].data;
    ck_dnc_begin(shape, c->workspace, c->in[1].data);
    ck_dnc_forward(shape, c->workspace, first, interface, c->out[0].data, width);
    for (ck_int b = 0; b < BATCH; b++) {
        ck_dnc_save(shape, c->workspace, b, state_of(c, b));
        ck_dnc_restore(shape, second, b, state_of(c, b));
    }
    ck_dnc_forward(shape, second, last, interface + done * ck_dnc_interface_size(shape), c->out[0].data + done * width,
                   width);
    for (ck_int b = 0; b < BATCH; b++) {
        ck_dnc_save(shape, second, b, state_of(c, b));
    }
}

static const int restored_shapes[] = {1, 5};

static void make_restored_dnc(kernel_case *c, int which) {
    static const char *const names[] = {"DNC, N 16, 5 heads, restored", "DNC, N 35, all repairs, restored"};
    c->name = names[which];
    c->run = run_restored_dnc;
    take_shape(c, restored_shapes[which]);
    c->size[3] = 0;
    ck_dnc_shape shape = dnc_shape(c);
    ck_int interface = ck_dnc_interface_size(shape), reads = shape.heads * shape.columns;
    ck_int memory = shape.rows * shape.columns, links = shape.rows * shape.rows;
    ck_int vectors = (4 + shape.heads) * shape.rows;
    add_in(c, "interface", -2.5f, 2.5f, STEPS * BATCH * interface, BATCH, interface);
    add_in(c, "memory_0", -1, 1, memory, 0, 1);
    add_out(c, "reads", STEPS * BATCH * reads, BATCH, reads);
    add_out(c, "memory", BATCH * memory, BATCH, memory);
    add_out(c, "links", BATCH * links, BATCH, links);
    add_out(c, "vectors", BATCH * vectors, BATCH, vectors);
    c->workspace = allocate(2 * ck_dnc_workspace_size(shape));
}

enum { DNCS = sizeof dnc_shapes / sizeof *dnc_shapes, RESTORED = sizeof restored_shapes / sizeof *restored_shapes };

int dnc_case_count(void) { return DNCS + RESTORED; }

void make_dnc_case(int number, kernel_case *c) {
    if (number < DNCS) {
        make_dnc(c, number);
    } else {
        make_restored_dnc(c, number - DNCS);
    }
}
