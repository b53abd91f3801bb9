/* ck_dnc_backward.c: the backward pass of the DNC's memory, and the replay of writes that it rests on. */
#include "ck_dnc.h"

#include "ck_dnc_step.h"

void ck_dnc_begin_backward(ck_dnc_shape shape, void *workspace) {
    dnc_layout l = ck_dnc_layout_of(shape);
    float *base = workspace_base(workspace);
    memset(base + l.dmemory_at, 0, (size_t)(l.batch * l.memory.size) * sizeof(float));
    memset(base + l.dlinks_at, 0, (size_t)(l.batch * l.memory.rows * l.memory.row_pad) * sizeof(float));
    memset(base + l.gradients_at, 0, (size_t)(l.batch * l.gradients) * sizeof(float));
}

/* Makes the memories and links inside a segment again: the links a few rows at a time, through all steps while these rows
 * are in the nearest cache. */
CK_INLINE void replay(const ck_instruction_level level, const dnc_layout *l, float *base, ck_int b, ck_int segment,
                      ck_int done, const dnc_scratch *s) {
    const ck_int first = history_first(&l->states, segment), end = ck_min(history_end(&l->states, segment), done);
    for (ck_int t = first; t < end; t++) {
        dnc_step step = dnc_step_again(l, base, t, b, s);
        write_memory(level, &step);
    }
    for (ck_int row = 0; row < l->memory.rows; row += REPLAYED_LINK_ROWS) {
        const ck_int row_end = ck_min(row + REPLAYED_LINK_ROWS, l->memory.rows);
        for (ck_int t = first; t < end; t++) {
            dnc_step step = dnc_step_again(l, base, t, b, s);
            links_step links = links_of(&step);
            FOR_LINK_ROWS(row, row_end, link_rows(level), update_links, &l->memory, &links);
        }
    }
}

/* A step on its way back. */
typedef struct {
    dnc_step step;
    dnc_gradients after; /* of the state after the step, as they stand; scratch has those of the state before */
    float *dmemory, *dlinks;
    const float *raw;
    float *draw;
} dnc_backward_step;

/* A key with the places of its gradients. */
CK_INLINE rows_key key_gradients_of(const dnc_backward_step *back, ck_int key, int sums) {
    const dnc_layout *l = back->step.l;
    const dnc_scratch *s = back->step.s;
    const ck_int n = l->memory.row_pad;
    rows_key result = key_of(&back->step, key);
    result.dproduct = s->dproduct + key * n;
    result.dkey = s->sums[sums];
    if (l->shape.masks) {
        result.row_factor = s->row_factor + key * n;
        result.dsquare = s->sums[ROWS_MOST + sums];
    }
    return result;
}

/* From dL/d(share C + rest other) through the lookup of a key in `memory`: leaves dL/d(other) in dother. C must be in the
 * scratch's content. */
CK_INLINE content_gradient look_up_backward(const dnc_backward_step *back, ck_int key, const rows_key *k,
                                            const int is_first, float share, float rest, const float *memory,
                                            const float *dmixed, float *dother) {
    const dnc_layout *l = back->step.l;
    const rows_layout *rows = &l->memory;
    const dnc_scratch *s = back->step.s;
    const int masks = (int)l->shape.masks;
    const float *norms = masks ? k->norms : memory + rows->size;
    float *factor = masks ? s->row_factor + key * rows->row_pad : s->row_factor;
    content_gradient gradient = content_backward(rows, k, masks || is_first, back->step.now.strengths[key], share, rest,
                                                 norms, s->content, dmixed, dother, factor);
    if (masks) {
        finish_row_factor(rows, norms, factor);
    }
    return gradient;
}

/* The passes over the memory that leave the sums of keys' gradients, and the sums themselves. */
CK_INLINE void take_key_sums(const dnc_layout *l, const dnc_scratch *s, ck_int first, const int count) {
    const ck_int m = l->memory.columns;
    for (int h = 0; h < count; h++) {
        sum_columns(m, s->sums[h], s->dkeys + (first + h) * m);
        if (l->shape.masks) {
            sum_columns(m, s->sums[ROWS_MOST + h], s->dsquares + (first + h) * m);
        }
    }
}

/* The raw gradients of a key, its mask and its strength. */
CK_INLINE void finish_key(const ck_instruction_level level, const dnc_backward_step *back, ck_int key,
                          content_gradient gradient, ck_int raw_key, ck_int raw_strength) {
    const dnc_layout *l = back->step.l;
    const dnc_scratch *s = back->step.s;
    const ck_int m = l->memory.columns;
    float *draw = back->draw;
    key_backward(level, l, back->step.now, key, gradient.key_factor, s->dkeys + key * m, s->dsquares + key * m,
                 draw + raw_key, draw + l->interface.masks + key * m);
    draw[raw_strength] = gradient.strength * ck_sigmoidf(back->raw[raw_strength]);
}

/* What a read head's weighting gives its modes and what was found along the links; s->content holds C afterwards. */
CK_INLINE content_gradient reading_backward(const dnc_backward_step *back, ck_int h, const rows_key *key,
                                            const int is_first) {
    const dnc_layout *l = back->step.l;
    const dnc_scratch *s = back->step.s;
    const dnc_record *r = &back->step.now;
    const ck_int n = l->memory.row_pad;
    const float *modes = r->modes + 3 * h, *dweights = back->after.reads + h * n;
    const float *backward = r->sharp_backward + h * n, *forward = r->sharp_forward + h * n;
    float *dbackward = s->dbackward + h * n, *dforward = s->dforward + h * n;
    float scale = look_up(&back->step, h);
    FOR_LANES
    for (ck_int i = 0; i < n; i++) {
        s->content[i] *= scale;
        dforward[i] = modes[2] * dweights[i];
    }
    content_gradient gradient =
        look_up_backward(back, h, key, is_first, modes[1], modes[0], back->step.memory_after, dweights, dbackward);
    float dmodes[3] = {lanes_array_dot(n, backward, dweights), gradient.share, lanes_array_dot(n, forward, dweights)};
    modes_backward(modes, dmodes, back->draw + l->interface.modes + 3 * h);
    return gradient;
}

/* Reads and lookups in M_t of `count` heads from number `first` on. */
CK_INLINE void reads_backward(const ck_instruction_level level, const dnc_backward_step *back, const float *dread,
                              ck_int first, const int count) {
    const dnc_layout *l = back->step.l;
    const rows_layout *rows = &l->memory;
    const dnc_scratch *s = back->step.s;
    const ck_int n = rows->row_pad, m = rows->columns;
    rows_key keys[ROWS_MOST];
    rows_read reads[ROWS_MOST];
    content_gradient gradients[ROWS_MOST];
    for (int h = 0; h < count; h++) {
        keys[h] = key_gradients_of(back, first + h, h);
        reads[h] = (rows_read){.weights = back->step.now.reads + (first + h) * n,
                               .dread = dread + (first + h) * m,
                               .dweights = back->after.reads + (first + h) * n};
    }
    rows_access access = {.memory = back->step.memory_after,
                          .dmemory = back->dmemory,
                          .row_factor = s->row_factor,
                          .keys = keys,
                          .reads = reads};
    rows_weights_gradient(level, (rows_counts){.reads = count}, rows, &access);
    for (int h = 0; h < count; h++) {
        gradients[h] = reading_backward(back, first + h, &keys[h], h == 0);
    }
    if (l->shape.masks) {
        rows_memory_gradient(level, (rows_counts){.keys = count, .reads = count, .masks = 1}, rows, &access);
    } else {
        finish_row_factor(rows, access.memory + rows->size, s->row_factor);
        rows_memory_gradient(level, (rows_counts){.keys = count, .reads = count}, rows, &access);
    }
    take_key_sums(l, s, first, count);
    for (int h = 0; h < count; h++) {
        ck_int key = first + h;
        finish_key(level, back, key, gradients[h], l->interface.read_keys + key * m, l->interface.read_strengths + key);
    }
}

/* What was found along the links, before it was sharpened. */
CK_INLINE void sharpness_backward(const dnc_backward_step *back, const float *found, const float *sharp, ck_int number,
                                  float *dfound) {
    const rows_layout *l = &back->step.l->memory;
    const dnc_scratch *s = back->step.s;
    const ck_int raw = back->step.l->interface.sharpness + number;
    float dsharpness = 0.0f;
    if (lanes_array_max(l->row_pad, found) >= CK_ROWS_SMALLEST_SQUARE) {
        memcpy(s->content, dfound, (size_t)l->row_pad * sizeof(float));
        dsharpness = sharpen_backward(l, back->step.now.sharpness[number], found, sharp, s->content, dfound, s->terms);
    } else {
        /* Zeros without gradient; a NaN stays one. */
        FOR_LANES
        for (ck_int i = 0; i < l->row_pad; i++) {
            dfound[i] = sharp[i];
        }
        dsharpness = sharp[0];
    }
    back->draw[raw] = dsharpness * ck_sigmoidf(back->raw[raw]);
}

/* The write to M_{t-1}, and the lookup before it: adds to the write weighting's gradient, and leaves that of the
 * allocation. */
CK_INLINE void write_backward(const ck_instruction_level level, const dnc_backward_step *back) {
    const dnc_layout *l = back->step.l;
    const rows_layout *rows = &l->memory;
    const dnc_scratch *s = back->step.s;
    const dnc_record *r = &back->step.now;
    const ck_int n = rows->row_pad, m = rows->columns;
    rows_key key = key_gradients_of(back, l->heads, 0);
    rows_write write = {.weights = r->write,
                        .erase = r->erase,
                        .add = r->add,
                        .dweights = back->after.write,
                        .derase = s->sums[0],
                        .dadd = s->sums[1],
                        .retention = r->retention,
                        .dretention = s->dretention};
    rows_access access = {.memory = back->step.memory,
                          .dmemory = back->dmemory,
                          .row_factor = s->row_factor,
                          .keys = &key,
                          .write = &write};
    if (l->shape.deallocates) {
        rows_weights_gradient(level, (rows_counts){.writes = 1, .retains = 1}, rows, &access);
    } else {
        rows_weights_gradient(level, (rows_counts){.writes = 1}, rows, &access);
    }
    sum_columns(m, s->sums[0], s->derase);
    sum_columns(m, s->sums[1], s->dadd);

    const float allocation_gate = r->gates[0], write_gate = r->gates[1];
    float scale = look_up(&back->step, l->heads);
    FOR_LANES
    for (ck_int i = 0; i < n; i++) {
        s->content[i] *= scale;
    }
    content_gradient gradient =
        look_up_backward(back, l->heads, &key, 1, write_gate * (1.0f - allocation_gate), write_gate * allocation_gate,
                         back->step.memory, back->after.write, s->dallocation);
    const float of_allocation = lanes_array_dot(n, r->allocation, back->after.write), of_content = gradient.share;
    const float dgates[2] = {write_gate * (of_allocation - of_content),
                             allocation_gate * of_allocation + (1.0f - allocation_gate) * of_content};
    sigmoid_backward(level, 2, r->gates, dgates, back->draw + l->interface.allocation_gate);

    if (l->shape.masks && l->shape.deallocates) {
        rows_memory_gradient(level, (rows_counts){.keys = 1, .writes = 1, .masks = 1, .retains = 1}, rows, &access);
    } else if (l->shape.masks) {
        rows_memory_gradient(level, (rows_counts){.keys = 1, .writes = 1, .masks = 1}, rows, &access);
    } else {
        finish_row_factor(rows, access.memory + rows->size, s->row_factor);
        if (l->shape.deallocates) {
            rows_memory_gradient(level, (rows_counts){.keys = 1, .writes = 1, .retains = 1}, rows, &access);
        } else {
            rows_memory_gradient(level, (rows_counts){.keys = 1, .writes = 1}, rows, &access);
        }
    }
    take_key_sums(l, s, l->heads, 1);
    finish_key(level, back, l->heads, gradient, l->interface.write_key, l->interface.write_strength);
    FOR_FEW(level, c, 0, m, s->derase[c] = -s->derase[c];);
    sigmoid_backward(level, m, r->erase, s->derase, back->draw + l->interface.erase);
    memcpy(back->draw + l->interface.add, s->dadd, (size_t)m * sizeof(float));
}

/* One step: the reads, the links, the write, and what decides where to write. `after` ends as the gradients of the state
 * before the step. */
CK_INLINE void step_backward(const ck_instruction_level level, const dnc_backward_step *back, const float *dread) {
    const dnc_layout *l = back->step.l;
    const dnc_scratch *s = back->step.s;
    const dnc_record *r = &back->step.now, *before = &back->step.before;
    const ck_int n = l->memory.row_pad;
    FOR_GROUPS(l->heads, reads_backward, level, back, dread);
    for (ck_int h = 0; h < l->heads && l->shape.sharpens; h++) {
        sharpness_backward(back, r->backward + h * n, r->sharp_backward + h * n, h, s->dbackward + h * n);
        sharpness_backward(back, r->forward + h * n, r->sharp_forward + h * n, l->heads + h, s->dforward + h * n);
    }
    memset(s->before.reads, 0, (size_t)(l->heads * n) * sizeof(float));
    memset(s->before.write, 0, (size_t)n * sizeof(float));
    memset(s->dretention, 0, (size_t)n * sizeof(float));
    precedence_backward(l, before->precedence, r->write, back->after.precedence, s->before.precedence,
                        back->after.write);
    links_step links = links_of(&back->step);
    links_gradient dlinks = {.dlinks = back->dlinks,
                             .dbackward = s->dbackward,
                             .dforward = s->dforward,
                             .dreads = s->before.reads,
                             .dwrite = back->after.write,
                             .dprecedence = s->before.precedence};
    links_backward(level, &l->memory, &links, &dlinks);
    write_backward(level, back);
    allocation_backward(l, r->usage, r->order, s->dallocation, back->after.usage, s->terms, s->content);
    usage_backward(l, before->usage, before->write, r->retention, back->after.usage, s->dretention, s->before.usage,
                   s->before.write);
    retention_backward(l, r->free_gates, before->reads, s->dretention, s->before.reads,
                       back->draw + l->interface.free_gates);
    memcpy(back->after.usage, s->before.usage, (size_t)((l->heads + 3) * n) * sizeof(float));
}

/* What the threads of one call share. */
typedef struct {
    dnc_layout layout;
    float *base;
    ck_span span;
    const float *interface, *dreads;
    ck_int lddr;
    float *dinterface;
} backward_call;

CK_INLINE void backward_element_body(const ck_instruction_level level, const backward_call *call, const dnc_scratch *s,
                                     ck_int b) {
    const dnc_layout *l = &call->layout;
    history_progress *progress = dnc_progress_of(call->base, b);
    ck_int held = (ck_int)progress->segment;
    for (ck_int t = call->span.end_step - 1; t >= call->span.first_step; t--) {
        /* The state after the step is needed too: it is the next segment's first, or at hand. */
        ck_int segment = history_segment_of(&l->states, t), row = t * l->batch + b;
        if (segment != held) {
            held = segment;
            replay(level, l, call->base, b, held, t + 1, s);
        }
        dnc_backward_step back = {.step = dnc_step_again(l, call->base, t, b, s),
                                  .after = dnc_gradients_at(l, call->base, b),
                                  .dmemory = call->base + l->dmemory_at + b * l->memory.size,
                                  .dlinks = call->base + l->dlinks_at + b * l->memory.rows * l->memory.row_pad,
                                  .raw = call->interface + row * l->interface.size,
                                  .draw = call->dinterface + row * l->interface.size};
        step_backward(level, &back, call->dreads + row * call->lddr);
    }
    *progress = (history_progress){.done = call->span.first_step, .segment = held};
}

CK_LEVELS_TUNED(void, backward_element, (const backward_call *call, const dnc_scratch *s, ck_int b), (call, s, b))

static void backward_elements(const backward_call *call, ck_span part) {
    dnc_scratch scratch = dnc_scratch_at(&call->layout, call->base, part.first);
    for (ck_int b = part.first; b < part.end; b++) {
        backward_element(call, &scratch, b);
    }
}

void ck_dnc_backward(ck_dnc_shape shape, void *workspace, ck_span span, const float *interface, const float *dreads,
                     ck_int lddr, float *dinterface) {
    backward_call call = {
        ck_dnc_layout_of(shape), workspace_base(workspace), span, interface, dreads, lddr, dinterface};
    ck_int parts = dnc_parts(&call.layout, span);
    CK_PARALLEL_FOR(
        parts > 1,
        for (ck_int part = 0; part < parts; part++) { backward_elements(&call, ck_part_of(span, part, parts)); });
}

void ck_dnc_finish_backward(ck_dnc_shape shape, const void *workspace, float *dmemory_0) {
    dnc_layout l = ck_dnc_layout_of(shape);
    const float *base = workspace_base(workspace);
    for (ck_int b = 0; b < l.batch; b++) {
        ck_rows_add_gradient(&l.memory, base + l.dmemory_at + b * l.memory.size, dmemory_0);
    }
}
