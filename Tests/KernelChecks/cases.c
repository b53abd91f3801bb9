/* cases.c: arrays of cases, their random inputs, and messages. */
#include "cases.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *allocate(size_t bytes) {
    void *memory = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (!memory) {
        perror("kernel checks");
        exit(1);
    }
    return memory;
}

float uniform(uint64_t *state, float low, float high) {
    /* SplitMix64 (Steele, Lea & Flood 2014), as in KernelTests. */
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return low + (high - low) * (float)((z ^ (z >> 31)) >> 40) * 0x1p-24f;
}

const char *complain(const char *format, ...) {
    static char message[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return message;
}

static array new_array(const char *name, ck_int count, ck_int batch, ck_int inner) {
    float *data = allocate((size_t)(count + GUARDS) * sizeof *data);
    return (array){.name = name, .data = data, .count = count, .batch = batch, .inner = inner};
}

void add_in(kernel_case *c, const char *name, float low, float high, ck_int count, ck_int batch, ck_int inner) {
    array *a = &c->in[c->ins++];
    *a = new_array(name, count, batch, inner);
    a->low = low;
    a->high = high;
}

void add_out(kernel_case *c, const char *name, ck_int count, ck_int batch, ck_int inner) {
    c->out[c->outs++] = new_array(name, count, batch, inner);
}

void fill_inputs(kernel_case *c, uint64_t seed) {
    for (int n = 0; n < c->ins; n++) {
        for (ck_int i = 0; i < c->in[n].count; i++) {
            c->in[n].data[i] = uniform(&seed, c->in[n].low, c->in[n].high);
        }
    }
}

void free_case(kernel_case *c) {
    for (int n = 0; n < c->ins; n++) {
        free(c->in[n].data);
    }
    for (int n = 0; n < c->outs; n++) {
        free(c->out[n].data);
    }
    free(c->workspace);
}

kernel_case make_case(int number) {
    kernel_case c;
    memset(&c, 0, sizeof c);
    const int simple = simple_case_count(), memories = simple + memory_case_count();
    if (number < simple) {
        make_simple_case(number, &c);
    } else if (number < memories) {
        make_memory_case(number - simple, &c);
    } else {
        make_dnc_case(number - memories, &c);
    }
    return c;
}

int kernel_case_count(void) { return simple_case_count() + memory_case_count() + dnc_case_count(); }

const char *kernel_case_name(int number) {
    kernel_case c = make_case(number);
    const char *name = c.name;
    free_case(&c);
    return name;
}
