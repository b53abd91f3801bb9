/* ck_sam_links.h: the temporal links of a sparse access memory: how writes change them, and what reads find along them. */
#ifndef CK_SAM_LINKS_H
#define CK_SAM_LINKS_H

#include <math.h>

#include "ck_math.h"
#include "ck_sam_internal.h"

/* ---- rows found ---- */

/* Adds a row with a weight above 0; other weights count as none. */
CK_INLINE void add_found(sam_found *found, ck_int i, float weight) {
    if (!(weight > 0.0f)) return;
    found->rows[found->count] = (int32_t)i;
    found->weights[found->count++] = weight;
}

/* The same, of a row that may be there: its weights are added. clear_marks must follow. */
CK_INLINE void merge_found(const sam_element *e, sam_found *found, ck_int i, float weight) {
    if (!(weight > 0.0f)) return;
    if (e->marks[i] > 0) {
        found->weights[e->marks[i] - 1] += weight;
    } else {
        add_found(found, i, weight);
        e->marks[i] = (int32_t)found->count;
    }
}

/* marks become the places of the rows, counted from 1. */
CK_INLINE void mark_found(const sam_element *e, const sam_found *found) {
    for (ck_int n = 0; n < found->count; n++) {
        e->marks[found->rows[n]] = (int32_t)n + 1;
    }
}

CK_INLINE void clear_marks(const sam_element *e, const sam_found *found) {
    for (ck_int n = 0; n < found->count; n++) {
        e->marks[found->rows[n]] = 0;
    }
}

/* ---- lists ---- */

/* The place of a row in a list of K_L, -1 where it is not there. */
CK_INLINE ck_int place_in(const sam_layout *l, const int32_t *rows, ck_int i) {
    for (ck_int n = 0; n < l->links && rows[n] >= 0; n++) {
        if (rows[n] == i) return n;
    }
    return -1;
}

CK_INLINE ck_int count_in(const sam_layout *l, const int32_t *rows) {
    ck_int count = 0;
    while (count < l->links && rows[count] >= 0) {
        count++;
    }
    return count;
}

/* Removes an entry; the last one takes its place. weights may be NULL. */
CK_INLINE void remove_from(const sam_layout *l, int32_t *rows, float *weights, ck_int place) {
    ck_int last = count_in(l, rows) - 1;
    rows[place] = rows[last];
    rows[last] = -1;
    if (weights) weights[place] = weights[last];
}

/* Whether a weight goes before another one: the larger, and of equal ones that of the lower row. */
CK_INLINE int is_stronger(float weight, ck_int i, float other_weight, ck_int other) {
    return weight > other_weight || (weight == other_weight && i < other);
}

/* Puts a row that is not there into a list, in place of the weakest one where the list is full and that is weaker.
 * Returns the row that is left out, -1 where none is. */
CK_INLINE int32_t insert_strongest(const sam_layout *l, int32_t *rows, float *weights, ck_int i, float weight) {
    ck_int place = count_in(l, rows);
    int32_t left_out = -1;
    if (place == l->links) {
        place = 0;
        for (ck_int n = 1; n < l->links; n++) {
            if (is_stronger(weights[place], rows[place], weights[n], rows[n])) place = n;
        }
        if (!is_stronger(weight, i, weights[place], rows[place])) return (int32_t)i;
        left_out = rows[place];
    }
    rows[place] = (int32_t)i;
    weights[place] = weight;
    return left_out;
}

/* ---- links ---- */

/* The weight of the link to row i from row j, 0 where there is none. */
CK_INLINE float link_weight(const sam_layout *l, const sam_element *e, ck_int head, ck_int i, ck_int j) {
    sam_links at = sam_links_at(l, e, head, i);
    ck_int place = place_in(l, at.before, j);
    return place < 0 ? 0.0f : at.weights[place];
}

/* Removes the link to row i from row j from the list of i, and from that of j if it is there. */
CK_INLINE void remove_link(const sam_layout *l, const sam_element *e, ck_int head, ck_int i, ck_int j) {
    sam_links to = sam_links_at(l, e, head, i), from = sam_links_at(l, e, head, j);
    ck_int place = place_in(l, to.before, j);
    if (place >= 0) remove_from(l, to.before, to.weights, place);
    place = place_in(l, from.after, i);
    if (place >= 0) remove_from(l, from.after, NULL, place);
}

/* L[i, j] <- (1 - w(i) - w(j)) L[i, j] for all links of the rows written, which are marked. */
CK_INLINE void fade_links(const sam_layout *l, const sam_element *e, ck_int head, const sam_found *written) {
    for (ck_int n = 0; n < written->count; n++) {
        ck_int i = written->rows[n];
        sam_links at = sam_links_at(l, e, head, i);
        const float kept = 1.0f - written->weights[n];
        /* From the last entry on, since what is removed is replaced by the last one. */
        for (ck_int place = count_in(l, at.after) - 1; place >= 0; place--) {
            ck_int k = at.after[place];
            if (e->marks[k] > 0) continue; /* its own turn comes */
            sam_links later = sam_links_at(l, e, head, k);
            float *weight = later.weights + place_in(l, later.before, i);
            *weight *= kept;
            if (!(*weight > 0.0f)) remove_link(l, e, head, k, i);
        }
        for (ck_int place = count_in(l, at.before) - 1; place >= 0; place--) {
            ck_int j = at.before[place];
            at.weights[place] *= e->marks[j] > 0 ? kept - written->weights[e->marks[j] - 1] : kept;
            if (!(at.weights[place] > 0.0f)) remove_link(l, e, head, i, j);
        }
    }
}

/* Column j gets the links to the rows written from row j that it does not have, and keeps its K_L strongest. */
CK_INLINE void keep_column(const sam_layout *l, const sam_element *e, ck_int head, ck_int j, const sam_found *written) {
    int32_t *after = sam_links_at(l, e, head, j).after;
    for (ck_int n = 0; n < written->count; n++) {
        ck_int i = written->rows[n], place = count_in(l, after);
        float weight = link_weight(l, e, head, i, j);
        if (!(weight > 0.0f) || place_in(l, after, i) >= 0) continue;
        if (place == l->links) {
            float weakest = INFINITY;
            for (ck_int m = 0; m < l->links; m++) {
                float other = link_weight(l, e, head, after[m], j);
                if (m == 0 || is_stronger(weakest, after[place], other, after[m])) place = m, weakest = other;
            }
            if (!is_stronger(weight, i, weakest, after[place])) {
                remove_link(l, e, head, i, j);
                continue;
            }
            remove_link(l, e, head, after[place], j);
            place = l->links - 1;
        }
        after[place] = (int32_t)i;
    }
}

/* L[i, j] <- L[i, j] + w(i) p(j): rows keep their K_L strongest links, and then columns theirs. */
CK_INLINE void add_links(const sam_layout *l, const sam_element *e, ck_int head, const sam_found *written) {
    const sam_precedence p = sam_precedence_at(l, e, head);
    const ck_int count = count_in(l, p.rows);
    for (ck_int n = 0; n < written->count; n++) {
        ck_int i = written->rows[n];
        sam_links at = sam_links_at(l, e, head, i);
        for (ck_int m = 0; m < count; m++) {
            ck_int place = place_in(l, at.before, p.rows[m]);
            if (place >= 0) at.weights[place] += written->weights[n] * p.weights[m];
        }
        for (ck_int m = 0; m < count; m++) {
            ck_int j = p.rows[m];
            float weight = written->weights[n] * p.weights[m];
            if (i == j || !(weight > 0.0f) || place_in(l, at.before, j) >= 0) continue;
            int32_t left_out = insert_strongest(l, at.before, at.weights, j, weight);
            if (left_out < 0 || left_out == j) continue;
            int32_t *after = sam_links_at(l, e, head, left_out).after;
            ck_int place = place_in(l, after, i);
            if (place >= 0) remove_from(l, after, NULL, place);
        }
    }
    for (ck_int m = 0; m < count; m++) {
        keep_column(l, e, head, p.rows[m], written);
    }
}

/* p <- (1 - sum w) p + w, of which the K_L largest are kept. */
CK_INLINE void update_precedence(const sam_layout *l, const sam_element *e, ck_int head, const sam_found *written) {
    sam_precedence p = sam_precedence_at(l, e, head);
    float kept = 1.0f;
    for (ck_int n = 0; n < written->count; n++) {
        kept -= written->weights[n];
    }
    for (ck_int m = count_in(l, p.rows) - 1; m >= 0; m--) {
        ck_int place = e->marks[p.rows[m]] - 1;
        p.weights[m] *= kept;
        if (place >= 0) p.weights[m] += written->weights[place];
        if (!(p.weights[m] > 0.0f)) remove_from(l, p.rows, p.weights, m);
    }
    for (ck_int n = 0; n < written->count; n++) {
        if (place_in(l, p.rows, written->rows[n]) < 0) {
            insert_strongest(l, p.rows, p.weights, written->rows[n], written->weights[n]);
        }
    }
}

/* What a head's write does to its links; `written` are the rows of weights above 0. */
CK_INLINE void link_rows(const sam_layout *l, const sam_element *e, ck_int head, const sam_found *written) {
    mark_found(e, written);
    fade_links(l, e, head, written);
    add_links(l, e, head, written);
    update_precedence(l, e, head, written);
    clear_marks(e, written);
}

/* ---- reads ---- */

/* The softmax of a head's three modes. */
CK_INLINE void read_modes(const float *raw, float *modes) {
    float largest = raw[0], sum = 0.0f;
    for (int mode = 1; mode < 3; mode++) {
        largest = raw[mode] > largest ? raw[mode] : largest;
    }
    for (int mode = 0; mode < 3; mode++) {
        modes[mode] = ck_expf(raw[mode] - largest);
        sum += modes[mode];
    }
    for (int mode = 0; mode < 3; mode++) {
        modes[mode] /= sum;
    }
}

/* All that the links lead to from the rows of the last read: b, or f. */
CK_INLINE void find_linked(const sam_layout *l, const sam_element *e, ck_int head, int is_forward,
                           const sam_record *last, sam_found *found) {
    for (ck_int s = 0; s < l->reads; s++) {
        float weight = last->weights[s];
        if (last->neighbors[s] < 0 || !(weight > 0.0f)) continue;
        sam_links at = sam_links_at(l, e, head, last->neighbors[s]);
        const int32_t *rows = is_forward ? at.after : at.before;
        for (ck_int n = 0; n < l->links && rows[n] >= 0; n++) {
            float link = is_forward ? link_weight(l, e, head, rows[n], last->neighbors[s]) : at.weights[n];
            merge_found(e, found, rows[n], weight * link);
        }
    }
    clear_marks(e, found);
}

/* Keeps the K rows of the largest weights, the largest first, and of equal ones the lowest; -1 and 0 where there are
 * fewer. */
CK_INLINE void keep_strongest(const sam_layout *l, const sam_found *found, int32_t *rows, float *weights) {
    ck_int count = 0;
    for (ck_int n = 0; n < found->count; n++) {
        ck_int place = count < l->neighbors ? count++ : l->neighbors;
        for (; place > 0; place--) {
            if (!is_stronger(found->weights[n], found->rows[n], weights[place - 1], rows[place - 1])) break;
            if (place == l->neighbors) continue;
            rows[place] = rows[place - 1];
            weights[place] = weights[place - 1];
        }
        if (place == l->neighbors) continue;
        rows[place] = found->rows[n];
        weights[place] = found->weights[n];
    }
    for (; count < l->neighbors; count++) {
        rows[count] = -1;
        weights[count] = 0.0f;
    }
}

/* The links to the rows found, from those of the last read, for the way back. */
CK_INLINE void note_transitions(const sam_layout *l, const sam_element *e, ck_int head, int is_forward,
                                const sam_record *last, const int32_t *rows, float *transitions) {
    for (ck_int k = 0; k < l->neighbors && rows[k] >= 0; k++) {
        for (ck_int s = 0; s < l->reads; s++) {
            ck_int from = last->neighbors[s];
            float link = 0.0f;
            if (from >= 0) {
                link = is_forward ? link_weight(l, e, head, rows[k], from) : link_weight(l, e, head, from, rows[k]);
            }
            transitions[k * l->reads + s] = link;
        }
    }
}

/* w^R = pi[0] b + pi[1] c + pi[2] f: what is found along the links joins the neighbors, whose content weights are there. */
CK_INLINE void follow_links(const sam_layout *l, const sam_element *e, ck_int head, const float *raw,
                            const sam_record *last, const sam_record *r) {
    read_modes(raw, r->modes);
    for (int direction = 0; direction < 2; direction++) {
        ck_int first = direction * l->neighbors;
        sam_found found = sam_found_at(l, e);
        find_linked(l, e, head, direction, last, &found);
        keep_strongest(l, &found, r->places + first, r->linked + first);
        if (l->has_tape) {
            note_transitions(l, e, head, direction, last, r->places + first, r->transitions + first * l->reads);
        }
    }
    for (ck_int j = 0; j < l->reads; j++) {
        r->weights[j] = j < l->neighbors ? r->modes[1] * r->content[j] : 0.0f;
        if (j >= l->neighbors) r->neighbors[j] = -1;
        if (j < l->neighbors) e->marks[r->neighbors[j]] = (int32_t)j + 1;
    }
    for (ck_int k = 0; k < 2 * l->neighbors; k++) {
        int32_t i = r->places[k];
        if (i < 0) continue;
        ck_int place = e->marks[i] > 0 ? e->marks[i] - 1 : l->neighbors + k;
        e->marks[i] = (int32_t)place + 1;
        r->neighbors[place] = i;
        r->places[k] = (int32_t)place;
        r->weights[place] += r->modes[k < l->neighbors ? 0 : 2] * r->linked[k];
    }
    for (ck_int j = 0; j < l->reads; j++) {
        if (r->neighbors[j] >= 0) e->marks[r->neighbors[j]] = 0;
    }
}

/* A record of NaN. */
CK_INLINE void forget_links_followed(const sam_layout *l, const sam_record *r) {
    for (int mode = 0; mode < 3; mode++) {
        r->modes[mode] = NAN;
    }
    for (ck_int k = 0; k < 2 * l->neighbors; k++) {
        r->places[k] = -1;
        r->linked[k] = NAN;
    }
}

#endif
