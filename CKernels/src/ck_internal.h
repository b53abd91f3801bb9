/* ck_internal.h: what the kernel sources share and callers do not see: levels, OpenMP, when to fork.
 *
 * How a kernel is written here. The work of one row, block or batch element is a CK_INLINE function `name_body`;
 * CK_LEVELS makes from it the function `name`, compiled for every level of vector instructions, and the public function
 * calls that from a CK_PARALLEL_FOR. The body of a parallel loop cannot hold the work itself: the compiler moves that
 * body into a function of its own, which is compiled for the lowest level only. */
#ifndef CK_INTERNAL_H
#define CK_INTERNAL_H

#include "ck_base.h"
#include "ck_runtime.h"

#ifndef CK_ONEDNN
#define CK_ONEDNN 0
#endif
#if defined(CK_WANTS_OPENMP) && !defined(_OPENMP)
#error "SwiftPM gives dependencies by version no OpenMP: take NeuralMemory by branch, or without the trait OpenMP"
#endif

/* The level that ck_level returns, for the kernels themselves. */
extern ck_instruction_level ck_level_in_use;

/* Keeps oneDNN to the level in use, with the first call for good. Returns 0 where oneDNN must not be used, since it has
 * another level already. Only with CK_ONEDNN. */
int ck_onednn_obeys_level(void);

/* The level that the compiler assumes where nothing else is said. */
#if defined(__aarch64__)
#define CK_LOWEST_LEVEL CK_LEVEL_NEON
#else
#define CK_LOWEST_LEVEL CK_LEVEL_BASELINE
#endif

/* Helpers of the functions that CK_LEVELS makes: inlined, so that they take on their caller's vector instructions. */
#define CK_INLINE static inline __attribute__((always_inline))

/* CK_LEVELS(result, name, (parameters), (arguments)) defines the static function `name`, which calls
 * name_body(arguments) compiled for the level in use. CK_LEVELS_TUNED is for a body whose first parameter is the
 * ck_instruction_level: it gets a constant, and can choose its sizes by it. */
#define CK_LEVELS(result, name, parameters, arguments)                                                                 \
    CK_ALL_LEVELS(result, name, parameters, arguments, name##_body arguments, name##_body arguments,                   \
                  name##_body arguments)
#define CK_LEVELS_TUNED(result, name, parameters, arguments)                                                           \
    CK_ALL_LEVELS(result, name, parameters, arguments, name##_body(CK_LEVEL_AVX512, CK_UNWRAPPED arguments),           \
                  name##_body(CK_LEVEL_AVX2, CK_UNWRAPPED arguments),                                                  \
                  name##_body(CK_LOWEST_LEVEL, CK_UNWRAPPED arguments))
#define CK_UNWRAPPED(...) __VA_ARGS__

/* What x86-64-v3 adds for computation. By its features, since "arch=x86-64-v3" would also schedule for old processors
 * (the generic model suits newer ones better). */
#define CK_AVX2 "avx2,bmi,bmi2,f16c,fma,lzcnt,movbe,popcnt"

/* The functions of all levels, each with its call of the body, and the choice between them. */
#if defined(__x86_64__)
#define CK_ALL_LEVELS(result, name, parameters, arguments, avx512_call, avx2_call, lowest_call)                        \
    CK_FUNCTION(target("avx512f"), result, name##_avx512, parameters, avx512_call)                                     \
    CK_FUNCTION(target(CK_AVX2), result, name##_avx2, parameters, avx2_call)                                           \
    CK_FUNCTION(, result, name##_baseline, parameters, lowest_call)                                                    \
    CK_FUNCTION(, result, name, parameters,                                                                            \
                ck_level_in_use == CK_LEVEL_AVX512 ? name##_avx512 arguments                                           \
                : ck_level_in_use == CK_LEVEL_AVX2 ? name##_avx2 arguments                                             \
                                                   : name##_baseline arguments)
#else
#define CK_ALL_LEVELS(result, name, parameters, arguments, avx512_call, avx2_call, lowest_call)                        \
    CK_FUNCTION(, result, name, parameters, lowest_call)
#endif

/* One function of CK_LEVELS. Not inlined, so that its machine code is the same wherever it is called from. */
#define CK_FUNCTION(attribute, result, name, parameters, call)                                                         \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wpedantic\"") /* a void call is returned */  \
        __attribute__((noinline)) __attribute__((attribute)) static result name parameters {                           \
        return call;                                                                                                   \
    }                                                                                                                  \
    _Pragma("clang diagnostic pop")

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

/* Until the end of the block, numbers below the smallest normal one are 0 for this thread, as operands and as results.
 * Gates that are nearly closed, and momenta of what gets no gradient, come to such numbers, and on some processors an
 * instruction that meets one takes a hundred times as long. Every thread of a loop sets this for itself: a result must
 * not depend on which thread computes it, and a caller's threads are left as they were. */
#define CK_FLUSH_SUBNORMALS                                                                                            \
    __attribute__((cleanup(ck_set_rounding))) const ck_rounding ck_rounding_before = ck_flush_subnormals()

/* The register that says how the processor rounds. Writing it costs as much as some ten additions. */
#if defined(__x86_64__)
typedef unsigned ck_rounding;
#define CK_FLUSHES 0x8040u /* of MXCSR: results (FTZ) and operands (DAZ) */
CK_INLINE ck_rounding ck_rounding_now(void) { return __builtin_ia32_stmxcsr(); }
CK_INLINE void ck_write_rounding(ck_rounding rounding) { __builtin_ia32_ldmxcsr(rounding); }
#elif defined(__aarch64__)
typedef uint64_t ck_rounding;
#define CK_FLUSHES (UINT64_C(1) << 24) /* of FPCR: FZ */
CK_INLINE ck_rounding ck_rounding_now(void) {
    ck_rounding rounding;
    __asm__ volatile("mrs %0, fpcr" : "=r"(rounding));
    return rounding;
}
CK_INLINE void ck_write_rounding(ck_rounding rounding) {
    __asm__ volatile("msr fpcr, %0" : : "r"(rounding) : "memory");
}
#else
typedef unsigned ck_rounding;
#define CK_FLUSHES 0u
CK_INLINE ck_rounding ck_rounding_now(void) { return 0; }
CK_INLINE void ck_write_rounding(ck_rounding rounding) { (void)rounding; }
#endif

CK_INLINE int ck_rounding_flushes(ck_rounding rounding) { return (rounding & CK_FLUSHES) == CK_FLUSHES; }

/* Returns what was set before. */
CK_INLINE ck_rounding ck_flush_subnormals(void) {
    ck_rounding before = ck_rounding_now();
    if (!ck_rounding_flushes(before)) {
        ck_write_rounding(before | CK_FLUSHES);
    }
    return before;
}

CK_INLINE void ck_set_rounding(const ck_rounding *before) {
    if (!ck_rounding_flushes(*before)) {
        ck_write_rounding(*before);
    }
}

/* CK_PARALLEL_FOR(worth, for (...) {...}): shares the loop among threads if `worth`, else runs it as it stands; either way
 * with CK_FLUSH_SUBNORMALS. A branch instead of the if clause of OpenMP, which costs as much as a fork when it is false:
 * 0.3 us. */
#ifdef _OPENMP
#define CK_PARALLEL_FOR(worth, ...)                                                                                    \
    do {                                                                                                               \
        if (worth) {                                                                                                   \
            _Pragma("omp parallel") {                                                                                  \
                CK_FLUSH_SUBNORMALS;                                                                                   \
                _Pragma("omp for schedule(static) nowait") __VA_ARGS__                                                 \
            }                                                                                                          \
        } else {                                                                                                       \
            CK_FLUSH_SUBNORMALS;                                                                                       \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    } while (0)
#else
#define CK_PARALLEL_FOR(worth, ...)                                                                                    \
    do {                                                                                                               \
        CK_FLUSH_SUBNORMALS;                                                                                           \
        __VA_ARGS__                                                                                                    \
    } while (0)
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

/* ck_gemm by oneDNN, for m, n, k >= 1; see ck_gemm_onednn.c. */
void ck_gemm_onednn(int transpose_a, int transpose_b, ck_int m, ck_int n, ck_int k, float alpha, const float *a,
                    ck_int lda, const float *b, ck_int ldb, float beta, float *c, ck_int ldc);

#endif
