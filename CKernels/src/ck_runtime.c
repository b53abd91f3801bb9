/* ck_runtime.c: what this build has, the level of vector instructions, and the thread count. No kernels. */
#define _POSIX_C_SOURCE 200809L /* unsetenv */
#include "ck_runtime.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ck_internal.h"

#if CK_ONEDNN
#include <dnnl.h>
#endif

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

/* ---- levels ---- */

ck_instruction_level ck_level_in_use = CK_LOWEST_LEVEL;

ck_instruction_level ck_level(void) { return ck_level_in_use; }

int ck_has_level(ck_instruction_level level) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    int has_avx2 = __builtin_cpu_supports("x86-64-v3");
    switch (level) {
    case CK_LEVEL_BASELINE: return 1;
    case CK_LEVEL_AVX2: return has_avx2;
    case CK_LEVEL_AVX512: return has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
    default: return 0;
    }
#else
    return level == CK_LOWEST_LEVEL;
#endif
}

#if CK_ONEDNN
/* oneDNN takes its level once, before its first product. */
static pthread_once_t onednn_once = PTHREAD_ONCE_INIT;
static int onednn_is_fixed, onednn_obeys;

static void fix_onednn(void) {
    onednn_is_fixed = 1;
#if defined(__x86_64__)
    dnnl_cpu_isa_t isa = ck_level_in_use == CK_LEVEL_AVX512 ? dnnl_cpu_isa_all
                         : ck_level_in_use == CK_LEVEL_AVX2 ? dnnl_cpu_isa_avx2
                                                            : dnnl_cpu_isa_sse41; /* its lowest */
    /* It fails where the host program has used oneDNN before. That matters below the highest level only. */
    int is_highest = !ck_has_level(ck_level_in_use + 1);
    onednn_obeys = dnnl_set_max_cpu_isa(isa) == dnnl_success || is_highest;
#else
    onednn_obeys = 1;
#endif
}

int ck_onednn_obeys_level(void) {
    pthread_once(&onednn_once, fix_onednn);
    return onednn_obeys;
}
#endif

int ck_set_level(ck_instruction_level level) {
    if (!ck_has_level(level)) {
        return -1;
    }
#if CK_ONEDNN
    if (onednn_is_fixed && level != ck_level_in_use) {
        return -2;
    }
#endif
    ck_level_in_use = level;
    return 0;
}

const char *ck_level_name(ck_instruction_level level) {
    static const char *const names[CK_LEVELS_COUNT] = {"baseline", "avx2", "avx512", "neon"};
    return names[level];
}

/* ---- the environment ---- */

enum { VALUE_SIZE = 64 };
static char rejected_level[VALUE_SIZE], rejected_threads[VALUE_SIZE];

const char *ck_rejected_level(void) { return *rejected_level ? rejected_level : NULL; }

const char *ck_rejected_threads(void) { return *rejected_threads ? rejected_threads : NULL; }

static void reject(char *rejected, const char *value) { strncpy(rejected, value, VALUE_SIZE - 1); }

/* Returns 0 where this names no level that the processor has. */
static int set_level_named(const char *name) {
    for (int level = 0; level < CK_LEVELS_COUNT; level++) {
        if (strcmp(name, ck_level_name(level)) == 0) {
            return ck_set_level(level) == 0;
        }
    }
    return 0;
}

static void choose_level(void) {
    for (int level = CK_LEVELS_COUNT - 1; level >= 0 && ck_set_level(level) != 0; level--) {
    }
    const char *name = getenv("NEURALMEMORY_ISA");
    if (name && *name && !set_level_named(name)) {
        reject(rejected_level, name);
    }
}

#ifdef _OPENMP
static int is_blank(char c) { return c == ' ' || c == '\t'; }

/* Whether this is a list of whole numbers from 1 to CK_MOST_THREADS, one for each level of nested parallel regions. */
static int is_thread_list(const char *text) {
    for (;; text++) {
        int threads = 0;
        for (; is_blank(*text); text++) {
        }
        for (; *text >= '0' && *text <= '9' && threads <= CK_MOST_THREADS; text++) {
            threads = 10 * threads + (*text - '0');
        }
        for (; is_blank(*text); text++) {
        }
        if (threads < 1 || threads > CK_MOST_THREADS || (*text && *text != ',')) {
            return 0;
        }
        if (!*text) {
            return 1;
        }
    }
}

static void check_threads(void) {
    const char *value = getenv("OMP_NUM_THREADS");
    if (value && !is_thread_list(value)) {
        reject(rejected_threads, value);
        unsetenv("OMP_NUM_THREADS");
    }
}
#endif

#if defined(_OPENMP) && defined(__linux__)
/* libomp leaves a note in shared memory, under the process's number, and removes it at the end. A process that is killed
 * leaves its note behind. A later process of the same number would take that for a second runtime and abort, or crash
 * where the note is still empty. */
static void remove_stale_registration(void) {
    char path[64];
    snprintf(path, sizeof path, "/dev/shm/__KMP_REGISTERED_LIB_%d_%d", (int)getpid(), (int)getuid());
    unlink(path);
}
#endif

/* Before main, since libomp reads its variables, and registers, with the first call that it gets. */
__attribute__((constructor)) static void prepare_runtime(void) {
    choose_level();
#ifdef _OPENMP
    check_threads();
#endif
#if defined(_OPENMP) && defined(__linux__)
    remove_stale_registration();
#endif
}

/* ---- the build ---- */

const char *ck_compiler(void) {
#if defined(__clang__)
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
    return "clang " TEXT(__clang_major__) "." TEXT(__clang_minor__) "." TEXT(__clang_patchlevel__);
#else
    return "unknown compiler";
#endif
}
