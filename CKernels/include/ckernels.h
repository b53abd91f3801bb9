/* ckernels.h: the inner loops of networks with differentiable memory.
 *
 * What it is: plain C11 functions on float32 arrays, forward beside backward, parallel with OpenMP where the compiler
 * has it. What it is not: a tensor library. There is no allocation, no state, no graph; Swift owns all of that.
 *
 * The global contract, which every header relies on:
 *   - Arrays are row-major float32. A matrix argument with a leading dimension (ldx) has rows ldx floats apart.
 *   - Sizes: T steps, B batch elements, M memory width, N memory rows, H units. All are >= 1 unless a function says
 *     otherwise.
 *   - No pointer may be NULL and no output may alias another argument, unless a function says otherwise.
 *   - "overwritten" outputs need no initial value; "accumulated" outputs are added to, and the caller zeroes them.
 *   - Kernels never allocate, print or exit. What they need to keep, the caller provides as a workspace.
 *   - Each output is written by one thread, and sums are taken in an order that does not depend on the number of
 *     threads: the same input gives the same bits for any thread count.
 *   - NaN in, NaN out: an output that depends on a NaN is NaN. An infinite input gives outputs that are NaN, infinite, or
 *     the limit; so do intermediate results that overflow, but then it may be the limit of that result alone. Other batch
 *     elements keep their bits, and nothing is left in a workspace for the next episode. Where an output does not depend
 *     on an input (a row whose mask is 0, C where beta is 0, a gradient outside of a clip), the input's NaN does not
 *     matter. Counts and indices (wrong, best) are in their range, but arbitrary.
 *   - Functions do not check their arguments: the Swift layer does, once, at construction.
 */
#ifndef CKERNELS_H
#define CKERNELS_H

#include "ck_base.h"
#include "ck_runtime.h"
#include "ck_activations.h"
#include "ck_dense.h"
#include "ck_cells.h"
#include "ck_window.h"
#include "ck_dnc.h"
#include "ck_turing.h"
#include "ck_sam.h"
#include "ck_losses.h"
#include "ck_optimizers.h"

#endif
