/* ck_turing_passes.h: the passes over a whole memory: similarity, read and write, and their backward passes.
 *
 * Both heads of a pair see the same memory, so each pass serves both: the memory goes through the registers twice in
 * the forward pass and twice in the backward pass. A pass takes a tile of rows through all columns, so that what
 * belongs to rows stays in registers; what belongs to columns is kept as partial sums per lane (`sums`, one vector per
 * column) and added up at the end.
 *
 * Every pass is written for a tile of `units` vectors, a constant wherever it is inlined. */
#ifndef CK_TURING_PASSES_H
#define CK_TURING_PASSES_H

#include "ck_turing_internal.h"

/* Vectors in a tile: enough independent sums to hide the latency of an addition. */
enum { TILE = 4 };

/* Defines turing_<name>, which takes a <name>_pass through all tiles. */
#define WHOLE_PASS(name)                                                    \
    CK_INLINE void turing_##name(const name##_pass *p, ck_int rows) {       \
        ck_int at = 0;                                                      \
        for (; at + TILE * CK_LANES <= rows; at += TILE * CK_LANES) {       \
            name##_tile(p, at, TILE);                                       \
        }                                                                   \
        for (; at < rows; at += CK_LANES) {                                 \
            name##_tile(p, at, 1);                                          \
        }                                                                   \
    }

/* out[c] = the sum of the lanes of sums[c]. */
CK_INLINE void sum_columns(ck_int columns, const ck_lanes *sums, float *out) {
    for (ck_int c = 0; c < columns; c++) {
        out[c] = lanes_sum(sums + c);
    }
}

/* Adds a tile's contribution to a column's sum; the first tile sets it. */
CK_INLINE void add_to_column(ck_lanes *sums, ck_int c, ck_int at, const ck_lanes *value) {
    sums[c] = at == 0 ? *value : sums[c] + *value;
}

/* norm = |m|, 0 where |m|^2 is below the smallest square. */
CK_INLINE void store_norm(const ck_lanes *square, ck_lanes *norm) {
    /* A comparison of vectors gives all bits set where it holds; C has no ?: for vectors. */
    typedef int32_t lanes_mask __attribute__((vector_size(sizeof(ck_lanes))));
    lanes_mask counts = *square >= CK_TURING_SMALLEST_SQUARE;
    *norm = (ck_lanes)((lanes_mask)__builtin_elementwise_sqrt(*square) & counts);
}

/* The two keys' products with every row. */
typedef struct {
    const turing_layout *l;
    const float *memory, *read_key, *write_key;
    float *read_dot, *write_dot;
} similarity_pass;

CK_INLINE void similarity_tile(const similarity_pass *p, ck_int at, const int units) {
    ck_lanes read[TILE] = {0}, write[TILE] = {0};
    for (ck_int c = 0; c < p->l->columns; c++) {
        const ck_lanes *m = const_lanes_at(p->memory, c * p->l->row_pad + at);
        for (int u = 0; u < units; u++) {
            read[u] += m[u] * p->read_key[c];
            write[u] += m[u] * p->write_key[c];
        }
    }
    for (int u = 0; u < units; u++) {
        lanes_at(p->read_dot, at)[u] = read[u];
        lanes_at(p->write_dot, at)[u] = write[u];
    }
}

WHOLE_PASS(similarity)

/* memory_after = memory (1 - w e) + w a, with its norms, and where reads is set, reads = sum_i w_r(i) memory(i). */
typedef struct {
    const turing_layout *l;
    const float *memory, *write_focus, *erase, *add;
    float *memory_after;
    const float *read_focus;
    ck_lanes *read_sums;
} write_pass;

CK_INLINE void write_tile(const write_pass *p, ck_int at, const int units) {
    ck_lanes squares[TILE] = {0};
    const ck_lanes *w = const_lanes_at(p->write_focus, at);
    for (ck_int c = 0; c < p->l->columns; c++) {
        const ck_lanes *m = const_lanes_at(p->memory, c * p->l->row_pad + at);
        ck_lanes *after = lanes_at(p->memory_after, c * p->l->row_pad + at);
        if (p->read_focus) {
            const ck_lanes *r = const_lanes_at(p->read_focus, at);
            ck_lanes read = r[0] * m[0];
            for (int u = 1; u < units; u++) {
                read += r[u] * m[u];
            }
            add_to_column(p->read_sums, c, at, &read);
        }
        for (int u = 0; u < units; u++) {
            ck_lanes kept = 1.0f - w[u] * p->erase[c];
            ck_lanes x = m[u] * kept + w[u] * p->add[c];
            after[u] = x;
            squares[u] += x * x;
        }
    }
    for (int u = 0; u < units; u++) {
        store_norm(squares + u, lanes_at(p->memory_after, p->l->columns * p->l->row_pad + at) + u);
    }
}

WHOLE_PASS(write)

/* First backward pass of a pair. dmemory is dL/d(memory after the write). Per row: what read and write give their
 * heads' focuses, added to dread_focus and dwrite_focus, and the products of similarity_pass, which were not kept. Per
 * column, as sums: -dL/de and dL/da. */
typedef struct {
    similarity_pass similarity;
    const float *dmemory, *dread, *write_focus, *erase, *add;
    float *dread_focus, *dwrite_focus;
    ck_lanes *erase_sums, *add_sums;
} focus_gradient_pass;

CK_INLINE void focus_gradient_tile(const focus_gradient_pass *p, ck_int at, const int units) {
    const turing_layout *l = p->similarity.l;
    ck_lanes read_dot[TILE] = {0}, write_dot[TILE] = {0}, dread[TILE], dwrite[TILE];
    for (int u = 0; u < units; u++) {
        dread[u] = lanes_at(p->dread_focus, at)[u];
        dwrite[u] = lanes_at(p->dwrite_focus, at)[u];
    }
    const ck_lanes *w = const_lanes_at(p->write_focus, at);
    for (ck_int c = 0; c < l->columns; c++) {
        const ck_lanes *m = const_lanes_at(p->similarity.memory, c * l->row_pad + at);
        const ck_lanes *dm = const_lanes_at(p->dmemory, c * l->row_pad + at);
        ck_lanes erase = {0}, add = {0};
        for (int u = 0; u < units; u++) {
            read_dot[u] += m[u] * p->similarity.read_key[c];
            write_dot[u] += m[u] * p->similarity.write_key[c];
            dread[u] += m[u] * p->dread[c];
            ck_lanes product = m[u] * dm[u];
            dwrite[u] += dm[u] * p->add[c];
            dwrite[u] -= product * p->erase[c];
            erase += w[u] * product;
            add += w[u] * dm[u];
        }
        add_to_column(p->erase_sums, c, at, &erase);
        add_to_column(p->add_sums, c, at, &add);
    }
    for (int u = 0; u < units; u++) {
        lanes_at(p->similarity.read_dot, at)[u] = read_dot[u];
        lanes_at(p->similarity.write_dot, at)[u] = write_dot[u];
        lanes_at(p->dread_focus, at)[u] = dread[u];
        lanes_at(p->dwrite_focus, at)[u] = dwrite[u];
    }
}

WHOLE_PASS(focus_gradient)

/* Second backward pass: takes dmemory from after the write to before the read, and sums what the rows give the keys.
 * ddot is dL/d(k.m_i) of each head; both heads' gradients of the norms are in row_factor: each m_i gets
 * -row_factor(i) m_i. */
typedef struct {
    const turing_layout *l;
    const float *memory, *read_focus, *write_focus, *erase, *dread, *read_key, *write_key;
    const float *read_ddot, *write_ddot, *row_factor;
    float *dmemory;
    ck_lanes *read_sums, *write_sums;
} memory_gradient_pass;

CK_INLINE void memory_gradient_tile(const memory_gradient_pass *p, ck_int at, const int units) {
    const ck_lanes *r = const_lanes_at(p->read_focus, at);
    const ck_lanes *w = const_lanes_at(p->write_focus, at);
    const ck_lanes *dr = const_lanes_at(p->read_ddot, at);
    const ck_lanes *dw = const_lanes_at(p->write_ddot, at);
    const ck_lanes *factor = const_lanes_at(p->row_factor, at);
    for (ck_int c = 0; c < p->l->columns; c++) {
        const ck_lanes *m = const_lanes_at(p->memory, c * p->l->row_pad + at);
        ck_lanes *dm = lanes_at(p->dmemory, c * p->l->row_pad + at);
        ck_lanes read = {0}, write = {0};
        for (int u = 0; u < units; u++) {
            ck_lanes x = dm[u] * (1.0f - w[u] * p->erase[c]);
            x += r[u] * p->dread[c];
            x += dr[u] * p->read_key[c];
            x += dw[u] * p->write_key[c];
            dm[u] = x - factor[u] * m[u];
            read += dr[u] * m[u];
            write += dw[u] * m[u];
        }
        add_to_column(p->read_sums, c, at, &read);
        add_to_column(p->write_sums, c, at, &write);
    }
}

WHOLE_PASS(memory_gradient)

#endif
