/* ck_sam_backward.c: the sparse access memory's backward pass, which undoes one write after the other. */
#include "ck_sam.h"

#include <math.h>

#include "ck_math.h"
#include "ck_sam_internal.h"

/* Gradients of a head's modes and of what it found along the links, which dlinked takes to w^R of the step before: the
 * links are constants. dweights is dL/dw^R. */
CK_INLINE void follow_links_backward(const sam_layout *l, const sam_record *r, const float *dweights, float *dlinked,
                                     float *draw) {
    float dmodes[3] = {0.0f, 0.0f, 0.0f}, mean = 0.0f;
    for (ck_int j = 0; j < l->reads; j++) {
        dlinked[j] = 0.0f;
    }
    for (ck_int j = 0; j < l->neighbors; j++) {
        dmodes[1] += r->content[j] * dweights[j];
    }
    for (ck_int k = 0; k < 2 * l->neighbors; k++) {
        if (r->places[k] < 0) continue;
        int mode = k < l->neighbors ? 0 : 2;
        float dweight = dweights[r->places[k]];
        dmodes[mode] += r->linked[k] * dweight;
        for (ck_int j = 0; j < l->reads; j++) {
            dlinked[j] += r->modes[mode] * dweight * r->transitions[k * l->reads + j];
        }
    }
    for (int mode = 0; mode < 3; mode++) {
        mean += r->modes[mode] * dmodes[mode];
    }
    for (int mode = 0; mode < 3; mode++) {
        draw[mode] = r->modes[mode] * (dmodes[mode] - mean);
    }
}

/* A head's read: adds to dL/dw^R, in dweights, what dL/dr gives it, and takes both to the rows, to the key in SAM_DKEY,
 * and returns dL/dbeta. Of w^R the content weights are a share. */
CK_INLINE float read_head_backward(const sam_layout *l, const sam_element *e, const sam_record *r, const float *key,
                                   const float *dread, float *dweights) {
    float *dkey = sam_vector(l, e, SAM_DKEY), mean = 0.0f, dstrength = 0.0f, key_factor = 0.0f;
    float key_norm = r->scalars[SAM_KEY_NORM];
    sam_clear(l, dkey);
    for (ck_int j = 0; j < l->reads; j++) {
        if (r->neighbors[j] < 0) continue;
        dweights[j] += lanes_array_dot(l->pad, e->rows + r->neighbors[j] * l->pad, dread);
        if (j < l->neighbors) mean += r->content[j] * dweights[j];
    }
    const float share = l->links > 0 ? r->modes[1] : 1.0f;
    for (ck_int j = l->neighbors; j < l->reads; j++) {
        if (r->neighbors[j] >= 0) sam_add(l, r->weights[j], dread, e->drows + r->neighbors[j] * l->pad);
    }
    for (ck_int j = 0; j < l->neighbors; j++) {
        ck_int i = r->neighbors[j];
        const float *row = e->rows + i * l->pad;
        float *drow = e->drows + i * l->pad, norm = e->norms[i], norms = norm * key_norm, w = r->weights[j];
        float dexponent = r->content[j] * share * (dweights[j] - mean),
              dsimilarity = r->scalars[SAM_STRENGTH] * dexponent;
        dstrength += dexponent * r->similarity[j];
        int has_gradient = !(norms <= 0.0f);
        float dproduct = has_gradient ? dsimilarity / norms : 0.0f;
        float dnorms = has_gradient ? dsimilarity * r->similarity[j] : 0.0f; /* times |q| |m|, but for the sign */
        float row_factor = has_gradient ? dnorms / (norm * norm) : 0.0f;
        key_factor += dnorms;
        FOR_LANES
        for (ck_int c = 0; c < l->pad; c++) {
            drow[c] += w * dread[c] + dproduct * key[c] - row_factor * row[c];
            dkey[c] += dproduct * row[c];
        }
    }
    if (!(key_norm <= 0.0f)) sam_add(l, -key_factor / (key_norm * key_norm), key, dkey);
    return dstrength;
}

/* A head's write in step t: takes the rows' gradients to before it, sets dweights to dL/dw^R of the step before, writes
 * the gradients of a, alpha and gamma to draw, and undoes the write. */
CK_INLINE void write_head_backward(const sam_layout *l, const sam_element *e, ck_int t, ck_int head, const float *raw,
                                   float *dweights, float *draw) {
    sam_record now = sam_record_at(l, e, t, head), last = sam_record_at(l, e, t - 1, head);
    const float *add = sam_load(l, raw + l->columns, sam_vector(l, e, SAM_ADD)), *log = sam_log_at(l, e, t, head);
    const float alpha = now.scalars[SAM_WRITE_GATE], gamma = now.scalars[SAM_INTERPOLATION_GATE];
    float *dadd = sam_vector(l, e, SAM_DADD), dalpha = 0.0f, dgamma = 0.0f;
    sam_clear(l, dadd);
    int is_new = 1;
    const float *dlinked = l->links > 0 ? e->dlinked + head * l->reads : NULL;
    for (ck_int j = 0; j <= l->reads; j++) {
        int is_last = j == l->reads;
        ck_int i = is_last ? *now.written : last.neighbors[j];
        if (!is_last && l->links > 0) dweights[j] = 0.0f;
        if (i < 0 || (is_last && !is_new)) continue;
        int is_unused = i == *now.written;
        float read = is_last ? 0.0f : last.weights[j], unused = is_unused ? 1.0f : 0.0f;
        float share = gamma * read + (is_unused ? 1.0f - gamma : 0.0f), *drow = e->drows + i * l->pad;
        float dw = lanes_array_dot(l->pad, drow, add);
        dalpha += dw * share;
        dgamma += dw * alpha * (read - unused);
        if (!is_last) {
            dweights[j] = dw * alpha * gamma;
            if (dlinked) dweights[j] += dlinked[j];
        }
        sam_add(l, alpha * share, drow, dadd);
        if (is_unused) sam_clear(l, drow);
        e->norms[i] = log[j];
        memcpy(e->rows + i * l->pad, log + l->log_norms + j * l->pad, (size_t)l->pad * sizeof(float));
        is_new &= !is_unused;
    }
    memcpy(draw + l->columns, dadd, (size_t)l->columns * sizeof(float));
    draw[2 * l->columns + 1] = dalpha * alpha * (1.0f - alpha);
    draw[2 * l->columns + 2] = dgamma * gamma * (1.0f - gamma);
}

/* What the threads of one call share. */
typedef struct {
    sam_layout layout;
    const void *workspace;
    ck_span span;
    const float *interface, *dreads;
    ck_int lddr;
    float *dinterface;
} backward_call;

CK_INLINE void backward_step(const sam_layout *l, const sam_element *e, ck_int t, const float *raw, const float *dreads,
                             float *draw) {
    for (ck_int head = 0; head < l->heads; head++) {
        const float *own = raw + head * l->raw;
        float *down = draw + head * l->raw;
        sam_record r = sam_record_at(l, e, t, head);
        const float *key = sam_load(l, own, sam_vector(l, e, SAM_KEY));
        const float *dread = sam_load(l, dreads + head * l->columns, sam_vector(l, e, SAM_READ));
        float *dweights = e->dweights + head * l->reads;
        float dstrength = read_head_backward(l, e, &r, key, dread, dweights);
        if (l->links > 0) {
            follow_links_backward(l, &r, dweights, e->dlinked + head * l->reads, down + 2 * l->columns + 3);
        }
        memcpy(down, sam_vector(l, e, SAM_DKEY), (size_t)l->columns * sizeof(float));
        down[2 * l->columns] = dstrength * ck_sigmoidf(own[2 * l->columns]);
    }
    for (ck_int head = l->heads - 1; head >= 0; head--) {
        write_head_backward(l, e, t, head, raw + head * l->raw, e->dweights + head * l->reads, draw + head * l->raw);
    }
}

CK_INLINE void backward_steps(const backward_call *call, const sam_layout *l, ck_int b) {
    sam_element e = sam_element_at(l, call->workspace, b);
    for (ck_int t = call->span.end_step - 1; t >= call->span.first_step; t--) {
        ck_int row = t * l->batch + b;
        float *draw = call->dinterface + row * l->interface;
        if (e.at->is_nan) {
            for (ck_int i = 0; i < l->interface; i++) {
                draw[i] = NAN;
            }
        } else {
            backward_step(l, &e, t, call->interface + row * l->interface, call->dreads + row * call->lddr, draw);
        }
    }
    e.at->done = (int32_t)call->span.first_step;
}

CK_INLINE void backward_element_body(const backward_call *call, ck_int b) {
    sam_layout l = call->layout;
    if (l.links > 0) {
        backward_steps(call, &l, b);
    } else {
        sam_has_no_links(&l);
        backward_steps(call, &l, b);
    }
}

CK_LEVELS(void, backward_element, (const backward_call *call, ck_int b), (call, b))

static void backward_elements(const backward_call *call, ck_span part) {
    for (ck_int b = part.first; b < part.end; b++) {
        backward_element(call, b);
    }
}

void ck_sam_begin_backward(ck_sam_shape shape, void *workspace) {
    sam_layout l = ck_sam_layout_of(shape);
    for (ck_int b = 0; b < l.batch; b++) {
        sam_element e = sam_element_at(&l, workspace, b);
        memset(e.drows, 0, (size_t)(e.at->stored * l.pad) * sizeof(float));
        memset(e.dweights, 0, (size_t)(l.heads * l.reads) * sizeof(float));
    }
}

void ck_sam_backward(ck_sam_shape shape, void *workspace, ck_span span, const float *interface, const float *dreads,
                     ck_int lddr, float *dinterface) {
    backward_call call = {ck_sam_layout_of(shape), workspace, span, interface, dreads, lddr, dinterface};
    ck_int parts = sam_parts(&call.layout, span);
    CK_PARALLEL_FOR(
        parts > 1,
        for (ck_int part = 0; part < parts; part++) { backward_elements(&call, ck_part_of(span, part, parts)); });
}
