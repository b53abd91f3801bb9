/* ck_workspace.h: how a kernel divides a workspace that the caller allocates: places are counted in floats from the
 * first whole vector in it, and each begins with a whole vector. */
#ifndef CK_WORKSPACE_H
#define CK_WORKSPACE_H

#include "ck_lanes.h"

/* Counts of floats stop here: more fit into no memory, and so their sums do not overflow. */
#define CK_MOST_FLOATS (PTRDIFF_MAX / 16)

CK_INLINE ck_int workspace_times(ck_int a, ck_int b) {
    ck_int product;
    return __builtin_mul_overflow(a, b, &product) ? CK_MOST_FLOATS : ck_min(product, CK_MOST_FLOATS);
}

/* n floats in whole vectors. */
CK_INLINE ck_int lanes_round_up(ck_int n) { return ck_blocks(n, CK_LANES) * CK_LANES; }

/* Takes `count` times `size` floats, in whole vectors, from a workspace that ends at *end so far; returns where. */
CK_INLINE ck_int workspace_take(ck_int *end, ck_int count, ck_int size) {
    ck_int at = *end;
    *end += lanes_round_up(workspace_times(count, size));
    return at;
}

/* Takes `count` floats from a part of a workspace of which *at is what is left; returns where they start. */
CK_INLINE float *take_floats(float **at, ck_int count) {
    float *start = *at;
    *at += count;
    return start;
}

/* The workspace starts at the next multiple of a vector's size: the caller promises 16 bytes only. */
CK_INLINE float *workspace_base(const void *workspace) {
    uintptr_t unit = sizeof(ck_lanes);
    return (float *)(((uintptr_t)workspace + unit - 1) / unit * unit);
}

/* Bytes that the caller must allocate for so many floats; 0 where they cannot be counted. */
CK_INLINE size_t workspace_bytes(ck_int floats) {
    return floats < CK_MOST_FLOATS ? (size_t)floats * sizeof(float) + sizeof(ck_lanes) : 0;
}

#endif
