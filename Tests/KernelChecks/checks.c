/* checks.c: what holds of every kernel, whatever it computes; see kernel_checks.h.
 *
 * Which outputs depend on an input is found out, not told: those whose bits change with it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"

/* Inputs of one array that are tried, at most. */
enum { MOST_TRIED = 60 };

static const float sentinel = -0x1.23456p77f;

/* The outputs of one run, one array after the other. */
typedef struct {
    const kernel_case *c;
    ck_int count;
    float *values;
} results;

static results new_results(const kernel_case *c) {
    results r = {c, 0, NULL};
    for (int n = 0; n < c->outs; n++) {
        r.count += c->out[n].count;
    }
    r.values = allocate((size_t)r.count * sizeof *r.values);
    return r;
}

/* Runs the kernel on outputs full of something else; returns NULL, or what it wrote beside them. */
static const char *run_into(results *r) {
    const kernel_case *c = r->c;
    for (int n = 0; n < c->outs; n++) {
        for (ck_int i = 0; i < c->out[n].count + GUARDS; i++) {
            c->out[n].data[i] = sentinel;
        }
    }
    c->run(c);
    float *to = r->values;
    for (int n = 0; n < c->outs; n++) {
        const array *a = &c->out[n];
        for (ck_int i = a->count; i < a->count + GUARDS; i++) {
            if (a->data[i] != sentinel) {
                return complain("%s: writes %td floats beyond %s", c->name, i - a->count + 1, a->name);
            }
        }
        memcpy(to, a->data, (size_t)a->count * sizeof *to);
        to += a->count;
    }
    return NULL;
}

/* The array that result i is in; i becomes its place there. */
static const array *array_of(const results *r, ck_int *i) {
    int n = 0;
    for (; *i >= r->c->out[n].count; n++) {
        *i -= r->c->out[n].count;
    }
    return &r->c->out[n];
}

/* The batch element that element i of an array belongs to, or -1. */
static ck_int element_of(const array *a, ck_int i) { return a->batch > 0 ? i / a->inner % a->batch : -1; }

static int same_bits(float a, float b) { return memcmp(&a, &b, sizeof a) == 0; }

/* What the runs on one input's values have in common. */
typedef struct {
    const array *in;
    ck_int at;
    const results *base, *moved, *large; /* with the input as it is, a little larger, and huge */
} trial;

static const char *complain_of(const trial *t, ck_int i, const char *what, float got) {
    const array *out = array_of(t->base, &i);
    return complain("%s: with %s[%td] %s, %s[%td] is %g", t->base->c->name, t->in->name, t->at, what, out->name, i,
                    got);
}

/* Whether result i belongs to another batch element than the input. */
static int is_apart(const trial *t, ck_int i) {
    const array *out = array_of(t->base, &i);
    ck_int from = element_of(t->in, t->at), to = element_of(out, i);
    return from >= 0 && to >= 0 && from != to;
}

/* With a NaN, what depends on it is NaN, and other batch elements are what they were. */
static const char *check_nan(const trial *t, results *r) {
    float *x = &t->in->data[t->at], before = *x;
    static const float nans[] = {NAN, -NAN};
    const char *wrong = NULL;
    for (int sign = 0; sign < 2 && !wrong; sign++) {
        *x = nans[sign];
        wrong = run_into(r);
        for (ck_int i = 0; i < r->count && !wrong; i++) {
            float got = r->values[i];
            int depends = !same_bits(t->base->values[i], t->moved->values[i]);
            if (depends ? !isnan(got) : is_apart(t, i) && !same_bits(got, t->base->values[i])) {
                wrong = complain_of(t, i, sign ? "-NaN" : "NaN", got);
            }
        }
    }
    *x = before;
    return wrong;
}

/* With an infinity a result is NaN, infinite, or its limit, which a huge input comes near to. */
static const char *check_infinity(const trial *t, results *r, float sign) {
    float *x = &t->in->data[t->at], before = *x;
    *x = sign * INFINITY;
    const char *wrong = run_into(r);
    for (ck_int i = 0; i < r->count && !wrong; i++) {
        float got = r->values[i], limit = t->large->values[i];
        int is_finite_limit = isfinite(limit) && fabsf(limit) < 1e6f;
        if (isfinite(got) && !(is_finite_limit && fabsf(got - limit) <= 1e-3f * (1 + fabsf(limit)))) {
            wrong = complain_of(t, i, sign > 0 ? "infinite" : "-infinite", got);
        } else if (is_apart(t, i) && !same_bits(got, t->base->values[i])) {
            wrong = complain_of(t, i, "infinite in another batch element", got);
        }
    }
    *x = before;
    return wrong;
}

static const char *check_input(const results *base, const array *in, ck_int at, results *scratch) {
    trial t = {in, at, base, &scratch[0], &scratch[1]};
    float *x = &in->data[at], before = *x;
    *x = before + 0.01f * (in->high - in->low);
    const char *wrong = run_into(&scratch[0]);
    *x = before;
    wrong = wrong ? wrong : check_nan(&t, &scratch[2]);
    for (float sign = 1; sign >= -1 && !wrong; sign -= 2) {
        if (sign < 0 && in->low >= 0) {
            continue;
        }
        *x = sign * 1e15f;
        wrong = run_into(&scratch[1]);
        *x = before;
        wrong = wrong ? wrong : check_infinity(&t, &scratch[2], sign);
    }
    if (wrong) {
        return wrong;
    }
    /* Nothing of it is left for the next episode. */
    wrong = run_into(&scratch[2]);
    for (ck_int i = 0; i < base->count && !wrong; i++) {
        if (!same_bits(scratch[2].values[i], base->values[i])) {
            wrong = complain_of(&t, i, "as before again", scratch[2].values[i]);
        }
    }
    return wrong;
}

static const char *check(const kernel_case *c, uint64_t seed) {
    results base = new_results(c), scratch[3] = {new_results(c), new_results(c), new_results(c)};
    const char *wrong = run_into(&base);
    for (ck_int i = 0; i < base.count && !wrong; i++) {
        if (!isfinite(base.values[i])) {
            wrong = complain("%s: result %td is %g", c->name, i, base.values[i]);
        }
    }
    for (int n = 0; n < c->ins && !wrong; n++) {
        const array *in = &c->in[n];
        ck_int step = in->count / MOST_TRIED + 1;
        for (ck_int at = (ck_int)(seed % (uint64_t)step); at < in->count && !wrong; at += step) {
            wrong = check_input(&base, in, at, scratch);
        }
    }
    free(base.values);
    for (int n = 0; n < 3; n++) {
        free(scratch[n].values);
    }
    return wrong;
}

const char *kernel_case_check(int number, uint64_t seed) {
    kernel_case c = make_case(number);
    fill_inputs(&c, seed);
    const char *wrong = check(&c, seed);
    free_case(&c);
    return wrong;
}
