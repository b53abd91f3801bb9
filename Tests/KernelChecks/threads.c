/* threads.c: kernels called from several threads at once, as ck_run_parts does. The threads are the checks' own, so that
 * the thread sanitizer sees all that goes on between them: it knows nothing of the OpenMP runtime. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

enum { THREADS = 4, ROUNDS = 3 };

/* A thread's own copy of a case, run a few times. */
static void *run_case(void *argument) {
    const kernel_case *c = argument;
    for (int round = 0; round < ROUNDS; round++) {
        c->run(c);
    }
    return NULL;
}

static void run_together(void *(*body)(void *), void *arguments, size_t size) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, body, (char *)arguments + (size_t)i * size) != 0) {
            abort();
        }
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* The same kernel at the same time on data of one's own. */
static const char *check_copies(int number, uint64_t seed) {
    kernel_case copies[THREADS];
    const char *wrong = NULL;
    for (int i = 0; i < THREADS; i++) {
        copies[i] = make_case(number);
        fill_inputs(&copies[i], seed);
    }
    run_together(run_case, copies, sizeof *copies);
    kernel_case alone = make_case(number);
    fill_inputs(&alone, seed);
    alone.run(&alone);
    for (int i = 0; i < THREADS && !wrong; i++) {
        for (int n = 0; n < alone.outs && !wrong; n++) {
            size_t bytes = (size_t)alone.out[n].count * sizeof(float);
            if (memcmp(alone.out[n].data, copies[i].out[n].data, bytes) != 0) {
                wrong = complain("%s: %s has other bits on %d threads", alone.name, alone.out[n].name, THREADS);
            }
        }
    }
    free_case(&alone);
    for (int i = 0; i < THREADS; i++) {
        free_case(&copies[i]);
    }
    return wrong;
}

/* ---- batch elements of one episode, on a thread each ---- */

enum { STEPS = 9, BATCH = THREADS, WIDTH = 5 };

typedef struct {
    ck_window_shape window;
    ck_turing_shape turing;
    ck_dnc_shape dnc;
    void *window_workspace, *turing_workspace, *dnc_workspace;
    const float *strengths, *values, *interface, *dnc_interface;
    float *reads, *dstrengths, *dvalues, *turing_reads, *dinterface, *dnc_reads, *dnc_dinterface;
    ck_int stride;
} episode;

typedef struct {
    const episode *e;
    ck_int first, end;
} share;

static void *run_forward(void *argument) {
    const share *s = argument;
    const episode *e = s->e;
    for (ck_int t = 0; t < STEPS; t++) {
        ck_span span = {t, t + 1, s->first, s->end};
        ck_window_forward(e->window, e->window_workspace, span, e->strengths, e->values, e->reads, e->stride);
        ck_turing_forward(e->turing, e->turing_workspace, span, e->interface, e->turing_reads, WIDTH);
        ck_dnc_forward(e->dnc, e->dnc_workspace, span, e->dnc_interface, e->dnc_reads, WIDTH);
    }
    return NULL;
}

static void *run_backward(void *argument) {
    const share *s = argument;
    const episode *e = s->e;
    ck_span span = {0, STEPS, s->first, s->end};
    ck_window_backward(e->window, e->window_workspace, span, e->values, e->reads, e->stride, e->dstrengths, e->dvalues);
    ck_turing_backward(e->turing, e->turing_workspace, span, e->interface, e->turing_reads, WIDTH, e->dinterface);
    ck_dnc_backward(e->dnc, e->dnc_workspace, span, e->dnc_interface, e->dnc_reads, WIDTH, e->dnc_dinterface);
    return NULL;
}

/* The whole episode: every batch element on a thread of its own, or all on this one. */
static void run_episode(const episode *e, int on_threads) {
    share shares[THREADS];
    for (int i = 0; i < THREADS; i++) {
        shares[i] = (share){e, i, i + 1};
    }
    share whole = {e, 0, BATCH};
    ck_window_begin(e->window, e->window_workspace);
    if (on_threads) {
        run_together(run_forward, shares, sizeof *shares);
    } else {
        run_forward(&whole);
    }
    ck_window_begin_backward(e->window, e->window_workspace, e->dvalues);
    ck_turing_begin_backward(e->turing, e->turing_workspace);
    ck_dnc_begin_backward(e->dnc, e->dnc_workspace);
    if (on_threads) {
        run_together(run_backward, shares, sizeof *shares);
    } else {
        run_backward(&whole);
    }
}

static float *numbers(ck_int count, float low, uint64_t *seed) {
    float *x = allocate((size_t)count * sizeof *x);
    for (ck_int i = 0; i < count; i++) {
        x[i] = uniform(seed, low, 1);
    }
    return x;
}

static const char *check_elements(ck_window_kind kind, uint64_t seed) {
    enum { ROWS = 19, INPUTS = 4, OUTPUTS = 7 };
    ck_int ends = ck_window_ends(kind), vectors = STEPS * BATCH * ends * WIDTH, strengths = STEPS * BATCH * 2 * ends;
    episode e = {.window = {kind, STEPS, BATCH, WIDTH},
                 .turing = {STEPS, BATCH, ROWS, WIDTH, 1, 1, 1, 3, 0},
                 .dnc = {.steps = STEPS, .batch = BATCH, .rows = ROWS, .columns = WIDTH, .heads = 1, .segment = 3},
                 .stride = ends * WIDTH};
    ck_int interface = STEPS * BATCH * ck_turing_interface_size(e.turing);
    ck_int dnc_interface = STEPS * BATCH * ck_dnc_interface_size(e.dnc);
    float *memory = numbers(ROWS * WIDTH, -1, &seed), *focus = numbers(2 * ROWS, 0.5f, &seed);
    float *inputs[INPUTS] = {numbers(strengths, 0, &seed), numbers(vectors, -1, &seed), numbers(interface, -1, &seed),
                             numbers(dnc_interface, -1, &seed)};
    const ck_int reads = STEPS * BATCH * WIDTH;
    const ck_int counts[OUTPUTS] = {vectors, strengths, vectors, reads, interface, reads, dnc_interface};
    float *outputs[2][OUTPUTS];
    const char *wrong = NULL;
    e.strengths = inputs[0], e.values = inputs[1], e.interface = inputs[2], e.dnc_interface = inputs[3];
    e.window_workspace = allocate(ck_window_workspace_size(e.window));
    e.turing_workspace = allocate(ck_turing_workspace_size(e.turing));
    e.dnc_workspace = allocate(ck_dnc_workspace_size(e.dnc));
    for (int on_threads = 0; on_threads < 2; on_threads++) {
        float **out = outputs[on_threads];
        for (int n = 0; n < OUTPUTS; n++) {
            out[n] = numbers(counts[n], 0, &seed);
        }
        e.reads = out[0], e.dstrengths = out[1], e.dvalues = out[2], e.turing_reads = out[3], e.dinterface = out[4];
        e.dnc_reads = out[5], e.dnc_dinterface = out[6];
        ck_turing_begin(e.turing, e.turing_workspace, memory, focus);
        ck_dnc_begin(e.dnc, e.dnc_workspace, memory);
        run_episode(&e, on_threads);
    }
    for (int n = 0; n < OUTPUTS; n++) {
        if (memcmp(outputs[0][n], outputs[1][n], (size_t)counts[n] * sizeof(float)) != 0) {
            wrong = complain("batch elements on threads: output %d of memory %d has other bits", n, (int)kind);
        }
        free(outputs[0][n]);
        free(outputs[1][n]);
    }
    for (int n = 0; n < INPUTS; n++) {
        free(inputs[n]);
    }
    free(memory);
    free(focus);
    free(e.window_workspace);
    free(e.turing_workspace);
    free(e.dnc_workspace);
    return wrong;
}

const char *kernel_threads_check(uint64_t seed) {
    const char *wrong = NULL;
    for (int number = 0; number < kernel_case_count() && !wrong; number++) {
        wrong = check_copies(number, seed);
    }
    for (int kind = 0; kind < 3 && !wrong; kind++) {
        wrong = check_elements((ck_window_kind)kind, seed);
    }
    return wrong;
}
