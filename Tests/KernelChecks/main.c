/* main.c: all kernel checks as a program, where Swift's tests cannot run. Exits with 1 when a check fails.
 *
 *     kernel-checks [--seed N] [--write FILE]   runs all checks, and writes the kernels' outputs
 *     kernel-checks --compare FILE OTHER        compares what two machines wrote
 *     kernel-checks --levels                    lists the levels that this processor has */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ckernels.h"
#include "kernel_checks.h"
#include "outputs.h"

static int failures;

static void report(const char *wrong) {
    if (wrong) {
        fprintf(stderr, "FAILED %s\n", wrong);
        failures++;
    }
}

static void run_all(uint64_t seed) {
    for (int n = 0; n < kernel_case_count(); n++) {
        report(kernel_case_check(n, seed));
    }
    for (int n = 0; n < kernel_formula_count(); n++) {
        report(kernel_formula_check(n, seed));
    }
    report(kernel_threads_check(seed));
    printf("%s, level %s, seed %llu: %d cases, %d formulae and the threads' check, %d failed\n", ck_compiler(),
           ck_level_name(ck_level()), (unsigned long long)seed, kernel_case_count(), kernel_formula_count(), failures);
}

static void list_levels(void) {
    for (int level = 0; level < CK_LEVELS_COUNT; level++) {
        if (ck_has_level((ck_instruction_level)level)) {
            puts(ck_level_name((ck_instruction_level)level));
        }
    }
}

int main(int count, char **arguments) {
    uint64_t seed = 1;
    const char *output = NULL;
    if (count == 4 && strcmp(arguments[1], "--compare") == 0) {
        return compare_outputs(arguments[2], arguments[3]) ? 0 : 1;
    }
    if (count == 2 && strcmp(arguments[1], "--levels") == 0) {
        list_levels();
        return 0;
    }
    for (int i = 1; i < count; i += 2) {
        if (i + 1 < count && strcmp(arguments[i], "--seed") == 0) {
            seed = strtoull(arguments[i + 1], NULL, 10);
        } else if (i + 1 < count && strcmp(arguments[i], "--write") == 0) {
            output = arguments[i + 1];
        } else {
            fprintf(stderr, "usage: kernel-checks [--seed N] [--write FILE] | --compare FILE OTHER | --levels\n");
            return 64;
        }
    }
    if (ck_rejected_level()) {
        fprintf(stderr, "NEURALMEMORY_ISA is '%s', which this processor does not have\n", ck_rejected_level());
        return 64;
    }
    run_all(seed);
    return failures == 0 && (!output || write_outputs(output, seed)) ? 0 : 1;
}
