/* ck_internal.h: what the kernel sources share and callers do not see: vector clones, OpenMP, when to fork.
 *
 * How a kernel is written here. The work of one row, block or batch element is a static function marked CK_CLONES;
 * the public function calls it from a CK_PARALLEL_FOR. The body of a parallel loop cannot hold the work itself: the
 * compiler moves that body into a function of its own, which is not cloned. */
#ifndef CK_INTERNAL_H
#define CK_INTERNAL_H

#include "ck_base.h"

/* Compiles the function once per set of vector instructions and picks one when the program is loaded. Needs ELF's
 * indirect functions, which glibc has. x86-64-v3 rather than avx2: the latter alone would leave out fused
 * multiply-add. ck_vector_instructions (ck_runtime.c) reports the choice; keep the two in step. */
#if defined(__x86_64__) && defined(__ELF__) && defined(__GLIBC__)
#define CK_HAS_CLONES 1
#define CK_CLONES __attribute__((target_clones("avx512f", "arch=x86-64-v3", "default")))
#else
#define CK_HAS_CLONES 0
#define CK_CLONES
#endif

/* Helpers used inside cloned functions: inlined, so that they take on the clone's vector instructions. */
#define CK_INLINE static inline __attribute__((always_inline))

/* Before a loop whose iteration i touches only elements i of its arrays: vectorise it even where an output is an input.
 * The check for overlap that the compiler would insert finds one there, and takes the scalar path. */
#define CK_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(undefined_behavior_sanitizer)
/* The checks of these builds keep loops from being vectorised; elsewhere it is worth a warning. */
#pragma clang diagnostic ignored "-Wpass-failed"
#endif

#ifdef _OPENMP
/* The compiler brings no omp.h. */
extern void omp_set_num_threads(int threads);
extern int omp_get_max_threads(void);
extern int omp_get_num_procs(void);
extern int omp_in_parallel(void);
#else
/* The serial build ignores the pragmas, on purpose. */
#pragma clang diagnostic ignored "-Wsource-uses-openmp"
#endif

CK_INLINE int ck_max_threads(void) {
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 1;
#endif
}

/* Whether the caller is one of several parts already, see ck_run_parts. */
CK_INLINE int ck_in_parallel(void) {
#ifdef _OPENMP
    return omp_in_parallel();
#else
    return 0;
#endif
}

/* Rough costs of one element in picoseconds on one thread, for ck_worth_forking. */
enum {
    CK_COST_COPY = 100,     /* loads, stores and a few multiplications */
    CK_COST_FUNCTION = 500, /* one exponential, logarithm or hyperbolic tangent */
    CK_COST_SCALAR = 1000   /* an operation that does not vectorise */
};

/* Whether a loop is long enough to share: a fork and join cost about 0.33 us, so it must hold 2 us of work. Depends on
 * the sizes, and on whether the work has been shared already. */
CK_INLINE int ck_worth_forking(ck_int elements, ck_int picoseconds) {
    return elements > 2000000 / picoseconds && !ck_in_parallel();
}

/* CK_PARALLEL_FOR(worth, for (...) {...}): shares the loop among threads if `worth`, else runs it as it stands. A
 * branch instead of the if clause of OpenMP, which costs as much as a fork when it is false: 0.3 us. */
#ifdef _OPENMP
#define CK_PARALLEL_FOR(worth, ...)                                                                                    \
    do {                                                                                                               \
        if (worth) {                                                                                                   \
            _Pragma("omp parallel for schedule(static)") __VA_ARGS__                                                   \
        } else {                                                                                                       \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    } while (0)
#else
#define CK_PARALLEL_FOR(worth, ...) __VA_ARGS__
#endif

CK_INLINE ck_int ck_min(ck_int a, ck_int b) { return a < b ? a : b; }

/* One of `parts` about equal parts of the batch elements of a span. */
CK_INLINE ck_span ck_part_of(ck_span span, ck_int part, ck_int parts) {
    ck_int first = span.first, count = span.end - first;
    span.first = first + part * count / parts;
    span.end = first + (part + 1) * count / parts;
    return span;
}

/* How many blocks of `size` cover n. */
CK_INLINE ck_int ck_blocks(ck_int n, ck_int size) { return (n + size - 1) / size; }

/* ck_gemm for a product of few rows with no transposition of A, m, n and k >= 1; see ck_gemm_thin.c. Returns 0, having
 * done nothing, where it would not be faster, and on processors without AVX-512. */
int ck_gemm_thin(int transpose_b, ck_int m, ck_int n, ck_int k, float alpha, const float *a, ck_int lda, const float *b,
                 ck_int ldb, float beta, float *c, ck_int ldc);

/* ck_gemm by oneDNN, for m, n, k >= 1; see ck_gemm_onednn.c. */
void ck_gemm_onednn(int transpose_a, int transpose_b, ck_int m, ck_int n, ck_int k, float alpha, const float *a,
                    ck_int lda, const float *b, ck_int ldb, float beta, float *c, ck_int ldc);

#endif
