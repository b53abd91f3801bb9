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

/* Defines turing_<name>, which takes <name>_tile through all rows. */
#define WHOLE_PASS(name)                                                                                               \
    CK_INLINE void turing_##name(const turing_layout *l, const turing_pair *p, const turing_scratch *s) {              \
        ck_int at = 0;                                                                                                 \
        for (; at + TILE * CK_LANES <= l->row_pad; at += TILE * CK_LANES) {                                            \
            name##_tile(l, p, s, at, TILE);                                                                            \
        }                                                                                                              \
        for (; at < l->row_pad; at += CK_LANES) {                                                                      \
            name##_tile(l, p, s, at, 1);                                                                               \
        }                                                                                                              \
    }

/* Copies a tile's rows to variables, so that no store makes the compiler read them again. */
CK_INLINE void load_tile(ck_lanes *variables, const float *x, ck_int at, const int units) {
    for (int u = 0; u < units; u++) {
        variables[u] = const_lanes_at(x, at)[u];
    }
}

/* out[c] = the sum of the lanes of sums[c]. */
CK_INLINE void sum_columns(ck_int columns, const ck_lanes *sums, float *out) {
    ck_int c = 0;
    for (; c + 4 <= columns; c += 4) {
        lanes_sum_four(sums + c, out + c);
    }
    for (; c < columns; c++) {
        out[c] = lanes_sum(sums + c);
    }
}

/* Adds a tile's contribution to a column's sum; the first tile sets it. */
CK_INLINE void add_to_column(ck_lanes *sums, ck_int c, ck_int at, const ck_lanes *value) {
    sums[c] = at == 0 ? *value : sums[c] + *value;
}

/* norm = |m|, 0 where |m|^2 is below the smallest square, NaN where it is NaN. */
CK_INLINE void store_norm(const ck_lanes *square, ck_lanes *norm) {
    ck_lanes_mask is_small = *square < CK_TURING_SMALLEST_SQUARE;
    *norm = __builtin_elementwise_sqrt(*square);
    lanes_clear(norm, &is_small);
}

/* The cosines of both keys with every row. */
CK_INLINE void similarity_tile(const turing_layout *l, const turing_pair *p, const turing_scratch *s, ck_int at,
                               const int units) {
    (void)s;
    ck_lanes dot[2][TILE] = {0};
    for (ck_int c = 0; c < l->columns; c++) {
        const ck_lanes *m = const_lanes_at(p->memory, c * l->row_pad + at);
        for (int u = 0; u < units; u++) {
            dot[0][u] += m[u] * p->heads[0].key[c];
            dot[1][u] += m[u] * p->heads[1].key[c];
        }
    }
    for (int h = 0; h < 2; h++) {
        for (int u = 0; u < units; u++) {
            ck_lanes inverse;
            inverse_norms(const_lanes_at(p->norm, at) + u, p->heads[h].scalars[TURING_KEY_NORM], &inverse);
            lanes_at(p->similarity[h], at)[u] = dot[h][u] * inverse;
        }
    }
}

WHOLE_PASS(similarity)

/* M(i) <- M(i) (1 - w(i) e) + w(i) a, and the new rows' norms. With s, which is NULL when a write is replayed, also the
 * read before it: sums of w_r(i) M(i) in s->sums[0]. */
CK_INLINE void write_tile(const turing_layout *l, const turing_pair *p, const turing_scratch *s, ck_int at,
                          const int units) {
    ck_lanes squares[TILE] = {0}, r[TILE], w[TILE];
    load_tile(r, p->focus[0], at, units);
    load_tile(w, p->focus[1], at, units);
    for (ck_int c = 0; c < l->columns; c++) {
        const ck_lanes *m = const_lanes_at(p->memory, c * l->row_pad + at);
        ck_lanes *after = lanes_at(p->memory_after, c * l->row_pad + at);
        if (s) {
            ck_lanes read = r[0] * m[0];
            for (int u = 1; u < units; u++) {
                read += r[u] * m[u];
            }
            add_to_column(s->sums[0], c, at, &read);
        }
        for (int u = 0; u < units; u++) {
            ck_lanes x = m[u] + w[u] * (p->heads[1].add[c] - p->heads[1].erase[c] * m[u]);
            after[u] = x;
            squares[u] += x * x;
        }
    }
    for (int u = 0; u < units; u++) {
        store_norm(squares + u, lanes_at(p->memory_after, l->columns * l->row_pad + at) + u);
    }
}

WHOLE_PASS(write)

/* First backward pass of a pair; dmemory is of the memory after the write. Adds to dfocus what read and write give the
 * focuses; leaves in s->sums, per column, those of -dL/de and dL/da. */
CK_INLINE void focus_gradient_tile(const turing_layout *l, const turing_pair *p, const turing_scratch *s, ck_int at,
                                   const int units) {
    ck_lanes dread[TILE], dwrite[TILE], w[TILE];
    load_tile(dread, p->dfocus[0], at, units);
    load_tile(dwrite, p->dfocus[1], at, units);
    load_tile(w, p->focus[1], at, units);
    for (ck_int c = 0; c < l->columns; c++) {
        const ck_lanes *m = const_lanes_at(p->memory, c * l->row_pad + at);
        const ck_lanes *dm = const_lanes_at(p->dmemory, c * l->row_pad + at);
        ck_lanes erase = {0}, add = {0};
        for (int u = 0; u < units; u++) {
            ck_lanes product = m[u] * dm[u];
            dread[u] += m[u] * p->dread[c];
            dwrite[u] += dm[u] * p->heads[1].add[c];
            dwrite[u] -= product * p->heads[1].erase[c];
            erase += w[u] * product;
            add += w[u] * dm[u];
        }
        add_to_column(s->sums[0], c, at, &erase);
        add_to_column(s->sums[1], c, at, &add);
    }
    for (int u = 0; u < units; u++) {
        lanes_at(p->dfocus[0], at)[u] = dread[u];
        lanes_at(p->dfocus[1], at)[u] = dwrite[u];
    }
}

WHOLE_PASS(focus_gradient)

/* Second backward pass: takes dmemory from after the write to before the read, and leaves in s->sums, per column, those
 * of what the products with the rows give each key. */
CK_INLINE void memory_gradient_tile(const turing_layout *l, const turing_pair *p, const turing_scratch *s, ck_int at,
                                    const int units) {
    ck_lanes r[TILE], w[TILE], dproduct[2][TILE], factor[TILE];
    load_tile(r, p->focus[0], at, units);
    load_tile(w, p->focus[1], at, units);
    load_tile(dproduct[0], s->dproduct[0], at, units);
    load_tile(dproduct[1], s->dproduct[1], at, units);
    load_tile(factor, s->row_factor, at, units);
    for (ck_int c = 0; c < l->columns; c++) {
        const ck_lanes *m = const_lanes_at(p->memory, c * l->row_pad + at);
        ck_lanes *dm = lanes_at(p->dmemory, c * l->row_pad + at);
        ck_lanes sums[2] = {0};
        for (int u = 0; u < units; u++) {
            ck_lanes x = dm[u] * (1.0f - w[u] * p->heads[1].erase[c]);
            x += r[u] * p->dread[c];
            x += dproduct[0][u] * p->heads[0].key[c];
            x += dproduct[1][u] * p->heads[1].key[c];
            dm[u] = x + factor[u] * m[u];
            sums[0] += dproduct[0][u] * m[u];
            sums[1] += dproduct[1][u] * m[u];
        }
        add_to_column(s->sums[0], c, at, &sums[0]);
        add_to_column(s->sums[1], c, at, &sums[1]);
    }
}

WHOLE_PASS(memory_gradient)

#endif
