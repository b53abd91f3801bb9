/* rows_formulae.c: the passes over a memory's rows (ck_rows_passes.h) against their sums in double, for several numbers
 * of keys, reads and writes, with and without masks and retention: any one memory has few of them. */
#include <stdlib.h>

#include "formulae.h"
#include "rows/ck_rows_weights.h"

enum { MOST_ROWS = 96, MOST_COLUMNS = 6 };

typedef float row_vector[MOST_ROWS];
typedef float column_vector[MOST_COLUMNS];
typedef ck_lanes column_sums[MOST_COLUMNS];

/* One memory, (N, M) and as a block, and all that is done to it. */
typedef struct {
    float block[(MOST_COLUMNS + 1) * MOST_ROWS], after[(MOST_COLUMNS + 1) * MOST_ROWS];
    float dmemory[MOST_COLUMNS * MOST_ROWS];
    row_vector similarity[ROWS_MOST], dproduct[ROWS_MOST], read_weights[ROWS_MOST], read_gradient[ROWS_MOST];
    row_vector write_weights, write_gradient, retention, retention_gradient;
    row_vector row_factor[ROWS_MOST], masked_norms[ROWS_MOST]; /* without masks the first factor serves all keys */
    column_sums dkey[ROWS_MOST], dsquare[ROWS_MOST], reads[ROWS_MOST], derase, dadd;
    column_vector key[ROWS_MOST], square[ROWS_MOST], dread[ROWS_MOST], erase, add;
    float memory[MOST_ROWS * MOST_COLUMNS];
} rows_data;

/* What a pass works on, and copies of what it changes. */
typedef struct {
    rows_layout layout;
    rows_counts counts;
    rows_data *data;
    const rows_data *before;
    rows_key keys[ROWS_MOST];
    rows_read reads[ROWS_MOST];
    rows_write write;
} rows_case;

/* All passes, in a memory's order. */
CK_INLINE void run_passes(const ck_instruction_level level, const rows_counts n, const rows_case *c) {
    rows_data *d = c->data;
    rows_access access = {.memory = d->block,
                          .memory_after = d->after,
                          .dmemory = d->dmemory,
                          .row_factor = d->row_factor[0],
                          .keys = c->keys,
                          .reads = c->reads,
                          .write = &c->write};
    rows_similarity(level, n, &c->layout, &access);
    rows_read_write(level, n, &c->layout, &access);
    rows_weights_gradient(level, n, &c->layout, &access);
    rows_memory_gradient(level, n, &c->layout, &access);
}

/* Each form of the passes is compiled on its own. */
#define PASSES(keys, reads, writes, masks, retains)                                                                    \
    CK_INLINE void passes_##keys##reads##writes##masks##retains##_body(const ck_instruction_level level,               \
                                                                       const rows_case *c) {                           \
        run_passes(level, (rows_counts){keys, reads, writes, masks, retains}, c);                                      \
    }                                                                                                                  \
    CK_LEVELS_TUNED(void, passes_##keys##reads##writes##masks##retains, (const rows_case *c), (c))

PASSES(1, 0, 1, 0, 0)
PASSES(2, 1, 1, 0, 0)
PASSES(1, 1, 0, 0, 0)
PASSES(3, 2, 0, 0, 0)
PASSES(4, 4, 0, 0, 0)
PASSES(3, 4, 1, 0, 0)
PASSES(4, 4, 0, 1, 0)
PASSES(1, 0, 1, 0, 1)
PASSES(2, 3, 1, 1, 1)

static const struct {
    rows_counts counts;
    void (*run)(const rows_case *);
} forms[] = {{{1, 0, 1, 0, 0}, passes_10100}, {{2, 1, 1, 0, 0}, passes_21100}, {{1, 1, 0, 0, 0}, passes_11000},
             {{3, 2, 0, 0, 0}, passes_32000}, {{4, 4, 0, 0, 0}, passes_44000}, {{3, 4, 1, 0, 0}, passes_34100},
             {{4, 4, 0, 1, 0}, passes_44010}, {{1, 0, 1, 0, 1}, passes_10101}, {{2, 3, 1, 1, 1}, passes_23111}};

/* A sum in double, with its magnitude. */
typedef struct {
    double sum, magnitude;
} total;

static void add_term(total *t, double term) {
    t->sum += term;
    t->magnitude += fabs(term);
}

static const char *compare_total(const char *name, ck_int i, double got, total t, ck_int roundings) {
    return compare(name, i, got, t.sum, (double)roundings * u * t.magnitude);
}

/* Row i and column c of the memory and of its gradient after the write. */
static double memory_at(const rows_case *c, ck_int i, ck_int column) {
    return c->data->memory[i * c->layout.columns + column];
}

static double gradient_at(const rows_case *c, ck_int i, ck_int column) {
    return c->before->dmemory[column * c->layout.row_pad + i];
}

/* psi(i), or 1. */
static double retention_at(const rows_case *c, ck_int i) { return c->counts.retains ? c->data->retention[i] : 1; }

/* z^2 of key h, or 1. */
static double square_at(const rows_case *c, int h, ck_int m) { return c->counts.masks ? c->data->square[h][m] : 1; }

/* Cosines of one row. */
static const char *check_similarity(const rows_case *c, ck_int i) {
    const rows_data *d = c->data;
    ck_int columns = c->layout.columns;
    const char *wrong = NULL;
    for (int h = 0; h < c->counts.keys && !wrong; h++) {
        total dot = {0}, row = {0}, key = {0};
        for (ck_int m = 0; m < columns; m++) {
            add_term(&dot, memory_at(c, i, m) * d->key[h][m]);
            add_term(&row, memory_at(c, i, m) * memory_at(c, i, m) * square_at(c, h, m));
            add_term(&key, (double)d->key[h][m] * d->key[h][m]);
        }
        const double of_root = (double)c->layout.epsilon.under_root, of_product = (double)c->layout.epsilon.to_product;
        double norms = sqrt(row.sum + of_root) * sqrt(key.sum + of_root) + of_product;
        total cosine = {dot.sum / norms, dot.magnitude / norms};
        wrong = compare_total("similarity", i, d->similarity[h][i], cosine, 2 * columns + 10);
    }
    return wrong;
}

/* New norms and the weights' gradients of one row. */
static const char *check_row(const rows_case *c, ck_int i) {
    const rows_data *d = c->data;
    ck_int columns = c->layout.columns;
    const char *wrong = check_similarity(c, i);
    for (int h = 0; h < c->counts.reads && !wrong; h++) {
        total dweight = {0};
        add_term(&dweight, c->before->read_gradient[h][i]);
        for (ck_int m = 0; m < columns; m++) {
            add_term(&dweight, memory_at(c, i, m) * d->dread[h][m]);
        }
        wrong = compare_total("gradient of a read's weights", i, d->read_gradient[h][i], dweight, columns + 2);
    }
    if (wrong || !c->counts.writes) {
        return wrong;
    }
    total dweight = {0}, dretention = {0};
    double square = c->layout.epsilon.under_root, weight = d->write_weights[i];
    add_term(&dweight, c->before->write_gradient[i]);
    add_term(&dretention, c->before->retention_gradient[i]);
    for (ck_int m = 0; m < columns && !wrong; m++) {
        total after = {0};
        double old = memory_at(c, i, m) * retention_at(c, i);
        add_term(&after, old);
        add_term(&after, -old * weight * d->erase[m]);
        add_term(&after, weight * d->add[m]);
        float got = d->after[m * c->layout.row_pad + i];
        wrong = compare_total("write", i, got, after, 6);
        square += (double)got * got;
        add_term(&dweight, gradient_at(c, i, m) * d->add[m]);
        add_term(&dweight, -gradient_at(c, i, m) * old * d->erase[m]);
        add_term(&dretention, gradient_at(c, i, m) * memory_at(c, i, m) * (1 - weight * d->erase[m]));
    }
    if (c->counts.retains && !wrong) {
        wrong = compare_total("gradient of retention", i, d->retention_gradient[i], dretention, 2 * columns + 6);
    }
    float norm = d->after[c->layout.size + i];
    wrong = wrong ? wrong : compare("norm", i, norm, sqrt(square), (double)(columns + 2) * u * sqrt(square));
    return wrong ? wrong
                 : compare_total("gradient of write weights", i, d->write_gradient[i], dweight, 2 * columns + 4);
}

/* What the memory's element (i, m) gets. */
static const char *check_element(const rows_case *c, ck_int i, ck_int m) {
    const rows_data *d = c->data;
    total gradient = {0};
    add_term(&gradient, gradient_at(c, i, m) * retention_at(c, i));
    if (c->counts.writes) {
        add_term(&gradient, -gradient_at(c, i, m) * retention_at(c, i) * d->write_weights[i] * d->erase[m]);
    }
    for (int h = 0; h < c->counts.reads; h++) {
        add_term(&gradient, (double)d->read_weights[h][i] * d->dread[h][m]);
    }
    for (int h = 0; h < c->counts.keys; h++) {
        add_term(&gradient, (double)d->dproduct[h][i] * d->key[h][m]);
    }
    for (int h = 0; h < (c->counts.masks ? c->counts.keys : 1); h++) {
        add_term(&gradient, d->row_factor[h][i] * memory_at(c, i, m) * square_at(c, h, m));
    }
    return compare_total("gradient of the memory", i, d->dmemory[m * c->layout.row_pad + i], gradient, 20);
}

/* Sums over rows of the weights, times powers of a column of the memory and of its gradient after the write. */
static const char *check_sum(const rows_case *c, const char *name, const ck_lanes *sums, const float *weights,
                             int of_memory, int of_gradient) {
    column_vector got;
    sum_columns(c->layout.columns, sums, got);
    const char *wrong = NULL;
    for (ck_int m = 0; m < c->layout.columns && !wrong; m++) {
        total expected = {0};
        for (ck_int i = 0; i < c->layout.rows; i++) {
            add_term(&expected,
                     weights[i] * pow(memory_at(c, i, m), of_memory) * pow(gradient_at(c, i, m), of_gradient));
        }
        wrong = compare_total(name, m, got[m], expected, c->layout.rows + 4);
    }
    return wrong;
}

static const char *check_sums(const rows_case *c) {
    const rows_data *d = c->data;
    const char *wrong = NULL;
    for (int h = 0; h < c->counts.keys && !wrong; h++) {
        wrong = check_sum(c, "gradient of a key", d->dkey[h], d->dproduct[h], 1, 0);
        if (c->counts.masks && !wrong) {
            wrong = check_sum(c, "gradient of a mask's square", d->dsquare[h], d->row_factor[h], 2, 0);
        }
    }
    for (int h = 0; h < c->counts.reads && !wrong; h++) {
        wrong = check_sum(c, "read", d->reads[h], d->read_weights[h], 1, 0);
    }
    if (c->counts.writes && !wrong) {
        row_vector kept;
        for (ck_int i = 0; i < c->layout.rows; i++) {
            kept[i] = d->write_weights[i] * (float)retention_at(c, i);
        }
        wrong = check_sum(c, "gradient of erase", d->derase, kept, 1, 1);
        wrong = wrong ? wrong : check_sum(c, "gradient of add", d->dadd, d->write_weights, 0, 1);
    }
    return wrong;
}

/* Draws everything; the padding stays 0. */
static void draw_rows(rows_case *c, uint64_t *seed) {
    rows_data *d = c->data;
    ck_int rows = c->layout.rows, columns = c->layout.columns;
    *d = (rows_data){0};
    draw(d->memory, rows * columns, -1, 1, seed);
    ck_rows_put(&c->layout, d->memory, NULL, d->block);
    for (ck_int m = 0; m < columns; m++) {
        draw(d->dmemory + m * c->layout.row_pad, rows, -1, 1, seed);
    }
    draw(d->erase, columns, 0, 1, seed);
    draw(d->add, columns, -1, 1, seed);
    draw(d->write_weights, rows, 0, 1, seed);
    draw(d->write_gradient, rows, -1, 1, seed);
    draw(d->retention, rows, 0, 1, seed);
    draw(d->retention_gradient, rows, -1, 1, seed);
    c->write = (rows_write){d->write_weights, d->erase, d->add,       d->write_gradient,
                            d->derase,        d->dadd,  d->retention, d->retention_gradient};
    for (int h = 0; h < ROWS_MOST; h++) {
        draw(d->key[h], columns, -1, 1, seed);
        draw(d->square[h], columns, 0, 1, seed);
        draw(d->row_factor[h], rows, -1, 1, seed);
        draw(d->dread[h], columns, -1, 1, seed);
        draw(d->dproduct[h], rows, -1, 1, seed);
        draw(d->read_weights[h], rows, 0, 1, seed);
        draw(d->read_gradient[h], rows, -1, 1, seed);
        float norm = key_norm(CK_LOWEST_LEVEL, &c->layout, d->key[h]);
        c->keys[h] = (rows_key){d->key[h],    norm,         d->similarity[h],   d->dproduct[h],
                                d->dkey[h],   d->square[h], d->masked_norms[h], d->row_factor[h],
                                d->dsquare[h]};
        c->reads[h] = (rows_read){d->read_weights[h], d->reads[h], d->dread[h], d->read_gradient[h]};
    }
}

/* Rows of less than one vector, of one, and of several tiles with vectors left over. */
const char *check_rows(uint64_t seed) {
    static const ck_int shapes[][2] = {{1, 1}, {16, 3}, {37, 5}, {83, 6}};
    rows_data *data = allocate(sizeof *data), *before = allocate(sizeof *before);
    const char *wrong = NULL;
    for (int f = 0; f < (int)(sizeof forms / sizeof *forms); f++) {
        /* Those of the Turing memory, and of the DNC's published code. */
        rows_epsilons epsilon = f % 2 == 0 ? (rows_epsilons){0, 1e-8f} : (rows_epsilons){1e-6f, 1e-6f};
        for (int s = 0; s < 4 && !wrong; s++) {
            rows_layout layout = rows_layout_of(shapes[s][0], shapes[s][1], epsilon);
            rows_case c = {layout, forms[f].counts, data, before, {{0}}, {{0}}, {0}};
            draw_rows(&c, &seed);
            *before = *data;
            forms[f].run(&c);
            for (ck_int i = 0; i < c.layout.rows && !wrong; i++) {
                wrong = check_row(&c, i);
                for (ck_int m = 0; m < c.layout.columns && !wrong; m++) {
                    wrong = check_element(&c, i, m);
                }
            }
            wrong = wrong ? wrong : check_sums(&c);
        }
    }
    free(data);
    free(before);
    return wrong;
}
