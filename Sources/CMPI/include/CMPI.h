/* What training takes of MPI. Its constants are macros, which Swift does not see; so all that knows MPI is behind these
 * functions. Built without MPI, there is one process, and only the functions of the first part may be called.
 *
 * All calls but those of the first part come from one thread. A collective call is made by all ranks alike, in one order. */
#ifndef CMPI_H
#define CMPI_H

#include <stdint.h>

/* Whether this was built with MPI: 0 or 1. */
int cm_is_built(void);
/* How many processes a launcher started together, as its environment says; 1 where there is no launcher. */
int cm_launched(void);
/* The number of this one among them; 0 where there is no launcher. */
int cm_launched_rank(void);
/* Processes of the launcher on this machine, this one included; 1 where that is not known. */
int cm_launched_here(void);

/* Joins the others, and has a thread watch from now on that they are alive. Where one is not, it is named on standard error
 * within 20 seconds, and all processes end. Returns 0, or -1 where MPI cannot be started. */
int cm_join(void);
/* Whether the loss of this rank's machine would be noticed: 0 where it reaches rank 0 by MPI alone. */
int cm_is_watched(void);
/* What the user can do where a rank is lost, as a sentence for the end of the message. May come from any thread. */
void cm_advise(const char *text);
int cm_rank(void);
int cm_count(void);
/* The name of the machine, cut to `size` - 1 bytes. */
void cm_host(char *name, int size);
/* Leaves the others. Collective. */
void cm_leave(void);
/* Ends the processes of all ranks, with this exit code as far as the launcher passes it on. Does not return. */
void cm_abort(int code);

/* Gives each rank the bytes of all: counts[r] of rank r, one after the other. Collective. */
void cm_gather(const void *own, const int64_t *counts, void *all);
/* Sends sent[r] floats to each rank r, one part after the other, and gets received[r] from it. Collective. */
void cm_exchange(const float *from, const int64_t *sent, float *to, const int64_t *received);

/* Sends bytes to one rank. Returns when `bytes` may be used again. */
void cm_send(const void *bytes, int64_t count, int rank);
/* The size of the next message from anybody, and who sent it; -1 where none is here. Does not wait. */
int64_t cm_waiting(int *rank);
/* Gets the message that cm_waiting told of. */
void cm_receive(void *bytes, int64_t count, int rank);

#endif
