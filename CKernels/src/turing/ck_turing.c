/* ck_turing.c: the Turing memory's workspace and forward pass. The equations are in ck_turing.h, what the workspace
 * holds in ck_turing_internal.h; the backward pass is ck_turing_backward.c; how an episode begins, is saved, restored
 * and inspected is ck_turing_state.c. */
#include "ck_turing.h"

#include "ck_turing_head.h"
#include "ck_turing_internal.h"

turing_layout ck_turing_layout_of(ck_turing_shape shape) {
    ck_int has_tape = shape.segment > 0, shifts = 2 * shape.max_shift + 1;
    ck_int steps = has_tape ? shape.steps : 0, segment = ck_min(shape.segment, steps);
    turing_layout l = {.memory = rows_layout_of(shape.rows, shape.columns, (rows_epsilons){.to_product = 1e-8f}),
                       .reads = shape.reads,
                       .writes = shape.writes,
                       .heads = shape.reads + shape.writes,
                       .groups = shape.reads > shape.writes ? shape.reads : shape.writes,
                       .leading = shape.reads > shape.writes ? shape.writes - 1 : shape.reads,
                       .shifts = shifts,
                       .max_shift = shape.max_shift,
                       .batch = shape.batch,
                       .step_rows = has_tape ? shape.batch : 0,
                       .clip = shape.clip > 0.0f ? shape.clip : INFINITY,
                       .shift_pad = lanes_round_up(shape.max_shift),
                       .read_raw = shape.columns + 3 + shifts,
                       .write_raw = 3 * shape.columns + 3 + shifts,
                       .interface = ck_turing_interface_size(shape),
                       .read_record = shape.columns + shifts + TURING_SCALARS};
    l.memories = history_of(steps * shape.writes, segment * shape.writes, l.memory.block);
    l.write_record = l.read_record + 2 * shape.columns;
    l.record = shape.reads * l.read_record + shape.writes * l.write_record;
    /* As ck_turing_scratch_at lays it out. */
    ck_int row_pad = l.memory.row_pad, candidates = 2 * (3 * row_pad + 2 * l.shift_pad);
    ck_int columns = lanes_round_up(4 * shape.columns + 2 * shifts);
    l.scratch = candidates + 2 * shape.columns * CK_LANES + has_tape * (candidates + row_pad + columns);

    ck_int vectors = l.heads * row_pad, records = (has_tape ? steps : 1) * l.batch, *end = &l.end_at;
    workspace_take(end, l.batch, sizeof(history_progress) / sizeof(float));
    l.first_focus_at = workspace_take(end, has_tape * l.batch, vectors);
    l.focus_at = workspace_take(end, has_tape ? records : 2 * l.batch, vectors);
    l.similarity_at = workspace_take(end, records, vectors);
    l.records_at = workspace_take(end, records, l.record);
    l.memories.kept_at = workspace_take(end, l.batch * l.memories.kept, l.memory.block);
    l.memories.inner_at = workspace_take(end, l.batch, workspace_times(l.memories.inner, l.memory.block));
    l.dmemory_at = workspace_take(end, has_tape * l.batch, l.memory.size);
    l.dfocus_at = workspace_take(end, has_tape * l.batch, vectors);
    l.scratch_at = workspace_take(end, l.batch, l.scratch);
    return l;
}

turing_scratch ck_turing_scratch_at(const turing_layout *l, float *base, ck_int b) {
    float *at = base + l->scratch_at + b * l->scratch;
    ck_int wrapped = l->memory.row_pad + 2 * l->shift_pad;
    turing_scratch s = {0};
    for (int h = 0; h < 2; h++) {
        s.content[h] = take_floats(&at, l->memory.row_pad);
        s.gated[h] = take_floats(&at, wrapped) + l->shift_pad;
        s.shifted[h] = take_floats(&at, l->memory.row_pad);
        s.sums[h] = (ck_lanes *)take_floats(&at, l->memory.columns * CK_LANES);
    }
    if (l->memories.segment == 0) {
        return s;
    }
    for (int h = 0; h < 2; h++) {
        s.dshifted[h] = take_floats(&at, wrapped) + l->shift_pad;
        s.dgated[h] = take_floats(&at, l->memory.row_pad);
        s.dproduct[h] = take_floats(&at, l->memory.row_pad);
    }
    s.row_factor = take_floats(&at, l->memory.row_pad);
    for (int h = 0; h < 2; h++) { /* from here on nothing is aligned */
        s.dkey[h] = take_floats(&at, l->memory.columns);
        s.dshift[h] = take_floats(&at, l->shifts);
    }
    s.derase = take_floats(&at, l->memory.columns);
    s.dadd = take_floats(&at, l->memory.columns);
    return s;
}

ck_int ck_turing_interface_size(ck_turing_shape shape) {
    ck_int addressing = shape.columns + 2 * shape.max_shift + 4;
    return shape.reads * addressing + shape.writes * (addressing + 2 * shape.columns);
}

size_t ck_turing_workspace_size(ck_turing_shape shape) {
    const ck_int sizes[] = {shape.rows, shape.columns, shape.reads, shape.writes, shape.max_shift};
    for (int i = 0; i < 5; i++) {
        if (sizes[i] > CK_TURING_MOST) {
            return 0;
        }
    }
    if ((shape.segment > 0 && shape.steps > INT32_MAX) || shape.batch > INT32_MAX) {
        return 0;
    }
    return workspace_bytes(ck_turing_layout_of(shape).end_at);
}

/* One group of heads in one step: all address the memory as it stands, then read and write it in one pass. */
CK_INLINE void forward_pass(const ck_instruction_level level, const rows_counts n, const turing_layout *l,
                            const turing_pass *p, const turing_scratch *s, const float *raw, float *read) {
    activate_heads(level, n, l, raw, p->heads);
    rows_key keys[2];
    for (int h = 0; h < n.keys; h++) {
        const turing_head *head = &p->heads[h];
        keys[h] = (rows_key){.key = head->key, .norm = head->scalars[TURING_KEY_NORM], .similarity = p->similarity[h]};
    }
    int last = n.keys - 1;
    rows_read read_head = {.weights = p->focus[0], .sums = s->sums[0]};
    rows_write write_head = {.weights = p->focus[last], .erase = p->heads[last].erase, .add = p->heads[last].add};
    rows_access access = {
        .memory = p->memory, .memory_after = p->memory_after, .keys = keys, .reads = &read_head, .write = &write_head};
    rows_similarity(level, (rows_counts){.keys = n.keys}, &l->memory, &access);
    focus_candidates(n, l, p, s);
    sharpen(n, l, p, s);
    rows_read_write(level, (rows_counts){.reads = n.reads, .writes = n.writes}, &l->memory, &access);
    if (n.reads) {
        sum_columns(l->memory.columns, s->sums[0], read);
    }
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
        const float *raw = call->interface + row * l->interface;
        float *read = call->reads + row * call->ldr;
        for (ck_int i = 0; i < l->groups; i++) {
            turing_group group = turing_group_at(l, i);
            WITH_GROUP_COUNTS(group, n, {
                turing_pass p = turing_pass_at(n, l, call->base, t, b, group.place);
                forward_pass(level, n, l, &p, s, raw, read);
            })
            raw += group.reads * l->read_raw + group.writes * l->write_raw;
            read += group.reads * l->memory.columns;
        }
    }
    ck_int done = call->span.end_step;
    *turing_progress_of(call->base, b) =
        (history_progress){.done = done, .segment = history_segment_of(&l->memories, done * l->writes - 1)};
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
    forward_call call = {ck_turing_layout_of(shape), workspace_base(workspace), span, interface, reads, ldr};
    ck_int parts = turing_parts(&call.layout, span);
    CK_PARALLEL_FOR(
        parts > 1,
        for (ck_int part = 0; part < parts; part++) { forward_elements(&call, ck_part_of(span, part, parts)); });
}
