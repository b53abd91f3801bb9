/* ck_turing_backward.c: the Turing memory's backward pass, and the replay of writes that it rests on. */
#include "ck_turing.h"

#include "ck_turing_head.h"
#include "ck_turing_internal.h"

void ck_turing_begin_backward(ck_turing_shape shape, void *workspace) {
    turing_layout l = ck_turing_layout_of(shape);
    float *base = workspace_base(workspace);
    memset(base + l.dmemory_at, 0, (size_t)(l.batch * l.memory.size) * sizeof(float));
    memset(base + l.dfocus_at, 0, (size_t)(l.batch * l.heads * l.memory.row_pad) * sizeof(float));
}

/* Makes the memories inside a segment again. */
CK_INLINE void replay(const ck_instruction_level level, const turing_layout *l, float *base, ck_int b, ck_int segment) {
    ck_int end = history_end(&l->memories, segment);
    for (ck_int number = history_first(&l->memories, segment); number < end; number++) {
        ck_int t = number / l->writes, writer = turing_write_head(l, number % l->writes);
        turing_head head = turing_head_at(l, base, t, b, turing_place_of(l, writer), 1);
        rows_write write = {.weights = turing_focus_at(l, base, t, b, writer), .erase = head.erase, .add = head.add};
        rows_access access = {.memory = history_state_at(&l->memories, base, b, number),
                              .memory_after = history_state_at(&l->memories, base, b, number + 1),
                              .write = &write};
        rows_read_write(level, (rows_counts){.writes = 1}, &l->memory, &access);
    }
}

/* One group of heads in one step: write and reads, then all addressings. */
CK_INLINE void backward_pass(const ck_instruction_level level, const rows_counts n, const turing_layout *l,
                             const turing_pass *p, const turing_scratch *s, const float *raw, float *draw) {
    rows_key keys[2];
    head_gradient gradients[2];
    for (int h = 0; h < n.keys; h++) {
        keys[h] = (rows_key){.key = p->heads[h].key,
                             .norm = p->heads[h].scalars[TURING_KEY_NORM],
                             .similarity = p->similarity[h],
                             .dproduct = s->dproduct[h],
                             .dkey = s->sums[h]};
        gradients[h] = (head_gradient){.key = s->dkey[h], .shift = s->dshift[h], .erase = s->derase, .add = s->dadd};
    }
    int last = n.keys - 1;
    rows_read read = {.weights = p->focus[0], .dread = p->dread, .dweights = p->dfocus[0]};
    rows_write write = {.weights = p->focus[last],
                        .erase = p->heads[last].erase,
                        .add = p->heads[last].add,
                        .dweights = p->dfocus[last],
                        .derase = s->sums[0],
                        .dadd = s->sums[1]};
    rows_access access = {.memory = p->memory,
                          .dmemory = p->dmemory,
                          .row_factor = s->row_factor,
                          .keys = keys,
                          .reads = &read,
                          .write = &write};
    rows_weights_gradient(level, (rows_counts){.reads = n.reads, .writes = n.writes}, &l->memory, &access);
    if (n.writes) {
        sum_columns(l->memory.columns, s->sums[0], s->derase);
        sum_columns(l->memory.columns, s->sums[1], s->dadd);
    }
    focus_candidates(n, l, p, s);
    address_backward(n, l, p, s, keys, gradients);
    rows_memory_gradient(level, n, &l->memory, &access);
    for (int h = 0; h < n.keys; h++) {
        sum_columns(l->memory.columns, s->sums[h], s->dkey[h]);
        activate_head_backward(level, l, raw + h * l->read_raw, p->heads[h], &gradients[h], draw + h * l->read_raw);
    }
}

/* Where a group finds the gradients of what it gave, and leaves those of what it was given. */
CK_INLINE void set_gradients(const rows_counts n, const turing_layout *l, float *base, ck_int b, turing_place place,
                             const float *dread, turing_pass *p) {
    p->dmemory = turing_dmemory_at(l, base, b);
    p->dread = dread;
    for (int h = 0; h < n.keys; h++) {
        p->dfocus[h] = turing_dfocus_at(l, base, b, place.reads + place.writes + h);
    }
}

/* What the threads of one call share. */
typedef struct {
    turing_layout layout;
    float *base;
    ck_span span;
    const float *interface, *dreads;
    ck_int lddr;
    float *dinterface;
} backward_call;

CK_INLINE void backward_element_body(const ck_instruction_level level, const backward_call *call,
                                     const turing_scratch *s, ck_int b) {
    const turing_layout *l = &call->layout;
    history_progress *progress = turing_progress_of(call->base, b);
    ck_int held = (ck_int)progress->segment;
    for (ck_int t = call->span.end_step - 1; t >= call->span.first_step; t--) {
        ck_int segment = history_segment_of(&l->memories, t * l->writes);
        if (segment != held) {
            held = segment;
            replay(level, l, call->base, b, held);
        }
        ck_int row = t * l->batch + b;
        for (ck_int i = l->groups - 1; i >= 0; i--) {
            turing_group group = turing_group_at(l, i);
            turing_place place = group.place;
            const float *dread = call->dreads + row * call->lddr + place.reads * l->memory.columns;
            ck_int raw = row * l->interface + place.reads * l->read_raw + place.writes * l->write_raw;
            WITH_GROUP_COUNTS(group, n, {
                turing_pass p = turing_pass_at(n, l, call->base, t, b, place);
                set_gradients(n, l, call->base, b, place, dread, &p);
                backward_pass(level, n, l, &p, s, call->interface + raw, call->dinterface + raw);
            })
        }
    }
    *progress = (history_progress){.done = call->span.first_step, .segment = held};
}

CK_LEVELS_TUNED(void, backward_element, (const backward_call *call, const turing_scratch *s, ck_int b), (call, s, b))

static void backward_elements(const backward_call *call, ck_span part) {
    turing_scratch scratch = ck_turing_scratch_at(&call->layout, call->base, part.first);
    for (ck_int b = part.first; b < part.end; b++) {
        backward_element(call, &scratch, b);
    }
}

void ck_turing_backward(ck_turing_shape shape, void *workspace, ck_span span, const float *interface,
                        const float *dreads, ck_int lddr, float *dinterface) {
    backward_call call = {
        ck_turing_layout_of(shape), workspace_base(workspace), span, interface, dreads, lddr, dinterface};
    ck_int parts = turing_parts(&call.layout, span);
    CK_PARALLEL_FOR(
        parts > 1,
        for (ck_int part = 0; part < parts; part++) { backward_elements(&call, ck_part_of(span, part, parts)); });
}

void ck_turing_finish_backward(ck_turing_shape shape, const void *workspace, float *dmemory_0, float *dfocus_0) {
    turing_layout l = ck_turing_layout_of(shape);
    float *base = workspace_base(workspace);
    for (ck_int b = 0; b < l.batch && dmemory_0; b++) {
        ck_rows_add_gradient(&l.memory, turing_dmemory_at(&l, base, b), dmemory_0);
    }
    for (ck_int b = 0; b < l.batch && dfocus_0; b++) {
        for (ck_int head = 0; head < l.heads; head++) {
            const float *dfocus = turing_dfocus_at(&l, base, b, head);
            for (ck_int i = 0; i < l.memory.rows; i++) {
                dfocus_0[head * l.memory.rows + i] += dfocus[i];
            }
        }
    }
}
