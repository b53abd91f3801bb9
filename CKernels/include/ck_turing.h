/* ck_turing.h: the memory of the Neural Turing machine (Graves et al. 2014), addressing, reads, writes and backward.
 *
 * What it is: everything between a controller's raw interface vector and its read vector, for whole episodes. What it
 * is not: the linear layers around it, or the making of a learned initial state from its parameters.
 *
 * Sizes: T steps, B batch elements, N memory rows, M columns, R read heads, W write heads, H = R+W heads, n the largest
 * shift, S = 2n+1 shifts. In a step the heads act one after the other: read_1, write_1, read_2, write_2, ... Where
 * there are fewer write heads, all reads that are left come before the last write; where there are fewer read heads,
 * the writes that are left come last. So each read sees every write made before it, the first read of step t sees M_{t-1},
 * and with one write head all reads do. This is the order of heads in every array of heads.
 *
 * One step's interface vector of one batch element, raw (no activation applied), head after head:
 *     read head  [k (M) | beta | g | s (S) | gamma]
 *     write head [k (M) | beta | g | s (S) | gamma | e (M) | a (M)]
 * With clip > 0 every raw x is first replaced by min(clip, max(-clip, x)), with gradient 0 outside. Then
 *     k = tanh(x)   beta = softplus(x)   g = sigma(x)   s = softmax(x)   gamma = 1 + softplus(x)
 *     e = sigma(x)  a = tanh(x)
 * and with memory rows m_i, the head's own previous focus w' and all row numbers mod N
 *     K(i)   = k . m_i / (|k| |m_i| + 1e-8)           0, and without gradient, where |k|^2 or |m_i|^2 is below 1e-30
 *     w^c(i) = exp(beta K(i)) / sum_j exp(beta K(j))
 *     w^g    = g w^c + (1 - g) w'
 *     w~(i)  = sum_q s[q] w^g(i - (n - q))            s[0] is the largest forward shift, s[2n] the largest backward
 *     l(i)   = gamma log(w~(i) / max_j w~(j))
 *     p(i)   = exp(l(i))                              0, and without gradient, where l(i) < -64
 *     w(i)   = p(i) / sum_j p(j)
 * A read is r = sum_i w(i) m_i; a write is m_i <- m_i (1 - w(i) e) + w(i) a, by columns. The largest exponent is
 * subtracted before every exponential, so none overflows and no sum underflows, for any beta and gamma.
 * An initial memory of exactly 0 is allowed, but gives keys no gradient until something is written.
 * A NaN in what a head addresses with makes its whole focus NaN: every row takes part in the sums. A NaN in the initial
 * focus of a head likewise. A raw x outside of the clip has gradient 0 whatever the gradient of what it becomes.
 *
 * The tape. Focus weights, K and activated parameters of all steps are kept. The memory is kept every K steps only; the
 * backward pass replays the writes of one segment of K steps at a time, which gives the same bits. Floats per batch
 * element: about T*H*(2N + 2M) + (1 + T/K + K*W)*N*M, least at K = sqrt(T/W). Results do not depend on K.
 *
 * Without a tape. With segment = 0 nothing is kept for a backward pass, and the workspace does not depend on T. It
 * holds the memory, which writes change in place, the focuses of the last two steps, and K and activated parameters of
 * the last. Floats per batch element: about N*M + H*(3N + 2M) + 7N. The forward pass gives the same bits as with a
 * tape. Only ck_turing_begin, _forward, _focus, _head, _memory, _save and _restore may be called.
 *
 * Arrays: interface and dinterface (T, B, I) contiguous, I = ck_turing_interface_size; reads (T, B, R*M), rows ldr
 * apart; step t of each starts t*B rows after the array's start. A call touches the rows of its span only. */
#ifndef CK_TURING_H
#define CK_TURING_H

#include "ck_base.h"

/* The largest N, M, R, W and n. T and B are below 2^31. */
#define CK_TURING_MOST (1 << 24)

typedef struct {
    ck_int steps;     /* T, the most steps that one episode may have; not used without a tape */
    ck_int batch;     /* B */
    ck_int rows;      /* N */
    ck_int columns;   /* M */
    ck_int reads;     /* R >= 1 */
    ck_int writes;    /* W >= 1 */
    ck_int max_shift; /* n >= 0, with 2n+1 <= N */
    ck_int segment;   /* K, steps between two kept memories; any K >= T keeps all; 0 for no tape */
    float clip;       /* limit of raw head parameters, >= 0; 0 means none */
} ck_turing_shape;

/* I, the floats of one interface vector: R * (M + S + 3) + W * (3M + S + 3), S = 2n+1. */
ck_int ck_turing_interface_size(ck_turing_shape shape);

/* Bytes of workspace that one episode of this shape needs; 0 where a size is above its limit, or there are more bytes
 * than can be counted. The caller allocates it, aligned to 16 bytes, and keeps it from ck_turing_begin to
 * ck_turing_finish_backward. It may be used for one episode after another. */
size_t ck_turing_workspace_size(ck_turing_shape shape);

/* Starts an episode. memory_0 (N, M) and focus_0 (H, N), each head's weights on the simplex, are where all batch
 * elements start; both are copied. Serial. */
void ck_turing_begin(ck_turing_shape shape, void *workspace, const float *memory_0, const float *focus_0);

/* Some steps, in order, of some batch elements: `first_step` must be the number of steps that these have done since
 * ck_turing_begin or ck_turing_restore, and first_step < end_step <= T (without a tape <= 2^31 - 1). Several steps in
 * one call cost one fork. reads is overwritten; ldr >= R*M. Parallel over batch elements; calls for different ones
 * may run at the same time. */
void ck_turing_forward(ck_turing_shape shape, void *workspace, ck_span span, const float *interface, float *reads,
                       ck_int ldr);

/* Starts the backward pass of the steps done: no gradient comes from after the last of them. */
void ck_turing_begin_backward(ck_turing_shape shape, void *workspace);

/* Steps end_step-1 down to first_step of some batch elements; `end_step` must be the number of steps that these have not
 * yet undone, and 0 <= first_step < end_step. interface as in the forward call. dreads like reads (lddr apart),
 * complete. dinterface is overwritten. Parallel like ck_turing_forward. */
void ck_turing_backward(ck_turing_shape shape, void *workspace, ck_span span, const float *interface,
                        const float *dreads, ck_int lddr, float *dinterface);

/* Adds the gradients of the initial state that ck_turing_begin gave, summed over the batch in order, once all steps are
 * undone: dmemory_0 (N, M) and dfocus_0 (H, N), each accumulated; either may be NULL. Serial. */
void ck_turing_finish_backward(ck_turing_shape shape, const void *workspace, float *dmemory_0, float *dfocus_0);

/* Copies the state of batch element b after the steps done and not undone: memory (N, M), the norms of its rows (N) and
 * focus (H, N), all overwritten. The norms are part of the state: made anew from the rows they could have other bits.
 * With and without a tape. Serial. */
void ck_turing_save(ck_turing_shape shape, const void *workspace, ck_int b, float *memory, float *norms, float *focus);

/* Puts batch element b before step 0 with a state that ck_turing_save gave, for any element of any episode with the
 * same N, M, R and W. No ck_turing_begin is needed for this element, and no other element changes. The steps that
 * follow give the bits that they would have given where the state was saved, and so does, with a tape, their backward
 * pass. Serial; calls for different elements may run at the same time. */
void ck_turing_restore(ck_turing_shape shape, void *workspace, ck_int b, const float *memory, const float *norms,
                       const float *focus);

/* The N focus weights of a head of batch element b after step t: with a tape of any step done, t = -1 is the initial
 * focus; without one of the last step done, -1 before the first. The pointer leads into the workspace. */
const float *ck_turing_focus(ck_turing_shape shape, const void *workspace, ck_int t, ck_int b, ck_int head);

/* What one head computed in one step. */
typedef struct {
    const float *key;                 /* k (M) */
    const float *shift;               /* s (S) */
    const float *erase, *add;         /* e and a (M each); NULL for a read head */
    const float *similarity;          /* K (N) */
    float strength, gate, sharpening; /* beta, g, gamma */
} ck_turing_parameters;

/* The activated parameters of a head of batch element b in step t, and its similarities: with a tape of any step done,
 * without one of the last. The pointers lead into the workspace. */
ck_turing_parameters ck_turing_head(ck_turing_shape shape, const void *workspace, ck_int t, ck_int b, ck_int head);

/* Writes to memory (N, M) what batch element b's memory holds after the steps done and not undone. */
void ck_turing_memory(ck_turing_shape shape, const void *workspace, ck_int b, float *memory);

#endif
