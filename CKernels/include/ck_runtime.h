/* ck_runtime.h: what the kernels were built with, and how many threads they use. */
#ifndef CK_RUNTIME_H
#define CK_RUNTIME_H

#include "ck_base.h"

/* Sets the number of threads for all kernels called from this thread, and for the matrix product. threads >= 1.
 * Without OpenMP it does nothing. */
void ck_set_threads(int threads);

/* The number of threads that kernels called from this thread use; 1 without OpenMP. */
int ck_threads(void);

/* Calls body(context, part) for parts 0 ..< parts on threads of their own, as far as there are any, and returns when all
 * are done. Kernels that body calls run on its thread alone. parts >= 1. */
void ck_run_parts(ck_int parts, void (*body)(void *context, ck_int part), void *context);

/* The number of processors that OpenMP sees; 1 without OpenMP. */
int ck_processors(void);

/* 1 when built with OpenMP, else 0. */
int ck_has_openmp(void);

/* 1 when ck_gemm calls oneDNN, 0 when it is ck_gemm_plain. */
int ck_has_onednn(void);

/* The widest vector instructions that the kernels will use here: "avx512", "avx2" or "baseline". A static string. */
const char *ck_vector_instructions(void);

/* The compiler that built the kernels, and its version: "clang 21.0.0". A static string. */
const char *ck_compiler(void);

#endif
