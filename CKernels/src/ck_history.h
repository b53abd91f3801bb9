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
 * Where states are large, a forward pass may go through those inside a segment in one place too, that of the first of them
 * (history_passing_at): so they stay in the cache. All segments but the episode's last are then replayed. In the last one
 * it goes through the states' own places.
 *
 * A memory takes room for B times `kept` blocks at kept_at, and for B times `inner` blocks at inner_at. */
#ifndef CK_HISTORY_H
#define CK_HISTORY_H

#include "ck_internal.h"

typedef struct {
    ck_int segment;           /* moves in a segment */
    ck_int last;              /* the segment of the episode's last move */
    ck_int block;             /* floats of a state */
    ck_int kept, inner;       /* states of one batch element: kept ones, and those inside a segment */
    ck_int kept_at, inner_at; /* places in the workspace; for the memory to set */
} history;

/* How far one batch element is. */
typedef struct {
    int64_t done;    /* steps done and not undone */
    int64_t segment; /* the segment whose inner states are at hand; -1 for none */
} history_progress;

/* Of an episode of at most `moves` moves. */
CK_INLINE history history_of(ck_int moves, ck_int segment, ck_int block) {
    return (history){.segment = segment,
                     .last = segment > 0 ? (moves - 1) / segment : 0,
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

/* Where a forward pass that changes states in place has state number `state`. */
CK_INLINE float *history_passing_at(const history *h, float *base, ck_int b, ck_int state) {
    ck_int segment = history_segment_of(h, state), first = segment * h->segment;
    return history_state_at(h, base, b, segment < h->last ? ck_min(state, first + 1) : state);
}

/* How far such a pass is after `done` moves. */
CK_INLINE history_progress history_passed(const history *h, ck_int done) {
    ck_int segment = history_segment_of(h, done - 1);
    return (history_progress){.done = done, .segment = segment < h->last ? -1 : segment};
}

/* The state that moves have come to. */
CK_INLINE float *history_current(const history *h, float *base, ck_int b, const history_progress *progress) {
    ck_int done = (ck_int)progress->done;
    return progress->segment < 0 ? history_passing_at(h, base, b, done) : history_state_at(h, base, b, done);
}

/* The moves that make a segment's inner states. The one that leads to the next kept state need not be made again. */
CK_INLINE ck_int history_first(const history *h, ck_int segment) { return segment * h->segment; }
CK_INLINE ck_int history_end(const history *h, ck_int segment) { return segment * h->segment + h->inner; }

#endif
