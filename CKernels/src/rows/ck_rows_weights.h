/* ck_rows_weights.h: weights over the N rows of a memory, forward and backward: content weights from cosines, mixed
 * with other weights; sharpening. Vectors are padded as ck_rows_layout.h says.
 *
 * Each function serves one head. A memory takes its heads through one stage after the other: the work of one head then
 * fills the wait for another's sums.
 *
 * NaN. Selects are written so that a NaN passes: `x < limit ? limit : x` keeps it, `x > limit ? x : limit` would not.
 * Where a weight is NaN all of its head's must be: the maximum and the logarithm read bits, and may miss a single one. */
#ifndef CK_ROWS_WEIGHTS_H
#define CK_ROWS_WEIGHTS_H

#include "ck_math.h"
#include "ck_rows_passes.h"

#define CK_ROWS_EXPONENT_FLOOR -64.0f

/* |k| as store_norm makes |m|. */
CK_INLINE float key_norm(const ck_instruction_level level, const rows_layout *l, const float *key) {
#pragma clang fp reassociate(on)
    float square = l->epsilon.under_root;
    FOR_FEW(level, c, 0, l->columns, square += key[c] * key[c];);
    return square < CK_ROWS_SMALLEST_SQUARE ? 0.0f : ck_sqrtf(square);
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

/* ---- content weights: w^c(i) = exp(beta K(i)) / sum_j exp(beta K(j)) ---- */

/* beta K, to content; returns the largest. */
CK_INLINE float content_exponents(const rows_layout *l, float strength, const float *similarity, float *content) {
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        content[i] = strength * similarity[i];
    }
    set_padding(l, content, content[0]);
    return lanes_array_max(l->row_pad, content);
}

/* Takes beta K to its exponential; returns what makes their sum 1. */
CK_INLINE float content_powers(const rows_layout *l, float largest, float *content) {
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        content[i] = exp_nonpositive(content[i] - largest);
    }
    set_padding(l, content, 0.0f);
    return 1.0f / lanes_array_sum(l->row_pad, content);
}

/* Makes w^c sum to 1, and from it mixed = share w^c + rest other. */
CK_INLINE void mix_content(const rows_layout *l, float scale, float share, float rest, const float *other,
                           float *content, float *mixed) {
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        content[i] *= scale;
        mixed[i] = share * content[i] + rest * other[i];
    }
}

/* What content weights give beside dL/d(k . m_i). */
typedef struct {
    float share;      /* dL/d(share) */
    float strength;   /* dL/dbeta */
    float key_factor; /* from |k|: k also gets -key_factor k */
} content_gradient;

/* From dL/d(mixed) through mix_content, softmax and cosines: leaves dL/d(other) in dother and dL/d(k . m_i) in
 * key->dproduct, and adds what |m_i| gets to row_factor, which the first key sets. */
CK_INLINE content_gradient content_backward(const rows_layout *l, const rows_key *key, const int is_first,
                                            float strength, float share, float rest, const float *norms,
                                            const float *content, const float *dmixed, float *dother,
                                            float *row_factor) {
    float key_norm = key->norm;
    float mean = lanes_array_dot(l->row_pad, content, dmixed);
    ck_lanes strength_sum = {0}, norm_sum = {0};
    for (ck_int i = 0; i < l->row_pad; i += CK_LANES) {
        ck_lanes similarity = *const_lanes_at(key->similarity, i);
        ck_lanes dweights = *const_lanes_at(dmixed, i);
        ck_lanes norm = *const_lanes_at(norms, i);
        ck_lanes inverse;
        inverse_norms(l, &norm, key_norm, &inverse);
        *lanes_at(dother, i) = rest * dweights;
        ck_lanes dexponent = share * *const_lanes_at(content, i) * (dweights - mean);
        strength_sum += dexponent * similarity;
        ck_lanes dproduct = strength * dexponent * inverse;
        *lanes_at(key->dproduct, i) = dproduct;
        ck_lanes dnorms = dproduct * similarity; /* of |k| |m_i|, but for the sign */
        norm_sum += dnorms * norm;
        ck_lanes before = is_first ? (ck_lanes){0} : *const_lanes_at(row_factor, i);
        *lanes_at(row_factor, i) = before - dnorms * key_norm;
    }
    return (content_gradient){.share = mean,
                              .strength = lanes_sum(&strength_sum),
                              .key_factor = key_norm <= 0.0f ? 0.0f : lanes_sum(&norm_sum) / key_norm};
}

/* After the content_backward of all keys: d|m_i| / dm_i = m_i / |m_i|. Where the norm is 0, so is its gradient. */
CK_INLINE void finish_row_factor(const rows_layout *l, const float *norms, float *row_factor) {
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        row_factor[i] /= norms[i] <= 0.0f ? 1.0f : norms[i];
    }
}

/* ---- sharpening: p(i) = exp(gamma log(w(i) / max_j w(j))), 0 where the exponent is below the floor ---- */

/* What the logarithms of weights are taken of and counted from. A power of two brings the largest weight near 1,
 * exactly, so that the logarithms of weights that matter are small and precise; its own difference is exactly 0. */
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

/* p, to powers; returns what makes their sum 1. `largest` is that of the weights, and must be above 0. */
CK_INLINE float sharpened_powers(const rows_layout *l, float gamma, float largest, const float *weights,
                                 float *powers) {
    log_frame frame = log_frame_of(largest);
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        float exponent = gamma * log_ratio(weights[i], frame);
        float power = exp_nonpositive(exponent);
        powers[i] = exponent < CK_ROWS_EXPONENT_FLOOR ? 0.0f : power; /* NaN where the exponent is */
    }
    return 1.0f / lanes_array_sum(l->row_pad, powers);
}

/* From dL/d(sharp), sharp being the powers scaled to sum 1, to dweights; returns dL/dgamma. terms is working space. */
CK_INLINE float sharpen_backward(const rows_layout *l, float gamma, const float *weights, const float *sharp,
                                 const float *dsharp, float *dweights, float *terms) {
    float mean = lanes_array_dot(l->row_pad, sharp, dsharp);
    log_frame frame = log_frame_of(lanes_array_max(l->row_pad, weights));
    FOR_LANES
    for (ck_int i = 0; i < l->row_pad; i++) {
        float dexponent = sharp[i] * (dsharp[i] - mean);
        terms[i] = dexponent * log_ratio(weights[i], frame);
        dweights[i] = gamma * dexponent / (weights[i] > FLT_MIN ? weights[i] : FLT_MIN);
    }
    return lanes_array_sum(l->row_pad, terms);
}

#endif
