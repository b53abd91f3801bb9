/* outputs.c: see outputs.h.
 *
 * The bound of an output is taken from its conditioning. Another machine rounds elsewhere, since it fuses other
 * multiplications with additions; so its intermediate values differ by a few units in the last place, which acts like a
 * change of the inputs by as much. The bound is how far the output moves when all inputs change by up to 2^-18 of
 * themselves (64 roundings), the furthest of several random changes; and at least 4 roundings of the array's largest
 * value. */
#include "outputs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

enum { CHANGES = 8 };

/* The largest magnitude in x. */
static float magnitude(const array *x) {
    float largest = 0;
    for (ck_int i = 0; i < x->count; i++) {
        largest = fmaxf(largest, fabsf(x->data[i]));
    }
    return largest;
}

/* Runs the case with inputs changed a little, and raises each bound to the distance that its output moves. */
static void widen(kernel_case *changed, const kernel_case *c, float *const *bounds, uint64_t *seed) {
    for (int n = 0; n < c->ins; n++) {
        for (ck_int i = 0; i < c->in[n].count; i++) {
            changed->in[n].data[i] = c->in[n].data[i] * (1 + uniform(seed, -0x1p-18f, 0x1p-18f));
        }
    }
    changed->run(changed);
    for (int n = 0; n < c->outs; n++) {
        for (ck_int i = 0; i < c->out[n].count; i++) {
            bounds[n][i] = fmaxf(bounds[n][i], fabsf(changed->out[n].data[i] - c->out[n].data[i]));
        }
    }
}

static void write_case(FILE *file, int number, uint64_t seed) {
    kernel_case c = make_case(number), changed = make_case(number);
    float *bounds[MOST_ARRAYS];
    fill_inputs(&c, seed);
    c.run(&c);
    for (int n = 0; n < c.outs; n++) {
        bounds[n] = allocate((size_t)c.out[n].count * sizeof(float));
        float least = 0x1p-22f * magnitude(&c.out[n]);
        for (ck_int i = 0; i < c.out[n].count; i++) {
            bounds[n][i] = least;
        }
    }
    for (int change = 0; change < CHANGES; change++) {
        widen(&changed, &c, bounds, &seed);
    }
    for (int n = 0; n < c.outs; n++) {
        for (ck_int i = 0; i < c.out[n].count; i++) {
            fprintf(file, "%s: %s %td\t%.9g\t%.3g\n", c.name, c.out[n].name, i, c.out[n].data[i], bounds[n][i]);
        }
        free(bounds[n]);
    }
    free_case(&c);
    free_case(&changed);
}

int write_outputs(const char *path, uint64_t seed) {
    FILE *file = fopen(path, "w");
    if (!file) {
        perror(path);
        return 0;
    }
    for (int number = 0; number < kernel_case_count(); number++) {
        write_case(file, number, seed);
    }
    if (ferror(file) | fclose(file)) {
        perror(path);
        return 0;
    }
    return 1;
}

/* One line of a file; returns 0 at its end. */
static int read_line(FILE *file, char *place, double *value, double *bound) {
    return fscanf(file, "%79[^\t] %lf %lf ", place, value, bound) == 3;
}

int compare_outputs(const char *path, const char *other_path) {
    FILE *file = fopen(path, "r"), *other = fopen(other_path, "r");
    if (!file || !other) {
        perror(file ? other_path : path);
        return 0;
    }
    char place[80], other_place[80];
    double value, bound, other_value, other_bound, closest = 0;
    int count = 0, differing = 0;
    while (read_line(file, place, &value, &bound)) {
        if (!read_line(other, other_place, &other_value, &other_bound) || strcmp(place, other_place) != 0) {
            fprintf(stderr, "%s lacks %s\n", other_path, place);
            return 0;
        }
        count++;
        if (!(fabs(value - other_value) <= bound)) {
            fprintf(stderr, "%s: %.9g and %.9g differ by more than %.3g\n", place, value, other_value, bound);
            differing++;
        } else if (bound > 0) {
            closest = fmax(closest, fabs(value - other_value) / bound);
        }
    }
    printf("%d outputs compared; %d differ by more than their bound, the others by up to %.2f of it\n", count,
           differing, closest);
    fclose(file);
    fclose(other);
    return count > 0 && differing == 0;
}
