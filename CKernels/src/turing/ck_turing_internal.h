/* ck_turing_internal.h: where everything of one episode of the Turing memory is in its workspace.
 *
 * A memory is a block of ck_rows_layout.h, and vectors of N are padded as it says. Memories are the states of a history
 * (ck_history.h), writes its moves: write number t*W + w sees the memory of that number, and a segment of K steps is
 * one of K*W writes.
 *
 * Heads act in groups: a read head and the write head behind it, which see the same memory and act in one pass over it,
 * or a head alone. The first `leading` groups of a step are pairs. Then come the write heads that are left; or the read
 * heads that are left, the last of them with the last write head. So there are as many groups as heads of the kind that
 * has more.
 *
 * Without a tape each batch element has one memory; the focuses of two steps, those of step t at t mod 2; and the
 * similarities and parameters of one step. Batch elements share nothing, and there is no room for gradients. */
#ifndef CK_TURING_INTERNAL_H
#define CK_TURING_INTERNAL_H

#include "ck_history.h"
#include "ck_turing.h"
#include "rows/ck_rows_passes.h"

/* Sizes in floats; *_at are places in the workspace, in floats from its aligned start. */
typedef struct {
    rows_layout memory;
    history memories; /* its segment is 0 without a tape */
    ck_int reads, writes, heads, leading, groups, shifts, max_shift, batch;
    ck_int step_rows;                         /* from a step's records to the next step's: B, or 0 without a tape */
    float clip;                               /* infinite for none */
    ck_int shift_pad;                         /* room beside a vector of N for the rows that shifts bring in; >= n */
    ck_int read_raw, write_raw, interface;    /* raw parameters of a read head, of a write head, of a step */
    ck_int read_record, write_record, record; /* activated parameters, likewise */
    ck_int scratch;                           /* working space of one thread */
    ck_int first_focus_at, focus_at, similarity_at, records_at, dmemory_at, dfocus_at, scratch_at, end_at;
} turing_layout;

turing_layout ck_turing_layout_of(ck_turing_shape shape);

enum { TURING_STRENGTH, TURING_GATE, TURING_SHARPENING, TURING_KEY_NORM, TURING_SCALARS };

/* Activated parameters of one head; erase and add are NULL for a read head. */
typedef struct {
    float *key, *shift, *scalars, *erase, *add;
} turing_head;

/* How far each batch element is: at the start of the workspace. */
CK_INLINE history_progress *turing_progress_of(const void *workspace, ck_int b) {
    return (history_progress *)workspace_base(workspace) + b;
}

/* K of a head of step t, kept for the backward pass. */
CK_INLINE float *turing_similarity_at(const turing_layout *l, float *base, ck_int t, ck_int b, ck_int head) {
    return base + l->similarity_at + ((t * l->step_rows + b) * l->heads + head) * l->memory.row_pad;
}

/* A head's focus after step t; t = -1 is the initial one. */
CK_INLINE float *turing_focus_at(const turing_layout *l, float *base, ck_int t, ck_int b, ck_int head) {
    if (l->memories.segment == 0) {
        return base + l->focus_at + (((t & 1) * l->batch + b) * l->heads + head) * l->memory.row_pad;
    }
    return t < 0 ? base + l->first_focus_at + (b * l->heads + head) * l->memory.row_pad
                 : base + l->focus_at + ((t * l->batch + b) * l->heads + head) * l->memory.row_pad;
}

/* How many heads of each kind act before a head. */
typedef struct {
    ck_int reads, writes;
} turing_place;

CK_INLINE turing_place turing_place_of(const turing_layout *l, ck_int head) {
    if (head < 2 * l->leading) {
        return (turing_place){.reads = (head + 1) / 2, .writes = head / 2};
    }
    ck_int reads = l->reads > l->writes ? head - l->leading : l->reads;
    return (turing_place){.reads = reads, .writes = head - reads};
}

/* Whether a head writes. */
CK_INLINE int turing_writes(const turing_layout *l, ck_int head) {
    return head < 2 * l->leading ? head % 2 : head >= l->leading + l->reads;
}

/* The head that makes write number `write` of a step. */
CK_INLINE ck_int turing_write_head(const turing_layout *l, ck_int write) {
    return write < l->leading ? 2 * write + 1 : l->reads + write;
}

/* Heads that act in one pass. */
typedef struct {
    turing_place place; /* of the first of them */
    int reads, writes;  /* 1 and 1, 0 and 1, or 1 and 0 */
} turing_group;

CK_INLINE turing_group turing_group_at(const turing_layout *l, ck_int group) {
    if (group < l->leading) {
        return (turing_group){{group, group}, 1, 1};
    }
    if (l->reads <= l->writes) {
        return (turing_group){{l->reads, group}, 0, 1};
    }
    return (turing_group){{group, l->leading}, 1, group == l->groups - 1};
}

/* Runs a statement with `n` as the numbers of a group's heads, constants; its keys are those of all of them. */
#define WITH_GROUP_COUNTS(group, n, ...)                                                                               \
    if ((group).reads && (group).writes) {                                                                             \
        const rows_counts n = {.keys = 2, .reads = 1, .writes = 1};                                                    \
        __VA_ARGS__;                                                                                                   \
    } else if ((group).writes) {                                                                                       \
        const rows_counts n = {.keys = 1, .writes = 1};                                                                \
        __VA_ARGS__;                                                                                                   \
    } else {                                                                                                           \
        const rows_counts n = {.keys = 1, .reads = 1};                                                                 \
        __VA_ARGS__;                                                                                                   \
    }

CK_INLINE turing_head turing_head_at(const turing_layout *l, float *base, ck_int t, ck_int b, turing_place place,
                                     int writes) {
    float *record = base + l->records_at + (t * l->step_rows + b) * l->record + place.reads * l->read_record +
                    place.writes * l->write_record;
    turing_head result = {NULL, NULL, NULL, NULL, NULL};
    if (writes) {
        result.erase = record + l->read_record;
        result.add = result.erase + l->memory.columns;
    }
    result.key = record;
    result.shift = record + l->memory.columns;
    result.scalars = result.shift + l->shifts;
    return result;
}

CK_INLINE float *turing_dmemory_at(const turing_layout *l, float *base, ck_int b) {
    return base + l->dmemory_at + b * l->memory.size;
}

CK_INLINE float *turing_dfocus_at(const turing_layout *l, float *base, ck_int b, ck_int head) {
    return base + l->dfocus_at + (b * l->heads + head) * l->memory.row_pad;
}

/* Everything of one group of heads in one step of one batch element. */
typedef struct {
    const float *memory; /* as all heads of the group see it */
    float *memory_after; /* the write; the same where the group has none */
    turing_head heads[2];
    float *similarity[2], *focus[2];
    const float *previous[2]; /* focus of the step before */
    float *dmemory,
        *dfocus[2];     /* gradients of the memory and the focuses as they stand; for the backward pass to set */
    const float *dread; /* of the read vector; likewise */
} turing_pass;

CK_INLINE turing_pass turing_pass_at(const rows_counts n, const turing_layout *l, float *base, ck_int t, ck_int b,
                                     turing_place first) {
    turing_pass p;
    ck_int write = t * l->writes + first.writes;
    p.memory = history_state_at(&l->memories, base, b, write);
    p.memory_after = history_state_at(&l->memories, base, b, write + n.writes);
    p.dmemory = NULL;
    p.dread = NULL;
    for (int h = 0; h < n.keys; h++) {
        ck_int head = first.reads + first.writes + h;
        turing_place place = {first.reads + h, first.writes};
        p.heads[h] = turing_head_at(l, base, t, b, place, h >= n.reads);
        p.similarity[h] = turing_similarity_at(l, base, t, b, head);
        p.focus[h] = turing_focus_at(l, base, t, b, head);
        p.previous[h] = turing_focus_at(l, base, t - 1, b, head);
        p.dfocus[h] = NULL;
    }
    return p;
}

/* The batch elements of a call are cut into one part per thread. A step costs about 0.2 ns for each number in the memory,
 * and as much for 16 more columns. */
CK_INLINE ck_int turing_parts(const turing_layout *l, ck_span span) {
    ck_int count = span.end - span.first;
    ck_int elements =
        (span.end_step - span.first_step) * count * l->heads * l->memory.rows * (l->memory.columns + CK_LANES);
    return ck_worth_forking(elements, CK_COST_COPY) ? ck_min(count, ck_max_threads()) : 1;
}

/* One thread's working space for one group of heads, in their order. What follows `sums` is for the backward pass, and
 * NULL without a tape. */
typedef struct {
    /* Of N floats: w^c, w^g and w~, which the backward pass makes anew; gradients. Those marked with * have shift_pad
     * floats of room on both sides, for the rows that shifts bring in from beyond either end. */
    float *content[2], *gated[2] /* * */, *shifted[2];
    ck_lanes *sums[2]; /* per column, a vector of what is summed over rows */
    float *dshifted[2] /* * */, *dgated[2], *dproduct[2] /* dL/d(k.m_i) */;
    float *row_factor; /* what each row gets of itself through its norm */
    float *dkey[2], *derase, *dadd, *dshift[2];
} turing_scratch;

/* The working space for batch element b; a thread that takes several elements may use that of the first for all. */
turing_scratch ck_turing_scratch_at(const turing_layout *l, float *base, ck_int b);

#endif
