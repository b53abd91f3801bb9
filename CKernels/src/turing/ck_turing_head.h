/* ck_turing_head.h: the heads' activations and their addressing on vectors of N, forward and backward. The passes over
 * whole memories are in ck_turing_passes.h.
 *
 * The addressing is in two halves, since the backward pass does the first half again: focus_candidates goes from the
 * similarities to the shifted weights, sharpen from there to the focus.
 *
 * NaN. Selects are written so that a NaN passes: `x < limit ? limit : x` keeps it, `x > limit ? x : limit` would not.
 * Where one shifted weight of a head is NaN all are: content weights share their sum, shifts too, a gate meets every row,
 * and a focus is NaN as a whole (ck_turing_begin sees to it at the start). So sharpen looks at one of them; the maximum
 * and the logarithm, which read bits, need not care. */
#ifndef CK_TURING_HEAD_H
#define CK_TURING_HEAD_H

#include "ck_math.h"
#include "ck_turing_internal.h"

/* ---- activations ---- */

CK_INLINE float clipped(const turing_layout *l, float x) {
    x = x > l->clip ? l->clip : x;
    return x < -l->clip ? -l->clip : x;
}

/* dx where x is inside the limit, else 0. */
CK_INLINE float clipped_backward(const turing_layout *l, float x, float dx) { return fabsf(x) > l->clip ? 0.0f : dx; }

CK_INLINE void tanh_columns(const ck_instruction_level level, const turing_layout *l, const float *raw, float *x) {
    FOR_FEW(level, c, 0, l->columns, x[c] = ck_tanhf(clipped(l, raw[c])););
}

CK_INLINE void sigmoid_columns(const ck_instruction_level level, const turing_layout *l, const float *raw, float *x) {
    FOR_FEW(level, c, 0, l->columns, x[c] = ck_sigmoidf(clipped(l, raw[c])););
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

/* |k|, 0 where |k|^2 is below the smallest square, NaN where it is NaN. */
CK_INLINE float key_norm(const ck_instruction_level level, const turing_layout *l, const float *key) {
#pragma clang fp reassociate(on)
    float square = 0.0f;
    FOR_FEW(level, c, 0, l->columns, square += key[c] * key[c];);
    return square < CK_TURING_SMALLEST_SQUARE ? 0.0f : ck_sqrtf(square);
}

/* beta, g and gamma of both heads, side by side in a vector. rest[h] points behind head h's key, to
 * [beta | g | s | gamma]. */
CK_INLINE void activate_scalars(const ck_instruction_level level, const turing_layout *l, const float *const *rest,
                                const turing_head *heads) {
    _Alignas(sizeof(ck_lanes)) float softplus[CK_LANES] = {0}, gate[CK_LANES] = {0};
    for (int h = 0; h < 2; h++) {
        softplus[h] = clipped(l, rest[h][0]);
        softplus[h + 2] = clipped(l, rest[h][2 + l->shifts]);
        gate[h] = clipped(l, rest[h][1]);
    }
    FOR_FEW(level, i, 0, level == CK_LEVEL_AVX512 ? CK_LANES : 4, {
        softplus[i] = ck_softplusf(softplus[i]);
        gate[i] = ck_sigmoidf(gate[i]);
    });
    for (int h = 0; h < 2; h++) {
        heads[h].scalars[TURING_STRENGTH] = softplus[h];
        heads[h].scalars[TURING_SHARPENING] = 1.0f + softplus[h + 2];
        heads[h].scalars[TURING_GATE] = gate[h];
    }
}

/* Applies the activations to a pair's raw parameters: [k | beta | g | s | gamma] of the read head, the same of the
 * write head, and its [e | a]. */
CK_INLINE void activate_heads(const ck_instruction_level level, const turing_layout *l, const float *raw,
                              const turing_head *heads) {
    const float *rest[2] = {raw + l->columns, raw + l->read_raw + l->columns};
    for (int h = 0; h < 2; h++) {
        tanh_columns(level, l, raw + h * l->read_raw, heads[h].key);
        heads[h].scalars[TURING_KEY_NORM] = key_norm(level, l, heads[h].key);
        softmax_shifts(level, l, rest[h] + 2, heads[h].shift);
    }
    activate_scalars(level, l, rest, heads);
    sigmoid_columns(level, l, raw + 2 * l->read_raw, heads[1].erase);
    tanh_columns(level, l, raw + 2 * l->read_raw + l->columns, heads[1].add);
}

/* ---- addressing ---- */

/* Repeats the last rows of x before its first, and the first after its last, as far as shifts reach. What is left of
 * the padding that shifts reach becomes 0. */
CK_INLINE void wrap_rows(const turing_layout *l, float *x) {
    for (ck_int i = 0; i < l->max_shift; i++) {
        x[i - l->max_shift] = x[l->rows - l->max_shift + i];
        x[l->rows + i] = x[i];
    }
    for (ck_int i = l->rows + l->max_shift; i < l->row_pad + l->max_shift; i++) {
        x[i] = 0.0f;
    }
}

/* exp(x) for x <= 0, never below 1e-38: cheaper than ck_expf, which also serves results that are not normal numbers. */
CK_INLINE float exp_nonpositive(float x) {
    int32_t n;
    float e = 1.0f + ck_expm1_reduced(x < -87.0f ? -87.0f : x, &n);
    return e * ck_power_of_two(n);
}

/* log(x) for normal x > 0: cheaper than ck_logf, likewise. Smaller x, 0 among them, give about -88. */
CK_INLINE float log_normal(float x) {
    int32_t n = (int32_t)(ck_bits(x) - 0x3f3504f3u) >> 23;
    return ck_log_reduced(ck_float(ck_bits(x) - ((uint32_t)n << 23)) - 1.0f, (float)n);
}

/* beta K, to content; returns the largest. */
CK_INLINE float content_exponents(const turing_layout *l, float strength, const float *similarity, float *content) {
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        content[i] = strength * similarity[i];
    }
    set_padding(l, content, content[0]);
    return lanes_array_max(l->row_pad, content);
}

/* Takes beta K to its exponential; returns what makes their sum 1. */
CK_INLINE float content_powers(const turing_layout *l, float largest, float *content) {
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        content[i] = exp_nonpositive(content[i] - largest);
    }
    set_padding(l, content, 0.0f);
    return 1.0f / lanes_array_sum(l->row_pad, content);
}

/* Makes w^c sum to 1, and w^g from it, wrapped. */
CK_INLINE void interpolate(const turing_layout *l, float gate, float scale, const float *previous, float *content,
                           float *gated) {
    float rest = 1.0f - gate;
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        content[i] *= scale;
        gated[i] = gate * content[i] + rest * previous[i];
    }
    wrap_rows(l, gated);
}

/* shifted(i) = sum_q s[q] gated(i - n + q). */
CK_INLINE void shift_rows(const turing_layout *l, const float *shift, const float *gated, float *shifted) {
    const float *source = gated - l->max_shift;
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        shifted[i] = shift[0] * source[i];
    }
    for (ck_int q = 1; q < l->shifts; q++) {
        float weight = shift[q];
        FOR_LANES
        for (ck_int i = 0; i < l->row_pad; i++) {
            shifted[i] += weight * source[i + q];
        }
    }
    set_padding(l, shifted, 0.0f);
}

/* From the similarities to w^c, w^g and w~ of both heads. The heads go through each stage together: the work of one
 * fills the wait for the other's sums. */
CK_INLINE void focus_candidates(const turing_layout *l, const turing_pair *p, const turing_scratch *s) {
    float largest[2], scale[2];
    for (int h = 0; h < 2; h++) {
        float strength = p->heads[h].scalars[TURING_STRENGTH];
        largest[h] = content_exponents(l, strength, p->similarity[h], s->content[h]);
    }
    for (int h = 0; h < 2; h++) {
        scale[h] = content_powers(l, largest[h], s->content[h]);
    }
    for (int h = 0; h < 2; h++) {
        float gate = p->heads[h].scalars[TURING_GATE];
        interpolate(l, gate, scale[h], p->previous[h], s->content[h], s->gated[h]);
    }
    for (int h = 0; h < 2; h++) {
        shift_rows(l, p->heads[h].shift, s->gated[h], s->shifted[h]);
    }
}

/* What the logarithms of shifted weights are taken of and counted from. A power of two brings the largest weight near
 * 1, exactly, so that the logarithms of weights that matter are small and precise; its own difference is exactly 0. */
typedef struct {
    float scale, largest_log;
} log_frame;

CK_INLINE log_frame log_frame_of(float largest) {
    int32_t exponent = (int32_t)(ck_bits(largest) >> 23) - 127;
    float scale = ck_power_of_two(-exponent);
    return (log_frame){scale, log_normal(largest * scale)};
}

/* log(x / largest); finite, and far below the exponents that count, for x = 0. */
CK_INLINE float log_ratio(float x, log_frame frame) { return log_normal(x * frame.scale) - frame.largest_log; }

/* p from the shifted weights; returns what makes their sum 1. */
CK_INLINE float sharpened_powers(const turing_layout *l, float gamma, float largest, const float *shifted,
                                 float *focus) {
    log_frame frame = log_frame_of(largest);
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        float exponent = gamma * log_ratio(shifted[i], frame);
        float power = exp_nonpositive(exponent);
        focus[i] = exponent < CK_TURING_EXPONENT_FLOOR ? 0.0f : power; /* NaN where the exponent is */
    }
    return 1.0f / lanes_array_sum(l->row_pad, focus);
}

/* The focuses of both heads from their w~. */
CK_INLINE void sharpen(const turing_layout *l, const turing_pair *p, const turing_scratch *s) {
    float largest[2], scale[2];
    for (int h = 0; h < 2; h++) {
        largest[h] = lanes_array_max(l->row_pad, s->shifted[h]);
    }
    for (int h = 0; h < 2; h++) {
        float nan_or_zero = 0.0f * s->shifted[h][0];
        float gamma = p->heads[h].scalars[TURING_SHARPENING] + nan_or_zero;
        scale[h] = sharpened_powers(l, gamma, largest[h], s->shifted[h], p->focus[h]);
    }
    for (int h = 0; h < 2; h++) {
        FOR_LANES
        for (ck_int i = 0; i < l->row_pad; i++) {
            p->focus[h][i] *= scale[h];
        }
    }
}

/* ---- backward ---- */

/* Gradients with respect to one head's activated parameters. The key's are in two parts: the rows' (see
 * memory_gradient_tile), and key_factor, from the key's norm: k also gets -key_factor k. erase is -dL/de. */
typedef struct {
    float strength, gate, sharpening, key_factor;
    float *key, *shift, *erase, *add;
} head_gradient;

/* dL/d(shifted) from dL/d(focus), to dshifted; returns dL/dgamma. terms is working space. */
CK_INLINE float sharpen_backward(const turing_layout *l, float gamma, const float *shifted, const float *focus,
                                 const float *dfocus, float *dshifted, float *terms) {
    float mean = lanes_array_dot(l->row_pad, focus, dfocus);
    log_frame frame = log_frame_of(lanes_array_max(l->row_pad, shifted));
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        float dexponent = focus[i] * (dfocus[i] - mean);
        terms[i] = dexponent * log_ratio(shifted[i], frame);
        dshifted[i] = gamma * dexponent / (shifted[i] > FLT_MIN ? shifted[i] : FLT_MIN);
    }
    return lanes_array_sum(l->row_pad, terms);
}

/* dL/d(gated) from dL/d(shifted), to dgated; and dL/ds. dshifted has room for shifts on both sides, like gated. */
CK_INLINE void shift_backward(const turing_layout *l, turing_head head, const float *gated, float *dshifted,
                              float *dgated, float *dshift) {
    for (ck_int q = 0; q < l->shifts; q++) {
        dshift[q] = lanes_array_dot(l->row_pad, dshifted, gated - l->max_shift + q);
    }
    wrap_rows(l, dshifted);
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        dgated[i] = head.shift[0] * dshifted[i + l->max_shift];
    }
    for (ck_int q = 1; q < l->shifts; q++) {
        float weight = head.shift[q];
        FOR_LANES
        for (ck_int i = 0; i < l->row_pad; i++) {
            dgated[i] += weight * dshifted[i + l->max_shift - q];
        }
    }
}

/* From dL/d(gated) of head h through interpolation and content weights: leaves dL/d(previous focus) in dfocus and
 * dL/d(k.m_i) in dproduct, and adds what |m_i| gets to row_factor, which the first head sets. */
CK_INLINE void content_backward(const turing_layout *l, const turing_pair *p, const turing_scratch *s, int h,
                                head_gradient *gradient) {
    float gate = p->heads[h].scalars[TURING_GATE];
    float strength = p->heads[h].scalars[TURING_STRENGTH];
    float key_norm = p->heads[h].scalars[TURING_KEY_NORM];
    float mean = lanes_array_dot(l->row_pad, s->content[h], s->dgated[h]);
    gradient->gate = mean - lanes_array_dot(l->row_pad, p->previous[h], s->dgated[h]);
    ck_lanes strength_sum = {0}, norm_sum = {0};
    for (ck_int i = 0; i < l->row_pad; i += CK_LANES) {
        ck_lanes similarity = *const_lanes_at(p->similarity[h], i);
        ck_lanes dgated = *const_lanes_at(s->dgated[h], i);
        ck_lanes norm = *const_lanes_at(p->norm, i);
        ck_lanes inverse;
        inverse_norms(&norm, key_norm, &inverse);
        *lanes_at(p->dfocus[h], i) = (1.0f - gate) * dgated;
        ck_lanes dexponent = gate * *const_lanes_at(s->content[h], i) * (dgated - mean);
        strength_sum += dexponent * similarity;
        ck_lanes dproduct = strength * dexponent * inverse;
        *lanes_at(s->dproduct[h], i) = dproduct;
        ck_lanes dnorms = dproduct * similarity; /* of |k| |m_i|, but for the sign */
        norm_sum += dnorms * norm;
        ck_lanes before = h == 0 ? (ck_lanes){0} : *const_lanes_at(s->row_factor, i);
        *lanes_at(s->row_factor, i) = before - dnorms * key_norm;
    }
    gradient->strength = lanes_sum(&strength_sum);
    gradient->key_factor = key_norm <= 0.0f ? 0.0f : lanes_sum(&norm_sum) / key_norm;
}

/* The addressing of both heads, backward, after focus_candidates. dfocus holds dL/d(focus) and ends as dL/d(previous
 * focus). */
CK_INLINE void address_backward(const turing_layout *l, const turing_pair *p, const turing_scratch *s,
                                head_gradient *gradients) {
    for (int h = 0; h < 2; h++) {
        gradients[h].sharpening = sharpen_backward(l, p->heads[h].scalars[TURING_SHARPENING], s->shifted[h],
                                                   p->focus[h], p->dfocus[h], s->dshifted[h], s->dgated[h]);
    }
    for (int h = 0; h < 2; h++) {
        shift_backward(l, p->heads[h], s->gated[h], s->dshifted[h], s->dgated[h], gradients[h].shift);
    }
    for (int h = 0; h < 2; h++) {
        content_backward(l, p, s, h, &gradients[h]);
    }
    /* d|m_i| / dm_i = m_i / |m_i|. Where the norm is 0, so is its gradient. */
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        s->row_factor[i] /= p->norm[i] <= 0.0f ? 1.0f : p->norm[i];
    }
}

/* Takes the gradients of a head's activated parameters to those of its raw ones, which are overwritten. */
CK_INLINE void activate_head_backward(const ck_instruction_level level, const turing_layout *l, const float *raw,
                                      turing_head head, const head_gradient *gradient, float *draw) {
    const float *rest = raw + l->columns;
    float *drest = draw + l->columns;
    FOR_FEW(level, c, 0, l->columns, {
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
    const float *add_raw = erase_raw + l->columns;
    float *derase = draw + l->read_raw;
    FOR_FEW(level, c, 0, l->columns, {
        float e = head.erase[c];
        float a = head.add[c];
        derase[c] = clipped_backward(l, erase_raw[c], -gradient->erase[c] * (e * (1.0f - e)));
        derase[l->columns + c] = clipped_backward(l, add_raw[c], gradient->add[c] * (1.0f - a * a));
    });
}

#endif
