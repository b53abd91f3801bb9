/* ck_rows_layout.c: between the caller's rows and a block's columns.
 *
 * All ways go by tiles of rows. Columns are far apart at large N; a tile takes a whole cache line of each. */
#include "ck_rows_layout.h"

/* Does something for each row i and column c of a memory, by tiles of rows. */
#define FOR_TILES(l, ...)                                                                                              \
    for (ck_int first = 0; first < (l)->rows; first += CK_LANES) {                                                     \
        ck_int end = ck_min(first + CK_LANES, (l)->rows);                                                              \
        for (ck_int c = 0; c < (l)->columns; c++) {                                                                    \
            for (ck_int i = first; i < end; i++) {                                                                     \
                __VA_ARGS__                                                                                            \
            }                                                                                                          \
        }                                                                                                              \
    }

/* The norms of a memory's rows (N, M), as a write makes them. */
static void make_norms(const rows_layout *l, const float *memory, float *norms) {
    for (ck_int i = 0; i < l->rows; i++) {
        ck_lanes square = {0}, norm;
        for (ck_int c = 0; c < l->columns; c++) {
            float m = memory[i * l->columns + c];
            square[0] += m * m;
        }
        store_norm(l, &square, &norm);
        norms[i] = norm[0];
    }
}

void ck_rows_put(const rows_layout *l, const float *memory, const float *norms, float *block) {
    FOR_TILES(l, block[c * l->row_pad + i] = memory[i * l->columns + c];)
    if (norms) {
        memcpy(block + l->size, norms, (size_t)l->rows * sizeof(float));
    } else {
        make_norms(l, memory, block + l->size);
    }
    for (ck_int c = 0; c <= l->columns; c++) {
        set_padding(l, block + c * l->row_pad, 0.0f);
    }
}

void ck_rows_take(const rows_layout *l, const float *block, float *memory, float *norms) {
    FOR_TILES(l, memory[i * l->columns + c] = block[c * l->row_pad + i];)
    if (norms) {
        memcpy(norms, block + l->size, (size_t)l->rows * sizeof(float));
    }
}

void ck_rows_add_gradient(const rows_layout *l, const float *gradient, float *dmemory) {
    FOR_TILES(l, dmemory[i * l->columns + c] += gradient[c * l->row_pad + i];)
}
