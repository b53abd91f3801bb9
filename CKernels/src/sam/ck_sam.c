/* ck_sam.c: the sparse access memory's workspace and forward pass. The equations are in ck_sam.h, what the workspace
 * holds in ck_sam_internal.h; the backward pass is ck_sam_backward.c; how an episode begins, is saved, restored and
 * inspected is ck_sam_state.c. */
#include "ck_sam.h"

#include "ck_math.h"
#include "ck_sam_access.h"
#include "ck_sam_internal.h"
#include "ck_sam_links.h"
#include "ck_sam_search.h"

sam_layout ck_sam_layout_of(ck_sam_shape shape) {
    ck_int pad = lanes_round_up(shape.columns), neighbors = shape.neighbors, links = shape.links;
    ck_int reads = links > 0 ? 3 * neighbors : neighbors, written = reads + 1;
    ck_int tape_steps = shape.has_tape ? shape.steps : 0;
    /* Each head of a step takes at most K + 1 rows that were not touched before. */
    ck_int touched = workspace_times(workspace_times(shape.steps, shape.heads), neighbors + 1);
    ck_int stored = ck_min(shape.rows, ck_min(shape.rows, touched) + neighbors);
    sam_layout l = {.rows = shape.rows,
                    .columns = shape.columns,
                    .heads = shape.heads,
                    .neighbors = neighbors,
                    .links = links,
                    .batch = shape.batch,
                    .threshold = shape.threshold,
                    .initial = shape.initial,
                    .has_tape = shape.has_tape,
                    .reads = reads,
                    .pad = pad,
                    .tile = workspace_times(CK_LANES, shape.columns + 1),
                    .stored = lanes_round_up(stored),
                    .raw = ck_sam_interface_size(shape) / shape.heads,
                    .interface = ck_sam_interface_size(shape),
                    .log_norms = lanes_round_up(written)};
    l.record = sam_record_size(&l);
    l.log = l.log_norms + written * pad;
    ck_int head_steps = workspace_times(tape_steps, shape.heads), *end = &l.block;
    ck_int records = workspace_times(shape.has_tape ? tape_steps + 1 : 2, shape.heads);
    workspace_take(end, 1, sizeof(sam_progress) / sizeof(float));
    l.rows_at = workspace_take(end, l.stored, pad);
    l.norms_at = workspace_take(end, l.stored, 1);
    l.tiles_at = workspace_take(end, l.stored / CK_LANES, l.tile);
    l.older_at = workspace_take(end, l.stored, 1);
    l.newer_at = workspace_take(end, l.stored, 1);
    l.stamps_at = workspace_take(end, l.stored, 1);
    l.records_at = workspace_take(end, records, l.record);
    l.log_at = workspace_take(end, head_steps, l.log);
    l.drows_at = workspace_take(end, shape.has_tape ? l.stored : 0, pad);
    l.dweights_at = workspace_take(end, shape.has_tape ? shape.heads : 0, reads);
    l.scratch_at = workspace_take(end, 1, SAM_VECTORS * pad + neighbors);
    if (links == 0) return l;
    l.links_at = workspace_take(end, l.stored, workspace_times(shape.heads, 3 * links));
    l.marks_at = workspace_take(end, l.stored, 1);
    l.precedence_at = workspace_take(end, shape.heads, 2 * links);
    l.dlinked_at = workspace_take(end, shape.has_tape ? shape.heads : 0, reads);
    l.found_at = workspace_take(end, sam_most_found(&l), 2);
    return l;
}

ck_int ck_sam_interface_size(ck_sam_shape shape) {
    return shape.heads * (2 * shape.columns + (shape.links > 0 ? 6 : 3));
}

ck_int ck_sam_reads(ck_sam_shape shape) { return ck_sam_layout_of(shape).reads; }

size_t ck_sam_workspace_size(ck_sam_shape shape) {
    const ck_int sizes[] = {shape.rows, shape.columns, shape.heads};
    for (int i = 0; i < 3; i++) {
        if (sizes[i] > CK_SAM_MOST) {
            return 0;
        }
    }
    if (shape.neighbors > CK_SAM_MOST_NEIGHBORS || shape.links > CK_SAM_MOST_LINKS || shape.steps > INT32_MAX ||
        shape.batch > INT32_MAX) {
        return 0;
    }
    return workspace_bytes(workspace_times(shape.batch, ck_sam_layout_of(shape).block));
}

/* ---- writes ---- */

/* m <- m + w a, where m is the row, or 0 if it is erased; first the row goes to place j of the log, unless NULL. */
CK_INLINE void write_row(const sam_layout *l, const sam_element *e, ck_int i, float w, const float *add, int is_erased,
                         float *log, ck_int j) {
    float *row = e->rows + i * l->pad;
    if (log) {
        log[j] = e->norms[i];
        memcpy(log + l->log_norms + j * l->pad, row, (size_t)l->pad * sizeof(float));
    }
    if (is_erased) sam_clear(l, row);
    sam_add(l, w, add, row);
    e->norms[i] = sam_norm(l, row);
    tile_row(l, e, i);
}

/* A head's write in step t. raw is the head's part of the interface vector. */
CK_INLINE void write_head(const sam_layout *l, const sam_element *e, ck_int t, ck_int head, const float *raw) {
    sam_record now = sam_record_at(l, e, t, head), last = sam_record_at(l, e, t - 1, head);
    const float *rest = raw + 2 * l->columns, *add = sam_load(l, raw + l->columns, sam_vector(l, e, SAM_ADD));
    now.scalars[SAM_STRENGTH] = 1.0f + ck_softplusf(rest[0]);
    const float alpha = now.scalars[SAM_WRITE_GATE] = ck_sigmoidf(rest[1]);
    const float gamma = now.scalars[SAM_INTERPOLATION_GATE] = ck_sigmoidf(rest[2]);
    ck_int unused = least_recent_row(l, e, t, head);
    *now.written = (int32_t)unused;
    touch_row(l, e, unused);
    float *log = l->has_tape ? sam_log_at(l, e, t, head) : NULL;
    int is_new = 1;
    sam_found written = sam_found_at(l, e);
    for (ck_int j = 0; j <= l->reads; j++) {
        int is_last = j == l->reads;
        ck_int i = is_last ? unused : last.neighbors[j];
        if (i < 0 || (is_last && !is_new)) continue;
        int is_unused = i == unused;
        float read = is_last ? 0.0f : last.weights[j];
        float w = alpha * (gamma * read + (is_unused ? 1.0f - gamma : 0.0f));
        write_row(l, e, i, w, add, is_unused, log, j);
        if (w > l->threshold) access_row(e, i, t);
        if (l->links > 0) add_found(&written, i, w);
        is_new &= !is_unused;
    }
    if (l->links > 0) link_rows(l, e, head, &written);
}

/* ---- reads ---- */

/* The softmax of the neighbors found. */
CK_INLINE void content_weights(const sam_layout *l, const sam_record *r) {
    float sum = 0.0f, strength = r->scalars[SAM_STRENGTH], largest = r->similarity[0];
    for (ck_int j = 0; j < l->neighbors; j++) {
        r->content[j] = ck_expf(strength * (r->similarity[j] - largest));
        sum += r->content[j];
    }
    for (ck_int j = 0; j < l->neighbors; j++) {
        r->content[j] /= sum;
    }
}

/* A head's read in step t, of the neighbors found. Returns whether it is NaN. */
CK_INLINE int read_head(const sam_layout *l, const sam_element *e, ck_int t, ck_int head, const float *raw,
                        float *read) {
    sam_record r = sam_record_at(l, e, t, head);
    content_weights(l, &r);
    if (l->links > 0) {
        sam_record last = sam_record_at(l, e, t - 1, head);
        follow_links(l, e, head, raw + 2 * l->columns + 3, &last, &r);
    }
    if (isnan(r.weights[0])) return 1;
    float *sums = sam_vector(l, e, SAM_READ);
    sam_clear(l, sums);
    for (ck_int j = 0; j < l->reads; j++) {
        if (r.neighbors[j] < 0) continue;
        sam_add(l, r.weights[j], e->rows + r.neighbors[j] * l->pad, sums);
        touch_row(l, e, r.neighbors[j]);
    }
    memcpy(read, sums, (size_t)l->columns * sizeof(float));
    return 0;
}

/* What heads have read is an access only when all of them have. */
CK_INLINE void note_reads(const sam_layout *l, const sam_element *e, ck_int t) {
    for (ck_int head = 0; head < l->heads; head++) {
        sam_record r = sam_record_at(l, e, t, head);
        for (ck_int j = 0; j < l->reads; j++) {
            if (r.weights[j] > l->threshold) access_row(e, r.neighbors[j], t);
        }
    }
}

/* Reads and weights of NaN, as they are in all steps from the first NaN on. */
CK_INLINE void read_nan(const sam_layout *l, const sam_element *e, ck_int t, float *reads) {
    e->at->is_nan = 1;
    for (ck_int head = 0; head < l->heads; head++) {
        sam_record r = sam_record_at(l, e, t, head);
        for (ck_int j = 0; j < l->reads; j++) {
            r.neighbors[j] = j < l->neighbors ? (int32_t)j : -1;
            r.weights[j] = NAN;
        }
        for (ck_int j = 0; j < l->neighbors; j++) {
            r.similarity[j] = r.content[j] = NAN;
        }
        if (l->links > 0) forget_links_followed(l, &r);
        for (int scalar = 0; scalar < SAM_SCALARS; scalar++) {
            r.scalars[scalar] = NAN;
        }
        *r.written = 0;
    }
    touch_row(l, e, l->neighbors - 1);
    for (ck_int c = 0; c < l->heads * l->columns; c++) {
        reads[c] = NAN;
    }
}

/* ---- steps ---- */

/* What the threads of one call share. */
typedef struct {
    sam_layout layout;
    const void *workspace;
    ck_span span;
    const float *interface;
    float *reads;
    ck_int ldr;
} forward_call;

CK_INLINE void forward_steps(const forward_call *call, const sam_layout *l, ck_int b) {
    sam_element e = sam_element_at(l, call->workspace, b);
    for (ck_int t = call->span.first_step; t < call->span.end_step; t++) {
        ck_int row = t * l->batch + b;
        const float *raw = call->interface + row * l->interface;
        float *reads = call->reads + row * call->ldr;
        int is_nan = e.at->is_nan;
        for (ck_int head = 0; head < l->heads && !is_nan; head++) {
            write_head(l, &e, t, head, raw + head * l->raw);
        }
        if (!is_nan) is_nan = find_neighbors(l, &e, t, raw);
        for (ck_int head = 0; head < l->heads && !is_nan; head++) {
            is_nan = read_head(l, &e, t, head, raw + head * l->raw, reads + head * l->columns);
        }
        if (is_nan) {
            read_nan(l, &e, t, reads);
        } else {
            note_reads(l, &e, t);
        }
    }
    e.at->done = (int32_t)call->span.end_step;
}

CK_INLINE void forward_element_body(const forward_call *call, ck_int b) {
    sam_layout l = call->layout;
    if (l.links > 0) {
        forward_steps(call, &l, b);
    } else {
        sam_has_no_links(&l);
        forward_steps(call, &l, b);
    }
}

CK_LEVELS(void, forward_element, (const forward_call *call, ck_int b), (call, b))

static void forward_elements(const forward_call *call, ck_span part) {
    for (ck_int b = part.first; b < part.end; b++) {
        forward_element(call, b);
    }
}

void ck_sam_forward(ck_sam_shape shape, void *workspace, ck_span span, const float *interface, float *reads,
                    ck_int ldr) {
    forward_call call = {ck_sam_layout_of(shape), workspace, span, interface, reads, ldr};
    ck_int parts = sam_parts(&call.layout, span);
    CK_PARALLEL_FOR(
        parts > 1,
        for (ck_int part = 0; part < parts; part++) { forward_elements(&call, ck_part_of(span, part, parts)); });
}
