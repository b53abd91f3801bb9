/* ck_base.h: the types and markers that all kernel headers share. */
#ifndef CK_BASE_H
#define CK_BASE_H

#include <stddef.h>
#include <stdint.h>

/* Sizes, counts and strides; signed, so that differences are safe. Swift sees Int. */
typedef ptrdiff_t ck_int;

#endif
