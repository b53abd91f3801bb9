/* ck_cells.c: the elementwise part of an LSTM step, forward and backward. */
#include "ck_cells.h"

#include "ck_internal.h"
#include "ck_lanes.h"
#include "ck_math.h"

/* Units that one thread takes at a time: a small batch of wide cells is shared as well as a large batch. */
enum { BLOCK = 64 };

/* Unit j. z points at the first unit's input gate, the gates are `units` apart. */
CK_INLINE void lstm_forward_unit(ck_int j, ck_int units, float *z, const float *c_prev, float *c, float *h) {
    float *z_i = z, *z_f = z + units, *z_g = z + 2 * units, *z_o = z + 3 * units;
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

CK_INLINE void lstm_forward_block_body(const ck_instruction_level level, ck_int n, ck_int units, float *z,
                                       const float *c_prev, float *c, float *h) {
    ck_int whole = n / CK_LANES * CK_LANES;
    CK_INDEPENDENT
    for (ck_int j = 0; j < whole; j++) {
        lstm_forward_unit(j, units, z, c_prev, c, h);
    }
    FOR_FEW(level, j, whole, n, lstm_forward_unit(j, units, z, c_prev, c, h););
}

CK_LEVELS_TUNED(void, lstm_forward_block, (ck_int n, ck_int units, float *z, const float *c_prev, float *c, float *h),
                (n, units, z, c_prev, c, h))

void ck_lstm_forward(ck_int batch, ck_int units, float *gates, ck_int ldg, const float *c_prev, float *c, float *h,
                     ck_int ldh) {
    ck_int blocks = ck_blocks(units, BLOCK);
    CK_PARALLEL_FOR(
        ck_worth_forking(batch * units, 5 * CK_COST_FUNCTION), for (ck_int i = 0; i < batch * blocks; i++) {
            ck_int b = i / blocks;
            ck_int j = i % blocks * BLOCK;
            ck_int at = b * units + j;
            lstm_forward_block(ck_min(BLOCK, units - j), units, gates + b * ldg + j, c_prev + at, c + at,
                               h + b * ldh + j);
        });
}

/* Unit j; a points at the first unit's input gate and dz at its gradient. */
CK_INLINE void lstm_backward_unit(ck_int j, ck_int units, const float *a, const float *c_prev, const float *c,
                                  const float *dh, float *dc, float *dz) {
    float i = a[j], f = a[units + j], g = a[2 * units + j], o = a[3 * units + j];
    float tanh_c = ck_tanhf(c[j]);
    float d = dc[j] + dh[j] * o * (1.0f - tanh_c * tanh_c);
    dz[j] = d * g * (i * (1.0f - i));
    dz[units + j] = d * c_prev[j] * (f * (1.0f - f));
    dz[2 * units + j] = d * i * (1.0f - g * g);
    dz[3 * units + j] = dh[j] * tanh_c * (o * (1.0f - o));
    dc[j] = d * f;
}

CK_INLINE void lstm_backward_block_body(const ck_instruction_level level, ck_int n, ck_int units, const float *a,
                                        const float *c_prev, const float *c, const float *dh, float *dc, float *dz) {
    ck_int whole = n / CK_LANES * CK_LANES;
    CK_INDEPENDENT
    for (ck_int j = 0; j < whole; j++) {
        lstm_backward_unit(j, units, a, c_prev, c, dh, dc, dz);
    }
    FOR_FEW(level, j, whole, n, lstm_backward_unit(j, units, a, c_prev, c, dh, dc, dz););
}

CK_LEVELS_TUNED(void, lstm_backward_block,
                (ck_int n, ck_int units, const float *a, const float *c_prev, const float *c, const float *dh,
                 float *dc, float *dz),
                (n, units, a, c_prev, c, dh, dc, dz))

void ck_lstm_backward(ck_int batch, ck_int units, const float *gates, ck_int ldg, const float *c_prev, const float *c,
                      const float *dh, ck_int lddh, float *dc, float *dgates, ck_int lddg) {
    ck_int blocks = ck_blocks(units, BLOCK);
    CK_PARALLEL_FOR(
        ck_worth_forking(batch * units, 3 * CK_COST_FUNCTION), for (ck_int i = 0; i < batch * blocks; i++) {
            ck_int b = i / blocks;
            ck_int j = i % blocks * BLOCK;
            ck_int at = b * units + j;
            lstm_backward_block(ck_min(BLOCK, units - j), units, gates + b * ldg + j, c_prev + at, c + at,
                                dh + b * lddh + j, dc + at, dgates + b * lddg + j);
        });
}
