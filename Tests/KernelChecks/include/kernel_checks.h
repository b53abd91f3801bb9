/* kernel_checks.h: checks of all kernels in plain C, for processors and sanitizers that Swift's tests cannot run on.
 *
 * A case is one kernel with one shape and random inputs. What is checked of it needs no reference: that it repeats
 * itself, writes nothing beside its outputs, follows the contract of NaN and infinity in ckernels.h, and keeps batch
 * elements apart. Its outputs can be compared with those of another machine, within a bound that follows from its own
 * conditioning. kernel_formulae compares simple kernels with their formulae in double.
 *
 * KernelTests runs all of it at every level; main.c, for `make test-neon` and `make sanitize`, without Swift. */
#ifndef KERNEL_CHECKS_H
#define KERNEL_CHECKS_H

#include <stdint.h>

/* How many cases there are; their numbers are 0 ..< that. */
int kernel_case_count(void);

/* The kernel and its shape. A static string. */
const char *kernel_case_name(int number);

/* Checks a case with inputs of this seed. Returns NULL, or what is wrong; a static string. */
const char *kernel_case_check(int number, uint64_t seed);

/* Likewise for the kernels that have a simple formula; formulae are 0 ..< kernel_formula_count(). */
int kernel_formula_count(void);
const char *kernel_formula_name(int number);
const char *kernel_formula_check(int number, uint64_t seed);

/* Calls kernels from several threads at once, and compares the results with those of one. */
const char *kernel_threads_check(uint64_t seed);

#endif
