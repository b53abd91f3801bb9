/* ck_turing.c: the Turing memory's workspace and forward pass. The equations are in ck_turing.h, what the workspace
 * holds in ck_turing_internal.h; the backward pass is ck_turing_backward.c; how an episode begins, is saved, restored
 * and inspected is ck_turing_state.c. */
#include "ck_turing.h"

#include "ck_turing_head.h"
#include "ck_turing_internal.h"
#include "ck_turing_passes.h"

/* Counts of floats stop here: more fit into no memory, and so their sums do not overflow. */
#define MOST_FLOATS (PTRDIFF_MAX / 16)

static ck_int times(ck_int a, ck_int b) {
    ck_int product;
    return __builtin_mul_overflow(a, b, &product) ? MOST_FLOATS : ck_min(product, MOST_FLOATS);
}

static ck_int round_up(ck_int n) { return ck_blocks(n, CK_LANES) * CK_LANES; }

/* Takes `count` times `size` floats from the workspace; whole vectors, so that what follows is aligned. */
static ck_int take(turing_layout *l, ck_int count, ck_int size) {
    ck_int at = l->end_at;
    l->end_at += round_up(times(count, size));
    return at;
}

turing_layout ck_turing_layout_of(ck_turing_shape shape) {
    ck_int has_tape = shape.segment > 0, shifts = 2 * shape.max_shift + 1;
    turing_layout l = {.rows = shape.rows,
                       .columns = shape.columns,
                       .pairs = shape.pairs,
                       .heads = 2 * shape.pairs,
                       .shifts = shifts,
                       .max_shift = shape.max_shift,
                       .batch = shape.batch,
                       .segment = has_tape ? ck_min(shape.segment, shape.steps) : 0,
                       .step_rows = has_tape ? shape.batch : 0,
                       .clip = shape.clip > 0.0f ? shape.clip : INFINITY,
                       .row_pad = round_up(shape.rows),
                       .shift_pad = round_up(shape.max_shift),
                       .read_raw = shape.columns + 3 + shifts,
                       .pair_raw = 4 * shape.columns + 2 * (3 + shifts),
                       .interface = ck_turing_interface_size(shape),
                       .read_record = shape.columns + shifts + TURING_SCALARS};
    l.pair_record = 2 * l.read_record + 2 * l.columns;
    l.block = (l.columns + 1) * l.row_pad;
    l.kept = has_tape ? shape.steps / l.segment : 1;
    l.inner = has_tape ? l.segment * l.pairs - 1 : 0;
    /* As ck_turing_scratch_at lays it out. */
    ck_int candidates = 2 * (3 * l.row_pad + 2 * l.shift_pad), columns = round_up(4 * l.columns + 2 * l.shifts);
    l.scratch = candidates + 2 * l.columns * CK_LANES + has_tape * (candidates + l.row_pad + columns);

    ck_int vectors = l.heads * l.row_pad, records = (has_tape ? shape.steps : 1) * l.batch;
    take(&l, l.batch, sizeof(turing_state) / sizeof(float));
    l.first_memory_at = take(&l, has_tape * l.batch, l.block);
    l.first_focus_at = take(&l, has_tape * l.batch, vectors);
    l.focus_at = take(&l, has_tape ? records : 2 * l.batch, vectors);
    l.similarity_at = take(&l, records, vectors);
    l.records_at = take(&l, records, l.pairs * l.pair_record);
    l.kept_at = take(&l, l.batch * l.kept, l.block);
    l.inner_at = take(&l, l.batch, times(l.inner, l.block));
    l.dmemory_at = take(&l, has_tape * l.batch, l.columns * l.row_pad);
    l.dfocus_at = take(&l, has_tape * l.batch, vectors);
    l.scratch_at = take(&l, l.batch, l.scratch);
    return l;
}

static float *take_scratch(float **at, ck_int count) {
    float *start = *at;
    *at += count;
    return start;
}

turing_scratch ck_turing_scratch_at(const turing_layout *l, float *base, ck_int b) {
    float *at = base + l->scratch_at + b * l->scratch;
    ck_int wrapped = l->row_pad + 2 * l->shift_pad;
    turing_scratch s = {0};
    for (int h = 0; h < 2; h++) {
        s.content[h] = take_scratch(&at, l->row_pad);
        s.gated[h] = take_scratch(&at, wrapped) + l->shift_pad;
        s.shifted[h] = take_scratch(&at, l->row_pad);
        s.sums[h] = (ck_lanes *)take_scratch(&at, l->columns * CK_LANES);
    }
    if (l->segment == 0) {
        return s;
    }
    for (int h = 0; h < 2; h++) {
        s.dshifted[h] = take_scratch(&at, wrapped) + l->shift_pad;
        s.dgated[h] = take_scratch(&at, l->row_pad);
        s.dproduct[h] = take_scratch(&at, l->row_pad);
    }
    s.row_factor = take_scratch(&at, l->row_pad);
    for (int h = 0; h < 2; h++) { /* from here on nothing is aligned */
        s.dkey[h] = take_scratch(&at, l->columns);
        s.dshift[h] = take_scratch(&at, l->shifts);
    }
    s.derase = take_scratch(&at, l->columns);
    s.dadd = take_scratch(&at, l->columns);
    return s;
}

ck_int ck_turing_interface_size(ck_turing_shape shape) {
    return shape.pairs * (4 * shape.columns + 2 * (2 * shape.max_shift + 1) + 6);
}

size_t ck_turing_workspace_size(ck_turing_shape shape) {
    const ck_int sizes[] = {shape.rows, shape.columns, shape.pairs, shape.max_shift};
    for (int i = 0; i < 4; i++) {
        if (sizes[i] > CK_TURING_MOST) {
            return 0;
        }
    }
    if ((shape.segment > 0 && shape.steps > INT32_MAX) || shape.batch > INT32_MAX) {
        return 0;
    }
    ck_int floats = ck_turing_layout_of(shape).end_at;
    return floats < MOST_FLOATS ? (size_t)floats * sizeof(float) + sizeof(ck_lanes) : 0;
}

/* One pair of heads in one step: both address the memory as it stands, then read and write it in one pass. */
CK_INLINE void forward_pair(const ck_instruction_level level, const turing_layout *l, const turing_pair *p,
                            const turing_scratch *s, const float *raw, float *read) {
    activate_heads(level, l, raw, p->heads);
    turing_similarity(level, l, p, s);
    focus_candidates(l, p, s);
    sharpen(l, p, s);
    turing_write(level, l, p, s);
    sum_columns(l->columns, s->sums[0], read);
}

/* What the threads of one call share. */
typedef struct {
    turing_layout layout;
    float *base;
    ck_span span;
    const float *interface;
    float *reads;
    ck_int ldr;
} forward_call;

CK_INLINE void forward_element_body(const ck_instruction_level level, const forward_call *call, const turing_scratch *s,
                                    ck_int b) {
    const turing_layout *l = &call->layout;
    for (ck_int t = call->span.first_step; t < call->span.end_step; t++) {
        ck_int row = t * l->batch + b;
        for (ck_int pair = 0; pair < l->pairs; pair++) {
            turing_pair p = turing_pair_at(l, call->base, t, b, pair);
            forward_pair(level, l, &p, s, call->interface + row * l->interface + pair * l->pair_raw,
                         call->reads + row * call->ldr + pair * l->columns);
        }
    }
    ck_int done = call->span.end_step;
    ck_int segment = l->segment > 0 ? (done - 1) / l->segment : 0;
    *turing_state_of(call->base, b) = (turing_state){.done = done, .segment = segment};
}

CK_LEVELS_TUNED(void, forward_element, (const forward_call *call, const turing_scratch *s, ck_int b), (call, s, b))

static void forward_elements(const forward_call *call, ck_span part) {
    turing_scratch scratch = ck_turing_scratch_at(&call->layout, call->base, part.first);
    for (ck_int b = part.first; b < part.end; b++) {
        forward_element(call, &scratch, b);
    }
}

void ck_turing_forward(ck_turing_shape shape, void *workspace, ck_span span, const float *interface, float *reads,
                       ck_int ldr) {
    forward_call call = {ck_turing_layout_of(shape), turing_base(workspace), span, interface, reads, ldr};
    ck_int parts = turing_parts(&call.layout, span);
    CK_PARALLEL_FOR(
        parts > 1,
        for (ck_int part = 0; part < parts; part++) { forward_elements(&call, ck_part_of(span, part, parts)); });
}
