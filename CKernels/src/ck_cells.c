/* ck_cells.c: the elementwise part of an LSTM step, forward and backward. */
#include "ck_cells.h"

#include "ck_internal.h"
#include "ck_math.h"

/* Units that one thread takes at a time: a small batch of wide cells is shared as well as a large batch. */
enum { BLOCK = 64 };

/* n units. z points at the first unit's input gate, the gates are `units` apart. */
CK_CLONES static void lstm_forward_block(ck_int n, ck_int units, float *z, const float *c_prev, float *c, float *h) {
    float *z_i = z, *z_f = z + units, *z_g = z + 2 * units, *z_o = z + 3 * units;
    CK_INDEPENDENT
    for (ck_int j = 0; j < n; j++) {
        float i = ck_sigmoidf(z_i[j]);
        float f = ck_sigmoidf(z_f[j]);
        float g = ck_tanhf(z_g[j]);
        float o = ck_sigmoidf(z_o[j]);
        float cell = f * c_prev[j] + i * g;
        z_i[j] = i;
        z_f[j] = f;
        z_g[j] = g;
        z_o[j] = o;
        c[j] = cell;
        h[j] = o * ck_tanhf(cell);
    }
}

void ck_lstm_forward(ck_int batch, ck_int units, float *gates, const float *c_prev, float *c, float *h, ck_int ldh) {
    ck_int blocks = ck_blocks(units, BLOCK);
    CK_PARALLEL_FOR(
        ck_worth_forking(batch * units, 5 * CK_COST_FUNCTION), for (ck_int i = 0; i < batch * blocks; i++) {
            ck_int b = i / blocks;
            ck_int j = i % blocks * BLOCK;
            ck_int at = b * units + j;
            lstm_forward_block(ck_min(BLOCK, units - j), units, gates + 4 * b * units + j, c_prev + at, c + at,
                               h + b * ldh + j);
        });
}

/* n units; a points at the first unit's input gate and dz at its gradient. */
CK_CLONES static void lstm_backward_block(ck_int n, ck_int units, const float *a, const float *c_prev, const float *c,
                                          const float *dh, float *dc, float *dz) {
    const float *a_i = a, *a_f = a + units, *a_g = a + 2 * units, *a_o = a + 3 * units;
    float *dz_i = dz, *dz_f = dz + units, *dz_g = dz + 2 * units, *dz_o = dz + 3 * units;
    CK_INDEPENDENT
    for (ck_int j = 0; j < n; j++) {
        float i = a_i[j], f = a_f[j], g = a_g[j], o = a_o[j];
        float tanh_c = ck_tanhf(c[j]);
        float d = dc[j] + dh[j] * o * (1.0f - tanh_c * tanh_c);
        dz_i[j] = d * g * (i * (1.0f - i));
        dz_f[j] = d * c_prev[j] * (f * (1.0f - f));
        dz_g[j] = d * i * (1.0f - g * g);
        dz_o[j] = dh[j] * tanh_c * (o * (1.0f - o));
        dc[j] = d * f;
    }
}

void ck_lstm_backward(ck_int batch, ck_int units, const float *gates, const float *c_prev, const float *c,
                      const float *dh, ck_int lddh, float *dc, float *dgates) {
    ck_int blocks = ck_blocks(units, BLOCK);
    CK_PARALLEL_FOR(
        ck_worth_forking(batch * units, 3 * CK_COST_FUNCTION), for (ck_int i = 0; i < batch * blocks; i++) {
            ck_int b = i / blocks;
            ck_int j = i % blocks * BLOCK;
            ck_int at = b * units + j;
            lstm_backward_block(ck_min(BLOCK, units - j), units, gates + 4 * b * units + j, c_prev + at, c + at,
                                dh + b * lddh + j, dc + at, dgates + 4 * b * units + j);
        });
}
