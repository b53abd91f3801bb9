/* ck_dnc_state.c: how an episode of the DNC's memory begins, how the state of a batch element is saved and restored, and
 * what inspection sees. */
#include "ck_dnc.h"

#include "ck_dnc_internal.h"

/* ---- starts, saved states ---- */

/* The record of the start, number 0 with and without a tape: zeros. */
static void clear_element(const dnc_layout *l, float *base, ck_int b) {
    memset(base + l->record_at + b * l->record, 0, (size_t)l->record * sizeof(float));
    *dnc_progress_of(base, b) = (history_progress){.done = 0, .segment = 0};
}

void ck_dnc_begin(ck_dnc_shape shape, void *workspace, const float *memory_0) {
    dnc_layout l = ck_dnc_layout_of(shape);
    float *base = workspace_base(workspace);
    float *first = history_state_at(&l.states, base, 0, 0);
    ck_rows_put(&l.memory, memory_0, NULL, first);
    for (ck_int b = 0; b < l.batch; b++) {
        float *block = history_state_at(&l.states, base, b, 0);
        if (b > 0) {
            memcpy(block, first, (size_t)l.memory.block * sizeof(float));
        }
        memset(dnc_links_after(&l, block), 0, (size_t)(l.memory.rows * l.memory.row_pad) * sizeof(float));
        clear_element(&l, base, b);
    }
}

/* Copies vectors of N to padded ones; and back. */
static void put_vectors(const dnc_layout *l, ck_int count, const float *from, float *to) {
    for (ck_int k = 0; k < count; k++) {
        memcpy(to + k * l->memory.row_pad, from + k * l->memory.rows, (size_t)l->memory.rows * sizeof(float));
        set_padding(&l->memory, to + k * l->memory.row_pad, 0.0f);
    }
}

static void take_vectors(const dnc_layout *l, ck_int count, const float *from, float *to) {
    for (ck_int k = 0; k < count; k++) {
        memcpy(to + k * l->memory.rows, from + k * l->memory.row_pad, (size_t)l->memory.rows * sizeof(float));
    }
}

void ck_dnc_save(ck_dnc_shape shape, const void *workspace, ck_int b, ck_dnc_state state) {
    dnc_layout l = ck_dnc_layout_of(shape);
    float *base = workspace_base(workspace);
    const history_progress *progress = dnc_progress_of(workspace, b);
    ck_int done = (ck_int)progress->done;
    const float *block = history_current(&l.states, base, b, progress);
    dnc_record last = dnc_record_at(&l, base, done - 1, b);
    ck_rows_take(&l.memory, block, state.memory, state.norms);
    take_vectors(&l, l.memory.rows, dnc_links_of(&l, block), state.links);
    take_vectors(&l, 1, last.usage, state.usage);
    take_vectors(&l, 1, last.precedence, state.precedence);
    take_vectors(&l, 1, last.write, state.write);
    take_vectors(&l, l.heads, last.reads, state.reads);
}

void ck_dnc_restore(ck_dnc_shape shape, void *workspace, ck_int b, ck_dnc_state state) {
    dnc_layout l = ck_dnc_layout_of(shape);
    float *base = workspace_base(workspace);
    float *block = history_state_at(&l.states, base, b, 0);
    clear_element(&l, base, b);
    dnc_record start = dnc_record_at(&l, base, -1, b);
    ck_rows_put(&l.memory, state.memory, state.norms, block);
    put_vectors(&l, l.memory.rows, state.links, dnc_links_after(&l, block));
    put_vectors(&l, 1, state.usage, start.usage);
    put_vectors(&l, 1, state.precedence, start.precedence);
    put_vectors(&l, 1, state.write, start.write);
    put_vectors(&l, l.heads, state.reads, start.reads);
}

/* ---- inspection ---- */

ck_dnc_values ck_dnc_step(ck_dnc_shape shape, const void *workspace, ck_int t, ck_int b) {
    dnc_layout l = ck_dnc_layout_of(shape);
    dnc_record r = dnc_record_at(&l, workspace_base(workspace), t, b);
    return (ck_dnc_values){.usage = r.usage,
                           .retention = r.retention,
                           .allocation = r.allocation,
                           .precedence = r.precedence,
                           .write = r.write,
                           .reads = r.reads,
                           .backward = r.backward,
                           .forward = r.forward,
                           .order = r.order,
                           .keys = r.keys,
                           .key_strengths = r.strengths,
                           .masks = l.shape.masks ? r.masks : NULL,
                           .erase = r.erase,
                           .add = r.add,
                           .free_gates = r.free_gates,
                           .modes = r.modes,
                           .sharpness = l.shape.sharpens ? r.sharpness : NULL,
                           .allocation_gate = r.gates[0],
                           .write_gate = r.gates[1],
                           .stride = l.memory.row_pad};
}

void ck_dnc_matrices(ck_dnc_shape shape, const void *workspace, ck_int b, float *memory, float *links) {
    dnc_layout l = ck_dnc_layout_of(shape);
    const float *block = history_current(&l.states, workspace_base(workspace), b, dnc_progress_of(workspace, b));
    if (memory) {
        ck_rows_take(&l.memory, block, memory, NULL);
    }
    if (links) {
        take_vectors(&l, l.memory.rows, dnc_links_of(&l, block), links);
    }
}
