/* ck_dnc.h: the memory of the differentiable neural computer (Graves et al. 2016), addressing, reads, writes and
 * backward.
 *
 * What it is: everything between a controller's raw interface vector and its read vectors, for whole episodes. What it
 * is not: the linear layers around it, or the making of a learned initial memory from its parameters.
 *
 * Sizes: T steps, B batch elements, N memory rows, M columns, R read heads; there is one write head.
 *
 * One step's interface vector of one batch element, raw (no activation applied), in the paper's order:
 *     [k^r (R, M) | beta^r (R) | k^w (M) | beta^w | e (M) | v (M) | f (R) | g^a | g^w | pi (R, 3)]
 * then with `masks` [z^r (R, M) | z^w (M)], then with `sharpens` [s backward (R) | s forward (R)]. Keys and v are as they
 * are; e, f, g^a, g^w and z go through sigma, pi through a softmax of 3, beta and s through
 * oneplus(x) = 1 + log(1 + exp(x)). A step, for rows m_i of M_{t-1} and weightings w, of step t unless it is said:
 *     psi(i)  = prod_h (1 - f_h w^r_h,t-1(i))
 *     u(i)    = (u_{t-1}(i) + w^w_{t-1}(i) - u_{t-1}(i) w^w_{t-1}(i)) psi(i)
 *     a(phi_j) = (1 - u(phi_j)) prod_{i<j} u(phi_i)    phi: rows by ascending u, and of equal ones the first row first
 *     C(M, k, beta) = softmax_i(beta k . m_i / (|k| |m_i|))  0 for the cosine where |k|^2 or |m_i|^2 is below 1e-30
 *     w^w     = g^w (g^a a + (1 - g^a) C(M_{t-1}, k^w, beta^w))
 *     M_t     = m_i (1 - w^w(i) e) + w^w(i) v
 *     L(i, j) = (1 - w^w(i) - w^w(j)) L_{t-1}(i, j) + w^w(i) p_{t-1}(j)     0 for i = j
 *     p       = (1 - sum_i w^w(i)) p_{t-1} + w^w
 *     b_h = L^T w^r_h,t-1     f_h = L w^r_h,t-1
 *     w^r_h   = pi_h[0] b_h + pi_h[1] C(M_t, k^r_h, beta^r_h) + pi_h[2] f_h      and what is read is sum_i w^r_h(i) M_t(i)
 * All of u, p, L and the weightings start at 0. The order phi gets no gradient.
 *
 * Variants, each 0 or 1. As in the published code: stops_usage_gradient, u gives w^w_{t-1} no gradient; floors_usage,
 * the allocation takes eps + (1 - eps) u for u, eps = 1e-6; smooths_cosine, the cosine adds 1e-6 under the root of each
 * norm and to their product. Repairs (Csordas & Schmidhuber 2019): masks, the cosine is that of z k and z m_i;
 * deallocates, M_{t-1}(i) is multiplied by psi(i) before the write (after the write head has looked for its key);
 * sharpens, b_h and f_h become x^s / sum x^s, 0 where the largest is below 1e-30 and where x^s is below exp(-64) of the
 * largest.
 *
 * A NaN in an interface vector makes what it goes into NaN, and so what is read: no selection hides it. A NaN usage
 * comes before all others in phi, which makes all of a NaN.
 *
 * The tape. Vectors of N and activated parameters of all steps are kept. M and L are kept every K steps only; the
 * backward pass replays the writes of one segment of K steps at a time, which gives the same bits. Floats per batch
 * element: about T (4R + 7) N + (1 + T/K + K) N (N + M), least at K = sqrt(T); with `masks` T (R + 1) N more, with
 * `sharpens` 2 T R N. Results do not depend on K.
 * Without a tape, segment = 0, nothing is kept for a backward pass, and the workspace does not depend on T. The forward
 * pass gives the same bits. Only ck_dnc_begin, _forward, _step, _matrices, _save and _restore may be called.
 *
 * Arrays: interface and dinterface (T, B, I) contiguous, I = ck_dnc_interface_size; reads (T, B, R*M), rows ldr apart;
 * step t of each starts t*B rows after the array's start. A call touches the rows of its span only. */
#ifndef CK_DNC_H
#define CK_DNC_H

#include "ck_base.h"

/* The largest N and M; R goes to CK_DNC_MOST_HEADS. T and B are below 2^31. */
#define CK_DNC_MOST (1 << 24)
#define CK_DNC_MOST_HEADS 256

typedef struct {
    ck_int steps;   /* T, the most steps that one episode may have; not used without a tape */
    ck_int batch;   /* B */
    ck_int rows;    /* N */
    ck_int columns; /* M */
    ck_int heads;   /* R >= 1 */
    ck_int segment; /* K, steps between two kept memories; any K >= T keeps all; 0 for no tape */
    int stops_usage_gradient, floors_usage, smooths_cosine, masks, deallocates, sharpens;
} ck_dnc_shape;

/* I, the floats of one interface vector: R M + 3 M + 5 R + 3, (R + 1) M more with masks, 2 R more where links are
 * sharpened. */
ck_int ck_dnc_interface_size(ck_dnc_shape shape);

/* Bytes of workspace that one episode of this shape needs; 0 where a size is above its limit, or there are more bytes
 * than can be counted. The caller allocates it, aligned to 16 bytes, and keeps it from ck_dnc_begin to
 * ck_dnc_finish_backward. It may be used for one episode after another. */
size_t ck_dnc_workspace_size(ck_dnc_shape shape);

/* Starts an episode of all batch elements with the memory memory_0 (N, M), which is copied. Serial. */
void ck_dnc_begin(ck_dnc_shape shape, void *workspace, const float *memory_0);

/* Some steps, in order, of some batch elements: `first_step` must be the number of steps that these have done since
 * ck_dnc_begin or ck_dnc_restore, and first_step < end_step <= T (without a tape <= 2^31 - 1). Several steps in one
 * call cost one fork. reads is overwritten; ldr >= R*M. Parallel over batch elements; calls for different ones may run
 * at the same time. */
void ck_dnc_forward(ck_dnc_shape shape, void *workspace, ck_span span, const float *interface, float *reads,
                    ck_int ldr);

/* Starts the backward pass of the steps done: no gradient comes from after the last of them. */
void ck_dnc_begin_backward(ck_dnc_shape shape, void *workspace);

/* Steps end_step-1 down to first_step of some batch elements; `end_step` must be the number of steps that these have not
 * yet undone, and 0 <= first_step < end_step. interface as in the forward call. dreads like reads (lddr apart),
 * complete. dinterface is overwritten. Parallel like ck_dnc_forward. */
void ck_dnc_backward(ck_dnc_shape shape, void *workspace, ck_span span, const float *interface, const float *dreads,
                     ck_int lddr, float *dinterface);

/* Adds the gradient of memory_0 (N, M), summed over the batch in order, once all steps are undone. Serial. */
void ck_dnc_finish_backward(ck_dnc_shape shape, const void *workspace, float *dmemory_0);

/* The state of one batch element. The norms are part of it: made anew from the rows they could have other bits. */
typedef struct {
    float *memory;     /* M (N, M) */
    float *norms;      /* of its rows (N) */
    float *links;      /* L (N, N) */
    float *usage;      /* u (N) */
    float *precedence; /* p (N) */
    float *write;      /* w^w (N) */
    float *reads;      /* w^r (R, N) */
} ck_dnc_state;

/* Copies the state of batch element b after the steps done and not undone; every array is overwritten. With and without
 * a tape. Serial. */
void ck_dnc_save(ck_dnc_shape shape, const void *workspace, ck_int b, ck_dnc_state state);

/* Puts batch element b before step 0 with a state that ck_dnc_save gave, for any element of any episode with the same N,
 * M and R. No ck_dnc_begin is needed for this element, and no other element changes. The steps that follow give the
 * bits that they would have given where the state was saved, and so does, with a tape, their backward pass. Serial;
 * calls for different elements may run at the same time. */
void ck_dnc_restore(ck_dnc_shape shape, void *workspace, ck_int b, ck_dnc_state state);

/* What one step computed. The pointers lead into the workspace. Vectors of N of read heads are `stride` apart. */
typedef struct {
    const float *usage, *retention, *allocation, *precedence; /* u, psi, a, p (N each) */
    const float *write, *reads;                               /* w^w (N), w^r (R, N) */
    const float *backward, *forward;                          /* b and f (R, N), before they are sharpened */
    const int32_t *order;                                     /* phi (N) */
    const float *keys, *key_strengths; /* k and beta of the read heads and then of the write head (R+1, M), (R+1) */
    const float *masks;                /* z likewise (R+1, M); NULL without */
    const float *erase, *add;          /* e and v (M each) */
    const float *free_gates, *modes;   /* f (R), pi (R, 3) */
    const float *sharpness;            /* s backward (R), then forward (R); NULL without */
    float allocation_gate, write_gate; /* g^a, g^w */
    ck_int stride;
} ck_dnc_values;

/* What step t computed for batch element b: with a tape of any step done, without one of the last. */
ck_dnc_values ck_dnc_step(ck_dnc_shape shape, const void *workspace, ck_int t, ck_int b);

/* Writes to memory (N, M) and links (N, N) what batch element b holds after the steps done and not undone; either may be
 * NULL. */
void ck_dnc_matrices(ck_dnc_shape shape, const void *workspace, ck_int b, float *memory, float *links);

#endif
