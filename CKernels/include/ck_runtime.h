/* ck_runtime.h: what the kernels were built with, which instructions they use, and on how many threads.
 *
 * Two environment variables are read once, when the program is loaded; empty ones count as absent:
 *     NEURALMEMORY_ISA   the level of vector instructions, by the names of ck_level_name
 *     OMP_NUM_THREADS    the number of threads, with OpenMP; libomp reads it too
 * A value that cannot be used has no effect, and ck_rejected_level or ck_rejected_threads return it: a program that
 * takes its settings seriously asks for them at its start. */
#ifndef CK_RUNTIME_H
#define CK_RUNTIME_H

#include "ck_base.h"

/* Sets the number of threads for all kernels called from this thread, and for the matrix product. threads >= 1.
 * Without OpenMP it does nothing. */
void ck_set_threads(int threads);

/* The number of threads that kernels called from this thread use; 1 without OpenMP. */
int ck_threads(void);

/* Calls body(context, part) for parts 0 ..< parts on threads of their own, as far as there are any, and returns when all
 * are done. Kernels that body calls run on its thread alone, and numbers below the normal range are 0 for all that body
 * does, as in kernels. parts >= 1. */
void ck_run_parts(ck_int parts, void (*body)(void *context, ck_int part), void *context);

/* The number of processors that OpenMP sees; 1 without OpenMP. */
int ck_processors(void);

/* 1 when built with OpenMP, else 0. */
int ck_has_openmp(void);

/* 1 when ck_gemm calls oneDNN, 0 when it is ck_gemm_plain. */
int ck_has_onednn(void);

/* The sets of vector instructions that kernels are compiled for. On x86-64 each level includes those before it. */
typedef enum {
    CK_LEVEL_BASELINE, /* what every processor of the architecture has */
    CK_LEVEL_AVX2,     /* x86-64-v3: AVX2 and fused multiply-add */
    CK_LEVEL_AVX512,   /* avx2, AVX512F and AVX512VL */
    CK_LEVEL_NEON,     /* the only level of aarch64 */
    CK_LEVELS_COUNT
} ck_instruction_level;

/* The level that all kernels and matrix products of this process use: the highest that the processor has, unless
 * NEURALMEMORY_ISA or ck_set_level chose another. */
ck_instruction_level ck_level(void);

/* Whether this processor has a level (and this build kernels for it): 1 or 0. */
int ck_has_level(ck_instruction_level level);

/* Chooses the level. No kernel may be running. Returns 0; or, having changed nothing, -1 where the processor does not
 * have the level, and -2 where oneDNN has fixed another one: it does so with its first matrix product. */
int ck_set_level(ck_instruction_level level);

/* "baseline", "avx2", "avx512" or "neon". A static string. */
const char *ck_level_name(ck_instruction_level level);

/* The value of NEURALMEMORY_ISA, at most its first 63 bytes, where it names no level that this processor has; else
 * NULL. A static string. */
const char *ck_rejected_level(void);

/* The value of OMP_NUM_THREADS, at most its first 63 bytes, where it is not a list of whole numbers from 1 to
 * CK_MOST_THREADS; else NULL, and always without OpenMP. Such a value is also taken out of the environment: libomp may
 * abort or never return when it reads one. A static string. */
#define CK_MOST_THREADS 1024
const char *ck_rejected_threads(void);

/* The compiler that built the kernels, and its version: "clang 21.0.0". A static string. */
const char *ck_compiler(void);

#endif
