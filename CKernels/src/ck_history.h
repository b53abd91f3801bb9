/* ck_history.h: the states that a memory goes through in an episode, of which few are kept; the rest are made again.
 *
 * A memory makes moves: move i takes state i to state i + 1. A state is a block of floats, alike for all batch elements.
 * The states that segments start with, one every `segment` moves, are kept. The states inside a segment have one place,
 * which all segments share: the forward pass leaves those of the last segment there. Before the backward pass undoes
 * moves of a segment that is not at hand, the memory replays the moves history_first up to history_end, from whatever
 * of them it keeps. These are the forward pass's own moves and give its own bits.
 *
 * With segment = 0 there is one state, which moves change in place.
 *
 * A memory takes room for B times `kept` blocks at kept_at, and for B times `inner` blocks at inner_at. */
#ifndef CK_HISTORY_H
#define CK_HISTORY_H

#include "ck_internal.h"

typedef struct {
    ck_int segment;           /* moves in a segment */
    ck_int block;             /* floats of a state */
    ck_int kept, inner;       /* states of one batch element: kept ones, and those inside a segment */
    ck_int kept_at, inner_at; /* places in the workspace; for the memory to set */
} history;

/* How far one batch element is. */
typedef struct {
    int64_t done;    /* steps done and not undone */
    int64_t segment; /* the segment whose inner states are at hand */
} history_progress;

/* Of an episode of at most `moves` moves. */
CK_INLINE history history_of(ck_int moves, ck_int segment, ck_int block) {
    return (history){.segment = segment,
                     .block = block,
                     .kept = segment > 0 ? moves / segment + 1 : 1,
                     .inner = segment > 0 ? segment - 1 : 0};
}

/* The segment of a move, and of the state that it starts from. */
CK_INLINE ck_int history_segment_of(const history *h, ck_int move) { return h->segment > 0 ? move / h->segment : 0; }

/* State number `state` of batch element b; inside a segment, only of the one that is at hand. */
CK_INLINE float *history_state_at(const history *h, float *base, ck_int b, ck_int state) {
    ck_int segment = history_segment_of(h, state);
    ck_int inside = h->segment > 0 ? state - segment * h->segment : 0;
    return inside > 0 ? base + h->inner_at + (b * h->inner + inside - 1) * h->block
                      : base + h->kept_at + (b * h->kept + segment) * h->block;
}

/* The moves that make a segment's inner states. The one that leads to the next kept state need not be made again. */
CK_INLINE ck_int history_first(const history *h, ck_int segment) { return segment * h->segment; }
CK_INLINE ck_int history_end(const history *h, ck_int segment) { return segment * h->segment + h->inner; }

#endif
