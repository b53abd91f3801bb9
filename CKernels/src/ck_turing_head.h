/* ck_turing_head.h: one head's activations and addressing on vectors of N, forward and backward.
 *
 * The addressing is in two halves, since the backward pass does the first half again: focus_candidates goes from the
 * key's products with the rows to the shifted weights, sharpen from there to the focus. */
#ifndef CK_TURING_HEAD_H
#define CK_TURING_HEAD_H

#include "ck_math.h"
#include "ck_turing_internal.h"

/* ---- activations ---- */

CK_INLINE float clipped(const turing_layout *l, float x) {
    float limit = l->clip;
    return limit > 0.0f ? (x > limit ? limit : x < -limit ? -limit : x) : x;
}

/* dx where x is inside the limit, else 0. */
CK_INLINE float clipped_backward(const turing_layout *l, float x, float dx) {
    return l->clip > 0.0f && !(fabsf(x) <= l->clip) ? 0.0f : dx;
}

/* Copies M raw parameters to a padded vector. */
CK_INLINE void take_columns(const turing_layout *l, const float *raw, float *x) {
    for (ck_int c = 0; c < l->columns; c++) {
        x[c] = clipped(l, raw[c]);
    }
    for (ck_int c = l->columns; c < l->column_pad; c++) {
        x[c] = 0.0f;
    }
}

CK_INLINE void tanh_columns(const turing_layout *l, const float *raw, float *x) {
    take_columns(l, raw, x);
    FOR_LANES
    for (ck_int c = 0; c < l->column_pad; c++) {
        x[c] = ck_tanhf(x[c]);
    }
}

CK_INLINE void sigmoid_columns(const turing_layout *l, const float *raw, float *x) {
    take_columns(l, raw, x);
    FOR_LANES
    for (ck_int c = 0; c < l->column_pad; c++) {
        x[c] = ck_sigmoidf(x[c]);
    }
}

CK_INLINE void softmax_shifts(const turing_layout *l, const float *raw, float *shift) {
    float largest = -INFINITY;
    for (ck_int q = 0; q < l->shifts; q++) {
        shift[q] = clipped(l, raw[q]);
        largest = shift[q] > largest ? shift[q] : largest;
    }
    float sum = 0.0f;
    for (ck_int q = 0; q < l->shifts; q++) {
        shift[q] = ck_expf(shift[q] - largest);
        sum += shift[q];
    }
    for (ck_int q = 0; q < l->shifts; q++) {
        shift[q] /= sum;
    }
}

/* Applies the activations to a head's raw parameters [k | beta | g | s | gamma] and, for a write head, [e | a]. */
CK_INLINE void activate_head(const turing_layout *l, const float *raw, turing_head head) {
    const float *rest = raw + l->columns;
    tanh_columns(l, raw, head.key);
    head.scalars[TURING_STRENGTH] = ck_softplusf(clipped(l, rest[0]));
    head.scalars[TURING_GATE] = ck_sigmoidf(clipped(l, rest[1]));
    softmax_shifts(l, rest + 2, head.shift);
    head.scalars[TURING_SHARPENING] = 1.0f + ck_softplusf(clipped(l, rest[2 + l->shifts]));
    float square = 0.0f;
    for (ck_int c = 0; c < l->columns; c++) {
        square += head.key[c] * head.key[c];
    }
    head.scalars[TURING_KEY_NORM] =
        square >= CK_TURING_SMALLEST_SQUARE ? __builtin_elementwise_sqrt(square) : 0.0f;
    if (head.erase) {
        sigmoid_columns(l, raw + l->read_raw, head.erase);
        tanh_columns(l, raw + l->read_raw + l->columns, head.add);
    }
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

CK_INLINE float vector_max(const turing_layout *l, const float *x) {
    const ck_lanes *lanes = (const ck_lanes *)x;
    ck_lanes largest = lanes[0];
    for (ck_int i = 1; i < l->row_pad / CK_LANES; i++) {
        largest = __builtin_elementwise_max(largest, lanes[i]);
    }
    return lanes_max(&largest);
}

CK_INLINE float vector_sum(const turing_layout *l, const float *x) {
    const ck_lanes *lanes = (const ck_lanes *)x;
    ck_lanes sum = lanes[0];
    for (ck_int i = 1; i < l->row_pad / CK_LANES; i++) {
        sum += lanes[i];
    }
    return lanes_sum(&sum);
}

/* y need not be aligned. */
CK_INLINE float vector_dot(const turing_layout *l, const float *x, const float *y) {
    const ck_lanes *a = (const ck_lanes *)x;
    const unaligned_lanes *b = (const unaligned_lanes *)y;
    ck_lanes sum = a[0] * b[0];
    for (ck_int i = 1; i < l->row_pad / CK_LANES; i++) {
        sum += a[i] * b[i];
    }
    return lanes_sum(&sum);
}

/* content = softmax(beta K), where dot holds k.m_i. */
CK_INLINE void content_weights(const turing_layout *l, turing_head head, const float *dot, const float *norm,
                               focus_stages s) {
    float key_norm = head.scalars[TURING_KEY_NORM];
    float strength = head.scalars[TURING_STRENGTH];
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        float norms = key_norm * norm[i];
        float inverse = norms > 0.0f ? 1.0f / (norms + CK_TURING_EPSILON) : 0.0f;
        s.inverse[i] = inverse;
        s.similarity[i] = dot[i] * inverse;
        s.content[i] = strength * s.similarity[i];
    }
    set_padding(l, s.content, -FLT_MAX); /* its exponential is 0 */
    float largest = vector_max(l, s.content);
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        s.content[i] = ck_expf(s.content[i] - largest);
    }
    float scale = 1.0f / vector_sum(l, s.content);
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        s.content[i] *= scale;
    }
}

/* All stages up to the shifted weights. */
CK_INLINE void focus_candidates(const turing_layout *l, turing_head head, const float *dot, const float *norm,
                                const float *previous, focus_stages s) {
    content_weights(l, head, dot, norm, s);
    float gate = head.scalars[TURING_GATE];
    float rest = 1.0f - gate;
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        s.gated[i] = gate * s.content[i] + rest * previous[i];
    }
    wrap_rows(l, s.gated);
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        s.shifted[i] = head.shift[0] * s.gated[i - l->max_shift];
    }
    for (ck_int q = 1; q < l->shifts; q++) {
        float weight = head.shift[q];
        FOR_LANES
        for (ck_int i = 0; i < l->row_pad; i++) {
            s.shifted[i] += weight * s.gated[i - l->max_shift + q];
        }
    }
    set_padding(l, s.shifted, 0.0f);
}

/* log(x / largest), finite for x = 0. Divided before the logarithm, where the quotient of the largest is exactly 1. */
CK_INLINE float log_ratio(float x, float largest) {
    float ratio = x / largest;
    return ck_logf(ratio > FLT_MIN ? ratio : FLT_MIN);
}

/* The focus from the shifted weights. */
CK_INLINE void sharpen(const turing_layout *l, float gamma, const float *shifted, float *focus) {
    float largest = vector_max(l, shifted);
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        float exponent = gamma * log_ratio(shifted[i], largest);
        float power = ck_expf(exponent);
        focus[i] = exponent >= CK_TURING_EXPONENT_FLOOR ? power : 0.0f;
    }
    float scale = 1.0f / vector_sum(l, focus);
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        focus[i] *= scale;
    }
}

/* ---- backward ---- */

/* Gradients with respect to one head's activated parameters. The key's are in two parts: the rows' (see
 * memory_gradient_pass), and key_factor, from the key's norm: k also gets -key_factor k. */
typedef struct {
    float strength, gate, sharpening, key_factor;
    float *key, *shift, *erase, *add;
} head_gradient;

/* dL/d(shifted) from dL/d(focus), to dshifted; returns dL/dgamma. terms is working space. */
CK_INLINE float sharpen_backward(const turing_layout *l, float gamma, const float *shifted, const float *focus,
                                 const float *dfocus, float *dshifted, float *terms) {
    float mean = vector_dot(l, focus, dfocus);
    float largest = vector_max(l, shifted);
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        float dexponent = focus[i] * (dfocus[i] - mean);
        terms[i] = dexponent * log_ratio(shifted[i], largest);
        dshifted[i] = gamma * dexponent / (shifted[i] > FLT_MIN ? shifted[i] : FLT_MIN);
    }
    return vector_sum(l, terms);
}

/* dL/d(gated) from dL/d(shifted), to dgated; and dL/ds. dshifted has room for shifts on both sides, like gated. */
CK_INLINE void shift_backward(const turing_layout *l, turing_head head, const float *gated, float *dshifted,
                              float *dgated, float *dshift) {
    for (ck_int q = 0; q < l->shifts; q++) {
        dshift[q] = vector_dot(l, dshifted, gated - l->max_shift + q);
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
    set_padding(l, dgated, 0.0f);
}

/* From dL/d(gated) through interpolation and content weights: dL/d(previous focus) to dprevious, dL/d(k.m_i) to ddot,
 * the rows' share of the norms' gradients added to row_factor. */
CK_INLINE void content_backward(const turing_layout *l, turing_head head, focus_stages s, const float *norm,
                                const float *previous, const float *dgated, float *dprevious, float *ddot,
                                float *row_factor, head_gradient *gradient) {
    float gate = head.scalars[TURING_GATE];
    float strength = head.scalars[TURING_STRENGTH];
    float key_norm = head.scalars[TURING_KEY_NORM];
    float mean = vector_dot(l, s.content, dgated);
    gradient->gate = mean - vector_dot(l, previous, dgated);
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        dprevious[i] = (1.0f - gate) * dgated[i];
    }
    ck_lanes strength_sum = {0}, norm_sum = {0};
    for (ck_int i = 0; i < l->row_pad; i += CK_LANES) {
        ck_lanes similarity = *const_lanes_at(s.similarity, i);
        ck_lanes norms = *const_lanes_at(norm, i);
        ck_lanes dexponent = gate * *const_lanes_at(s.content, i) * (*const_lanes_at(dgated, i) - mean);
        strength_sum += dexponent * similarity;
        ck_lanes x = strength * dexponent * *const_lanes_at(s.inverse, i);
        *lanes_at(ddot, i) = x;
        x *= similarity;
        norm_sum += x * norms;
        /* Where the norm is 0, so is x. */
        *lanes_at(row_factor, i) += x * key_norm / __builtin_elementwise_max(norms, (ck_lanes){0} + FLT_MIN);
    }
    gradient->strength = lanes_sum(&strength_sum);
    gradient->key_factor = key_norm > 0.0f ? lanes_sum(&norm_sum) / key_norm : 0.0f;
}

/* Takes the gradients of a head's activated parameters to those of its raw ones, which are overwritten. */
CK_INLINE void activate_head_backward(const turing_layout *l, const float *raw, turing_head head,
                                      const head_gradient *gradient, float *draw) {
    const float *rest = raw + l->columns;
    float *drest = draw + l->columns;
    for (ck_int c = 0; c < l->columns; c++) {
        float k = head.key[c];
        float dk = gradient->key[c] - gradient->key_factor * k;
        draw[c] = clipped_backward(l, raw[c], dk * (1.0f - k * k));
    }
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
    for (ck_int c = 0; c < l->columns; c++) {
        float e = head.erase[c];
        float a = head.add[c];
        derase[c] = clipped_backward(l, erase_raw[c], gradient->erase[c] * (e * (1.0f - e)));
        derase[l->columns + c] = clipped_backward(l, add_raw[c], gradient->add[c] * (1.0f - a * a));
    }
}

#endif
