/* ck_window_internal.h: the live window of one batch element, and where it is in the workspace. */
#ifndef CK_WINDOW_INTERNAL_H
#define CK_WINDOW_INTERNAL_H

#include "ck_internal.h"
#include "ck_window.h"

/* What one pop did, as far as undoing it needs. */
typedef struct {
    int32_t popped;         /* entries taken whole, the last ones in the log */
    int32_t dropped;        /* entries of strength 0 that left at the other end, logged after them */
    int32_t is_partial;     /* whether the entry then at the end lost a part of its strength */
    float partial_strength; /* what that entry had before */
} pop_record;

typedef struct {
    int32_t push; /* which push: step * E + end */
    float strength;
    float gradient; /* dL/dstrength, in the backward pass */
} entry;

typedef struct {
    int32_t push;
    float strength;
} logged_entry;

typedef struct {
    ck_int low, high; /* the window is low ..< high; high - 1 is the top */
    ck_int logged;
    ck_int nan_from; /* the first step with a strength that is not finite; no_nan without one */
} window_bounds;

static const ck_int no_nan = PTRDIFF_MAX;

/* The window of one batch element. */
typedef struct {
    window_bounds *home;  /* where the bounds are between steps */
    window_bounds bounds; /* and during one */
    float sum;            /* of the strengths since then: none is below 0, so it tells whether all are finite */
    pop_record *pops;     /* (T, E) */
    entry *entries;       /* by position */
    logged_entry *log;    /* entries popped whole, in order */
} window;

/* The rows of a (T, B, E, M) array that belong to one batch element. */
typedef struct {
    ck_int ends, batch, width, b;
} row_layout;

CK_INLINE ck_int row_offset(row_layout at, int32_t push) {
    ck_int step = at.ends == 2 ? push >> 1 : push;
    ck_int end = at.ends == 2 ? push & 1 : 0;
    return ((step * at.batch + at.b) * at.ends + end) * at.width;
}

CK_INLINE ck_int ends_of(ck_window_kind kind) { return kind == CK_DEQUE ? 2 : 1; }

/* Bytes of one batch element's block, a multiple of 16. */
CK_INLINE size_t block_size(ck_window_shape shape) {
    size_t entries = (size_t)shape.steps * (size_t)ends_of(shape.kind);
    size_t bytes = sizeof(window_bounds) + entries * (sizeof(pop_record) + sizeof(entry) + sizeof(logged_entry));
    return (bytes + 15) & ~(size_t)15;
}

CK_INLINE window window_at(ck_window_shape shape, void *workspace, ck_int b) {
    ck_int entries = shape.steps * ends_of(shape.kind);
    window w;
    w.home = (window_bounds *)((char *)workspace + (size_t)b * block_size(shape));
    w.bounds = *w.home;
    w.sum = 0;
    w.pops = (pop_record *)(w.home + 1);
    w.entries = (entry *)(w.pops + entries);
    w.log = (logged_entry *)(w.entries + entries);
    return w;
}

#endif
