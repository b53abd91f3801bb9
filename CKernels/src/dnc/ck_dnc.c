/* ck_dnc.c: the DNC's memory: its workspace and forward pass. The equations are in ck_dnc.h, what the workspace holds in
 * ck_dnc_internal.h; the backward pass is ck_dnc_backward.c; how an episode begins, is saved, restored and inspected is
 * ck_dnc_state.c. */
#include "ck_dnc.h"

#include "ck_dnc_step.h"

static dnc_interface interface_of(ck_dnc_shape shape) {
    const ck_int heads = shape.heads, m = shape.columns;
    dnc_interface at = {.read_keys = 0};
    at.read_strengths = at.read_keys + heads * m;
    at.write_key = at.read_strengths + heads;
    at.write_strength = at.write_key + m;
    at.erase = at.write_strength + 1;
    at.add = at.erase + m;
    at.free_gates = at.add + m;
    at.allocation_gate = at.free_gates + heads;
    at.write_gate = at.allocation_gate + 1;
    at.modes = at.write_gate + 1;
    at.masks = at.modes + 3 * heads;
    at.sharpness = at.masks + (shape.masks ? (heads + 1) * m : 0);
    at.size = at.sharpness + (shape.sharpens ? 2 * heads : 0);
    return at;
}

ck_int ck_dnc_interface_size(ck_dnc_shape shape) { return interface_of(shape).size; }

dnc_layout ck_dnc_layout_of(ck_dnc_shape shape) {
    const float smooth = shape.smooths_cosine ? 1e-6f : 0.0f;
    const ck_int has_tape = shape.segment > 0, steps = has_tape ? shape.steps : 0;
    shape.masks = shape.masks != 0, shape.sharpens = shape.sharpens != 0;
    dnc_layout l = {.shape = shape,
                    .memory = rows_layout_of(shape.rows, shape.columns, (rows_epsilons){smooth, smooth}),
                    .interface = interface_of(shape),
                    .heads = shape.heads,
                    .keys = shape.heads + 1,
                    .batch = shape.batch,
                    .records = has_tape ? steps + 1 : 2};
    l.states = history_of(steps, ck_min(shape.segment, steps), l.memory.block + shape.rows * l.memory.row_pad);
    /* How much room the parts take, by laying them out from some place. */
    float *const start = (float *)sizeof(ck_lanes), *at = start;
    dnc_record_from(&l, &at);
    l.record = lanes_round_up(at - start), at = start;
    dnc_gradients_from(&l, &at);
    l.gradients = lanes_round_up(at - start), at = start;
    dnc_scratch_from(&l, &at);
    l.scratch = lanes_round_up(at - start);

    ck_int *end = &l.end_at;
    workspace_take(end, l.batch, sizeof(history_progress) / sizeof(float));
    l.record_at = workspace_take(end, workspace_times(l.batch, l.records), l.record);
    l.states.kept_at = workspace_take(end, workspace_times(l.batch, l.states.kept), l.states.block);
    l.states.inner_at = workspace_take(end, workspace_times(l.batch, l.states.inner), l.states.block);
    l.dmemory_at = workspace_take(end, has_tape * l.batch, l.memory.size);
    l.dlinks_at = workspace_take(end, has_tape * l.batch, shape.rows * l.memory.row_pad);
    l.gradients_at = workspace_take(end, has_tape * l.batch, l.gradients);
    l.scratch_at = workspace_take(end, l.batch, l.scratch);
    return l;
}

size_t ck_dnc_workspace_size(ck_dnc_shape shape) {
    if (shape.rows > CK_DNC_MOST || shape.columns > CK_DNC_MOST || shape.heads > CK_DNC_MOST_HEADS ||
        (shape.segment > 0 && shape.steps > INT32_MAX) || shape.batch > INT32_MAX) {
        return 0;
    }
    return workspace_bytes(ck_dnc_layout_of(shape).end_at);
}

/* The cosines of `count` keys from number `first` on with the rows of a memory. */
CK_INLINE void compare_keys(const ck_instruction_level level, const dnc_step *step, const float *memory, ck_int first,
                            const int count) {
    rows_key keys[ROWS_MOST];
    for (int i = 0; i < count; i++) {
        keys[i] = key_of(step, first + i);
    }
    rows_access access = {.memory = memory, .keys = keys};
    if (step->l->shape.masks) {
        rows_similarity(level, (rows_counts){.keys = count, .masks = 1}, &step->l->memory, &access);
    } else {
        rows_similarity(level, (rows_counts){.keys = count}, &step->l->memory, &access);
    }
}

/* mixed = share C(M, k, beta) + rest other. */
CK_INLINE void mix_lookup(const dnc_step *step, ck_int key, float share, float rest, const float *other, float *mixed) {
    float scale = look_up(step, key);
    mix_content(&step->l->memory, scale, share, rest, other, step->s->content, mixed);
}

/* The write head: usage, allocation, lookup in M_{t-1}, and the write. */
CK_INLINE void forward_write(const ck_instruction_level level, const dnc_step *step) {
    const dnc_layout *l = step->l;
    const dnc_record *r = &step->now, *before = &step->before;
    next_retention(l, r->free_gates, before->reads, r->retention);
    next_usage(l, before->usage, before->write, r->retention, r->usage);
    order_by_usage(l, r->usage, step->s->content, (int32_t *)step->s->ranks, r->order);
    allocate_rows(l, r->usage, r->order, r->allocation);
    compare_keys(level, step, step->memory, l->heads, 1);
    float allocation_gate = r->gates[0], write_gate = r->gates[1];
    mix_lookup(step, l->heads, write_gate * (1.0f - allocation_gate), write_gate * allocation_gate, r->allocation,
               r->write);
    write_memory(level, step);
    next_precedence(l, before->precedence, r->write, r->precedence);
}

/* Raises what was found along the links to powers that sum to 1. */
CK_INLINE void sharpen_links(const rows_layout *l, float *found, float sharpness, float *sharp) {
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        found[i] = found[i] < 0.0f ? 0.0f : found[i]; /* roundings of links of rows that are written wholly */
    }
    float largest = lanes_array_max(l->row_pad, found);
    float nan_or_zero = 0.0f * (lanes_array_sum(l->row_pad, found) + sharpness); /* a NaN of either shows */
    float scale = 0.0f;
    if (largest >= CK_ROWS_SMALLEST_SQUARE) {
        scale = sharpened_powers(l, sharpness, largest, found, sharp);
    } else {
        memset(sharp, 0, (size_t)l->row_pad * sizeof(float));
    }
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        sharp[i] = sharp[i] * scale + nan_or_zero;
    }
    set_padding(l, sharp, 0.0f);
}

/* What `count` heads from number `first` on read. */
CK_INLINE void read_rows(const ck_instruction_level level, const dnc_step *step, float *read, ck_int first,
                         const int count) {
    const rows_layout *l = &step->l->memory;
    rows_read heads[ROWS_MOST];
    for (int h = 0; h < count; h++) {
        heads[h] = (rows_read){.weights = step->now.reads + (first + h) * l->row_pad, .sums = step->s->sums[h]};
    }
    rows_access access = {.memory = step->memory_after, .reads = heads};
    rows_read_write(level, (rows_counts){.reads = count}, l, &access);
    for (int h = 0; h < count; h++) {
        sum_columns(l->columns, step->s->sums[h], read + (first + h) * l->columns);
    }
}

/* The read heads: links, lookups in M_t, and the reads. */
CK_INLINE void forward_reads(const ck_instruction_level level, const dnc_step *step, float *read) {
    const dnc_layout *l = step->l;
    const dnc_record *r = &step->now;
    const ck_int n = l->memory.row_pad;
    links_step links = links_of(step);
    links_forward(level, &l->memory, &links);
    for (ck_int h = 0; h < l->heads && l->shape.sharpens; h++) {
        sharpen_links(&l->memory, r->backward + h * n, r->sharpness[h], r->sharp_backward + h * n);
        sharpen_links(&l->memory, r->forward + h * n, r->sharpness[l->heads + h], r->sharp_forward + h * n);
    }
    FOR_GROUPS(l->heads, compare_keys, level, step, step->memory_after);
    for (ck_int h = 0; h < l->heads; h++) {
        const float *modes = r->modes + 3 * h, *forward = r->sharp_forward + h * n;
        float *weights = r->reads + h * n;
        mix_lookup(step, h, modes[1], modes[0], r->sharp_backward + h * n, weights);
        FOR_LANES
        for (ck_int i = 0; i < n; i++) {
            weights[i] += modes[2] * forward[i];
        }
    }
    FOR_GROUPS(l->heads, read_rows, level, step, read);
}

/* What the threads of one call share. */
typedef struct {
    dnc_layout layout;
    float *base;
    ck_span span;
    const float *interface;
    float *reads;
    ck_int ldr;
} forward_call;

CK_INLINE void forward_element_body(const ck_instruction_level level, const forward_call *call, const dnc_scratch *s,
                                    ck_int b) {
    const dnc_layout *l = &call->layout;
    const history *states = &l->states;
    history_progress *progress = dnc_progress_of(call->base, b);
    float *at = history_passing_at(states, call->base, b, call->span.first_step);
    const float *current = history_current(states, call->base, b, progress);
    if (at != current) { /* steps of this segment have been undone */
        memcpy(at, current, (size_t)states->block * sizeof(float));
    }
    for (ck_int t = call->span.first_step; t < call->span.end_step; t++) {
        float *after = history_passing_at(states, call->base, b, t + 1);
        dnc_step step = dnc_step_at(l, call->base, t, b, s, at, after);
        ck_int row = t * l->batch + b;
        activate_interface(level, l, call->interface + row * l->interface.size, step.now);
        forward_write(level, &step);
        forward_reads(level, &step, call->reads + row * call->ldr);
        at = after;
    }
    *progress = history_passed(states, call->span.end_step);
}

CK_LEVELS_TUNED(void, forward_element, (const forward_call *call, const dnc_scratch *s, ck_int b), (call, s, b))

static void forward_elements(const forward_call *call, ck_span part) {
    dnc_scratch scratch = dnc_scratch_at(&call->layout, call->base, part.first);
    for (ck_int b = part.first; b < part.end; b++) {
        forward_element(call, &scratch, b);
    }
}

void ck_dnc_forward(ck_dnc_shape shape, void *workspace, ck_span span, const float *interface, float *reads,
                    ck_int ldr) {
    forward_call call = {ck_dnc_layout_of(shape), workspace_base(workspace), span, interface, reads, ldr};
    ck_int parts = dnc_parts(&call.layout, span);
    CK_PARALLEL_FOR(
        parts > 1,
        for (ck_int part = 0; part < parts; part++) { forward_elements(&call, ck_part_of(span, part, parts)); });
}
