/* formulae.h: what the files of formulae share. */
#ifndef FORMULAE_H
#define FORMULAE_H

#include <math.h>

#include "cases.h"

/* Half a unit in the last place of 1. */
static const double u = 0x1p-24;

static inline const char *compare(const char *name, ck_int i, double got, double expected, double bound) {
    return fabs(got - expected) <= bound
               ? NULL
               : complain("%s: element %td is %.9g, expected %.9g within %.2g", name, i, got, expected, bound);
}

static inline void draw(float *x, ck_int count, float low, float high, uint64_t *seed) {
    for (ck_int i = 0; i < count; i++) {
        x[i] = uniform(seed, low, high);
    }
}

/* The passes over a memory's rows, see rows_formulae.c. */
const char *check_rows(uint64_t seed);

#endif
