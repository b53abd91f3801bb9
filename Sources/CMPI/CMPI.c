/* The only file that knows MPI. */
#define _POSIX_C_SOURCE 200809L /* gethostname */
#include "CMPI.h"
#include "Heartbeat.h"

#include <stdlib.h>
#include <string.h>

/* ---- the launcher ---- */

static int number_in(const char *name) {
    const char *text = getenv(name);
    return text ? atoi(text) : 0;
}

int cm_launched(void) {
    /* Open MPI's mpirun; Slurm and MPICH's Hydra by PMI; Slurm by PMIx, which names a rank alone. */
    int count = number_in("OMPI_COMM_WORLD_SIZE");
    if (count == 0) {
        count = number_in("PMI_SIZE");
    }
    if (count == 0 && getenv("PMIX_RANK")) {
        count = number_in("SLURM_STEP_NUM_TASKS");
    }
    return count > 1 ? count : 1;
}

int cm_launched_rank(void) {
    if (cm_launched() == 1) {
        return 0;
    }
    const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"};
    for (int n = 0; n < 3; n++) {
        if (getenv(names[n])) {
            return number_in(names[n]);
        }
    }
    return 0;
}

int cm_launched_here(void) {
    int count = number_in("OMPI_COMM_WORLD_LOCAL_SIZE");
    if (count == 0) {
        count = number_in("MPI_LOCALNRANKS");
    }
    if (count == 0) {
        count = number_in("SLURM_NTASKS_PER_NODE");
    }
    return count > 1 ? count : 1;
}

#if CM_MPI
#include <mpi.h>
#include <unistd.h>

/* Bytes of one collective call: its counts are of type int. */
enum { MOST_BYTES = 1 << 30 };
enum { MESSAGE_TAG = 1 };

static int rank, count = 1;
static int is_watched = 1;
/* counts and places of a collective call, as MPI takes them */
static int *lengths, *places, *other_lengths, *other_places;

int cm_is_built(void) { return 1; }

/* Begins the heartbeat. Returns 0, or -1 where there is no memory. */
static int begin_watch(void) {
    char own[HB_NAME] = "";
    char *names = malloc((size_t)count * HB_NAME);
    hb_place place = {.count = 0};
    if (!names) {
        return -1;
    }
    cm_host(own, HB_NAME);
    MPI_Allgather(own, HB_NAME, MPI_BYTE, names, HB_NAME, MPI_BYTE, MPI_COMM_WORLD);
    hb_set_ranks(rank, count, names);
    if (rank == 0) {
        place = hb_listen();
    }
    MPI_Bcast(&place, sizeof place, MPI_BYTE, 0, MPI_COMM_WORLD);
    if (rank > 0) {
        is_watched = hb_connect(&place) == 0;
    }
    return 0;
}

int cm_join(void) {
    int provided;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) {
        return -1;
    }
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &count);
    lengths = malloc(4 * sizeof(int) * (size_t)count);
    if (!lengths) {
        return -1;
    }
    places = lengths + count;
    other_lengths = places + count;
    other_places = other_lengths + count;
    return begin_watch();
}

int cm_is_watched(void) { return is_watched; }

void cm_advise(const char *text) { hb_advise(text); }

int cm_rank(void) { return rank; }

int cm_count(void) { return count; }

void cm_host(char *name, int size) {
    if (gethostname(name, (size_t)size) != 0) {
        *name = 0;
    }
    name[size - 1] = 0;
}

void cm_leave(void) {
    int is_over;
    MPI_Finalized(&is_over);
    if (!is_over) {
        hb_say_goodbye();
        MPI_Finalize();
    }
}

void cm_abort(int code) {
    hb_say_end();
    MPI_Abort(MPI_COMM_WORLD, code);
    _exit(code);
}

static int64_t sum(const int64_t *counts) {
    int64_t total = 0;
    for (int r = 0; r < count; r++) {
        total += counts[r];
    }
    return total;
}

/* Counts of all ranks as MPI takes them. */
static void set_lengths(const int64_t *counts, int *to, int *at) {
    int place = 0;
    for (int r = 0; r < count; r++) {
        to[r] = (int)counts[r];
        at[r] = place;
        place += to[r];
    }
}

/* One rank's bytes at a time, in pieces: for more than the counts of one call can say. */
static void gather_large(const char *own, const int64_t *counts, char *all) {
    for (int root = 0; root < count; root++) {
        if (root == rank) {
            memcpy(all, own, (size_t)counts[root]);
        }
        for (int64_t done = 0; done < counts[root]; done += MOST_BYTES) {
            int64_t left = counts[root] - done;
            MPI_Bcast(all + done, (int)(left < MOST_BYTES ? left : MOST_BYTES), MPI_BYTE, root, MPI_COMM_WORLD);
        }
        all += counts[root];
    }
}

void cm_gather(const void *own, const int64_t *counts, void *all) {
    if (sum(counts) > MOST_BYTES) {
        gather_large(own, counts, all);
        return;
    }
    set_lengths(counts, lengths, places);
    MPI_Allgatherv(own, lengths[rank], MPI_BYTE, all, lengths, places, MPI_BYTE, MPI_COMM_WORLD);
}

void cm_exchange(const float *from, const int64_t *sent, float *to, const int64_t *received) {
    set_lengths(sent, lengths, places);
    set_lengths(received, other_lengths, other_places);
    MPI_Alltoallv(from, lengths, places, MPI_FLOAT, to, other_lengths, other_places, MPI_FLOAT, MPI_COMM_WORLD);
}

void cm_send(const void *bytes, int64_t size, int to) {
    MPI_Send(bytes, (int)size, MPI_BYTE, to, MESSAGE_TAG, MPI_COMM_WORLD);
}

int64_t cm_waiting(int *from) {
    int is_here, size;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, MESSAGE_TAG, MPI_COMM_WORLD, &is_here, &status);
    if (!is_here) {
        return -1;
    }
    MPI_Get_count(&status, MPI_BYTE, &size);
    *from = status.MPI_SOURCE;
    return size;
}

void cm_receive(void *bytes, int64_t size, int from) {
    MPI_Recv(bytes, (int)size, MPI_BYTE, from, MESSAGE_TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

#else

int cm_is_built(void) { return 0; }

/* None of the others is ever called: a program that is built without MPI is refused where a launcher started several. */
int cm_join(void) { return -1; }
int cm_is_watched(void) { return 1; }
void cm_advise(const char *text) { (void)text; }
int cm_rank(void) { return 0; }
int cm_count(void) { return 1; }
void cm_host(char *name, int size) { (void)size, *name = 0; }
void cm_leave(void) {}
void cm_abort(int code) { exit(code); }
void cm_gather(const void *own, const int64_t *counts, void *all) { memcpy(all, own, (size_t)counts[0]); }
void cm_exchange(const float *from, const int64_t *sent, float *to, const int64_t *received) {
    (void)sent;
    memcpy(to, from, sizeof *from * (size_t)received[0]);
}
void cm_send(const void *bytes, int64_t size, int to) { (void)bytes, (void)size, (void)to; }
int64_t cm_waiting(int *from) { return *from = 0, -1; }
void cm_receive(void *bytes, int64_t size, int from) { (void)bytes, (void)size, (void)from; }

#endif
