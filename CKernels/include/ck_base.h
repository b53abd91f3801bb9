/* ck_base.h: the types and markers that all kernel headers share. */
#ifndef CK_BASE_H
#define CK_BASE_H

#include <stddef.h>
#include <stdint.h>

/* Sizes, counts and strides; signed, so that differences are safe. Swift sees Int. */
typedef ptrdiff_t ck_int;

/* A part of an episode: steps first_step ..< end_step of the batch elements first ..< end. */
typedef struct {
    ck_int first_step, end_step;
    ck_int first, end;
} ck_span;

#endif
