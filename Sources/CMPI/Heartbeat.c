#define _GNU_SOURCE /* accept4, getifaddrs */
#include "Heartbeat.h"

#if CM_MPI
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Seconds. */
static const double beat_seconds = 2, silence_seconds = 15, missed_seconds = 10, connect_seconds = 3;
/* A launcher that notices a killed process has named it and ended the job within the first; one whose daemon is cut off may be
 * told to notice within the second, and hangs where a process ends before that. */
static const double grace_seconds = 5, linger_seconds = 10;
/* Connections that have not said which rank they are: more wait. */
enum { MOST_STRANGERS = 32 };
/* What one byte says. */
enum { BEAT = 'b', GOODBYE = 'g', END = 'e' };

typedef struct {
    uint64_t token;
    uint64_t rank;
} hello;

/* A connection: of a rank, or of one that has not said who it is. */
typedef struct {
    int socket; /* -1 where there is none */
    int rank;   /* -1 before its hello */
    int is_leaving;
    double heard; /* when something last came */
    double ended; /* when it ended without a goodbye; 0 before */
    hello hello;
    size_t filled; /* bytes of the hello */
} peer;

static int rank, count = 1;
static const char *names;
static uint64_t token;
static int listener = -1;
static peer *peers; /* rank 0 has one for each rank, at its number, and places for strangers; the others one */
static int places;
static double ends; /* when this process ends, because another said so; 0 before */
static char advice[768];
/* Held where sockets are written to, opened and closed, and for the advice: a rank's own thread says goodbye. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static const char *host(int of) { return names + (size_t)of * HB_NAME; }

void hb_set_ranks(int own, int all, const char *hosts) {
    rank = own;
    count = all;
    names = hosts;
}

void hb_advise(const char *text) {
    pthread_mutex_lock(&lock);
    snprintf(advice, sizeof advice, "%s", text);
    pthread_mutex_unlock(&lock);
}

/* ---- sending ---- */

/* A byte to all that are connected. What does not fit waits for a peer that is silent, and is then of no use. */
static void say(char byte) {
    pthread_mutex_lock(&lock);
    for (int p = 0; p < places; p++) {
        if (peers[p].socket >= 0 && peers[p].rank >= 0) {
            (void)send(peers[p].socket, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        }
    }
    pthread_mutex_unlock(&lock);
}

void hb_say_goodbye(void) { say(GOODBYE); }

void hb_say_end(void) { say(END); }

/* ---- what is wrong ---- */

/* A text that grows, and is cut where it gets too long. */
typedef struct {
    char bytes[2048];
    size_t used;
} text;

static void add(text *to, const char *format, ...) {
    va_list values;
    va_start(values, format);
    int length = vsnprintf(to->bytes + to->used, sizeof to->bytes - to->used, format, values);
    va_end(values);
    to->used += (size_t)length;
    if (to->used > sizeof to->bytes - 1) {
        to->used = sizeof to->bytes - 1;
    }
}

/* Says what happened to some ranks. The job ends then. */
static void complain(text *message, const char *what, double time) {
    pthread_mutex_lock(&lock);
    add(message, " %s%s%s", what, *advice ? " " : "", advice);
    pthread_mutex_unlock(&lock);
    if (message->used > sizeof message->bytes - 2) {
        message->used = sizeof message->bytes - 2;
    }
    message->bytes[message->used++] = '\n';
    (void)!write(STDERR_FILENO, message->bytes, message->used);
    say(END);
    ends = time + linger_seconds;
}

/* Whether a rank has been silent for so long. One that leaves may be cut off too, while this one waits for it. */
static int is_silent(const peer *p, double seconds, double time) {
    return p->rank >= 0 && p->socket >= 0 && time - p->heard > seconds;
}

static int is_gone(const peer *p, double seconds, double time) {
    return p->rank >= 0 && !p->is_leaving && p->ended > 0 && time - p->ended > seconds;
}

/* Names those of whom this is true for some seconds, where it is true of any for longer. Returns whether it is. */
static int name(int (*is_lost)(const peer *, double, double), double longer, double seconds, double time,
                text *message) {
    int is_any = 0;
    for (int p = 0; p < places; p++) {
        is_any |= is_lost(&peers[p], longer, time);
    }
    for (int p = 0; is_any && p < places; p++) {
        /* Of a machine with many ranks the first ones do. */
        if (is_lost(&peers[p], seconds, time) && message->used < sizeof message->bytes / 2) {
            add(message, "%srank %d (host %s)", message->used ? ", " : "Error: ", peers[p].rank, host(peers[p].rank));
        }
    }
    return is_any;
}

static void require_life(double time) {
    text message = {.used = 0};
    if (ends > 0) {
        if (time > ends) {
            _exit(1);
        }
    } else if (name(is_silent, silence_seconds, missed_seconds, time, &message)) {
        add(&message, rank > 0 ? " has not answered rank %d (host %s)" : " has not answered", rank, host(rank));
        complain(&message, "for 15 s: the machine is gone, cut off or stopped.", time);
    } else if (name(is_gone, grace_seconds, 0, time, &message)) {
        complain(&message, "is gone: the process has crashed, or was killed.", time);
    }
}

/* ---- receiving ---- */

static void forget(peer *p) {
    pthread_mutex_lock(&lock);
    close(p->socket);
    p->socket = -1;
    pthread_mutex_unlock(&lock);
}

static void hear(peer *p, char byte, double time) {
    p->heard = time;
    if (byte == GOODBYE) {
        p->is_leaving = 1;
    } else if (byte == END && ends == 0) {
        ends = time + linger_seconds;
        if (rank == 0) {
            say(END);
        }
    }
}

static int is_over(ssize_t length) { return length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR); }

/* Takes what came from a rank. */
static void listen_to(peer *p, double time) {
    char bytes[64];
    ssize_t length = recv(p->socket, bytes, sizeof bytes, MSG_DONTWAIT);
    int ended = is_over(length);
    for (ssize_t b = 0; b < length; b++) {
        hear(p, bytes[b], time);
    }
    if (ended) {
        forget(p);
        p->ended = time;
    }
}

/* Takes what came of a stranger's hello: who knows the job's token gets the place of its rank, and an answer. */
static void greet(peer *p, double time) {
    ssize_t length = recv(p->socket, (char *)&p->hello + p->filled, sizeof p->hello - p->filled, MSG_DONTWAIT);
    int ended = is_over(length);
    p->filled += length > 0 ? (size_t)length : 0;
    if (!ended && p->filled < sizeof p->hello) {
        return;
    }
    uint64_t its = p->hello.rank;
    if (ended || p->hello.token != token || its == 0 || its >= (uint64_t)count || peers[its].rank >= 0) {
        forget(p);
        return;
    }
    pthread_mutex_lock(&lock);
    (void)send(p->socket, &token, sizeof token, MSG_DONTWAIT | MSG_NOSIGNAL);
    peers[its] = (peer){.socket = p->socket, .rank = (int)its, .heard = time};
    p->socket = -1;
    pthread_mutex_unlock(&lock);
}

static void take_in(double time) {
    int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    for (int p = count; socket >= 0 && p < places; p++) {
        if (peers[p].socket < 0) {
            peers[p] = (peer){.socket = socket, .rank = -1, .heard = time};
            return;
        }
    }
    close(socket);
}

static void take_from(peer *p, int has_news, double time) {
    if (p->rank >= 0) {
        if (has_news) {
            listen_to(p, time);
        }
    } else if (has_news) {
        greet(p, time);
    } else if (time - p->heard > connect_seconds) {
        forget(p);
    }
}

/* One turn: takes what is there within half a second. */
static void turn(struct pollfd *sockets) {
    static double last, next_beat;
    for (int p = 0; p < places; p++) {
        sockets[p] = (struct pollfd){.fd = peers[p].socket, .events = POLLIN};
    }
    sockets[places] = (struct pollfd){.fd = listener, .events = POLLIN};
    poll(sockets, (nfds_t)places + 1, 500);
    double time = now();
    /* Where this process itself was stopped, as by Ctrl-Z, so were others: all get time to wake up. */
    int has_slept = last > 0 && time - last > missed_seconds / 2;
    for (int p = 0; p < places; p++) {
        if (has_slept) {
            peers[p].heard = time;
        }
        if (peers[p].socket >= 0) {
            take_from(&peers[p], sockets[p].revents != 0, time);
        }
    }
    if (sockets[places].revents) {
        take_in(time);
    }
    last = time;
    if (time >= next_beat) {
        say(BEAT);
        next_beat = time + beat_seconds;
    }
    require_life(time);
}

static void *watch(void *sockets) {
    for (;;) {
        turn(sockets);
    }
    return NULL;
}

/* ---- beginning ---- */

/* No signal is for the thread that watches: others wait for them. Returns 0, or -1 where there is no thread. */
static int begin(void) {
    sigset_t all, before;
    pthread_t thread;
    struct pollfd *sockets = calloc((size_t)places + 1, sizeof *sockets);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = !sockets || pthread_create(&thread, NULL, watch, sockets) != 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed ? -1 : 0;
}

static int make_places(int wanted) {
    peers = calloc((size_t)wanted, sizeof *peers);
    for (int p = 0; peers && p < wanted; p++) {
        peers[p] = (peer){.socket = -1, .rank = -1};
    }
    places = peers ? wanted : 0;
    return places;
}

/* The addresses of this machine; that of the loopback first, for ranks on it. */
static void list_addresses(hb_place *place) {
    struct ifaddrs *first = NULL;
    place->addresses[place->count++] = htonl(INADDR_LOOPBACK);
    if (getifaddrs(&first) != 0) {
        return;
    }
    for (struct ifaddrs *i = first; i && place->count < HB_ADDRESSES; i = i->ifa_next) {
        int is_up = (i->ifa_flags & IFF_UP) && !(i->ifa_flags & IFF_LOOPBACK);
        if (is_up && i->ifa_addr && i->ifa_addr->sa_family == AF_INET) {
            place->addresses[place->count++] = ((struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr.s_addr;
        }
    }
    freeifaddrs(first);
}

hb_place hb_listen(void) {
    hb_place place = {.count = 0};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t size = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener < 0 || getrandom(&token, sizeof token, 0) != sizeof token || !make_places(count + MOST_STRANGERS) ||
        bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0 || begin() != 0) {
        return place;
    }
    place.token = token;
    place.port = address.sin_port;
    list_addresses(&place);
    return place;
}

static int wait_for(int socket, short events) {
    struct pollfd polled = {.fd = socket, .events = events};
    return poll(&polled, 1, (int)(1000 * connect_seconds)) == 1;
}

/* Whether rank 0 is at the other end: it gets a hello, and answers with the token. */
static int is_rank_zero(int socket, struct sockaddr_in address) {
    hello own = {.token = token, .rank = (uint64_t)rank};
    uint64_t answer = 0;
    int error = 0;
    socklen_t size = sizeof error;
    if (connect(socket, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) {
        return 0;
    }
    return wait_for(socket, POLLOUT) && getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0 &&
           send(socket, &own, sizeof own, MSG_NOSIGNAL) == sizeof own && wait_for(socket, POLLIN) &&
           recv(socket, &answer, sizeof answer, 0) == sizeof answer && answer == token;
}

int hb_connect(const hb_place *place) {
    token = place->token;
    /* The loopback leads to rank 0 on its own machine alone. */
    for (uint32_t a = strcmp(host(0), host(rank)) != 0; a < place->count; a++) {
        struct sockaddr_in address = {
            .sin_family = AF_INET, .sin_port = place->port, .sin_addr.s_addr = place->addresses[a]};
        int own = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (own >= 0 && is_rank_zero(own, address) && make_places(1)) {
            peers[0] = (peer){.socket = own, .rank = 0, .heard = now()};
            return begin();
        }
        close(own);
    }
    return -1;
}
#endif
