/* ck_runtime.c: what this build has, and the thread count. No kernels. */
#include "ck_runtime.h"

#include "ck_internal.h"

void ck_set_threads(int threads) {
#ifdef _OPENMP
    omp_set_num_threads(threads);
#else
    (void)threads;
#endif
}

void ck_run_parts(ck_int parts, void (*body)(void *context, ck_int part), void *context) {
    CK_PARALLEL_FOR(
        parts > 1, for (ck_int part = 0; part < parts; part++) { body(context, part); });
}

int ck_threads(void) { return ck_max_threads(); }

int ck_processors(void) {
#ifdef _OPENMP
    return omp_get_num_procs();
#else
    return 1;
#endif
}

int ck_has_openmp(void) {
#ifdef _OPENMP
    return 1;
#else
    return 0;
#endif
}

int ck_has_onednn(void) { return CK_ONEDNN; }

const char *ck_vector_instructions(void) {
#if CK_HAS_CLONES
    /* The order in which the clones of CK_CLONES are tried. */
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) {
        return "avx512";
    }
    return __builtin_cpu_supports("x86-64-v3") ? "avx2" : "baseline";
#elif defined(__aarch64__)
    return "neon";
#else
    return "baseline";
#endif
}

const char *ck_compiler(void) {
#if defined(__clang__)
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
    return "clang " TEXT(__clang_major__) "." TEXT(__clang_minor__) "." TEXT(__clang_patchlevel__);
#else
    return "unknown compiler";
#endif
}
