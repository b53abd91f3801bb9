/* ck_turing.c: the Turing memory's forward pass, its workspace and its inspection. The equations are in ck_turing.h, the
 * workspace's layout in ck_turing_internal.h; the backward pass is ck_turing_backward.c. */
#include "ck_turing.h"

#include "ck_runtime.h"
#include "ck_turing_head.h"
#include "ck_turing_internal.h"
#include "ck_turing_passes.h"

static ck_int round_up(ck_int n) {
    return ck_blocks(n, CK_LANES) * CK_LANES;
}

/* Takes `count` floats from the workspace; whole vectors, so that what follows is aligned. */
static ck_int take(turing_layout *l, ck_int count) {
    ck_int at = l->end_at;
    l->end_at += round_up(count);
    return at;
}

turing_layout turing_layout_of(ck_turing_shape shape) {
    turing_layout l = {.rows = shape.rows,
                       .columns = shape.columns,
                       .pairs = shape.pairs,
                       .shifts = 2 * shape.max_shift + 1,
                       .max_shift = shape.max_shift,
                       .batch = shape.batch,
                       .heads = 2 * shape.pairs,
                       .row_pad = round_up(shape.rows),
                       .column_pad = round_up(shape.columns),
                       .shift_pad = round_up(shape.max_shift),
                       .segment = ck_min(shape.segment, shape.steps),
                       .read_raw = shape.columns + 2 + 2 * shape.max_shift + 1 + 1,
                       .interface = ck_turing_interface_size(shape),
                       .clip = shape.clip};
    l.read_record = l.column_pad + CK_LANES + round_up(l.shifts);
    l.pair_record = 2 * l.read_record + 2 * l.column_pad;
    l.block = (l.columns + 1) * l.row_pad;
    l.kept = shape.steps / l.segment;
    l.inner = l.segment * l.pairs - 1;
    /* As turing_scratch_at takes it: dots, stages, gradients; sums; columns and shifts. */
    ck_int vectors = 2 + 2 * 5 + 3;
    l.scratch = vectors * l.row_pad + 3 * 2 * l.shift_pad + 2 * l.columns * CK_LANES + 4 * l.column_pad +
                2 * round_up(l.shifts);

    take(&l, (ck_int)(sizeof(turing_state) / sizeof(float)));
    l.first_memory_at = take(&l, l.block);
    l.first_focus_at = take(&l, l.heads * l.row_pad);
    l.focus_at = take(&l, shape.steps * l.batch * l.heads * l.row_pad);
    l.records_at = take(&l, shape.steps * l.batch * l.pairs * l.pair_record);
    l.kept_at = take(&l, l.batch * l.kept * l.block);
    l.inner_at = take(&l, l.batch * l.inner * l.block);
    l.dmemory_at = take(&l, l.batch * l.columns * l.row_pad);
    l.dfocus_at = take(&l, l.batch * l.heads * l.row_pad);
    l.scratch_at = take(&l, l.batch * l.scratch);
    return l;
}

static float *take_scratch(float **at, ck_int count) {
    float *start = *at;
    *at += count;
    return start;
}

turing_scratch turing_scratch_at(const turing_layout *l, float *base, ck_int part) {
    float *at = base + l->scratch_at + part * l->scratch;
    ck_int wrapped = l->row_pad + 2 * l->shift_pad;
    turing_scratch s;
    for (int h = 0; h < 2; h++) {
        s.dot[h] = take_scratch(&at, l->row_pad);
        s.stages[h].similarity = take_scratch(&at, l->row_pad);
        s.stages[h].inverse = take_scratch(&at, l->row_pad);
        s.stages[h].content = take_scratch(&at, l->row_pad);
        s.stages[h].gated = take_scratch(&at, wrapped) + l->shift_pad;
        s.stages[h].shifted = take_scratch(&at, l->row_pad);
        s.sums[h] = (ck_lanes *)take_scratch(&at, l->columns * CK_LANES);
        s.dkey[h] = take_scratch(&at, l->column_pad);
        s.dshift[h] = take_scratch(&at, round_up(l->shifts));
    }
    s.dshifted = take_scratch(&at, wrapped) + l->shift_pad;
    s.dgated = take_scratch(&at, l->row_pad);
    s.row_factor = take_scratch(&at, l->row_pad);
    s.derase = take_scratch(&at, l->column_pad);
    s.dadd = take_scratch(&at, l->column_pad);
    return s;
}

ck_int ck_turing_interface_size(ck_turing_shape shape) {
    return shape.pairs * (4 * shape.columns + 2 * (2 * shape.max_shift + 1) + 6);
}

size_t ck_turing_workspace_size(ck_turing_shape shape) {
    turing_layout l = turing_layout_of(shape);
    return (size_t)l.end_at * sizeof(float) + sizeof(ck_lanes);
}

void ck_turing_begin(ck_turing_shape shape, void *workspace, const float *memory_0, const float *focus_0) {
    turing_layout l = turing_layout_of(shape);
    float *base = turing_base(workspace);
    *turing_state_of(workspace) = (turing_state){0, 0};
    float *block = base + l.first_memory_at;
    memset(block, 0, (size_t)l.block * sizeof(float));
    for (ck_int i = 0; i < l.rows; i++) {
        ck_lanes square = {0}, norm;
        for (ck_int c = 0; c < l.columns; c++) {
            float m = memory_0[i * l.columns + c];
            block[c * l.row_pad + i] = m;
            square[0] += m * m;
        }
        store_norm(&square, &norm);
        block[l.columns * l.row_pad + i] = norm[0];
    }
    for (ck_int head = 0; head < l.heads; head++) {
        float *focus = base + l.first_focus_at + head * l.row_pad;
        memcpy(focus, focus_0 + head * l.rows, (size_t)l.rows * sizeof(float));
        set_padding(&l, focus, 0.0f);
    }
}

/* Step t's pair of heads: both address the memory as it stands, then read and write it in one pass. */
CK_INLINE void forward_pair(const turing_layout *l, float *base, const turing_scratch *s, ck_int t, ck_int b, ck_int pair,
                            const float *interface, float *reads) {
    ck_int write = t * l->pairs + pair;
    const float *memory = turing_memory_at(l, base, b, write);
    const float *norm = memory + l->columns * l->row_pad;
    turing_head heads[2];
    for (int h = 0; h < 2; h++) {
        heads[h] = turing_head_at(l, base, t, b, 2 * pair + h);
        activate_head(l, interface + turing_raw_at(l, 2 * pair + h), heads[h]);
    }
    similarity_pass similarity = {l, memory, heads[0].key, heads[1].key, s->dot[0], s->dot[1]};
    turing_similarity(&similarity, l->row_pad);
    for (int h = 0; h < 2; h++) {
        const float *previous = turing_focus_at(l, base, t - 1, b, 2 * pair + h);
        focus_candidates(l, heads[h], s->dot[h], norm, previous, s->stages[h]);
        sharpen(l, heads[h].scalars[TURING_SHARPENING], s->stages[h].shifted,
                turing_focus_at(l, base, t, b, 2 * pair + h));
    }
    write_pass pass = {.l = l,
                       .memory = memory,
                       .write_focus = turing_focus_at(l, base, t, b, 2 * pair + 1),
                       .erase = heads[1].erase,
                       .add = heads[1].add,
                       .memory_after = turing_memory_at(l, base, b, write + 1),
                       .read_focus = turing_focus_at(l, base, t, b, 2 * pair),
                       .read_sums = s->sums[0]};
    turing_write(&pass, l->row_pad);
    sum_columns(l->columns, s->sums[0], reads);
}

/* Steps first ..< end of one batch element. */
CK_CLONES static void forward_element(const turing_layout *l, float *base, const turing_scratch *s, ck_int b, ck_int first,
                                      ck_int end, const float *interface, float *reads, ck_int ldr) {
    for (ck_int t = first; t < end; t++) {
        ck_int row = t * l->batch + b;
        for (ck_int pair = 0; pair < l->pairs; pair++) {
            forward_pair(l, base, s, t, b, pair, interface + row * l->interface,
                         reads + row * ldr + pair * l->columns);
        }
    }
}

void ck_turing_forward(ck_turing_shape shape, void *workspace, ck_int first, ck_int end, const float *interface,
                       float *reads, ck_int ldr) {
    turing_layout l = turing_layout_of(shape);
    float *base = turing_base(workspace);
    ck_int parts = turing_parts(&l, end - first, ck_threads());
#pragma omp parallel for schedule(static) if (parts > 1)
    for (ck_int part = 0; part < parts; part++) {
        turing_scratch scratch = turing_scratch_at(&l, base, part);
        for (ck_int b = part * l.batch / parts; b < (part + 1) * l.batch / parts; b++) {
            forward_element(&l, base, &scratch, b, first, end, interface, reads, ldr);
        }
    }
    turing_state_of(workspace)->done = end;
    turing_state_of(workspace)->segment = (end - 1) / l.segment;
}

const float *ck_turing_focus(ck_turing_shape shape, const void *workspace, ck_int t, ck_int b, ck_int head) {
    turing_layout l = turing_layout_of(shape);
    return turing_focus_at(&l, turing_base(workspace), t, b, head);
}

void ck_turing_memory(ck_turing_shape shape, const void *workspace, ck_int b, float *memory) {
    turing_layout l = turing_layout_of(shape);
    ck_int done = (ck_int)turing_state_of(workspace)->done;
    const float *block = turing_memory_at(&l, turing_base(workspace), b, done * l.pairs);
    for (ck_int i = 0; i < l.rows; i++) {
        for (ck_int c = 0; c < l.columns; c++) {
            memory[i * l.columns + c] = block[c * l.row_pad + i];
        }
    }
}
