/* ck_sam.h: sparse access memory (Rae et al. 2016), whose heads read and write a few of many rows; with links, the
 * memory of the sparse differentiable neural computer.
 *
 * What it is: everything between a controller's raw interface vector and its read vector, for whole episodes. What it
 * is not: the linear layers around it.
 *
 * Sizes: T steps, B batch elements, N memory rows, M columns, P heads, K neighbors, the rows that a head reads, K_L links,
 * 0 for none. Each head reads and writes. In a step all heads write, in their order; then all heads read the memory that
 * the writes left. The paper has the order write, read for one head, and leaves that of several open.
 *
 * One step's interface vector of one batch element, raw (no activation applied), head after head:
 *     [q (M) | a (M) | beta | alpha | gamma]      q and a are taken as they are,
 *     beta = 1 + log(1 + exp(x))    alpha = sigma(x)    gamma = sigma(x)
 * Write: U is the row least recently accessed that no head before has written as its own U in this step: rows that were
 * never accessed first, then by the step of the last access, and of equal ones the lowest row. With the head's own
 * weights w^R of the step before, which are 0 at the start,
 *     w^W(i) = alpha (gamma w^R(i) + (1 - gamma) [i = U])
 *     row U is erased whole, then m_i <- m_i + w^W(i) a
 * Read: the K rows of the largest cosines with q, and of equal ones the lowest rows;
 *     s(i)   = q . m_i / (|q| |m_i|)              0, and without gradient, where |q|^2 or |m_i|^2 is below 1e-30
 *     w^R(i) = exp(beta s(i)) / sum over these rows; 0 for all others
 *     r      = sum_i w^R(i) m_i
 * A row is accessed where w^W(i) or w^R(i) exceeds the threshold. Gradients take U and the K rows as given.
 *
 * Links (the appendix of the paper, after Graves et al. 2016). With K_L > 0 a head has a precedence p, links L[i, j],
 * how surely its writes to row i came next after those to row j, and three more raw parameters:
 *     [q | a | beta | alpha | gamma | pi (3)]     pi = softmax(x): backward, content, forward
 * All of L and p are 0 at the start. After the head's write, with its w^W,
 *     L[i, j] <- (1 - w^W(i) - w^W(j)) L[i, j] + w^W(i) p(j),  L[i, i] = 0
 *         each row i written keeps its K_L largest links, then each column j with p(j) > 0 its K_L largest
 *     p       <- (1 - sum_i w^W(i)) p + w^W, of which the K_L largest are kept
 * and at its read, with its w^R of the step before, and c the softmax over the K nearest rows above,
 *     b = L^T w^R, f = L w^R, of each of which the K largest are kept
 *     w^R = pi[0] b + pi[1] c + pi[2] f
 * so that a read has at most 3 K rows, and a write 3 K + 1. Of equal numbers those of the lowest rows are kept. That b, c
 * and f are cut, and not their sum, gives each mode its gradient; it is a choice made here, as is that each head has links
 * of its own. As in the paper the links get no gradients: L and the rows kept are given, w^R of the step before is not.
 *
 * Cost. All rows start alike, each of M numbers `initial`. The rows that have been written or read are always the first
 * ones, since of rows that are alike the lowest are taken: their number grows by at most P (K + 1) in a step. They alone
 * are stored, with the K rows after them, and twice: as rows, and turned around for the search. A step costs O(P K M),
 * and the search O(P M) for each stored row; neither depends on N. Links take O(P K K_L) more steps, and P K_L numbers
 * for each stored row. The way back undoes one write after the other from a log of the rows that it changed.
 *
 * Not a number. Where a similarity or a weight of a batch element is NaN, its reads are NaN from that step on, and all
 * its gradients are; the backward pass then leaves the memory as it is.
 *
 * Without a tape no log is kept, and records of two steps only. The forward pass gives the same bits as with one. Only
 * ck_sam_begin, _forward, and what saves, restores and inspects may be called.
 *
 * Arrays: interface and dinterface (T, B, I) contiguous, I = ck_sam_interface_size; reads (T, B, P*M), rows ldr apart;
 * step t of each starts t*B rows after the array's start. A call touches the rows of its span only. */
#ifndef CK_SAM_H
#define CK_SAM_H

#include "ck_base.h"

/* The largest N, M and P, and the largest K. T and B are below 2^31. */
#define CK_SAM_MOST (1 << 24)
#define CK_SAM_MOST_NEIGHBORS 1024
/* The largest K_L. */
#define CK_SAM_MOST_LINKS 64

typedef struct {
    ck_int steps;     /* T, the most steps that one episode may have, with the room of restored states */
    ck_int batch;     /* B */
    ck_int rows;      /* N */
    ck_int columns;   /* M */
    ck_int heads;     /* P <= N */
    ck_int neighbors; /* K <= N */
    int has_tape;
    float threshold; /* of an access, >= 0 */
    float initial;   /* what all numbers of all rows are at the start */
    ck_int links;    /* K_L, 0 for none */
} ck_sam_shape;

/* I, the floats of one interface vector: P * (2M + 3), with links P * (2M + 6). */
ck_int ck_sam_interface_size(ck_sam_shape shape);

/* S, the most rows that a head reads in a step: K, with links 3 K. */
ck_int ck_sam_reads(ck_sam_shape shape);

/* Bytes of workspace that one episode of this shape needs; 0 where a size is above its limit, or there are more bytes
 * than can be counted. Of N it depends only where N is below the rows that T steps can reach. The caller allocates it,
 * aligned to 16 bytes, and keeps it from ck_sam_begin to the end of the backward pass. It may be used for one episode
 * after another. */
size_t ck_sam_workspace_size(ck_sam_shape shape);

/* Starts an episode of all batch elements. Serial. */
void ck_sam_begin(ck_sam_shape shape, void *workspace);

/* Some steps, in order, of some batch elements: `first_step` must be the number of steps that these have done since
 * ck_sam_begin or ck_sam_restore, and first_step < end_step <= T. Several steps in one call cost one fork. reads is
 * overwritten; ldr >= P*M. Parallel over batch elements; calls for different ones may run at the same time. */
void ck_sam_forward(ck_sam_shape shape, void *workspace, ck_span span, const float *interface, float *reads,
                    ck_int ldr);

/* Starts the backward pass of the steps done: no gradient comes from after the last of them. */
void ck_sam_begin_backward(ck_sam_shape shape, void *workspace);

/* Steps end_step-1 down to first_step of some batch elements; `end_step` must be the number of steps that these have not
 * yet undone, and 0 <= first_step < end_step. interface as in the forward call. dreads like reads (lddr apart),
 * complete. dinterface is overwritten. Parallel like ck_sam_forward. Rows are as they were before first_step, bit for
 * bit, when it returns; which of them were accessed, and links, are not undone. */
void ck_sam_backward(ck_sam_shape shape, void *workspace, ck_span span, const float *interface, const float *dreads,
                     ck_int lddr, float *dinterface);

/* How many rows batch element b has written or read: the first so many. All others are as at the start. */
ck_int ck_sam_touched(ck_sam_shape shape, const void *workspace, ck_int b);

/* Copies the state of batch element b after the steps done, of which none is undone: the touched rows R, memory (R, M),
 * their norms (R) and ranks (R); and of each head's last read the rows, neighbors (P, S), and weights (P, S). All are
 * overwritten. The rank of a row is 0 where it was never accessed; the others count from 1, the least recently accessed
 * row, without gaps. Before the first step neighbors are -1 and weights 0, and so they are where fewer rows are
 * read. Serial. */
void ck_sam_save(ck_sam_shape shape, const void *workspace, ck_int b, float *memory, float *norms, int32_t *ranks,
                 int32_t *neighbors, float *weights);

/* Where there are links, the rest of that state: of each head and touched row the rows j of its links L[i, j], links (P, R,
 * K_L) and their weights (P, R, K_L); and of each head the rows of p, precedence (P, K_L) and p of these (P, K_L). The rows
 * of a list ascend; after its last one follow -1 and weights 0. Serial. */
void ck_sam_save_links(ck_sam_shape shape, const void *workspace, ck_int b, int32_t *links, float *link_weights,
                       int32_t *precedence, float *precedence_weights);

/* Puts batch element b before step 0 with a state of `touched` rows that ck_sam_save gave for any element of any episode
 * with the same N, M, P and K. Its rows take the room of as many steps as could touch them: of the T steps of the
 * workspace, touched / (P (K + 1)) rounded up cannot be done. No ck_sam_begin is needed for this element, and no other
 * element changes. The steps that follow give the bits that they would have given where the state was saved, and so
 * does, with a tape, their backward pass. Serial; calls for different elements may run at the same time. */
void ck_sam_restore(ck_sam_shape shape, void *workspace, ck_int b, ck_int touched, const float *memory,
                    const float *norms, const int32_t *ranks, const int32_t *neighbors, const float *weights);

/* Where there are links, to be called after ck_sam_restore, with what ck_sam_save_links gave for the same state. Serial,
 * as that. */
void ck_sam_restore_links(ck_sam_shape shape, void *workspace, ck_int b, const int32_t *links,
                          const float *link_weights, const int32_t *precedence, const float *precedence_weights);

/* What one head computed in one step; the pointers lead into the workspace. */
typedef struct {
    /* The S rows of its read: first the K nearest to its key, the nearest first; -1 where there are fewer. */
    const int32_t *neighbors;
    const float *similarity;                        /* s of the K nearest */
    const float *weights;                           /* w^R of the S rows */
    ck_int written;                                 /* U */
    float strength, write_gate, interpolation_gate; /* beta, alpha, gamma */
    const float *content;                           /* c of the K nearest; without links they are w^R */
    /* NULL without links: pi; of the K rows found backward, then of the K found forward, b and f, and which of the S rows
     * they are, -1 where there are fewer. */
    const float *modes, *linked;
    const int32_t *places;
} ck_sam_head_step;

/* What a head of batch element b computed in step t: with a tape of any step done, without one of the last two. For
 * t = -1 the neighbors and weights before the first step, and nothing else. Where reads are NaN, so are the weights. */
ck_sam_head_step ck_sam_head(ck_sam_shape shape, const void *workspace, ck_int t, ck_int b, ck_int head);

/* Writes to memory the M numbers of row i of batch element b, after the steps done and not undone; NaN where reads
 * are. */
void ck_sam_row(ck_sam_shape shape, const void *workspace, ck_int b, ck_int i, float *memory);

#endif
