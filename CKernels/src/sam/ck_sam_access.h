/* ck_sam_access.h: which rows of a sparse access memory are stored, and when they were accessed. */
#ifndef CK_SAM_ACCESS_H
#define CK_SAM_ACCESS_H

#include "ck_sam_internal.h"
#include "ck_sam_search.h"

/* ---- which rows are stored ---- */

/* Stores all rows below `end`, as they are at the start. */
CK_INLINE void store_rows(const sam_layout *l, const sam_element *e, ck_int end) {
    for (ck_int i = e->at->stored; i < end; i++) {
        float *row = e->rows + i * l->pad;
        for (ck_int c = 0; c < l->pad; c++) {
            row[c] = c < l->columns ? l->initial : 0.0f;
        }
        e->norms[i] = sam_norm(l, row);
        tile_row(l, e, i);
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

#endif
