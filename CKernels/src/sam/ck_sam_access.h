/* ck_sam_access.h: which rows of a sparse access memory are stored, when they were accessed, and which are nearest to a
 * key. */
#ifndef CK_SAM_ACCESS_H
#define CK_SAM_ACCESS_H

#include <math.h>

#include "ck_sam_internal.h"

/* ---- which rows are stored ---- */

/* Stores all rows below `end`, as they are at the start. */
CK_INLINE void store_rows(const sam_layout *l, const sam_element *e, ck_int end) {
    for (ck_int i = e->at->stored; i < end; i++) {
        float *row = e->rows + i * l->pad;
        for (ck_int c = 0; c < l->pad; c++) {
            row[c] = c < l->columns ? l->initial : 0.0f;
        }
        e->norms[i] = sam_norm(l, row);
        e->stamps[i] = SAM_NEVER;
        if (l->links > 0) sam_unlink(l, e, i);
        e->at->stored = (int32_t)i + 1;
    }
}

/* Row i counts as touched; at least K rows behind the touched ones are stored, or all. */
CK_INLINE void touch_row(const sam_layout *l, const sam_element *e, ck_int i) {
    if (i >= e->at->touched) e->at->touched = (int32_t)i + 1;
    store_rows(l, e, ck_min(l->rows, e->at->touched + l->neighbors));
}

/* ---- when they were accessed ---- */

/* Notes an access to row i in step t: it goes to the end of the list, among the rows of the same step to its place. */
CK_INLINE void access_row(const sam_element *e, ck_int i, ck_int t) {
    sam_progress *at = e->at;
    if (e->stamps[i] == t) return;
    if (e->stamps[i] != SAM_NEVER) {
        int32_t older = e->older[i], newer = e->newer[i];
        if (older >= 0) {
            e->newer[older] = newer;
        } else {
            at->oldest = newer;
        }
        if (newer >= 0) {
            e->older[newer] = older;
        } else {
            at->newest = older;
        }
    }
    int32_t before = at->newest, after = -1;
    while (before > i && e->stamps[before] == t) {
        after = before;
        before = e->older[before];
    }
    e->stamps[i] = (int32_t)t;
    e->older[i] = before;
    e->newer[i] = after;
    if (before >= 0) {
        e->newer[before] = (int32_t)i;
    } else {
        at->oldest = (int32_t)i;
    }
    if (after >= 0) {
        e->older[after] = (int32_t)i;
    } else {
        at->newest = (int32_t)i;
    }
}

/* U of a head in step t: the row least recently accessed that no head before it claims. */
CK_INLINE ck_int least_recent_row(const sam_layout *l, const sam_element *e, ck_int t, ck_int head) {
    sam_progress *at = e->at;
    while (at->never < at->touched && e->stamps[at->never] != SAM_NEVER) {
        at->never++;
    }
    ck_int i = at->never;
    while (i < at->touched && (e->stamps[i] != SAM_NEVER || sam_is_claimed(l, e, t, head, i))) {
        i++;
    }
    if (i < l->rows) return i;
    for (i = at->oldest; sam_is_claimed(l, e, t, head, i);) {
        i = e->newer[i];
    }
    return i;
}

/* ---- which are nearest ---- */

/* The cosines of a key with 16 rows from row `first` on. */
CK_INLINE void block_similarities(const sam_element *e, ck_int pad, const float *key, float key_norm, ck_int first,
                                  ck_lanes *similarities) {
    float products[CK_LANES];
    const float *row = e->rows + first * pad;
    ck_lanes sums[CK_LANES];
    for (int r = 0; r < CK_LANES; r++) {
        sums[r] = *const_lanes_at(key, 0) * *const_lanes_at(row, r * pad);
        for (ck_int c = CK_LANES; c < pad; c += CK_LANES) {
            sums[r] += *const_lanes_at(key, c) * *const_lanes_at(row, r * pad + c);
        }
    }
    lanes_sum_sixteen(sums, products);
    ck_lanes norms = *const_lanes_at(e->norms, first) * key_norm;
    ck_lanes_mask is_zero = norms <= 0.0f;
    memcpy(similarities, products, sizeof products);
    *similarities /= norms;
    lanes_clear(similarities, &is_zero);
}

/* Puts a row among the nearest, behind those that are as near: their numbers are lower. */
CK_INLINE void insert_neighbor(ck_int count, float similarity, ck_int i, const sam_record *r) {
    ck_int place = count - 1;
    for (; place > 0 && r->similarity[place - 1] < similarity; place--) {
        r->similarity[place] = r->similarity[place - 1];
        r->neighbors[place] = r->neighbors[place - 1];
    }
    r->similarity[place] = similarity;
    r->neighbors[place] = (int32_t)i;
}

/* Finds the K stored rows nearest to a key. Returns whether any cosine is NaN; then the neighbors mean nothing. `pad` is
 * that of the layout, a constant where it is a usual one. */
CK_INLINE int find_neighbors(const sam_layout *l, const sam_element *e, ck_int pad, const float *key, float key_norm,
                             const sam_record *r) {
    ck_int stored = e->at->stored, count = l->neighbors;
    for (ck_int j = 0; j < count; j++) {
        r->similarity[j] = -INFINITY;
    }
    ck_lanes_mask any_nan = {0};
    float least = -INFINITY;
    for (ck_int first = 0; first < stored; first += CK_LANES) {
        ck_lanes similarities;
        block_similarities(e, pad, key, key_norm, first, &similarities);
        for (ck_int i = stored - first; i < CK_LANES; i++) {
            similarities[i] = -INFINITY;
        }
        any_nan |= similarities != similarities;
        if (!__builtin_reduce_or(similarities > least)) continue;
        float each[CK_LANES];
        memcpy(each, &similarities, sizeof each);
        for (ck_int i = 0; i < CK_LANES; i++) {
            if (each[i] > least) {
                insert_neighbor(count, each[i], first + i, r);
                least = r->similarity[count - 1];
            }
        }
    }
    return __builtin_reduce_or(any_nan) != 0;
}

#endif
