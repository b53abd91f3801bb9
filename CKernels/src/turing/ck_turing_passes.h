/* ck_turing_passes.h: the passes over a whole memory: similarity, read and write, and their backward passes.
 *
 * Both heads of a pair see the same memory, so each pass serves both: the memory goes through the registers twice in
 * the forward pass and twice in the backward pass. A pass takes a tile of rows through all columns, so that what
 * belongs to rows stays in registers; what belongs to columns is kept as partial sums per lane (`sums`, one vector per
 * column) and added up at the end.
 *
 * Every pass is written for a tile of `units` vectors, a constant wherever it is inlined, as is `is_first`. What the
 * loops over columns need stands in variables of their own: they store floats, and the compiler would read again
 * whatever it thinks these might be. */
#ifndef CK_TURING_PASSES_H
#define CK_TURING_PASSES_H

#include "ck_turing_internal.h"

/* Vectors in a tile: enough independent sums to hide the latency of an addition, and few enough for the registers,
 * which are 16 of half a vector at avx2. */
enum { MOST_UNITS = 4 };

CK_INLINE int tile_units(const ck_instruction_level level) { return level == CK_LEVEL_AVX512 ? MOST_UNITS : 2; }

/* Defines turing_<name>, which takes <name>_tile through all rows. */
#define WHOLE_PASS(name)                                                                                               \
    CK_INLINE void turing_##name(const ck_instruction_level level, const turing_layout *l, const turing_pair *p,       \
                                 const turing_scratch *s) {                                                            \
        const int units = tile_units(level);                                                                           \
        ck_int at = units * CK_LANES;                                                                                  \
        if (at <= l->row_pad) {                                                                                        \
            name##_tile(l, p, s, 0, 1, units);                                                                         \
        } else {                                                                                                       \
            name##_tile(l, p, s, 0, 1, 1);                                                                             \
            at = CK_LANES;                                                                                             \
        }                                                                                                              \
        for (; at + units * CK_LANES <= l->row_pad; at += units * CK_LANES) {                                          \
            name##_tile(l, p, s, at, 0, units);                                                                        \
        }                                                                                                              \
        for (; at < l->row_pad; at += CK_LANES) {                                                                      \
            name##_tile(l, p, s, at, 0, 1);                                                                            \
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
CK_INLINE void add_to_column(ck_lanes *sums, ck_int c, const int is_first, const ck_lanes *value) {
    sums[c] = is_first ? *value : sums[c] + *value;
}

/* norm = |m|, 0 where |m|^2 is below the smallest square, NaN where it is NaN. */
CK_INLINE void store_norm(const ck_lanes *square, ck_lanes *norm) {
    ck_lanes_mask is_small = *square < CK_TURING_SMALLEST_SQUARE;
    *norm = __builtin_elementwise_sqrt(*square);
    lanes_clear(norm, &is_small);
}

/* The cosines of both keys with every row. */
CK_INLINE void similarity_tile(const turing_layout *l, const turing_pair *p, const turing_scratch *s, ck_int at,
                               const int is_first, const int units) {
    (void)s, (void)is_first;
    ck_lanes dot[2][MOST_UNITS] = {0};
    const ck_int columns = l->columns, step = l->row_pad;
    const float *memory = p->memory + at, *key_0 = p->heads[0].key, *key_1 = p->heads[1].key;
    for (ck_int c = 0; c < columns; c++, memory += step) {
        const ck_lanes *m = const_lanes_at(memory, 0);
        for (int u = 0; u < units; u++) {
            dot[0][u] += m[u] * key_0[c];
            dot[1][u] += m[u] * key_1[c];
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
                          const int is_first, const int units) {
    ck_lanes squares[MOST_UNITS] = {0}, r[MOST_UNITS], w[MOST_UNITS];
    load_tile(r, p->focus[0], at, units);
    load_tile(w, p->focus[1], at, units);
    const ck_int columns = l->columns, step = l->row_pad;
    const float *memory = p->memory + at, *erase = p->heads[1].erase, *add = p->heads[1].add;
    float *memory_after = p->memory_after + at;
    ck_lanes *reads = s ? s->sums[0] : NULL;
    for (ck_int c = 0; c < columns; c++, memory += step, memory_after += step) {
        const ck_lanes *m = const_lanes_at(memory, 0);
        ck_lanes *after = lanes_at(memory_after, 0);
        const float e = erase[c], a = add[c];
        if (reads) {
            ck_lanes read = r[0] * m[0];
            for (int u = 1; u < units; u++) {
                read += r[u] * m[u];
            }
            add_to_column(reads, c, is_first, &read);
        }
        for (int u = 0; u < units; u++) {
            ck_lanes x = m[u] + w[u] * (a - e * m[u]);
            after[u] = x;
            squares[u] += x * x;
        }
    }
    for (int u = 0; u < units; u++) {
        store_norm(squares + u, lanes_at(memory_after, 0) + u);
    }
}

WHOLE_PASS(write)

/* First backward pass of a pair; dmemory is of the memory after the write. Adds to dfocus what read and write give the
 * focuses; leaves in s->sums, per column, those of -dL/de and dL/da. */
CK_INLINE void focus_gradient_tile(const turing_layout *l, const turing_pair *p, const turing_scratch *s, ck_int at,
                                   const int is_first, const int units) {
    ck_lanes dread[MOST_UNITS], dwrite[MOST_UNITS], w[MOST_UNITS];
    load_tile(dread, p->dfocus[0], at, units);
    load_tile(dwrite, p->dfocus[1], at, units);
    load_tile(w, p->focus[1], at, units);
    const ck_int columns = l->columns, step = l->row_pad;
    const float *memory = p->memory + at, *dmemory = p->dmemory + at;
    const float *dr = p->dread, *erase = p->heads[1].erase, *add = p->heads[1].add;
    ck_lanes *derase = s->sums[0], *dadd = s->sums[1];
    for (ck_int c = 0; c < columns; c++, memory += step, dmemory += step) {
        const ck_lanes *m = const_lanes_at(memory, 0);
        const ck_lanes *dm = const_lanes_at(dmemory, 0);
        const float d = dr[c], e = erase[c], a = add[c];
        ck_lanes erase_sum = {0}, add_sum = {0};
        for (int u = 0; u < units; u++) {
            ck_lanes product = m[u] * dm[u];
            dread[u] += m[u] * d;
            dwrite[u] += dm[u] * a;
            dwrite[u] -= product * e;
            erase_sum += w[u] * product;
            add_sum += w[u] * dm[u];
        }
        add_to_column(derase, c, is_first, &erase_sum);
        add_to_column(dadd, c, is_first, &add_sum);
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
                                    const int is_first, const int units) {
    ck_lanes r[MOST_UNITS], w[MOST_UNITS], dproduct[2][MOST_UNITS], factor[MOST_UNITS];
    load_tile(r, p->focus[0], at, units);
    load_tile(w, p->focus[1], at, units);
    load_tile(dproduct[0], s->dproduct[0], at, units);
    load_tile(dproduct[1], s->dproduct[1], at, units);
    load_tile(factor, s->row_factor, at, units);
    const ck_int columns = l->columns, step = l->row_pad;
    const float *memory = p->memory + at, *dread = p->dread;
    const float *erase = p->heads[1].erase, *key_0 = p->heads[0].key, *key_1 = p->heads[1].key;
    float *dmemory = p->dmemory + at;
    ck_lanes *dkey_0 = s->sums[0], *dkey_1 = s->sums[1];
    for (ck_int c = 0; c < columns; c++, memory += step, dmemory += step) {
        const ck_lanes *m = const_lanes_at(memory, 0);
        ck_lanes *dm = lanes_at(dmemory, 0);
        const float d = dread[c], e = erase[c], k_0 = key_0[c], k_1 = key_1[c];
        ck_lanes sums[2] = {0};
        for (int u = 0; u < units; u++) {
            ck_lanes x = dm[u] * (1.0f - w[u] * e);
            x += r[u] * d;
            x += dproduct[0][u] * k_0;
            x += dproduct[1][u] * k_1;
            dm[u] = x + factor[u] * m[u];
            sums[0] += dproduct[0][u] * m[u];
            sums[1] += dproduct[1][u] * m[u];
        }
        add_to_column(dkey_0, c, is_first, &sums[0]);
        add_to_column(dkey_1, c, is_first, &sums[1]);
    }
}

WHOLE_PASS(memory_gradient)

#endif
