/* ck_turing_state.c: how an episode of the Turing memory begins, how the state of a batch element is saved and
 * restored, and what inspection sees. */
#include "ck_turing.h"

#include "ck_turing_internal.h"
#include "ck_turing_passes.h"

/* ---- between the caller's rows and the workspace's columns ----
 *
 * Both ways go by tiles of rows. Columns are far apart at large N; a tile takes a whole cache line of each. */

/* Copies a memory (N, M) to a block, and sets the padding of its columns to 0. */
static void put_memory(const turing_layout *l, const float *memory, float *block) {
    for (ck_int first = 0; first < l->rows; first += CK_LANES) {
        ck_int end = ck_min(first + CK_LANES, l->rows);
        for (ck_int c = 0; c < l->columns; c++) {
            for (ck_int i = first; i < end; i++) {
                block[c * l->row_pad + i] = memory[i * l->columns + c];
            }
        }
    }
    for (ck_int c = 0; c < l->columns; c++) {
        set_padding(l, block + c * l->row_pad, 0.0f);
    }
}

static void take_memory(const turing_layout *l, const float *block, float *memory) {
    for (ck_int first = 0; first < l->rows; first += CK_LANES) {
        ck_int end = ck_min(first + CK_LANES, l->rows);
        for (ck_int c = 0; c < l->columns; c++) {
            for (ck_int i = first; i < end; i++) {
                memory[i * l->columns + c] = block[c * l->row_pad + i];
            }
        }
    }
}

/* Copies N floats to a padded vector. */
static void put_vector(const turing_layout *l, const float *x, float *vector) {
    memcpy(vector, x, (size_t)l->rows * sizeof(float));
    set_padding(l, vector, 0.0f);
}

/* Copies a focus to a padded vector. Where a weight is not finite the whole focus becomes NaN: the heads' addressing
 * relies on that. */
static void put_focus(const turing_layout *l, const float *weights, float *focus) {
    float nan_or_zero = 0.0f;
    for (ck_int i = 0; i < l->rows; i++) {
        nan_or_zero += 0.0f * weights[i];
    }
    for (ck_int i = 0; i < l->rows; i++) {
        focus[i] = weights[i] + nan_or_zero;
    }
    set_padding(l, focus, 0.0f);
}

/* ---- starts, saved states ---- */

/* The norms of a memory's rows (N, M), as a write makes them. */
static void start_norms(const turing_layout *l, const float *memory, float *norms) {
    for (ck_int i = 0; i < l->rows; i++) {
        ck_lanes square = {0}, norm;
        for (ck_int c = 0; c < l->columns; c++) {
            float m = memory[i * l->columns + c];
            square[0] += m * m;
        }
        store_norm(&square, &norm);
        norms[i] = norm[0];
    }
    set_padding(l, norms, 0.0f);
}

void ck_turing_begin(ck_turing_shape shape, void *workspace, const float *memory_0, const float *focus_0) {
    turing_layout l = ck_turing_layout_of(shape);
    float *base = turing_base(workspace);
    memset(turing_state_of(workspace, 0), 0, (size_t)l.batch * sizeof(turing_state));
    float *block = turing_memory_at(&l, base, 0, 0), *focus = turing_focus_at(&l, base, -1, 0, 0);
    put_memory(&l, memory_0, block);
    start_norms(&l, memory_0, block + l.columns * l.row_pad);
    for (ck_int head = 0; head < l.heads; head++) {
        put_focus(&l, focus_0 + head * l.rows, focus + head * l.row_pad);
    }
    for (ck_int b = 1; b < l.batch; b++) {
        memcpy(turing_memory_at(&l, base, b, 0), block, (size_t)l.block * sizeof(float));
        memcpy(turing_focus_at(&l, base, -1, b, 0), focus, (size_t)(l.heads * l.row_pad) * sizeof(float));
    }
}

void ck_turing_save(ck_turing_shape shape, const void *workspace, ck_int b, float *memory, float *norms, float *focus) {
    turing_layout l = ck_turing_layout_of(shape);
    float *base = turing_base(workspace);
    ck_int done = (ck_int)turing_state_of(workspace, b)->done;
    const float *block = turing_memory_at(&l, base, b, done * l.pairs);
    take_memory(&l, block, memory);
    memcpy(norms, block + l.columns * l.row_pad, (size_t)l.rows * sizeof(float));
    for (ck_int head = 0; head < l.heads; head++) {
        memcpy(focus + head * l.rows, turing_focus_at(&l, base, done - 1, b, head), (size_t)l.rows * sizeof(float));
    }
}

void ck_turing_restore(ck_turing_shape shape, void *workspace, ck_int b, const float *memory, const float *norms,
                       const float *focus) {
    turing_layout l = ck_turing_layout_of(shape);
    float *base = turing_base(workspace);
    float *block = turing_memory_at(&l, base, b, 0);
    *turing_state_of(workspace, b) = (turing_state){.done = 0, .segment = 0};
    put_memory(&l, memory, block);
    put_vector(&l, norms, block + l.columns * l.row_pad);
    for (ck_int head = 0; head < l.heads; head++) {
        put_focus(&l, focus + head * l.rows, turing_focus_at(&l, base, -1, b, head));
    }
}

/* ---- inspection ---- */

const float *ck_turing_focus(ck_turing_shape shape, const void *workspace, ck_int t, ck_int b, ck_int head) {
    turing_layout l = ck_turing_layout_of(shape);
    return turing_focus_at(&l, turing_base(workspace), t, b, head);
}

ck_turing_parameters ck_turing_head(ck_turing_shape shape, const void *workspace, ck_int t, ck_int b, ck_int head) {
    turing_layout l = ck_turing_layout_of(shape);
    float *base = turing_base(workspace);
    turing_head h = turing_head_at(&l, base, t, b, head);
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
    ck_int done = (ck_int)turing_state_of(workspace, b)->done;
    take_memory(&l, turing_memory_at(&l, turing_base(workspace), b, done * l.pairs), memory);
}
