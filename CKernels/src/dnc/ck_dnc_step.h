/* ck_dnc_step.h: one step of one batch element, and the parts of it that forward and backward pass share. */
#ifndef CK_DNC_STEP_H
#define CK_DNC_STEP_H

#include "ck_dnc_interface.h"
#include "ck_dnc_links.h"
#include "ck_dnc_usage.h"

typedef struct {
    const dnc_layout *l;
    dnc_record before, now; /* records of the step before and of this one */
    const float *memory;    /* the block before the step */
    float *memory_after;    /* and after it */
    const dnc_scratch *s;
} dnc_step;

/* Where its states are, is for the caller to say. */
CK_INLINE dnc_step dnc_step_at(const dnc_layout *l, float *base, ck_int t, ck_int b, const dnc_scratch *s,
                               const float *memory, float *memory_after) {
    return (dnc_step){.l = l,
                      .before = dnc_record_at(l, base, t - 1, b),
                      .now = dnc_record_at(l, base, t, b),
                      .memory = memory,
                      .memory_after = memory_after,
                      .s = s};
}

/* A step of the segment that is at hand. */
CK_INLINE dnc_step dnc_step_again(const dnc_layout *l, float *base, ck_int t, ck_int b, const dnc_scratch *s) {
    return dnc_step_at(l, base, t, b, s, history_state_at(&l->states, base, b, t),
                       history_state_at(&l->states, base, b, t + 1));
}

/* Key number `key`, as passes take it; dproduct, dkey, row_factor and dsquare are for the backward pass to set. */
CK_INLINE rows_key key_of(const dnc_step *step, ck_int key) {
    const dnc_layout *l = step->l;
    const ck_int n = l->memory.row_pad, m = l->memory.columns;
    const dnc_record *r = &step->now;
    return (rows_key){.key = r->masked_keys + key * m,
                      .norm = r->key_norms[key],
                      .similarity = r->similarity + key * n,
                      .square = l->shape.masks ? r->squares + key * m : NULL,
                      .norms = l->shape.masks ? r->masked_norms + key * n : NULL};
}

/* C(M, k, beta), but for the factor that makes its sum 1, to the scratch's content; returns the factor. */
CK_INLINE float look_up(const dnc_step *step, ck_int key) {
    const rows_layout *l = &step->l->memory;
    const float *similarity = step->now.similarity + key * l->row_pad;
    float largest = content_exponents(l, step->now.strengths[key], similarity, step->s->content);
    return content_powers(l, largest, step->s->content);
}

/* M_t. */
CK_INLINE void write_memory(const ck_instruction_level level, const dnc_step *step) {
    const dnc_record *r = &step->now;
    rows_write write = {.weights = r->write, .erase = r->erase, .add = r->add, .retention = r->retention};
    rows_access access = {.memory = step->memory, .memory_after = step->memory_after, .write = &write};
    if (step->l->shape.deallocates) {
        rows_read_write(level, (rows_counts){.writes = 1, .retains = 1}, &step->l->memory, &access);
    } else {
        rows_read_write(level, (rows_counts){.writes = 1}, &step->l->memory, &access);
    }
}

/* The links of the step, and what all read heads find along them. */
CK_INLINE links_step links_of(const dnc_step *step) {
    return (links_step){.heads = step->l->heads,
                        .before = dnc_links_of(step->l, step->memory),
                        .after = dnc_links_after(step->l, step->memory_after),
                        .write = step->now.write,
                        .precedence = step->before.precedence,
                        .reads = step->before.reads,
                        .backward = step->now.backward,
                        .forward = step->now.forward};
}

#endif
