/* Watches that the other ranks are alive: MPI itself waits for ever for a machine that is cut off, and some launchers do not
 * mind a process that was killed.
 *
 * Each rank has one TCP connection with rank 0, and a thread that sends a byte over it every two seconds, whatever the rank
 * computes meanwhile. Who is silent for 15 s, or whose connection ends without a goodbye, is named on standard error, and the
 * process ends; the launcher and the other ranks' heartbeats then end the rest. */
#ifndef CM_HEARTBEAT_H
#define CM_HEARTBEAT_H

#include <stdint.h>

enum { HB_NAME = 256, HB_ADDRESSES = 16 };

/* Where rank 0 listens, as it tells the others: nowhere, where there are no addresses. */
typedef struct {
    uint64_t token; /* known to the job alone */
    uint32_t count; /* of addresses */
    uint16_t port;  /* in network order, as the addresses of IPv4 are */
    uint32_t addresses[HB_ADDRESSES];
} hb_place;

/* The first call: which rank this is of how many, and the names of their machines, HB_NAME bytes each, which are kept. */
void hb_set_ranks(int rank, int count, const char *names);
/* On rank 0: listens, and begins to watch. */
hb_place hb_listen(void);
/* On the others: connects with rank 0, and begins to watch. Returns 0, or -1 where it is reached at no address. */
int hb_connect(const hb_place *place);
/* What its message ends with: what the user can do. Cut to some hundred bytes. */
void hb_advise(const char *text);
/* Tells the others that this process leaves in good order. */
void hb_say_goodbye(void);
/* Tells the others that the job ends, and that it has been said why. */
void hb_say_end(void);

#endif
