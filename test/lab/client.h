/* What the client's two halves share: options, connections in use, and the counts of them. */
#ifndef CLIENT_H
#define CLIENT_H

#include "traffic.h"

#define SLOTS_MAX 1024
#define SOURCES_MAX 64
#define TARGETS_MAX 64
#define REPLY_BYTES_MAX LINE_BYTES_MAX

struct options {
    int hold;
    int kind, protocol;   /* as socket(2) takes them */
    uint16_t source_port; /* 0: the kernel's choice, another one each time */
    size_t size;          /* of a request; the answer is as long */
    struct endpoint targets[TARGETS_MAX], sources[SOURCES_MAX];
    unsigned target_count, source_count, concurrency;
    uint64_t requests;    /* 0: no limit */
    uint64_t rate;        /* requests a second; 0: as fast as they come back */
    uint64_t duration_us, timeout_us, interval_us;
};

/* One connection, or a place for one. */
struct slot {
    enum { ENDED = -1, IDLE = 0, CONNECTING, WAITING, RESTING } state;
    int socket;
    unsigned source; /* index into the options' sources */
    uint64_t sent_us, deadline_us;
    size_t used;
    char line[REPLY_BYTES_MAX];
    /* hold: */
    uint64_t exchanges;
    int pod, moved;         /* which pod answered first (-1: none), and whether another one did later */
    const char *broken;     /* how it failed; NULL: it did not */
};

/* Counts one answer line, `POD CLIENT-ADDRESS`. */
void count_answer(struct slot *slot, const char *line, uint64_t latency_us);

/* Counts one failure by its errno; ENODATA is a connection that was closed without an answer. */
void count_failure(struct slot *slot, int error);

/* Prints everything as one line of JSON. */
void print_counts(const struct options *options, const struct slot *slots, uint64_t took_us);

#endif
