/* ck_rows_passes.h: the passes over a whole memory (see ck_rows_layout.h): the cosines of keys with all rows, weighted
 * reads and one write, and their backward passes.
 *
 * What several heads do to the same memory is done in one pass, so that the memory goes through the registers once. A
 * pass takes a tile of rows through all columns, so that what belongs to rows stays in registers; what belongs to
 * columns is kept as partial sums per lane, one vector per column, and added up by sum_columns.
 *
 * Every pass is written for a tile of `units` vectors, a constant wherever it is inlined, as are is_first and the
 * numbers of keys, reads and writes. What the loops over columns need stands in variables of their own: they store
 * floats, and the compiler would read again whatever it thinks these might be. */
#ifndef CK_ROWS_PASSES_H
#define CK_ROWS_PASSES_H

#include "ck_rows_layout.h"

/* The most keys and the most reads of one pass; more take several. */
enum { ROWS_MOST = 4 };

/* A key k that all rows are compared with. */
typedef struct {
    const float *key;  /* k (M) */
    float norm;        /* |k|, see key_norm in ck_rows_weights.h */
    float *similarity; /* K (N): k . m_i / (|k| |m_i| + 1e-8), 0 where either norm is 0 */
    float *dproduct;   /* dL/d(k . m_i) (N) */
    ck_lanes *dkey;    /* partial sums of what the products give k */
    /* Of a key with a mask z, which compares z k with z m_i: key is z^2 k, norm |z k|, and the rows' norms are |z m_i|. */
    const float *square;     /* z^2 (M) */
    float *norms;            /* |z m_i| (N) */
    const float *row_factor; /* as in rows_access, for this key */
    ck_lanes *dsquare;       /* partial sums of what the rows' norms give z^2, twice */
} rows_key;

/* A read r = sum_i w(i) m_i. */
typedef struct {
    const float *weights; /* w (N) */
    ck_lanes *sums;       /* partial sums of r */
    const float *dread;   /* dL/dr (M) */
    float *dweights;      /* dL/dw (N) */
} rows_read;

/* A write m_i <- m_i (1 - w(i) e) + w(i) a; or one that retains a part of each row, psi(i) m_i for m_i. */
typedef struct {
    const float *weights;     /* w (N) */
    const float *erase, *add; /* e and a (M each) */
    float *dweights;          /* dL/dw (N) */
    ck_lanes *derase, *dadd;  /* partial sums of -dL/de and dL/da */
    const float *retention;   /* psi (N) */
    float *dretention;        /* dL/dpsi (N) */
} rows_write;

/* How many of each a pass is for, whether the keys have masks, and whether the write retains: constants. writes, masks
 * and retains are 0 or 1. */
typedef struct {
    int keys, reads, writes, masks, retains;
} rows_counts;

/* One memory and what is done to it, in this order: keys are compared, reads are made, a write is made. A pass touches
 * only what it says, and needs no more to be set. */
typedef struct {
    const float *memory;     /* the block before the write */
    float *memory_after;     /* and after it; may be the same */
    float *dmemory;          /* the gradient of the columns, which rows_memory_gradient takes back */
    const float *row_factor; /* what each row gets of itself through its norm (N); not with masks */
    const rows_key *keys;
    const rows_read *reads;
    const rows_write *write;
} rows_access;

/* Vectors in a tile: enough independent sums to hide the latency of an addition, and few enough for the registers,
 * which are 16 of half a vector at avx2. `sums` of each vector are carried from column to column. */
enum { MOST_UNITS = 4 };

CK_INLINE int tile_units(const ck_instruction_level level, const int sums) {
    return level == CK_LEVEL_AVX512 ? MOST_UNITS : sums > 2 ? 1 : 2;
}

/* Defines rows_<name>, which takes <name>_tile through all rows. */
#define WHOLE_PASS(name, sums)                                                                                         \
    CK_INLINE void rows_##name(const ck_instruction_level level, const rows_counts n, const rows_layout *l,            \
                               const rows_access *access) {                                                            \
        const int units = tile_units(level, sums);                                                                     \
        ck_int at = units * CK_LANES;                                                                                  \
        if (at <= l->row_pad) {                                                                                        \
            name##_tile(n, l, access, 0, 1, units);                                                                    \
        } else {                                                                                                       \
            name##_tile(n, l, access, 0, 1, 1);                                                                        \
            at = CK_LANES;                                                                                             \
        }                                                                                                              \
        for (; at + units * CK_LANES <= l->row_pad; at += units * CK_LANES) {                                          \
            name##_tile(n, l, access, at, 0, units);                                                                   \
        }                                                                                                              \
        for (; at < l->row_pad; at += CK_LANES) {                                                                      \
            name##_tile(n, l, access, at, 0, 1);                                                                       \
        }                                                                                                              \
    }

/* Copies a tile's rows to variables, so that no store makes the compiler read them again; and back. */
CK_INLINE void load_tile(ck_lanes *variables, const float *x, ck_int at, const int units) {
    for (int u = 0; u < units; u++) {
        variables[u] = const_lanes_at(x, at)[u];
    }
}

CK_INLINE void store_tile(const ck_lanes *variables, float *x, ck_int at, const int units) {
    for (int u = 0; u < units; u++) {
        lanes_at(x, at)[u] = variables[u];
    }
}

/* Column c of several vectors of M. */
CK_INLINE void load_column(float *variables, const float *const *x, ck_int c, const int count) {
    for (int h = 0; h < count; h++) {
        variables[h] = x[h][c];
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

/* The cosines of all keys with every row. */
CK_INLINE void similarity_tile(const rows_counts n, const rows_layout *l, const rows_access *access, ck_int at,
                               const int is_first, const int units) {
    (void)is_first;
    ck_lanes dot[ROWS_MOST][MOST_UNITS] = {0}, masked[ROWS_MOST][MOST_UNITS] = {0};
    const float *keys[ROWS_MOST], *squares[ROWS_MOST];
    for (int h = 0; h < n.keys; h++) {
        keys[h] = access->keys[h].key, squares[h] = access->keys[h].square;
    }
    const ck_int columns = l->columns, step = l->row_pad;
    const float *memory = access->memory + at, *norm = access->memory + l->size;
    for (ck_int c = 0; c < columns; c++, memory += step) {
        const ck_lanes *m = const_lanes_at(memory, 0);
        for (int u = 0; u < units; u++) {
            for (int h = 0; h < n.keys; h++) {
                dot[h][u] += m[u] * keys[h][c];
            }
            for (int h = 0; h < n.keys * n.masks; h++) {
                masked[h][u] += m[u] * m[u] * squares[h][c];
            }
        }
    }
    for (int h = 0; h < n.keys; h++) {
        for (int u = 0; u < units; u++) {
            ck_lanes norms = const_lanes_at(norm, at)[u], inverse;
            if (n.masks) {
                store_norm(l, &masked[h][u], &norms);
                lanes_at(access->keys[h].norms, at)[u] = norms;
            }
            inverse_norms(l, &norms, access->keys[h].norm, &inverse);
            lanes_at(access->keys[h].similarity, at)[u] = dot[h][u] * inverse;
        }
    }
}

WHOLE_PASS(similarity, n.keys *(1 + n.masks))

/* All reads, then the write, with the new rows' norms. */
CK_INLINE void read_write_tile(const rows_counts n, const rows_layout *l, const rows_access *access, ck_int at,
                               const int is_first, const int units) {
    ck_lanes squares[MOST_UNITS] = {0}, r[ROWS_MOST][MOST_UNITS], w[MOST_UNITS], kept[MOST_UNITS];
    ck_lanes *sums[ROWS_MOST];
    for (int h = 0; h < n.reads; h++) {
        load_tile(r[h], access->reads[h].weights, at, units);
        sums[h] = access->reads[h].sums;
    }
    const float *erase = NULL, *add = NULL, *memory = access->memory + at;
    float *memory_after = NULL;
    if (n.writes) {
        load_tile(w, access->write->weights, at, units);
        erase = access->write->erase, add = access->write->add;
        memory_after = access->memory_after + at;
    }
    if (n.retains) {
        load_tile(kept, access->write->retention, at, units);
    }
    const ck_int columns = l->columns, step = l->row_pad;
    for (ck_int c = 0; c < columns; c++, memory += step) {
        const ck_lanes *m = const_lanes_at(memory, 0);
        const float e = n.writes ? erase[c] : 0.0f, a = n.writes ? add[c] : 0.0f;
        for (int h = 0; h < n.reads; h++) {
            ck_lanes read = r[h][0] * m[0];
            for (int u = 1; u < units; u++) {
                read += r[h][u] * m[u];
            }
            add_to_column(sums[h], c, is_first, &read);
        }
        if (n.writes) {
            ck_lanes *after = lanes_at(memory_after, 0);
            for (int u = 0; u < units; u++) {
                ck_lanes old = n.retains ? m[u] * kept[u] : m[u];
                ck_lanes x = old + w[u] * (a - e * old);
                after[u] = x;
                squares[u] += x * x;
            }
            memory_after += step;
        }
    }
    for (int u = 0; n.writes && u < units; u++) {
        store_norm(l, squares + u, lanes_at(memory_after, 0) + u);
    }
}

WHOLE_PASS(read_write, n.writes)

/* First backward pass; dmemory is of the memory after the write. Adds to dweights what reads and write give their
 * weights, and to dretention; leaves the sums derase and dadd. */
CK_INLINE void weights_gradient_tile(const rows_counts n, const rows_layout *l, const rows_access *access, ck_int at,
                                     const int is_first, const int units) {
    ck_lanes dr[ROWS_MOST][MOST_UNITS], dw[MOST_UNITS], w[MOST_UNITS], kept[MOST_UNITS], dkept[MOST_UNITS];
    const float *dreads[ROWS_MOST], *erase = NULL, *add = NULL;
    for (int h = 0; h < n.reads; h++) {
        load_tile(dr[h], access->reads[h].dweights, at, units);
        dreads[h] = access->reads[h].dread;
    }
    ck_lanes *derase = NULL, *dadd = NULL;
    const float *memory = access->memory + at, *dmemory = NULL;
    if (n.writes) {
        load_tile(dw, access->write->dweights, at, units);
        load_tile(w, access->write->weights, at, units);
        erase = access->write->erase, add = access->write->add;
        derase = access->write->derase, dadd = access->write->dadd;
        dmemory = access->dmemory + at;
    }
    if (n.retains) {
        load_tile(kept, access->write->retention, at, units);
        load_tile(dkept, access->write->dretention, at, units);
    }
    const ck_int columns = l->columns, step = l->row_pad;
    for (ck_int c = 0; c < columns; c++, memory += step) {
        const ck_lanes *m = const_lanes_at(memory, 0);
        float d[ROWS_MOST];
        load_column(d, dreads, c, n.reads);
        const float e = n.writes ? erase[c] : 0.0f, a = n.writes ? add[c] : 0.0f;
        ck_lanes erase_sum = {0}, add_sum = {0};
        for (int u = 0; u < units; u++) {
            for (int h = 0; h < n.reads; h++) {
                dr[h][u] += m[u] * d[h];
            }
            if (n.writes) {
                ck_lanes dm = const_lanes_at(dmemory, 0)[u], product = m[u] * dm;
                if (n.retains) {
                    dkept[u] += product * (1.0f - w[u] * e);
                    product *= kept[u];
                }
                dw[u] += dm * a;
                dw[u] -= product * e;
                erase_sum += w[u] * product;
                add_sum += w[u] * dm;
            }
        }
        if (n.writes) {
            add_to_column(derase, c, is_first, &erase_sum);
            add_to_column(dadd, c, is_first, &add_sum);
            dmemory += step;
        }
    }
    for (int h = 0; h < n.reads; h++) {
        store_tile(dr[h], access->reads[h].dweights, at, units);
    }
    if (n.writes) {
        store_tile(dw, access->write->dweights, at, units);
    }
    if (n.retains) {
        store_tile(dkept, access->write->dretention, at, units);
    }
}

WHOLE_PASS(weights_gradient, n.reads + n.writes)

/* Second backward pass: takes dmemory from after the write to before reads and comparisons, and leaves the sums dkey and
 * dsquare. */
CK_INLINE void memory_gradient_tile(const rows_counts n, const rows_layout *l, const rows_access *access, ck_int at,
                                    const int is_first, const int units) {
    ck_lanes r[ROWS_MOST][MOST_UNITS], dproduct[ROWS_MOST][MOST_UNITS], factor[ROWS_MOST][MOST_UNITS];
    ck_lanes w[MOST_UNITS], kept[MOST_UNITS];
    const float *dreads[ROWS_MOST], *keys[ROWS_MOST], *squares[ROWS_MOST];
    ck_lanes *dkeys[ROWS_MOST], *dsquares[ROWS_MOST];
    const int factors = n.masks ? n.keys : n.keys > 0; /* one for each key, or for all */
    for (int h = 0; h < n.reads; h++) {
        load_tile(r[h], access->reads[h].weights, at, units);
        dreads[h] = access->reads[h].dread;
    }
    for (int h = 0; h < n.keys; h++) {
        load_tile(dproduct[h], access->keys[h].dproduct, at, units);
        keys[h] = access->keys[h].key, dkeys[h] = access->keys[h].dkey;
        squares[h] = access->keys[h].square, dsquares[h] = access->keys[h].dsquare;
    }
    for (int h = 0; h < factors; h++) {
        load_tile(factor[h], n.masks ? access->keys[h].row_factor : access->row_factor, at, units);
    }
    const float *erase = NULL;
    if (n.writes) {
        load_tile(w, access->write->weights, at, units);
        erase = access->write->erase;
    }
    if (n.retains) {
        load_tile(kept, access->write->retention, at, units);
    }
    const ck_int columns = l->columns, step = l->row_pad;
    const float *memory = access->memory + at;
    float *dmemory = access->dmemory + at;
    for (ck_int c = 0; c < columns; c++, memory += step, dmemory += step) {
        const ck_lanes *m = const_lanes_at(memory, 0);
        ck_lanes *dm = lanes_at(dmemory, 0), sums[ROWS_MOST] = {0}, square_sums[ROWS_MOST] = {0};
        float d[ROWS_MOST], k[ROWS_MOST], z[ROWS_MOST];
        const float e = n.writes ? erase[c] : 0.0f;
        load_column(d, dreads, c, n.reads);
        load_column(k, keys, c, n.keys);
        load_column(z, squares, c, n.keys * n.masks);
        for (int u = 0; u < units; u++) {
            ck_lanes x = n.writes ? dm[u] * (1.0f - w[u] * e) : dm[u];
            if (n.retains) {
                x *= kept[u];
            }
            for (int h = 0; h < n.reads; h++) {
                x += r[h][u] * d[h];
            }
            for (int h = 0; h < n.keys; h++) {
                x += dproduct[h][u] * k[h];
            }
            for (int h = 0; h < factors; h++) {
                if (n.masks) {
                    ck_lanes of_norm = factor[h][u] * m[u];
                    x += of_norm * z[h];
                    square_sums[h] += of_norm * m[u];
                } else {
                    x += factor[h][u] * m[u];
                }
            }
            dm[u] = x;
            for (int h = 0; h < n.keys; h++) {
                sums[h] += dproduct[h][u] * m[u];
            }
        }
        for (int h = 0; h < n.keys; h++) {
            add_to_column(dkeys[h], c, is_first, &sums[h]);
            if (n.masks) {
                add_to_column(dsquares[h], c, is_first, &square_sums[h]);
            }
        }
    }
}

WHOLE_PASS(memory_gradient, 0)

#endif
