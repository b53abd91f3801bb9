/* cases.h: what a case is, for the files that make cases and those that check them. */
#ifndef CASES_H
#define CASES_H

#include "ckernels.h"
#include "kernel_checks.h"

/* Floats that a kernel reads or writes. Element i belongs to batch element (i / inner) % batch, or to all where batch
 * is 0. */
typedef struct {
    const char *name;
    float *data;
    ck_int count, batch, inner;
    float low, high; /* an input's numbers */
} array;

enum { MOST_ARRAYS = 6, GUARDS = 8 };

typedef struct kernel_case kernel_case;
struct kernel_case {
    const char *name;
    void (*run)(const kernel_case *);
    ck_int size[6]; /* what `run` makes of them is its own matter */
    array in[MOST_ARRAYS], out[MOST_ARRAYS];
    int ins, outs;
    void *workspace;
};

/* Sets up case `number`, with room for its arrays but no inputs. */
kernel_case make_case(int number);

/* Cases of the memories follow those of all other kernels, the DNC's last. */
int simple_case_count(void);
int memory_case_count(void);
int dnc_case_count(void);
void make_simple_case(int number, kernel_case *c);
void make_memory_case(int number, kernel_case *c);
void make_dnc_case(int number, kernel_case *c);

void add_in(kernel_case *c, const char *name, float low, float high, ck_int count, ck_int batch, ck_int inner);
void add_out(kernel_case *c, const char *name, ck_int count, ck_int batch, ck_int inner);

/* Draws the inputs. */
void fill_inputs(kernel_case *c, uint64_t seed);
void free_case(kernel_case *c);

/* Uniform in [low, high); the state is any number. */
float uniform(uint64_t *state, float low, float high);

/* Aligned memory, which is given back by free; ends the program where there is none. */
void *allocate(size_t bytes);

/* Keeps a message for the caller of a check; returns it. */
const char *complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
