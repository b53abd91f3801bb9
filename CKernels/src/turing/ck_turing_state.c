/* ck_turing_state.c: how an episode of the Turing memory begins, how the state of a batch element is saved and
 * restored, and what inspection sees. */
#include "ck_turing.h"

#include "ck_turing_internal.h"

/* ---- starts, saved states ---- */

/* Copies a focus to a padded vector. Where a weight is not finite the whole focus becomes NaN: the heads' addressing
 * relies on that. */
static void put_focus(const turing_layout *l, const float *weights, float *focus) {
    float nan_or_zero = 0.0f;
    for (ck_int i = 0; i < l->memory.rows; i++) {
        nan_or_zero += 0.0f * weights[i];
    }
    for (ck_int i = 0; i < l->memory.rows; i++) {
        focus[i] = weights[i] + nan_or_zero;
    }
    set_padding(&l->memory, focus, 0.0f);
}

void ck_turing_begin(ck_turing_shape shape, void *workspace, const float *memory_0, const float *focus_0) {
    turing_layout l = ck_turing_layout_of(shape);
    float *base = workspace_base(workspace);
    memset(turing_progress_of(workspace, 0), 0, (size_t)l.batch * sizeof(history_progress));
    float *block = history_state_at(&l.memories, base, 0, 0), *focus = turing_focus_at(&l, base, -1, 0, 0);
    ck_rows_put(&l.memory, memory_0, NULL, block);
    for (ck_int head = 0; head < l.heads; head++) {
        put_focus(&l, focus_0 + head * l.memory.rows, focus + head * l.memory.row_pad);
    }
    for (ck_int b = 1; b < l.batch; b++) {
        memcpy(history_state_at(&l.memories, base, b, 0), block, (size_t)l.memory.block * sizeof(float));
        memcpy(turing_focus_at(&l, base, -1, b, 0), focus, (size_t)(l.heads * l.memory.row_pad) * sizeof(float));
    }
}

void ck_turing_save(ck_turing_shape shape, const void *workspace, ck_int b, float *memory, float *norms, float *focus) {
    turing_layout l = ck_turing_layout_of(shape);
    float *base = workspace_base(workspace);
    ck_int done = (ck_int)turing_progress_of(workspace, b)->done;
    const float *block = history_state_at(&l.memories, base, b, done * l.writes);
    ck_rows_take(&l.memory, block, memory, norms);
    for (ck_int head = 0; head < l.heads; head++) {
        memcpy(focus + head * l.memory.rows, turing_focus_at(&l, base, done - 1, b, head),
               (size_t)l.memory.rows * sizeof(float));
    }
}

void ck_turing_restore(ck_turing_shape shape, void *workspace, ck_int b, const float *memory, const float *norms,
                       const float *focus) {
    turing_layout l = ck_turing_layout_of(shape);
    float *base = workspace_base(workspace);
    float *block = history_state_at(&l.memories, base, b, 0);
    *turing_progress_of(workspace, b) = (history_progress){.done = 0, .segment = 0};
    ck_rows_put(&l.memory, memory, norms, block);
    for (ck_int head = 0; head < l.heads; head++) {
        put_focus(&l, focus + head * l.memory.rows, turing_focus_at(&l, base, -1, b, head));
    }
}

/* ---- inspection ---- */

const float *ck_turing_focus(ck_turing_shape shape, const void *workspace, ck_int t, ck_int b, ck_int head) {
    turing_layout l = ck_turing_layout_of(shape);
    return turing_focus_at(&l, workspace_base(workspace), t, b, head);
}

ck_turing_parameters ck_turing_head(ck_turing_shape shape, const void *workspace, ck_int t, ck_int b, ck_int head) {
    turing_layout l = ck_turing_layout_of(shape);
    float *base = workspace_base(workspace);
    turing_head h = turing_head_at(&l, base, t, b, turing_place_of(&l, head), turing_writes(&l, head));
    return (ck_turing_parameters){.key = h.key,
                                  .shift = h.shift,
                                  .erase = h.erase,
                                  .add = h.add,
                                  .similarity = turing_similarity_at(&l, base, t, b, head),
                                  .strength = h.scalars[TURING_STRENGTH],
                                  .gate = h.scalars[TURING_GATE],
                                  .sharpening = h.scalars[TURING_SHARPENING]};
}

void ck_turing_memory(ck_turing_shape shape, const void *workspace, ck_int b, float *memory) {
    turing_layout l = ck_turing_layout_of(shape);
    ck_int done = (ck_int)turing_progress_of(workspace, b)->done;
    ck_rows_take(&l.memory, history_state_at(&l.memories, workspace_base(workspace), b, done * l.writes), memory, NULL);
}
