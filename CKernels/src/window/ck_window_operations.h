/* ck_window_operations.h: pop, push and read of a live window, and their undoing. `top`, which says at which end, is a
 * constant wherever they are inlined. */
#ifndef CK_WINDOW_OPERATIONS_H
#define CK_WINDOW_OPERATIONS_H

#include "ck_window_internal.h"

/* ---- forward ---- */

CK_INLINE ck_int end_position(const window *w, int top) { return top ? w->bounds.high - 1 : w->bounds.low; }

/* The position beyond the last entry, seen from an end. */
CK_INLINE ck_int past_position(const window *w, int top) { return top ? w->bounds.low - 1 : w->bounds.high; }

CK_INLINE int is_empty(const window *w) { return w->bounds.low >= w->bounds.high; }

/* Takes the entry at one end out of the window and logs it. */
CK_INLINE void take(window *w, int top) {
    entry *e = &w->entries[top ? --w->bounds.high : w->bounds.low++];
    w->log[w->bounds.logged++] = (logged_entry){e->push, e->strength};
}

/* s[i] = max(0, s[i] - max(0, u - sum of the strengths between i and the end)). */
CK_INLINE void pop(window *w, int top, float u, pop_record *record) {
    double rest = u;
    int32_t popped = 0;
    while (!is_empty(w)) {
        float s = w->entries[end_position(w, top)].strength;
        if (!(s <= rest)) break;
        rest -= s;
        take(w, top);
        popped++;
    }
    record->popped = popped;
    record->dropped = 0;
    record->is_partial = rest > 0 && !is_empty(w);
    if (record->is_partial) {
        float *s = &w->entries[end_position(w, top)].strength;
        record->partial_strength = *s;
        *s = (float)(*s - rest);
    }
}

/* An entry pushed with strength 0 at the end that the first pop does not reach: max(0, 0) has derivative 0, so from
 * this step on it counts for nothing. (At the near end the pop itself takes it.) */
CK_INLINE void drop_zeros(window *w, int top, pop_record *record) {
    while (!is_empty(w) && w->entries[end_position(w, top)].strength == 0) {
        take(w, top);
        record->dropped++;
    }
}

CK_INLINE void push(window *w, int top, ck_int number, float d) {
    ck_int at = top ? w->bounds.high++ : --w->bounds.low;
    w->entries[at].push = (int32_t)number;
    w->entries[at].strength = d;
}

/* r = weight v + 0, or r += weight v. Adding 0 turns the -0 of a negative v with weight 0 into 0. */
CK_INLINE void add_row(ck_int width, int is_first, float weight, const float *restrict v, float *restrict r) {
    if (is_first) {
        for (ck_int m = 0; m < width; m++) r[m] = weight * v[m] + 0.0f;
    } else {
        for (ck_int m = 0; m < width; m++) r[m] += weight * v[m];
    }
}

/* r = sum_i min(s[i], max(0, 1 - sum of the strengths between i and the end)) V[i]. The window holds at least the entry
 * just pushed, and the first entry of a read always has its weight: r needs no zeros. */
CK_INLINE void read(const window *w, int top, row_layout layout, const float *values, float *restrict r) {
    ck_int step = top ? -1 : 1;
    ck_int first = end_position(w, top), past = past_position(w, top);
    double rest = 1;
    for (ck_int at = first; at != past; at += step) {
        float s = w->entries[at].strength;
        int is_whole = s <= rest;
        if (!is_whole && !(rest > 0)) return;
        float weight = is_whole ? s : (float)rest;
        add_row(layout.width, at == first, weight, values + row_offset(layout, w->entries[at].push), r);
        if (!is_whole) return;
        rest -= s;
    }
}

/* ---- backward ---- */

/* dv += weight * dr; returns v . dr. */
CK_INLINE float read_row_backward(ck_int width, float weight, const float *restrict v, const float *restrict dr,
                                  float *restrict dv) {
#pragma clang fp reassociate(on)
    float product = 0;
    for (ck_int m = 0; m < width; m++) {
        product += v[m] * dr[m];
        dv[m] += weight * dr[m];
    }
    return product;
}

CK_INLINE void read_backward(window *w, int top, row_layout layout, const float *values, const float *dr,
                             float *dvalues) {
    ck_int step = top ? -1 : 1;
    ck_int first = end_position(w, top), past = past_position(w, top);
    ck_int at;
    double rest = 1;
    for (at = first; at != past; at += step) {
        entry *e = &w->entries[at];
        int is_whole = e->strength <= rest;
        if (!is_whole && !(rest > 0)) break; /* max(0, 0): no gradient, and none deeper */
        float weight = is_whole ? e->strength : (float)rest;
        ck_int offset = row_offset(layout, e->push);
        float product = read_row_backward(layout.width, weight, values + offset, dr, dvalues + offset);
        if (is_whole) {
            e->gradient += product;
            rest -= e->strength;
            continue;
        }
        /* The boundary entry's weight is 1 minus the strengths between it and the end. */
        for (ck_int j = first; j != at; j += step) w->entries[j].gradient -= product;
        break;
    }
    /* But for an entry of strength 0: min(0, 0) is its strength by the tie rule, however full the read. Only the one
     * just pushed at the far end can be such; older ones have been dropped. */
    entry *far = &w->entries[end_position(w, !top)];
    if (at != past && far->strength == 0) {
        ck_int offset = row_offset(layout, far->push);
        far->gradient += read_row_backward(layout.width, 0, values + offset, dr, dvalues + offset);
    }
}

/* Undoes a push; returns dL/dd. */
CK_INLINE float push_backward(window *w, int top) {
    ck_int at = top ? --w->bounds.high : w->bounds.low++;
    return w->entries[at].gradient;
}

CK_INLINE void zero_row(float *row, ck_int width) {
    for (ck_int m = 0; m < width; m++) row[m] = 0;
}

/* Puts the last logged entry back at one end, with a gradient, and zeroes its row of dvalues. */
CK_INLINE void put_back(window *w, int top, float gradient, row_layout layout, float *dvalues) {
    logged_entry last = w->log[--w->bounds.logged];
    ck_int at = top ? w->bounds.high++ : --w->bounds.low;
    w->entries[at] = (entry){last.push, last.strength, gradient};
    zero_row(dvalues + row_offset(layout, last.push), layout.width);
}

/* Undoes a pop; returns dL/du. The partial entry kept s - u + (sum of the popped); nothing else depends on u, nor on
 * the popped strengths. */
CK_INLINE float pop_backward(window *w, int top, const pop_record *record, row_layout layout, float *dvalues) {
    float gradient = 0;
    for (int32_t n = 0; n < record->dropped; n++) put_back(w, !top, 0, layout, dvalues);
    if (record->is_partial) {
        entry *e = &w->entries[end_position(w, top)];
        e->strength = record->partial_strength;
        gradient = e->gradient;
    }
    for (int32_t n = 0; n < record->popped; n++) put_back(w, top, gradient, layout, dvalues);
    return -gradient;
}

#endif
