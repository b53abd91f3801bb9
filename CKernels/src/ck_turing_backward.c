/* ck_turing_backward.c: the Turing memory's backward pass, and the replay of writes that it rests on. */
#include "ck_turing.h"

#include "ck_runtime.h"
#include "ck_turing_head.h"
#include "ck_turing_internal.h"
#include "ck_turing_passes.h"

void ck_turing_begin_backward(ck_turing_shape shape, void *workspace) {
    turing_layout l = turing_layout_of(shape);
    float *base = turing_base(workspace);
    memset(base + l.dmemory_at, 0, (size_t)(l.batch * l.columns * l.row_pad) * sizeof(float));
    memset(base + l.dfocus_at, 0, (size_t)(l.batch * l.heads * l.row_pad) * sizeof(float));
}

/* Makes the memories inside a segment again, from the kept one at its start: the forward pass's own writes, and so its
 * own bits. The write that leads to the next kept memory need not be done. */
CK_INLINE void replay(const turing_layout *l, float *base, ck_int b, ck_int segment) {
    ck_int first = segment * l->segment * l->pairs;
    for (ck_int write = first; write < first + l->inner; write++) {
        ck_int t = write / l->pairs;
        ck_int head = 2 * (write - t * l->pairs) + 1;
        turing_head writing = turing_head_at(l, base, t, b, head);
        write_pass pass = {.l = l,
                           .memory = turing_memory_at(l, base, b, write),
                           .write_focus = turing_focus_at(l, base, t, b, head),
                           .erase = writing.erase,
                           .add = writing.add,
                           .memory_after = turing_memory_at(l, base, b, write + 1)};
        turing_write(&pass, l->row_pad);
    }
}

/* One head's addressing, backward: dfocus holds dL/d(focus) and ends as dL/d(previous focus). */
CK_INLINE void address_backward(const turing_layout *l, turing_head head, const float *dot, const float *norm,
                                const float *focus, const float *previous, focus_stages stages,
                                const turing_scratch *s, float *dfocus, float *ddot, head_gradient *gradient) {
    focus_candidates(l, head, dot, norm, previous, stages);
    gradient->sharpening = sharpen_backward(l, head.scalars[TURING_SHARPENING], stages.shifted, focus, dfocus,
                                            s->dshifted, s->dgated);
    shift_backward(l, head, stages.gated, s->dshifted, s->dgated, gradient->shift);
    content_backward(l, head, stages, norm, previous, s->dgated, dfocus, ddot, s->row_factor, gradient);
}

/* Step t's pair of heads: the write, the read, then both addressings. */
CK_INLINE void backward_pair(const turing_layout *l, float *base, const turing_scratch *s, ck_int t, ck_int b, ck_int pair,
                             const float *interface, const float *dread, float *dinterface) {
    const float *memory = turing_memory_at(l, base, b, t * l->pairs + pair);
    const float *norm = memory + l->columns * l->row_pad;
    turing_head heads[2];
    const float *focus[2];
    float *dfocus[2];
    for (int h = 0; h < 2; h++) {
        heads[h] = turing_head_at(l, base, t, b, 2 * pair + h);
        focus[h] = turing_focus_at(l, base, t, b, 2 * pair + h);
        dfocus[h] = turing_dfocus_at(l, base, b, 2 * pair + h);
    }
    float *dmemory = turing_dmemory_at(l, base, b);
    focus_gradient_pass focus_pass = {
        .similarity = {l, memory, heads[0].key, heads[1].key, s->dot[0], s->dot[1]},
        .dmemory = dmemory,
        .dread = dread,
        .write_focus = focus[1],
        .erase = heads[1].erase,
        .add = heads[1].add,
        .dread_focus = dfocus[0],
        .dwrite_focus = dfocus[1],
        .erase_sums = s->sums[0],
        .add_sums = s->sums[1]};
    turing_focus_gradient(&focus_pass, l->row_pad);
    sum_columns(l->columns, s->sums[0], s->derase);
    sum_columns(l->columns, s->sums[1], s->dadd);
    for (ck_int c = 0; c < l->columns; c++) {
        s->derase[c] = -s->derase[c];
    }

    memset(s->row_factor, 0, (size_t)l->row_pad * sizeof(float));
    head_gradient gradients[2];
    for (int h = 0; h < 2; h++) {
        gradients[h] = (head_gradient){.key = s->dkey[h], .shift = s->dshift[h], .erase = s->derase, .add = s->dadd};
        const float *previous = turing_focus_at(l, base, t - 1, b, 2 * pair + h);
        /* The products are no longer needed where their gradients come to stand. */
        address_backward(l, heads[h], s->dot[h], norm, focus[h], previous, s->stages[h], s, dfocus[h], s->dot[h],
                         &gradients[h]);
    }
    memory_gradient_pass memory_pass = {.l = l,
                                        .memory = memory,
                                        .read_focus = focus[0],
                                        .write_focus = focus[1],
                                        .erase = heads[1].erase,
                                        .dread = dread,
                                        .read_key = heads[0].key,
                                        .write_key = heads[1].key,
                                        .read_ddot = s->dot[0],
                                        .write_ddot = s->dot[1],
                                        .row_factor = s->row_factor,
                                        .dmemory = dmemory,
                                        .read_sums = s->sums[0],
                                        .write_sums = s->sums[1]};
    turing_memory_gradient(&memory_pass, l->row_pad);
    for (int h = 0; h < 2; h++) {
        sum_columns(l->columns, s->sums[h], s->dkey[h]);
        ck_int raw = turing_raw_at(l, 2 * pair + h);
        activate_head_backward(l, interface + raw, heads[h], &gradients[h], dinterface + raw);
    }
}

/* Steps end-1 down to first of one batch element; `held` is the segment whose inner memories are at hand. */
CK_CLONES static void backward_element(const turing_layout *l, float *base, const turing_scratch *s, ck_int b, ck_int first,
                                       ck_int end, ck_int held, const float *interface, const float *dreads,
                                       ck_int lddr, float *dinterface) {
    for (ck_int t = end - 1; t >= first; t--) {
        ck_int segment = t / l->segment;
        if (segment != held) {
            replay(l, base, b, segment);
            held = segment;
        }
        ck_int row = t * l->batch + b;
        for (ck_int pair = l->pairs - 1; pair >= 0; pair--) {
            backward_pair(l, base, s, t, b, pair, interface + row * l->interface,
                          dreads + row * lddr + pair * l->columns, dinterface + row * l->interface);
        }
    }
}

void ck_turing_backward(ck_turing_shape shape, void *workspace, ck_int first, ck_int end, const float *interface,
                        const float *dreads, ck_int lddr, float *dinterface) {
    turing_layout l = turing_layout_of(shape);
    float *base = turing_base(workspace);
    turing_state *state = turing_state_of(workspace);
    ck_int held = (ck_int)state->segment;
    ck_int parts = turing_parts(&l, end - first, ck_threads());
#pragma omp parallel for schedule(static) if (parts > 1)
    for (ck_int part = 0; part < parts; part++) {
        turing_scratch scratch = turing_scratch_at(&l, base, part);
        for (ck_int b = part * l.batch / parts; b < (part + 1) * l.batch / parts; b++) {
            backward_element(&l, base, &scratch, b, first, end, held, interface, dreads,
                             lddr, dinterface);
        }
    }
    state->done = first;
    state->segment = first / l.segment;
}

void ck_turing_finish_backward(ck_turing_shape shape, const void *workspace, float *dmemory_0, float *dfocus_0) {
    turing_layout l = turing_layout_of(shape);
    float *base = turing_base(workspace);
    for (ck_int b = 0; b < l.batch && dmemory_0; b++) {
        const float *dmemory = turing_dmemory_at(&l, base, b);
        for (ck_int c = 0; c < l.columns; c++) {
            for (ck_int i = 0; i < l.rows; i++) {
                dmemory_0[i * l.columns + c] += dmemory[c * l.row_pad + i];
            }
        }
    }
    for (ck_int b = 0; b < l.batch && dfocus_0; b++) {
        for (ck_int head = 0; head < l.heads; head++) {
            const float *dfocus = turing_dfocus_at(&l, base, b, head);
            for (ck_int i = 0; i < l.rows; i++) {
                dfocus_0[head * l.rows + i] += dfocus[i];
            }
        }
    }
}
