/* The commit, which Package.swift defines where the Makefile gives it. */
#include "cversion.h"

#ifndef CV_COMMIT
#define CV_COMMIT ""
#endif

const char *cv_commit(void) { return CV_COMMIT; }
