/* ck_turing_head.h: the heads' activations and their addressing on vectors of N, forward and backward.
 *
 * The addressing is in two halves, since the backward pass does the first half again: focus_candidates goes from the
 * similarities to the shifted weights, sharpen from there to the focus.
 *
 * NaN. Where one shifted weight of a head is NaN all are: content weights share their sum, shifts too, a gate meets every
 * row, and a focus is NaN as a whole (ck_turing_begin sees to it at the start). So sharpen looks at one of them. See also
 * ck_rows_weights.h. */
#ifndef CK_TURING_HEAD_H
#define CK_TURING_HEAD_H

#include "ck_math.h"
#include "ck_turing_internal.h"
#include "rows/ck_rows_weights.h"

/* ---- activations ---- */

CK_INLINE float clipped(const turing_layout *l, float x) {
    x = x > l->clip ? l->clip : x;
    return x < -l->clip ? -l->clip : x;
}

/* dx where x is inside the limit, else 0. */
CK_INLINE float clipped_backward(const turing_layout *l, float x, float dx) { return fabsf(x) > l->clip ? 0.0f : dx; }

CK_INLINE void tanh_columns(const ck_instruction_level level, const turing_layout *l, const float *raw, float *x) {
    FOR_FEW(level, c, 0, l->memory.columns, x[c] = ck_tanhf(clipped(l, raw[c])););
}

CK_INLINE void sigmoid_columns(const ck_instruction_level level, const turing_layout *l, const float *raw, float *x) {
    FOR_FEW(level, c, 0, l->memory.columns, x[c] = ck_sigmoidf(clipped(l, raw[c])););
}

CK_INLINE void softmax_shifts(const ck_instruction_level level, const turing_layout *l, const float *raw,
                              float *shift) {
    float largest = clipped(l, raw[0]);
    for (ck_int q = 1; q < l->shifts; q++) {
        float x = clipped(l, raw[q]);
        largest = x > largest ? x : largest;
    }
    float sum = 0.0f;
    FOR_FEW(level, q, 0, l->shifts, shift[q] = ck_expf(clipped(l, raw[q]) - largest););
    for (ck_int q = 0; q < l->shifts; q++) {
        sum += shift[q];
    }
    FOR_FEW(level, q, 0, l->shifts, shift[q] /= sum;);
}

/* beta, g and gamma of all heads of a group, side by side in a vector. rest[h] points behind head h's key, to
 * [beta | g | s | gamma]. */
CK_INLINE void activate_scalars(const ck_instruction_level level, const rows_counts n, const turing_layout *l,
                                const float *const *rest, const turing_head *heads) {
    _Alignas(sizeof(ck_lanes)) float softplus[CK_LANES] = {0}, gate[CK_LANES] = {0};
    for (int h = 0; h < n.keys; h++) {
        softplus[h] = clipped(l, rest[h][0]);
        softplus[h + 2] = clipped(l, rest[h][2 + l->shifts]);
        gate[h] = clipped(l, rest[h][1]);
    }
    FOR_FEW(level, i, 0, level == CK_LEVEL_AVX512 ? CK_LANES : 4, {
        softplus[i] = ck_softplusf(softplus[i]);
        gate[i] = ck_sigmoidf(gate[i]);
    });
    for (int h = 0; h < n.keys; h++) {
        heads[h].scalars[TURING_STRENGTH] = softplus[h];
        heads[h].scalars[TURING_SHARPENING] = 1.0f + softplus[h + 2];
        heads[h].scalars[TURING_GATE] = gate[h];
    }
}

/* Applies the activations to a group's raw parameters: [k | beta | g | s | gamma] of each head, and behind those of a
 * write head its [e | a]. */
CK_INLINE void activate_heads(const ck_instruction_level level, const rows_counts n, const turing_layout *l,
                              const float *raw, const turing_head *heads) {
    const float *rest[2] = {raw + l->memory.columns, raw + l->read_raw + l->memory.columns};
    for (int h = 0; h < n.keys; h++) {
        tanh_columns(level, l, raw + h * l->read_raw, heads[h].key);
        heads[h].scalars[TURING_KEY_NORM] = key_norm(level, &l->memory, heads[h].key);
        softmax_shifts(level, l, rest[h] + 2, heads[h].shift);
    }
    activate_scalars(level, n, l, rest, heads);
    if (n.writes) {
        sigmoid_columns(level, l, raw + n.keys * l->read_raw, heads[n.reads].erase);
        tanh_columns(level, l, raw + n.keys * l->read_raw + l->memory.columns, heads[n.reads].add);
    }
}

/* ---- addressing ---- */

/* Repeats the last rows of x before its first, and the first after its last, as far as shifts reach. What is left of
 * the padding that shifts reach becomes 0. */
CK_INLINE void wrap_rows(const turing_layout *l, float *x) {
    for (ck_int i = 0; i < l->max_shift; i++) {
        x[i - l->max_shift] = x[l->memory.rows - l->max_shift + i];
        x[l->memory.rows + i] = x[i];
    }
    for (ck_int i = l->memory.rows + l->max_shift; i < l->memory.row_pad + l->max_shift; i++) {
        x[i] = 0.0f;
    }
}

/* shifted(i) = sum_q s[q] gated(i - n + q). */
CK_INLINE void shift_rows(const turing_layout *l, const float *shift, const float *gated, float *shifted) {
    const float *source = gated - l->max_shift;
    FOR_LANES
    for (ck_int i = 0; i < l->memory.row_pad; i++) {
        shifted[i] = shift[0] * source[i];
    }
    for (ck_int q = 1; q < l->shifts; q++) {
        float weight = shift[q];
        FOR_LANES
        for (ck_int i = 0; i < l->memory.row_pad; i++) {
            shifted[i] += weight * source[i + q];
        }
    }
    set_padding(&l->memory, shifted, 0.0f);
}

/* From the similarities to w^c, w^g and w~ of a group's heads. They go through each stage together: the work of one
 * fills the wait for the other's sums. */
CK_INLINE void focus_candidates(const rows_counts n, const turing_layout *l, const turing_pass *p,
                                const turing_scratch *s) {
    float largest[2], scale[2];
    for (int h = 0; h < n.keys; h++) {
        float strength = p->heads[h].scalars[TURING_STRENGTH];
        largest[h] = content_exponents(&l->memory, strength, p->similarity[h], s->content[h]);
    }
    for (int h = 0; h < n.keys; h++) {
        scale[h] = content_powers(&l->memory, largest[h], s->content[h]);
    }
    for (int h = 0; h < n.keys; h++) {
        float gate = p->heads[h].scalars[TURING_GATE];
        mix_content(&l->memory, scale[h], gate, 1.0f - gate, p->previous[h], s->content[h], s->gated[h]);
        wrap_rows(l, s->gated[h]);
    }
    for (int h = 0; h < n.keys; h++) {
        shift_rows(l, p->heads[h].shift, s->gated[h], s->shifted[h]);
    }
}

/* The focuses of a group's heads from their w~. */
CK_INLINE void sharpen(const rows_counts n, const turing_layout *l, const turing_pass *p, const turing_scratch *s) {
    float largest[2], scale[2];
    for (int h = 0; h < n.keys; h++) {
        largest[h] = lanes_array_max(l->memory.row_pad, s->shifted[h]);
    }
    for (int h = 0; h < n.keys; h++) {
        float nan_or_zero = 0.0f * s->shifted[h][0];
        float gamma = p->heads[h].scalars[TURING_SHARPENING] + nan_or_zero;
        scale[h] = sharpened_powers(&l->memory, gamma, largest[h], s->shifted[h], p->focus[h]);
    }
    for (int h = 0; h < n.keys; h++) {
        FOR_LANES
        for (ck_int i = 0; i < l->memory.row_pad; i++) {
            p->focus[h][i] *= scale[h];
        }
    }
}

/* ---- backward ---- */

/* Gradients with respect to one head's activated parameters. The key's are in two parts: the rows' (see
 * rows_memory_gradient), and key_factor, from the key's norm: k also gets -key_factor k. erase is -dL/de. */
typedef struct {
    float strength, gate, sharpening, key_factor;
    float *key, *shift, *erase, *add;
} head_gradient;

/* dL/d(gated) from dL/d(shifted), to dgated; and dL/ds. dshifted has room for shifts on both sides, like gated. */
CK_INLINE void shift_backward(const turing_layout *l, turing_head head, const float *gated, float *dshifted,
                              float *dgated, float *dshift) {
    for (ck_int q = 0; q < l->shifts; q++) {
        dshift[q] = lanes_array_dot(l->memory.row_pad, dshifted, gated - l->max_shift + q);
    }
    wrap_rows(l, dshifted);
    FOR_LANES
    for (ck_int i = 0; i < l->memory.row_pad; i++) {
        dgated[i] = head.shift[0] * dshifted[i + l->max_shift];
    }
    for (ck_int q = 1; q < l->shifts; q++) {
        float weight = head.shift[q];
        FOR_LANES
        for (ck_int i = 0; i < l->memory.row_pad; i++) {
            dgated[i] += weight * dshifted[i + l->max_shift - q];
        }
    }
}

/* dL/d(gated) of head h through interpolation and content weights: leaves dL/d(previous focus) in dfocus. */
CK_INLINE void gate_backward(const turing_layout *l, const turing_pass *p, const turing_scratch *s, const rows_key *key,
                             int h, head_gradient *gradient) {
    const float *norms = p->memory + l->memory.size;
    float gate = p->heads[h].scalars[TURING_GATE];
    float strength = p->heads[h].scalars[TURING_STRENGTH];
    content_gradient content = content_backward(&l->memory, key, h == 0, strength, gate, 1.0f - gate, norms,
                                                s->content[h], s->dgated[h], p->dfocus[h], s->row_factor);
    gradient->strength = content.strength;
    gradient->key_factor = content.key_factor;
    gradient->gate = content.share - lanes_array_dot(l->memory.row_pad, p->previous[h], s->dgated[h]);
}

/* The addressing of a group's heads, backward, after focus_candidates. dfocus holds dL/d(focus) and ends as
 * dL/d(previous focus). */
CK_INLINE void address_backward(const rows_counts n, const turing_layout *l, const turing_pass *p,
                                const turing_scratch *s, const rows_key *keys, head_gradient *gradients) {
    for (int h = 0; h < n.keys; h++) {
        gradients[h].sharpening = sharpen_backward(&l->memory, p->heads[h].scalars[TURING_SHARPENING], s->shifted[h],
                                                   p->focus[h], p->dfocus[h], s->dshifted[h], s->dgated[h]);
    }
    for (int h = 0; h < n.keys; h++) {
        shift_backward(l, p->heads[h], s->gated[h], s->dshifted[h], s->dgated[h], gradients[h].shift);
    }
    for (int h = 0; h < n.keys; h++) {
        gate_backward(l, p, s, &keys[h], h, &gradients[h]);
    }
    finish_row_factor(&l->memory, p->memory + l->memory.size, s->row_factor);
}

/* Takes the gradients of a head's activated parameters to those of its raw ones, which are overwritten. */
CK_INLINE void activate_head_backward(const ck_instruction_level level, const turing_layout *l, const float *raw,
                                      turing_head head, const head_gradient *gradient, float *draw) {
    const float *rest = raw + l->memory.columns;
    float *drest = draw + l->memory.columns;
    FOR_FEW(level, c, 0, l->memory.columns, {
        float k = head.key[c];
        float dk = gradient->key[c] - gradient->key_factor * k;
        draw[c] = clipped_backward(l, raw[c], dk * (1.0f - k * k));
    });
    float gate = head.scalars[TURING_GATE];
    float gamma_raw = rest[2 + l->shifts];
    drest[0] = clipped_backward(l, rest[0], gradient->strength * ck_sigmoidf(clipped(l, rest[0])));
    drest[1] = clipped_backward(l, rest[1], gradient->gate * gate * (1.0f - gate));
    float mean = 0.0f;
    for (ck_int q = 0; q < l->shifts; q++) {
        mean += head.shift[q] * gradient->shift[q];
    }
    for (ck_int q = 0; q < l->shifts; q++) {
        drest[2 + q] = clipped_backward(l, rest[2 + q], head.shift[q] * (gradient->shift[q] - mean));
    }
    drest[2 + l->shifts] = clipped_backward(l, gamma_raw, gradient->sharpening * ck_sigmoidf(clipped(l, gamma_raw)));
    if (!head.erase) {
        return;
    }
    const float *erase_raw = raw + l->read_raw;
    const float *add_raw = erase_raw + l->memory.columns;
    float *derase = draw + l->read_raw;
    FOR_FEW(level, c, 0, l->memory.columns, {
        float e = head.erase[c];
        float a = head.add[c];
        derase[c] = clipped_backward(l, erase_raw[c], -gradient->erase[c] * (e * (1.0f - e)));
        derase[l->memory.columns + c] = clipped_backward(l, add_raw[c], gradient->add[c] * (1.0f - a * a));
    });
}

#endif
