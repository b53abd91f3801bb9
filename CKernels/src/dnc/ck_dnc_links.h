/* ck_dnc_links.h: temporal links and what read heads find along them, forward and backward.
 *
 * L is (N, row_pad): row i has L(i, j) for all j. A pass takes a few rows of it at a time; what belongs to these rows is
 * summed in registers over j, what belongs to j is added to vectors of N, row after row. Both products and the update
 * of the links are one pass, and so are all of their gradients. Up to ROWS_MOST read heads go through together.
 *
 * The diagonal is 0. It lies in one vector of each row, and as few rows as a pass takes have it in the same vector,
 * which is done apart, with a mask. */
#ifndef CK_DNC_LINKS_H
#define CK_DNC_LINKS_H

#include "ck_dnc_internal.h"

/* Rows of L at a time: at AVX-512 sums of four rows and four heads fit the registers; elsewhere, of one. The backward
 * pass has two sums for each. All divide CK_LANES. */
enum { MOST_LINK_ROWS = 4 };

CK_INLINE int link_rows(const ck_instruction_level level) { return level == CK_LEVEL_AVX512 ? MOST_LINK_ROWS : 1; }
CK_INLINE int link_rows_backward(const ck_instruction_level level) { return level == CK_LEVEL_AVX512 ? 2 : 1; }

/* What a pass works on. */
typedef struct {
    const float *before; /* L_{t-1} */
    float *after;        /* L_t; may be the same */
    const float *write, *precedence; /* w^w_t, p_{t-1} */
    const float *reads;              /* w^r_{t-1} of the heads, (n, N) */
    float *backward, *forward;       /* L_t^T w and L_t w of each */
    /* For the backward pass. */
    float *dlinks;                      /* of L_t on the way in, of L_{t-1} on the way out */
    const float *dbackward, *dforward;  /* (n, N) */
    float *dreads;                      /* added to: of w^r_{t-1} (n, N) */
    float *dwrite, *dprecedence;        /* added to */
} links_access;

/* Clears lane `lane` of a register. */
CK_INLINE void clear_lane(ck_lanes *x, ck_int lane) {
    const ck_lanes_mask lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    ck_lanes_mask is_it = lanes == (int32_t)lane;
    lanes_clear(x, &is_it);
}

/* Sums and factors of a tile's rows. */
typedef struct {
    float kept[MOST_LINK_ROWS], write[MOST_LINK_ROWS]; /* 1 - w(i), w(i) */
    float reads[MOST_LINK_ROWS][ROWS_MOST];            /* w^r_{t-1}(i) */
    ck_lanes sums[MOST_LINK_ROWS][ROWS_MOST];
    float dforward[MOST_LINK_ROWS][ROWS_MOST];
    ck_lanes dwrite[MOST_LINK_ROWS];
} links_tile;

CK_INLINE void begin_tile(const rows_layout *l, const links_access *a, const int heads, const int rows, ck_int first,
                          links_tile *t) {
    for (int i = 0; i < rows; i++) {
        t->write[i] = a->write[first + i];
        t->kept[i] = 1.0f - t->write[i];
        t->dwrite[i] = (ck_lanes){0};
        for (int h = 0; h < heads; h++) {
            t->reads[i][h] = a->reads[h * l->row_pad + first + i];
            t->sums[i][h] = (ck_lanes){0};
        }
    }
}

/* L_t(i, j) for a vector of j. */
CK_INLINE void next_links(const links_tile *t, const int i, const ck_lanes *before, const ck_lanes *write,
                          const ck_lanes *precedence, ck_lanes *after) {
    *after = (t->kept[i] - *write) * *before + t->write[i] * *precedence;
}

/* ---- forward ---- */

/* One vector of j of all rows of a tile. Unless `updates`, `before` is L_t already. */
CK_INLINE void links_vector(const rows_layout *l, const links_access *a, const int heads, const int updates,
                            const int rows, const int has_diagonal, ck_int first, ck_int j, links_tile *t) {
    const ck_int n = l->row_pad;
    ck_lanes w = *const_lanes_at(a->write, j), p = *const_lanes_at(a->precedence, j), links[MOST_LINK_ROWS];
    for (int i = 0; i < rows; i++) {
        links[i] = *const_lanes_at(a->before, (first + i) * n + j);
        if (updates) {
            next_links(t, i, &links[i], &w, &p, &links[i]);
            if (has_diagonal) {
                clear_lane(&links[i], first + i - j);
            }
            *lanes_at(a->after, (first + i) * n + j) = links[i];
        }
    }
    for (int h = 0; h < heads; h++) {
        ck_lanes read = *const_lanes_at(a->reads, h * n + j), sum = *const_lanes_at(a->backward, h * n + j);
        for (int i = 0; i < rows; i++) {
            t->sums[i][h] += links[i] * read;
            sum += links[i] * t->reads[i][h];
        }
        *lanes_at(a->backward, h * n + j) = sum;
    }
}

CK_INLINE void links_rows(const rows_layout *l, const links_access *a, const int heads, const int updates,
                          const int rows, ck_int first) {
    links_tile t;
    begin_tile(l, a, heads, rows, first, &t);
    const ck_int diagonal = first / CK_LANES * CK_LANES;
    for (ck_int j = 0; j < diagonal; j += CK_LANES) {
        links_vector(l, a, heads, updates, rows, 0, first, j, &t);
    }
    links_vector(l, a, heads, updates, rows, 1, first, diagonal, &t);
    for (ck_int j = diagonal + CK_LANES; j < l->row_pad; j += CK_LANES) {
        links_vector(l, a, heads, updates, rows, 0, first, j, &t);
    }
    for (int i = 0; i < rows; i++) {
        for (int h = 0; h < heads; h++) {
            a->forward[h * l->row_pad + first + i] = lanes_sum(&t.sums[i][h]);
        }
    }
}

/* L_t where `updates`, and for each head backward and forward. */
CK_INLINE void links_pass(const ck_instruction_level level, const rows_layout *l, const links_access *a,
                          const int heads, const int updates) {
    const int rows = link_rows(level);
    if (heads > 0) {
        memset(a->backward, 0, (size_t)(heads * l->row_pad) * sizeof(float));
    }
    ck_int first = 0;
    for (; first + rows <= l->rows; first += rows) {
        links_rows(l, a, heads, updates, rows, first);
    }
    for (; first < l->rows; first++) {
        links_rows(l, a, heads, updates, 1, first);
    }
    for (int h = 0; h < heads; h++) {
        set_padding(l, a->forward + h * l->row_pad, 0.0f);
    }
}

/* ---- backward ---- */

/* One vector of j of all rows of a tile. Where `finishes`, all heads have had their part, and the gradient goes on to
 * L_{t-1}. */
CK_INLINE void links_backward_vector(const rows_layout *l, const links_access *a, const int heads, const int finishes,
                                     const int rows, const int has_diagonal, ck_int first, ck_int j, links_tile *t) {
    const ck_int n = l->row_pad;
    ck_lanes w = *const_lanes_at(a->write, j), p = *const_lanes_at(a->precedence, j);
    ck_lanes before[MOST_LINK_ROWS], after[MOST_LINK_ROWS], d[MOST_LINK_ROWS];
    for (int i = 0; i < rows; i++) {
        before[i] = *const_lanes_at(a->before, (first + i) * n + j);
        next_links(t, i, &before[i], &w, &p, &after[i]);
        if (has_diagonal) {
            clear_lane(&after[i], first + i - j);
        }
        d[i] = *const_lanes_at(a->dlinks, (first + i) * n + j);
    }
    for (int h = 0; h < heads; h++) {
        ck_lanes read = *const_lanes_at(a->reads, h * n + j), dbackward = *const_lanes_at(a->dbackward, h * n + j);
        ck_lanes dread = *const_lanes_at(a->dreads, h * n + j);
        for (int i = 0; i < rows; i++) {
            d[i] += t->reads[i][h] * dbackward;
            d[i] += t->dforward[i][h] * read;
            t->sums[i][h] += after[i] * dbackward;
            dread += after[i] * t->dforward[i][h];
        }
        *lanes_at(a->dreads, h * n + j) = dread;
    }
    ck_lanes dwrite = {0}, dprecedence = {0};
    for (int i = 0; i < rows; i++) {
        if (finishes) {
            if (has_diagonal) {
                clear_lane(&d[i], first + i - j);
            }
            t->dwrite[i] += d[i] * (p - before[i]);
            dwrite += d[i] * before[i];
            dprecedence += d[i] * t->write[i];
            d[i] *= t->kept[i] - w;
        }
        *lanes_at(a->dlinks, (first + i) * n + j) = d[i];
    }
    if (finishes) {
        *lanes_at(a->dwrite, j) -= dwrite;
        *lanes_at(a->dprecedence, j) += dprecedence;
    }
}

CK_INLINE void links_backward_rows(const rows_layout *l, const links_access *a, const int heads, const int finishes,
                                   const int rows, ck_int first) {
    links_tile t;
    begin_tile(l, a, heads, rows, first, &t);
    for (int i = 0; i < rows; i++) {
        for (int h = 0; h < heads; h++) {
            t.dforward[i][h] = a->dforward[h * l->row_pad + first + i];
        }
    }
    const ck_int diagonal = first / CK_LANES * CK_LANES;
    for (ck_int j = 0; j < diagonal; j += CK_LANES) {
        links_backward_vector(l, a, heads, finishes, rows, 0, first, j, &t);
    }
    links_backward_vector(l, a, heads, finishes, rows, 1, first, diagonal, &t);
    for (ck_int j = diagonal + CK_LANES; j < l->row_pad; j += CK_LANES) {
        links_backward_vector(l, a, heads, finishes, rows, 0, first, j, &t);
    }
    for (int i = 0; i < rows; i++) {
        for (int h = 0; h < heads; h++) {
            a->dreads[h * l->row_pad + first + i] += lanes_sum(&t.sums[i][h]);
        }
        a->dwrite[first + i] += finishes ? lanes_sum(&t.dwrite[i]) : 0.0f;
    }
}

CK_INLINE void links_backward_pass(const ck_instruction_level level, const rows_layout *l, const links_access *a,
                                   const int heads, const int finishes) {
    const int rows = link_rows_backward(level);
    ck_int first = 0;
    for (; first + rows <= l->rows; first += rows) {
        links_backward_rows(l, a, heads, finishes, rows, first);
    }
    for (; first < l->rows; first++) {
        links_backward_rows(l, a, heads, finishes, 1, first);
    }
}

/* ---- precedence ---- */

/* p = (1 - sum_i w(i)) p' + w. */
CK_INLINE void next_precedence(const dnc_layout *l, const float *before, const float *write, float *precedence) {
    const ck_int n = l->memory.row_pad;
    const float kept = 1.0f - lanes_array_sum(n, write);
    for (ck_int i = 0; i < n; i += CK_LANES) {
        *lanes_at(precedence, i) = kept * *const_lanes_at(before, i) + *const_lanes_at(write, i);
    }
}

/* From dprecedence: adds to dwrite and sets dbefore. */
CK_INLINE void precedence_backward(const dnc_layout *l, const float *before, const float *write,
                                   const float *dprecedence, float *dbefore, float *dwrite) {
    const ck_int n = l->memory.row_pad;
    const float kept = 1.0f - lanes_array_sum(n, write), dkept = lanes_array_dot(n, dprecedence, before);
    for (ck_int i = 0; i < n; i += CK_LANES) {
        ck_lanes dp = *const_lanes_at(dprecedence, i);
        *lanes_at(dbefore, i) = kept * dp;
        *lanes_at(dwrite, i) += dp - dkept;
    }
}

#endif
