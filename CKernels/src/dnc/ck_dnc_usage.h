/* ck_dnc_usage.h: how much each row is in use, and which rows are free, forward and backward. Vectors of N are padded;
 * the padding of usage and allocation is 0.
 *
 * The order of the rows by usage is found by counting: the place of a row is the number of rows before it. That takes
 * N^2 comparisons, which have no branches and are few beside the work on the N^2 links, and gives the same time for
 * every order. */
#ifndef CK_DNC_USAGE_H
#define CK_DNC_USAGE_H

#include "ck_dnc_internal.h"

/* eps of floors_usage. */
#define DNC_USAGE_FLOOR 1e-6f

/* A register of psi(i) = prod_h (1 - f_h w^r_h(i)) over all heads but `without`, which is -1 for none; `reads` begins at
 * the register's rows. */
CK_INLINE void retention_without(const dnc_layout *l, const float *free_gates, const float *reads, ck_int without,
                                 ck_lanes *retention) {
    *retention = (ck_lanes){0} + 1.0f;
    for (ck_int h = 0; h < l->heads; h++) {
        if (h != without) {
            *retention *= 1.0f - free_gates[h] * *const_lanes_at(reads, h * l->memory.row_pad);
        }
    }
}

/* psi. */
CK_INLINE void next_retention(const dnc_layout *l, const float *free_gates, const float *reads, float *retention) {
    for (ck_int i = 0; i < l->memory.row_pad; i += CK_LANES) {
        retention_without(l, free_gates, reads + i, -1, lanes_at(retention, i));
    }
}

/* u = (u' + w - u' w) psi. */
CK_INLINE void next_usage(const dnc_layout *l, const float *before, const float *write, const float *retention,
                          float *usage) {
    for (ck_int i = 0; i < l->memory.row_pad; i += CK_LANES) {
        ck_lanes u = *const_lanes_at(before, i), w = *const_lanes_at(write, i);
        *lanes_at(usage, i) = (u + w * (1.0f - u)) * *const_lanes_at(retention, i);
    }
}

/* What rows are ordered by: usage, and below all of it where that is NaN. */
CK_INLINE float usage_key(float usage) { return usage != usage ? -INFINITY : usage; }

/* phi, from usage; keys and ranks are working space, N each. */
CK_INLINE void order_by_usage(const dnc_layout *l, const float *usage, float *keys, int32_t *ranks, int32_t *order) {
    const ck_int rows = l->memory.rows;
    for (ck_int i = 0; i < l->memory.row_pad; i++) {
        keys[i] = usage_key(usage[i]);
    }
    ck_lanes_mask lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (ck_int at = 0; at < rows; at += CK_LANES) {
        const ck_lanes own = *const_lanes_at(keys, at);
        ck_lanes_mask rank = {0};
        ck_int end = ck_min(at + CK_LANES, rows);
        /* A comparison that holds is -1. Of equal usages the first row is first. */
        for (ck_int j = 0; j < at; j++) {
            rank -= (ck_lanes_mask)(keys[j] <= own);
        }
        for (ck_int j = at; j < end; j++) {
            ck_lanes_mask is_before = lane > (int32_t)(j - at);
            rank -= (ck_lanes_mask)(keys[j] < own) | ((ck_lanes_mask)(keys[j] == own) & is_before);
        }
        for (ck_int j = end; j < rows; j++) {
            rank -= (ck_lanes_mask)(keys[j] < own);
        }
        memcpy(ranks + at, &rank, sizeof rank);
    }
    for (ck_int i = 0; i < rows; i++) {
        order[ranks[i]] = (int32_t)i;
    }
}

/* Usage as the allocation takes it. */
CK_INLINE float allocated_usage(const dnc_layout *l, float usage) {
    return l->shape.floors_usage ? DNC_USAGE_FLOOR + (1.0f - DNC_USAGE_FLOOR) * usage : usage;
}

/* a(phi_j) = (1 - u(phi_j)) prod_{i<j} u(phi_i). */
CK_INLINE void allocate_rows(const dnc_layout *l, const float *usage, const int32_t *order, float *allocation) {
    float all_used = 1.0f;
    for (ck_int j = 0; j < l->memory.rows; j++) {
        float u = allocated_usage(l, usage[order[j]]);
        allocation[order[j]] = (1.0f - u) * all_used;
        all_used *= u;
    }
    set_padding(&l->memory, allocation, 0.0f);
}

/* ---- backward ---- */

/* Adds to dusage what the allocation gives it; used and dused (N each) are working space. The products over the rows before
 * a row, and the sums over those after it, are chains, in which each number waits for the last one: so both are made
 * side by side. */
CK_INLINE void allocation_backward(const dnc_layout *l, const float *usage, const int32_t *order,
                                   const float *dallocation, float *dusage, float *used, float *dused) {
    const ck_int rows = l->memory.rows;
    const float slope = l->shape.floors_usage ? 1.0f - DNC_USAGE_FLOOR : 1.0f;
    float all_used = 1.0f, dall_used = 0.0f;
    for (ck_int j = 0; j < rows; j++) {
        const ck_int last = rows - 1 - j, i = order[last];
        const float u = allocated_usage(l, usage[i]), da = dallocation[i];
        used[j] = all_used;
        all_used *= allocated_usage(l, usage[order[j]]);
        dused[last] = dall_used;
        dall_used = dall_used * u + da * (1.0f - u);
    }
    for (ck_int j = 0; j < rows; j++) {
        dusage[order[j]] += (dused[j] - dallocation[order[j]]) * used[j] * slope;
    }
}

/* From dusage: adds to dretention and dwrite, and sets dbefore. */
CK_INLINE void usage_backward(const dnc_layout *l, const float *before, const float *write, const float *retention,
                              const float *dusage, float *dretention, float *dbefore, float *dwrite) {
    for (ck_int i = 0; i < l->memory.row_pad; i += CK_LANES) {
        ck_lanes u = *const_lanes_at(before, i), w = *const_lanes_at(write, i), du = *const_lanes_at(dusage, i);
        ck_lanes kept = du * *const_lanes_at(retention, i);
        *lanes_at(dretention, i) += du * (u + w * (1.0f - u));
        *lanes_at(dbefore, i) = kept * (1.0f - w);
        if (!l->shape.stops_usage_gradient) {
            *lanes_at(dwrite, i) += kept * (1.0f - u);
        }
    }
}

/* From dretention: adds to dreads (R, N), and sets the raw gradients of the free gates. */
CK_INLINE void retention_backward(const dnc_layout *l, const float *free_gates, const float *reads,
                                  const float *dretention, float *dreads, float *draw) {
    const ck_int n = l->memory.row_pad;
    for (ck_int h = 0; h < l->heads; h++) {
        const float gate = free_gates[h];
        ck_lanes sum = {0};
        for (ck_int i = 0; i < n; i += CK_LANES) {
            ck_lanes others;
            retention_without(l, free_gates, reads + i, h, &others);
            ck_lanes d = *const_lanes_at(dretention, i) * others;
            sum -= d * *const_lanes_at(reads + h * n, i);
            *lanes_at(dreads + h * n, i) -= gate * d;
        }
        draw[h] = lanes_sum(&sum) * (gate * (1.0f - gate));
    }
}

#endif
