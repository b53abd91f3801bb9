/* ck_dnc_interface.h: from a raw interface vector to the parameters of a step, and the gradients back. */
#ifndef CK_DNC_INTERFACE_H
#define CK_DNC_INTERFACE_H

#include "ck_dnc_internal.h"
#include "rows/ck_rows_weights.h"

/* oneplus(x) = 1 + log(1 + exp(x)); its derivative is sigma(x). */
CK_INLINE void oneplus(const ck_instruction_level level, ck_int count, const float *raw, float *x) {
    FOR_FEW(level, i, 0, count, x[i] = 1.0f + ck_softplusf(raw[i]););
}

CK_INLINE void sigmoid(const ck_instruction_level level, ck_int count, const float *raw, float *x) {
    FOR_FEW(level, i, 0, count, x[i] = ck_sigmoidf(raw[i]););
}

/* The softmax of 3 of each read head; backward, content, forward. */
CK_INLINE void modes_of(ck_int heads, const float *raw, float *modes) {
    for (ck_int h = 0; h < heads; h++, raw += 3, modes += 3) {
        float largest = raw[0];
        for (int i = 1; i < 3; i++) {
            largest = raw[i] > largest ? raw[i] : largest;
        }
        float sum = 0.0f;
        for (int i = 0; i < 3; i++) {
            modes[i] = ck_expf(raw[i] - largest);
            sum += modes[i];
        }
        for (int i = 0; i < 3; i++) {
            modes[i] /= sum;
        }
    }
}

CK_INLINE void copy_floats(float *to, const float *from, ck_int count) {
    memcpy(to, from, (size_t)count * sizeof(float));
}

/* What a key is compared by: with masks z^2 k and |z k|. */
CK_INLINE void prepare_key(const ck_instruction_level level, const dnc_layout *l, dnc_record r, ck_int key) {
    const ck_int m = l->memory.columns;
    const float *k = r.keys + key * m;
    if (l->shape.masks) {
        float *z = r.masks + key * m, *square = r.squares + key * m, *masked = r.masked_keys + key * m;
        FOR_FEW(level, c, 0, m, masked[c] = z[c] * k[c];);
        r.key_norms[key] = key_norm(level, &l->memory, masked);
        FOR_FEW(level, c, 0, m, {
            square[c] = z[c] * z[c];
            masked[c] = square[c] * k[c];
        });
    } else {
        r.key_norms[key] = key_norm(level, &l->memory, k);
    }
}

CK_INLINE void activate_interface(const ck_instruction_level level, const dnc_layout *l, const float *raw,
                                  dnc_record r) {
    const dnc_interface *at = &l->interface;
    const ck_int heads = l->heads, m = l->memory.columns;
    copy_floats(r.keys, raw + at->read_keys, heads * m);
    copy_floats(r.keys + heads * m, raw + at->write_key, m);
    copy_floats(r.add, raw + at->add, m);
    oneplus(level, heads, raw + at->read_strengths, r.strengths);
    oneplus(level, 1, raw + at->write_strength, r.strengths + heads);
    sigmoid(level, m, raw + at->erase, r.erase);
    sigmoid(level, heads, raw + at->free_gates, r.free_gates);
    sigmoid(level, 2, raw + at->allocation_gate, r.gates);
    modes_of(heads, raw + at->modes, r.modes);
    sigmoid(level, l->shape.masks * l->keys * m, raw + at->masks, r.masks);
    oneplus(level, l->shape.sharpens * 2 * heads, raw + at->sharpness, r.sharpness);
    for (ck_int key = 0; key < l->keys; key++) {
        prepare_key(level, l, r, key);
    }
}

/* ---- backward: each function overwrites a part of draw ---- */

/* x = sigma(raw). */
CK_INLINE void sigmoid_backward(const ck_instruction_level level, ck_int count, const float *x, const float *dx,
                                float *draw) {
    FOR_FEW(level, i, 0, count, draw[i] = dx[i] * (x[i] * (1.0f - x[i])););
}

/* The modes of one read head, from the gradients of its weights. */
CK_INLINE void modes_backward(const float *modes, const float *dmodes, float *draw) {
    float mean = (modes[0] * dmodes[0] + modes[1] * dmodes[1]) + modes[2] * dmodes[2];
    for (int i = 0; i < 3; i++) {
        draw[i] = modes[i] * (dmodes[i] - mean);
    }
}

/* A key, from what the products give it (dkey; of what it is compared by) and key_factor, from its norm: without a mask
 * k also gets -key_factor k. With one, q = z^2 k and |z k| depend on z too, and dsquare is what the rows' norms give
 * z^2, twice; raw_mask gets the mask's gradient. */
CK_INLINE void key_backward(const ck_instruction_level level, const dnc_layout *l, dnc_record r, ck_int key,
                            float key_factor, const float *dkey, const float *dsquare, float *draw, float *draw_mask) {
    const ck_int m = l->memory.columns;
    const float *k = r.keys + key * m;
    if (!l->shape.masks) {
        FOR_FEW(level, c, 0, m, draw[c] = dkey[c] - key_factor * k[c];);
        return;
    }
    const float *z = r.masks + key * m, *square = r.squares + key * m;
    FOR_FEW(level, c, 0, m, {
        draw[c] = square[c] * (dkey[c] - key_factor * k[c]);
        float dz = z[c] * (2.0f * dkey[c] * k[c] + dsquare[c] - key_factor * k[c] * k[c]);
        draw_mask[c] = dz * (z[c] * (1.0f - z[c]));
    });
}

#endif
