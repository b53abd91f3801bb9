/* outputs.h: the outputs of all cases in a file, to be compared with those of another machine. */
#ifndef OUTPUTS_H
#define OUTPUTS_H

#include <stdint.h>

/* Writes a line for each output: case, array, place, value, and how far another machine's value may be from it.
 * Returns 0 where that fails. */
int write_outputs(const char *path, uint64_t seed);

/* Compares two files, by the bounds of the first; says on standard error where they differ, and returns 0 then. */
int compare_outputs(const char *path, const char *other);

#endif
