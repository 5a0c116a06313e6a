/* See knl.h. The rules that every function here keeps:
 *
 * - A deadline bounds the whole call, not each wait in it: a peer that answers slowly but steadily
 *   would otherwise hold us for ever.
 * - A signal (EINTR) is no reason to give up.
 * - A truncated datagram never reaches the caller. */
#define _GNU_SOURCE
#include "knl.h"
#include "knl-socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <malloc.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The answers of one exchange. 110,000 destinations with their counters are 50 MiB. */
#define ANSWER_BYTES_MAX (512u * 1024u * 1024u)

/* A part of a dump is over with the datagram that fills this. */
#define PART_BYTES (1024u * 1024u - RECEIVE_BYTES)

/* A buffer that grew beyond this is given back once it was read. */
#define ANSWER_BYTES_KEPT (1024u * 1024u)

struct knl {
    int fd;
    char *answer;    /* Answers of the current exchange, one datagram after the other. */
    size_t used;
    size_t capacity;
    bool dumping;    /* A dump in parts has not come to its end. */
    uint32_t dump;   /* Its sequence number. */
};

int32_t knl_abi(void) { return KNL_ABI; }

int32_t knl_trim(void) {
#ifdef __GLIBC__
    return malloc_trim(0);
#else
    return 0;
#endif
}

int32_t knl_open(int32_t family, int32_t socket_bytes, struct knl **out) {
    struct knl *k = calloc(1, sizeof *k);
    if (!k) return -ENOMEM;
    k->fd = knl_socket(family, 0, socket_bytes);
    if (k->fd < 0) {
        int error = k->fd;
        free(k);
        return error;
    }
    *out = k;
    return 0;
}

static int64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until the socket is ready for `events`. Returns 0, -ETIMEDOUT or -errno. */
static int wait_for(const struct knl *k, short events, int64_t deadline) {
    for (;;) {
        int64_t left = deadline - now_ms();
        if (left < 0) left = 0;
        struct pollfd ready = {.fd = k->fd, .events = events};
        int polled = poll(&ready, 1, (int)left);
        if (polled > 0) return 0;
        if (polled == 0) return -ETIMEDOUT;
        if (errno != EINTR) return -errno;
    }
}

static int send_all(const struct knl *k, const void *request, size_t bytes, int64_t deadline) {
    for (;;) {
        ssize_t sent = send(k->fd, request, bytes, MSG_DONTWAIT);
        if (sent >= 0) return (size_t)sent == bytes ? 0 : -EMSGSIZE;
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return -errno;
        int waited = wait_for(k, POLLOUT, deadline);
        if (waited < 0) return waited;
    }
}

static int make_room(struct knl *k) {
    if (k->capacity - k->used >= RECEIVE_BYTES) return 0;
    size_t wanted = (k->capacity ? k->capacity : RECEIVE_BYTES) * 2;
    if (wanted > ANSWER_BYTES_MAX) return -EFBIG;
    char *grown = realloc(k->answer, wanted);
    if (!grown) return -ENOMEM;
    k->answer = grown;
    k->capacity = wanted;
    return 0;
}

/* Appends one datagram of the kernel to the answers. Returns its size or -errno. */
static ssize_t receive_one(struct knl *k, int64_t deadline) {
    int room = make_room(k);
    if (room < 0) return room;
    for (;;) {
        struct sockaddr_nl from = {0};
        socklen_t from_bytes = sizeof from;
        /* MSG_TRUNC makes recvfrom() report the real length, not the copied one. */
        ssize_t got = recvfrom(k->fd, k->answer + k->used, RECEIVE_BYTES, MSG_DONTWAIT | MSG_TRUNC,
                               (struct sockaddr *)&from, &from_bytes);
        if (got >= 0) {
            if (from.nl_pid != 0) continue; /* Another process may write to us; only the kernel counts. */
            if ((size_t)got > RECEIVE_BYTES) return -EMSGSIZE;
            k->used += (size_t)got;
            return got;
        }
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return -errno;
        int waited = wait_for(k, POLLIN, deadline);
        if (waited < 0) return waited;
    }
}

enum verdict { STALE, MORE, OVER };

/* Looks at one datagram of an exchange whose sequence numbers are `first` to `last`. STALE: it
 * answers an earlier exchange that ran into its deadline. OVER: it ends this one: by the
 * acknowledgement of `last`, or, in a dump, by the end of the dump. */
static enum verdict judge(const char *data, size_t bytes, uint32_t first, uint32_t last, bool dump) {
    enum verdict verdict = MORE;
    struct nlmsghdr header;
    for (size_t at = 0; at + sizeof header <= bytes;) {
        memcpy(&header, data + at, sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > bytes - at) return STALE;
        /* Unsigned arithmetic keeps this right when the numbers wrap. */
        if (header.nlmsg_seq - first > last - first) return STALE;
        bool ends = header.nlmsg_type == NLMSG_ERROR || (dump && header.nlmsg_type == NLMSG_DONE);
        if (ends && header.nlmsg_seq == last) verdict = OVER;
        at += NLMSG_ALIGN(header.nlmsg_len);
    }
    return verdict;
}

/* Receives until the exchange is over. */
static int collect(struct knl *k, uint32_t first, uint32_t last, bool dump, int64_t deadline) {
    for (;;) {
        size_t before = k->used;
        ssize_t got = receive_one(k, deadline);
        if (got < 0) return (int)got;
        switch (judge(k->answer + before, (size_t)got, first, last, dump)) {
        case STALE: k->used = before; break;
        case OVER: return 0;
        case MORE: break;
        }
    }
}

/* Begins an exchange: throws away what earlier ones left behind. A dump that was not read to its end
 * keeps the kernel from starting another one (EBUSY), and reading is what drives it to its end. */
static void give_up_earlier(struct knl *k) {
    char nothing[1];
    k->used = 0;
    k->dumping = false;
    while (recv(k->fd, nothing, sizeof nothing, MSG_DONTWAIT) >= 0 || errno == EINTR ||
           errno == ENOBUFS)
        continue;
}

int64_t knl_transact(struct knl *k, const void *request, size_t request_bytes,
                     uint32_t last_sequence, int32_t timeout_ms) {
    int64_t deadline = now_ms() + timeout_ms;
    struct nlmsghdr first;
    if (request_bytes < sizeof first) return -EINVAL;
    memcpy(&first, request, sizeof first);
    give_up_earlier(k);
    int error = send_all(k, request, request_bytes, deadline);
    if (error == 0) error = collect(k, first.nlmsg_seq, last_sequence, false, deadline);
    return error < 0 ? error : (int64_t)k->used;
}

int64_t knl_dump(struct knl *k, const void *requests, size_t requests_bytes, int32_t timeout_ms) {
    int64_t deadline = now_ms() + timeout_ms;
    const char *data = requests;
    struct nlmsghdr header;
    give_up_earlier(k);
    for (size_t at = 0; at < requests_bytes; at += NLMSG_ALIGN(header.nlmsg_len)) {
        if (requests_bytes - at < sizeof header) return -EINVAL;
        memcpy(&header, data + at, sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > requests_bytes - at) return -EINVAL;
        int error = send_all(k, data + at, header.nlmsg_len, deadline);
        if (error == 0) error = collect(k, header.nlmsg_seq, header.nlmsg_seq, true, deadline);
        if (error < 0) return error;
    }
    return (int64_t)k->used;
}

int32_t knl_dump_begin(struct knl *k, const void *request, size_t request_bytes, int32_t timeout_ms) {
    struct nlmsghdr header;
    if (request_bytes < sizeof header) return -EINVAL;
    memcpy(&header, request, sizeof header);
    give_up_earlier(k);
    int error = send_all(k, request, request_bytes, now_ms() + timeout_ms);
    k->dumping = error == 0;
    k->dump = header.nlmsg_seq;
    return error;
}

int64_t knl_dump_part(struct knl *k, int32_t timeout_ms) {
    int64_t deadline = now_ms() + timeout_ms;
    k->used = 0;
    while (k->dumping && k->used < PART_BYTES) {
        size_t before = k->used;
        ssize_t got = receive_one(k, deadline);
        if (got < 0) return got;
        switch (judge(k->answer + before, (size_t)got, k->dump, k->dump, true)) {
        case STALE: k->used = before; break;
        case OVER: k->dumping = false; break;
        case MORE: break;
        }
    }
    return (int64_t)k->used;
}

int64_t knl_take(struct knl *k, void *out, size_t out_bytes) {
    if (out_bytes < k->used) return -EMSGSIZE;
    size_t taken = k->used;
    if (taken > 0) memcpy(out, k->answer, taken);
    k->used = 0;
    if (k->capacity > ANSWER_BYTES_KEPT) {
        free(k->answer);
        k->answer = NULL;
        k->capacity = 0;
    }
    return (int64_t)taken;
}

int32_t knl_close(struct knl *k) {
    int closed = close(k->fd) < 0 ? -errno : 0;
    free(k->answer);
    free(k);
    return closed;
}
