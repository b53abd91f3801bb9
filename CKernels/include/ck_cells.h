/* ck_cells.h: the elementwise part of recurrent cells. The products with weights are ck_gemm's. */
#ifndef CK_CELLS_H
#define CK_CELLS_H

#include "ck_base.h"

/* One step of an LSTM cell (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000, no peepholes):
 *     i = sigma(z_i)  f = sigma(z_f)  g = tanh(z_g)  o = sigma(z_o)      c = f c_prev + i g      h = o tanh(c)
 * gates (B, 4H), rows ldg apart: on entry the preactivations z in the order i, f, g, o; on exit the activations.
 * c_prev, c (B, H) contiguous; h (B, H) rows ldh apart. c and h are overwritten. Parallel over B. */
void ck_lstm_forward(ck_int batch, ck_int units, float *gates, ck_int ldg, const float *c_prev, float *c, float *h,
                     ck_int ldh);

/* Its backward. gates (the activations; rows ldg apart), c_prev and c as the forward left them.
 * dh (B, H), rows lddh apart: dL/dh_t, complete. dc (B, H) contiguous: on entry dL/dc_t from step t+1, on exit
 * dL/dc_{t-1}. dgates (B, 4H), rows lddg apart: dL/dz, overwritten. Parallel over B. */
void ck_lstm_backward(ck_int batch, ck_int units, const float *gates, ck_int ldg, const float *c_prev, const float *c,
                      const float *dh, ck_int lddh, float *dc, float *dgates, ck_int lddg);

#endif
