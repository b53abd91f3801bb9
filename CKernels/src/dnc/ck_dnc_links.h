/* ck_dnc_links.h: temporal links and what read heads find along them, forward and backward.
 *
 * L is (N, row_pad): row i has L(i, j) for all j. A pass takes a few rows of it at a time through all that is done to
 * them, while they are in the nearest cache: the update, then both products for up to ROWS_MOST read heads together.
 * What belongs to these rows is summed in registers over j, what belongs to j is added to vectors of N, row after row.
 *
 * The diagonal is 0. The loops do not know of it; it is cleared between them. */
#ifndef CK_DNC_LINKS_H
#define CK_DNC_LINKS_H

#include "ck_dnc_internal.h"

/* Rows of L at a time, by how many sums fit the registers. */
CK_INLINE int link_rows(const ck_instruction_level level) { return level == CK_LEVEL_AVX512 ? MOST_LINK_ROWS : 2; }
CK_INLINE int link_rows_backward(const ck_instruction_level level) { return level == CK_LEVEL_AVX512 ? 2 : 1; }

/* Rows of L that a replay takes through all steps of a segment. */
enum { REPLAYED_LINK_ROWS = 16 };

/* What the links of one step are made of, and what is found along them. */
typedef struct {
    ck_int heads;
    const float *before;             /* L_{t-1} */
    float *after;                    /* L_t; forward it may be the same, for the way back the replay left it there */
    const float *write, *precedence; /* w^w_t, p_{t-1} */
    const float *reads;              /* w^r_{t-1} (R, N) */
    float *backward, *forward;       /* L_t^T w and L_t w (R, N) */
} links_step;

/* For the backward pass. */
typedef struct {
    float *dlinks;                     /* of L_t on the way in, of L_{t-1} on the way out */
    const float *dbackward, *dforward; /* (R, N) */
    float *dreads;                     /* added to: of w^r_{t-1} (R, N) */
    float *dwrite, *dprecedence;       /* added to: of w^w_t and p_{t-1} */
} links_gradient;

/* Does function(..., at, rows) for the rows first ..< end of L, `most` at a time; most is a constant. */
#define FOR_LINK_ROWS(first, end, most, function, ...)                                                                 \
    do {                                                                                                               \
        ck_int at = first;                                                                                             \
        for (; at + (most) <= (end); at += (most)) {                                                                   \
            function(__VA_ARGS__, at, most);                                                                           \
        }                                                                                                              \
        for (; at < (end); at++) {                                                                                     \
            function(__VA_ARGS__, at, 1);                                                                              \
        }                                                                                                              \
    } while (0)

/* ---- forward ---- */

/* L_t of some rows from number `first` on. */
CK_INLINE void update_links(const rows_layout *l, const links_step *step, ck_int first, const int rows) {
    const ck_int n = l->row_pad;
    const float *write = step->write, *precedence = step->precedence, *before = step->before + first * n;
    float *after = step->after + first * n;
    float own[MOST_LINK_ROWS], kept[MOST_LINK_ROWS];
    for (int i = 0; i < rows; i++) {
        own[i] = write[first + i];
        kept[i] = 1.0f - own[i];
    }
    for (ck_int j = 0; j < n; j += CK_LANES) {
        ck_lanes w = *const_lanes_at(write, j), p = *const_lanes_at(precedence, j);
        for (int i = 0; i < rows; i++) {
            *lanes_at(after, i * n + j) = (kept[i] - w) * *const_lanes_at(before, i * n + j) + own[i] * p;
        }
    }
    for (int i = 0; i < rows; i++) {
        after[i * n + first + i] = 0.0f;
    }
}

/* What `count` heads from number `head` on find along some rows of L_t. */
CK_INLINE void multiply_links(const rows_layout *l, const links_step *step, ck_int first, const int rows, ck_int head,
                              const int count) {
    const ck_int n = l->row_pad;
    const float *links = step->after + first * n, *reads = step->reads + head * n;
    float *backward = step->backward + head * n;
    ck_lanes sums[ROWS_MOST * MOST_LINK_ROWS];
    float own[MOST_LINK_ROWS][ROWS_MOST];
    for (int i = 0; i < rows; i++) {
        for (int h = 0; h < count; h++) {
            sums[h * rows + i] = (ck_lanes){0};
            own[i][h] = reads[h * n + first + i];
        }
    }
    for (ck_int j = 0; j < n; j += CK_LANES) {
        ck_lanes x[MOST_LINK_ROWS];
        for (int i = 0; i < rows; i++) {
            x[i] = *const_lanes_at(links, i * n + j);
        }
        for (int h = 0; h < count; h++) {
            ck_lanes read = *const_lanes_at(reads, h * n + j), sum = *const_lanes_at(backward, h * n + j);
            for (int i = 0; i < rows; i++) {
                sums[h * rows + i] += x[i] * read;
                sum += x[i] * own[i][h];
            }
            *lanes_at(backward, h * n + j) = sum;
        }
    }
    float *forward = step->forward + head * n + first, all[ROWS_MOST * MOST_LINK_ROWS];
    lanes_sums(sums, count * rows, all);
    for (int h = 0; h < count; h++) {
        memcpy(forward + h * n, all + h * rows, (size_t)rows * sizeof(float));
    }
}

CK_INLINE void links_rows(const rows_layout *l, const links_step *step, ck_int first, const int rows) {
    update_links(l, step, first, rows);
    FOR_GROUPS(step->heads, multiply_links, l, step, first, rows);
}

/* L_t, and for each head what is found along it. */
CK_INLINE void links_forward(const ck_instruction_level level, const rows_layout *l, const links_step *step) {
    memset(step->backward, 0, (size_t)(step->heads * l->row_pad) * sizeof(float));
    FOR_LINK_ROWS(0, l->rows, link_rows(level), links_rows, l, step);
    for (ck_int h = 0; h < step->heads; h++) {
        set_padding(l, step->forward + h * l->row_pad, 0.0f);
    }
}

/* ---- backward ---- */

/* What `count` heads from number `head` on give some rows of L_t, and get from them. */
CK_INLINE void multiply_links_backward(const rows_layout *l, const links_step *step, const links_gradient *d,
                                       ck_int first, const int rows, ck_int head, const int count) {
    const ck_int n = l->row_pad;
    const float *links = step->after + first * n, *reads = step->reads + head * n;
    const float *dbackward = d->dbackward + head * n, *dforward = d->dforward + head * n;
    float *dlinks = d->dlinks + first * n, *dreads = d->dreads + head * n;
    ck_lanes sums[ROWS_MOST * MOST_LINK_ROWS];
    float own[MOST_LINK_ROWS][ROWS_MOST], down[MOST_LINK_ROWS][ROWS_MOST];
    for (int i = 0; i < rows; i++) {
        for (int h = 0; h < count; h++) {
            sums[h * rows + i] = (ck_lanes){0};
            own[i][h] = reads[h * n + first + i];
            down[i][h] = dforward[h * n + first + i];
        }
    }
    for (ck_int j = 0; j < n; j += CK_LANES) {
        ck_lanes x[MOST_LINK_ROWS], dx[MOST_LINK_ROWS];
        for (int i = 0; i < rows; i++) {
            x[i] = *const_lanes_at(links, i * n + j);
            dx[i] = *const_lanes_at(dlinks, i * n + j);
        }
        for (int h = 0; h < count; h++) {
            ck_lanes read = *const_lanes_at(reads, h * n + j), db = *const_lanes_at(dbackward, h * n + j);
            ck_lanes dread = *const_lanes_at(dreads, h * n + j);
            for (int i = 0; i < rows; i++) {
                dx[i] += own[i][h] * db;
                dx[i] += down[i][h] * read;
                sums[h * rows + i] += x[i] * db;
                dread += x[i] * down[i][h];
            }
            *lanes_at(dreads, h * n + j) = dread;
        }
        for (int i = 0; i < rows; i++) {
            *lanes_at(dlinks, i * n + j) = dx[i];
        }
    }
    float all[ROWS_MOST * MOST_LINK_ROWS];
    lanes_sums(sums, count * rows, all);
    for (int h = 0; h < count; h++) {
        for (int i = 0; i < rows; i++) {
            dreads[h * n + first + i] += all[h * rows + i];
        }
    }
}

/* Differentiates update_links for some rows. */
CK_INLINE void update_links_backward(const rows_layout *l, const links_step *step, const links_gradient *d,
                                     ck_int first, const int rows) {
    const ck_int n = l->row_pad;
    const float *write = step->write, *precedence = step->precedence, *before = step->before + first * n;
    float *dlinks = d->dlinks + first * n, *dwrite = d->dwrite, *dprecedence = d->dprecedence;
    ck_lanes sums[MOST_LINK_ROWS];
    float own[MOST_LINK_ROWS], kept[MOST_LINK_ROWS];
    for (int i = 0; i < rows; i++) {
        dlinks[i * n + first + i] = 0.0f;
        own[i] = write[first + i];
        kept[i] = 1.0f - own[i];
        sums[i] = (ck_lanes){0};
    }
    for (ck_int j = 0; j < n; j += CK_LANES) {
        ck_lanes w = *const_lanes_at(write, j), p = *const_lanes_at(precedence, j);
        ck_lanes dw = *const_lanes_at(dwrite, j), dp = *const_lanes_at(dprecedence, j);
        for (int i = 0; i < rows; i++) {
            ck_lanes x = *const_lanes_at(before, i * n + j), dx = *const_lanes_at(dlinks, i * n + j);
            sums[i] += dx * (p - x);
            dw -= dx * x;
            dp += dx * own[i];
            *lanes_at(dlinks, i * n + j) = dx * (kept[i] - w);
        }
        *lanes_at(dwrite, j) = dw;
        *lanes_at(dprecedence, j) = dp;
    }
    for (int i = 0; i < rows; i++) {
        dwrite[first + i] += lanes_sum(&sums[i]);
    }
}

CK_INLINE void links_rows_backward(const rows_layout *l, const links_step *step, const links_gradient *d, ck_int first,
                                   const int rows) {
    FOR_GROUPS(step->heads, multiply_links_backward, l, step, d, first, rows);
    update_links_backward(l, step, d, first, rows);
}

/* From what was found along L_t and from dlinks, to what they were made of. */
CK_INLINE void links_backward(const ck_instruction_level level, const rows_layout *l, const links_step *step,
                              const links_gradient *d) {
    FOR_LINK_ROWS(0, l->rows, link_rows_backward(level), links_rows_backward, l, step, d);
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
