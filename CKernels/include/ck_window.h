/* ck_window.h: neural stack, queue and deque (Grefenstette et al. 2015, equations 1-3 and Appendix A) in linear time.
 *
 * Every step pops, then pushes, then reads. The paper's sums over all entries are replaced by the *live window*, the
 * ordered list of entries that are not fully popped:
 *   - a strength only falls, and no gradient passes through an entry once it is popped to 0, so it leaves the window;
 *   - a pop of u takes whole entries from its end while they fit in what remains of u, then at most one partial entry;
 *   - a read takes whole entries while they fit in what remains of 1, then at most one boundary entry.
 * A step therefore costs O(1) amortised plus the entries that one read reaches (those that make up a strength of 1).
 *
 * Ends. A stack pops, pushes and reads at the top. A queue pushes at the top, pops and reads at the bottom. A deque does
 * all three at both ends, in the order: pop top, pop bottom, push bottom and top, read top, read bottom.
 * E is the number of ends that have their own strengths and values: 1 for stack and queue, 2 for the deque, whose
 * top stands before its bottom in every array.
 *
 * Arrays, t-th step at offset t: strengths (T, B, 2E) = [pop strengths | push strengths], all >= 0;
 * values (T, B, E, M) the vectors v_t; reads (T, B, E*M) with rows ldr apart, r_t.
 *
 * Ties: at x = y the derivative of max(x,y) and min(x,y) is that of the left argument, as in the paper.
 * Sums of strengths are kept in double, so that thousands of tiny strengths do not drift.
 *
 * Where a strength is NaN or infinite, the reads of its batch element are NaN from that step on, and all gradients of
 * that batch element are; the backward pass then leaves the window as it is.
 *
 * Entries are numbered in 32 bits, step * E + end: an episode has at most ck_window_max_steps steps. */
#ifndef CK_WINDOW_H
#define CK_WINDOW_H

#include "ck_base.h"

typedef enum { CK_STACK = 0, CK_QUEUE = 1, CK_DEQUE = 2 } ck_window_kind;

typedef struct {
    ck_window_kind kind;
    ck_int steps; /* T, the most steps that one episode may have */
    ck_int batch; /* B */
    ck_int width; /* M */
} ck_window_shape;

/* E: 1, or 2 for the deque. */
ck_int ck_window_ends(ck_window_kind kind);

/* The most steps that an episode may have: (2^31 - 1) / E. */
ck_int ck_window_max_steps(ck_window_kind kind);

/* Bytes of workspace that one episode of this shape needs: O(T*B); 0 where there are too many steps, or bytes to count.
 * The caller allocates it, aligned to 16 bytes, and keeps it from ck_window_begin to the end of the backward pass. */
size_t ck_window_workspace_size(ck_window_shape shape);

/* Starts an episode: empty windows for all batch elements. */
void ck_window_begin(ck_window_shape shape, void *workspace);

/* Some steps, in order, of some batch elements: `first_step` must be the number of steps that these have done since
 * ck_window_begin, those that ck_window_restore counts included. Several steps in one call cost one fork. reads rows
 * are ldr >= E*M floats apart, step t's rows start at reads + t*B*ldr; overwritten. Parallel over batch elements;
 * calls for different ones may run at the same time. */
void ck_window_forward(ck_window_shape shape, void *workspace, ck_span span, const float *strengths,
                       const float *values, float *reads, ck_int ldr);

/* Starts the backward pass of the steps done. dvalues (T, B, E, M): from here to the end of the backward pass the
 * kernels overwrite the rows of those steps themselves; the caller need not zero them. */
void ck_window_begin_backward(ck_window_shape shape, void *workspace, float *dvalues);

/* Steps end_step-1 down to first_step of some batch elements; `end_step` must be the number of steps that these have not
 * yet undone. dreads like reads (lddr apart), complete. dstrengths (T, B, 2E) is overwritten; row t of dvalues is complete
 * once step t is undone. The workspace ends as it was before first_step. Parallel like ck_window_forward. */
void ck_window_backward(ck_window_shape shape, void *workspace, ck_span span, const float *values, const float *dreads,
                        ck_int lddr, float *dstrengths, float *dvalues);

/* The live window of batch element b, from bottom to top: entry numbers (step * E + end, end 0 = top, 1 = bottom) and
 * strengths, at most `capacity` of each. Returns how many entries live. The vector of entry i is at
 * values + ((i / E * B + b) * E + i % E) * M. Where the reads of the element are NaN, all strengths are.
 * Strengths and vectors together are the element's whole state: ck_window_restore goes on from them. */
ck_int ck_window_entries(ck_window_shape shape, const void *workspace, ck_int b, ck_int capacity, int32_t *entries,
                         float *strengths);

/* Gives batch element b a window of `count` entries, from bottom to top, with strengths that ck_window_entries gave
 * for any element of any episode of the same kind. No ck_window_begin is needed for this element, and no other
 * element changes. The entries count as pushed in steps 0 ..< carried, E a step, with 0 <= count <= carried * E and
 * carried < T. Counted from the bottom they have the numbers 0 ..< count. The caller copies the vector of entry n to
 * values + ((n / E * B + b) * E + n % E) * M; the kernels read no other row of those steps. The next step of the
 * element is number `carried`; it and those that follow give the bits that they would have given where the window was
 * saved. A backward pass may undo these steps, down to step `carried`; there is none over the steps before. Serial;
 * calls for different elements may run at the same time. */
void ck_window_restore(ck_window_shape shape, void *workspace, ck_int b, ck_int carried, ck_int count,
                       const float *strengths);

/* What batch element b's last read took at one end (0 = top, or the only one; 1 = bottom of a deque), in the order of
 * reading: numbers of entries and their weights w_i, at most `capacity` of each. The read is the sum of w_i V[i], in
 * this order. Returns how many there are. Weights are NaN where the read is. */
ck_int ck_window_read_weights(ck_window_shape shape, const void *workspace, ck_int b, ck_int end, ck_int capacity,
                              int32_t *entries, float *weights);

#endif
