/* ck_sam_internal.h: where everything of one episode of the sparse access memory is in its workspace.
 *
 * Each batch element has a block of its own. Row i is at place i, whatever N is: the touched rows are the first ones (see
 * ck_sam.h), and so there is no table of places. Rows are padded to whole vector registers with zeros. Behind the
 * touched rows K more are stored, as far as there are so many, so that a search need not know of untouched rows.
 *
 * With links each stored row has, for each head, the K_L rows that it was written after, with the links' weights, and the
 * K_L rows that were written after it; a link is in both. No list has gaps: -1 follows its last row. `marks` is 0 for
 * all rows but while a function uses it.
 *
 * The rows that were ever accessed form a list from the least recent to the most recent one; those of one step stand in
 * the order of their numbers. A row that was never accessed is in no list: the lowest one is found from `never`. */
#ifndef CK_SAM_INTERNAL_H
#define CK_SAM_INTERNAL_H

#include "ck_sam.h"
#include "ck_workspace.h"

/* The square below which a norm counts as 0. */
#define CK_SAM_SMALLEST_SQUARE 1e-30f

/* Sizes in floats, or in numbers of 32 bits; *_at are places in an element's block. */
typedef struct {
    ck_int rows, columns, heads, neighbors, links, batch;
    float threshold, initial;
    int has_tape;
    ck_int reads;     /* the most rows that a head reads: K, with links 3K */
    ck_int pad;       /* M in whole vectors */
    ck_int tile;      /* of the rows of one vector register, see ck_sam_search.h */
    ck_int stored;    /* the most rows that are stored */
    ck_int raw;       /* raw parameters of a head */
    ck_int interface; /* and of a step */
    ck_int record;    /* of a head in a step */
    ck_int log_norms; /* in a head's log of a step: room for a norm of each row, before the rows */
    ck_int log;       /* all of it */
    ck_int rows_at, norms_at, tiles_at, older_at, newer_at, stamps_at, records_at, log_at, drows_at, dweights_at,
        scratch_at;
    ck_int links_at, marks_at, precedence_at, dlinked_at, found_at; /* nothing there without links */
    ck_int block;
} sam_layout;

sam_layout ck_sam_layout_of(ck_sam_shape shape);

/* Says of a layout without links that it has none, so that code which is inlined after this leaves them out. */
CK_INLINE void sam_has_no_links(sam_layout *l) {
    l->links = 0;
    l->reads = l->neighbors;
}

/* What a batch element is at; at the start of its block. */
typedef struct {
    int32_t done;           /* steps done and not undone */
    int32_t touched;        /* rows written or read */
    int32_t stored;         /* rows that are stored */
    int32_t never;          /* no row below this one is without an access */
    int32_t oldest, newest; /* ends of the list; -1 while it is empty */
    int32_t is_nan;
    int32_t unused;
} sam_progress;

/* Stamps: the step of the last access, or one of these. */
enum { SAM_NEVER = -1, SAM_BEFORE = -2 /* the episode began */ };

/* The block of one batch element. */
typedef struct {
    sam_progress *at;
    float *rows, *norms;             /* (stored, pad) and (stored) */
    float *tiles;                    /* (stored / CK_LANES, M + 1, CK_LANES) */
    int32_t *older, *newer, *stamps; /* (stored) each: the list, and when a row was accessed */
    float *drows, *dweights;         /* gradients of the rows, and of w^R (P, reads) as the steps to come use it */
    float *scratch;                  /* SAM_VECTORS rows, and K floats more */
    float *links, *precedence;       /* the lists of all rows, and of each head's precedence */
    int32_t *marks;                  /* (stored) */
    float *dlinked;                  /* what reads along the links give w^R of the step before (P, reads) */
    int32_t *found;                  /* rows found along links, or written, with weights: see sam_found */
} sam_element;

CK_INLINE sam_element sam_element_at(const sam_layout *l, const void *workspace, ck_int b) {
    float *block = workspace_base(workspace) + b * l->block;
    return (sam_element){.at = (sam_progress *)block,
                         .rows = block + l->rows_at,
                         .norms = block + l->norms_at,
                         .tiles = block + l->tiles_at,
                         .older = (int32_t *)(block + l->older_at),
                         .newer = (int32_t *)(block + l->newer_at),
                         .stamps = (int32_t *)(block + l->stamps_at),
                         .drows = block + l->drows_at,
                         .dweights = block + l->dweights_at,
                         .scratch = block + l->scratch_at,
                         .links = block + l->links_at,
                         .precedence = block + l->precedence_at,
                         .marks = (int32_t *)(block + l->marks_at),
                         .dlinked = block + l->dlinked_at,
                         .found = (int32_t *)(block + l->found_at)};
}

/* What one head computed in one step. The rows read are the K neighbors, and with links those found backward, K places,
 * and forward, K more. A row found twice is at the first of its places, and others are -1. */
typedef struct {
    float *similarity; /* of the neighbors (K) */
    float *weights;    /* w^R of the rows read (reads) */
    float *scalars;
    int32_t *neighbors; /* the rows read (reads); -1 before the first step */
    int32_t *written;   /* U */
    /* With links; without them only content, which is weights. */
    float *content;     /* c of the neighbors (K) */
    float *modes;       /* pi: backward, content, forward */
    float *linked;      /* b of the rows found backward (K), then f of those found forward (K) */
    float *transitions; /* by these (2K): the links to them from the rows of the last read (reads) */
    int32_t *places;    /* of these rows among the rows read (2K), -1 where there are fewer */
} sam_record;

enum { SAM_STRENGTH, SAM_WRITE_GATE, SAM_INTERPOLATION_GATE, SAM_KEY_NORM, SAM_SCALARS };

/* Floats of a record. */
CK_INLINE ck_int sam_record_size(const sam_layout *l) {
    ck_int linked = 2 * l->neighbors, without_links = l->neighbors + 2 * l->reads + SAM_SCALARS + 1;
    return without_links + (l->links > 0 ? l->neighbors + 3 + linked * (2 + l->reads) : 0);
}

/* The record of a head of step t; t = -1 is what stood there before the first step. With a tape there is one for each
 * step and the one before, without one for even and odd steps. */
CK_INLINE sam_record sam_record_at(const sam_layout *l, const sam_element *e, ck_int t, ck_int head) {
    ck_int place = l->has_tape ? t + 1 : t & 1;
    float *at = (float *)e->at + l->records_at + (place * l->heads + head) * l->record;
    sam_record r = {.similarity = at, .weights = at + l->neighbors, .scalars = at + l->neighbors + l->reads};
    r.neighbors = (int32_t *)(r.scalars + SAM_SCALARS);
    r.written = r.neighbors + l->reads;
    r.content = l->links > 0 ? (float *)(r.written + 1) : r.weights;
    r.modes = r.content + l->neighbors;
    r.linked = r.modes + 3;
    r.transitions = r.linked + 2 * l->neighbors;
    r.places = (int32_t *)(r.transitions + 2 * l->neighbors * l->reads);
    return r;
}

/* What a head's write of step t found: norms of its rows, then these rows. Those of its last read come first, then row
 * U where it is none of them. */
CK_INLINE float *sam_log_at(const sam_layout *l, const sam_element *e, ck_int t, ck_int head) {
    return (float *)e->at + l->log_at + (t * l->heads + head) * l->log;
}

/* The links of a row of one head, as three lists of K_L. */
typedef struct {
    int32_t *before; /* the rows that this one was written after */
    float *weights;  /* of these links */
    int32_t *after;  /* the rows that were written after this one; the weights are in their lists */
} sam_links;

CK_INLINE sam_links sam_links_at(const sam_layout *l, const sam_element *e, ck_int head, ck_int i) {
    float *at = e->links + (i * l->heads + head) * 3 * l->links;
    return (sam_links){(int32_t *)at, at + l->links, (int32_t *)(at + 2 * l->links)};
}

/* A head's precedence: a list of K_L rows, and p of these. */
typedef struct {
    int32_t *rows;
    float *weights;
} sam_precedence;

CK_INLINE sam_precedence sam_precedence_at(const sam_layout *l, const sam_element *e, ck_int head) {
    float *at = e->precedence + head * 2 * l->links;
    return (sam_precedence){(int32_t *)at, at + l->links};
}

/* All heads' lists of row i become empty. */
CK_INLINE void sam_unlink(const sam_layout *l, const sam_element *e, ck_int i) {
    e->marks[i] = 0;
    for (ck_int head = 0; head < l->heads; head++) {
        sam_links at = sam_links_at(l, e, head, i);
        for (ck_int n = 0; n < l->links; n++) {
            at.before[n] = at.after[n] = -1;
        }
    }
}

/* Different rows with weights above 0. */
typedef struct {
    int32_t *rows;
    float *weights;
    ck_int count;
} sam_found;

/* The most rows that a write changes, or that the links lead to from the rows of a read. */
CK_INLINE ck_int sam_most_found(const sam_layout *l) { return l->reads * l->links + 1; }

CK_INLINE sam_found sam_found_at(const sam_layout *l, const sam_element *e) {
    return (sam_found){e->found, (float *)e->found + sam_most_found(l), 0};
}

/* Vectors of M floats that a thread works with. */
enum { SAM_KEY, SAM_ADD, SAM_READ, SAM_DKEY, SAM_DADD, SAM_VECTORS };

CK_INLINE float *sam_vector(const sam_layout *l, const sam_element *e, int which) {
    return e->scratch + which * l->pad;
}

/* Copies M floats into a vector, and clears its padding. */
CK_INLINE const float *sam_load(const sam_layout *l, const float *from, float *vector) {
    memcpy(vector, from, (size_t)l->columns * sizeof(float));
    for (ck_int c = l->columns; c < l->pad; c++) {
        vector[c] = 0.0f;
    }
    return vector;
}

/* x = 0, and x += factor y. */
CK_INLINE void sam_clear(const sam_layout *l, float *x) { memset(x, 0, (size_t)l->pad * sizeof(float)); }

CK_INLINE void sam_add(const sam_layout *l, float factor, const float *y, float *x) {
    FOR_LANES
    for (ck_int c = 0; c < l->pad; c++) {
        x[c] += factor * y[c];
    }
}

/* |x|, 0 where its square is below the smallest, NaN where it is NaN. */
CK_INLINE float sam_norm(const sam_layout *l, const float *x) {
    float square = lanes_array_dot(l->pad, x, x);
    return square < CK_SAM_SMALLEST_SQUARE ? 0.0f : __builtin_elementwise_sqrt(square);
}

/* Whether one of the first `heads` heads writes row i as its U in step t. */
CK_INLINE int sam_is_claimed(const sam_layout *l, const sam_element *e, ck_int t, ck_int heads, ck_int i) {
    for (ck_int head = 0; head < heads; head++) {
        if (*sam_record_at(l, e, t, head).written == i) return 1;
    }
    return 0;
}

/* The batch elements of a call are cut into one part per thread. A step costs about 0.1 ns for each number of the rows
 * that are searched, of which there may be as many as the steps before have touched. */
CK_INLINE ck_int sam_parts(const sam_layout *l, ck_span span) {
    ck_int count = span.end - span.first, steps = span.end_step - span.first_step;
    ck_int rows = ck_min(l->stored, span.end_step) + 10 * (l->reads + 1);
    return ck_worth_forking(steps * count * l->heads * rows * l->pad, CK_COST_COPY) ? ck_min(count, ck_max_threads())
                                                                                    : 1;
}

#endif
