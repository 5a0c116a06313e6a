/* Listening: see knl_listen in knl.h. A thread of its own for each listener, so that no worker of the
 * caller's event loop is held, and nothing that could run into the end of the process. */
#define _GNU_SOURCE
#include "knl.h"
#include "knl-socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What comes so soon after the first datagram is told with it: a burst wakes the caller a few times only. */
#define BURST_MS 5

/* What a listening thread owns. */
struct listener {
    int netlink;
    int stream; /* Our end of a socket pair; the other one is the caller's. */
    size_t used;
    char told[4 * RECEIVE_BYTES]; /* Sizes, or -errno, each with its datagram behind it. */
};

/* Waits until the kernel tells something. False when the caller closed the stream. */
static bool wait_to_tell(const struct listener *l) {
    struct pollfd ready[] = {{.fd = l->netlink, .events = POLLIN}, {.fd = l->stream, .events = 0}};
    while (poll(ready, 2, -1) < 0)
        if (errno != EINTR && errno != EAGAIN) return false;
    return ready[1].revents == 0;
}

/* Puts one datagram behind what is there; its size, 0 when it is none of the kernel's, or -errno. */
static int32_t take_datagram(struct listener *l) {
    struct sockaddr_nl from = {0};
    socklen_t from_bytes = sizeof from;
    int32_t size;
    char *into = l->told + l->used + sizeof size;
    ssize_t got = recvfrom(l->netlink, into, RECEIVE_BYTES, MSG_DONTWAIT | MSG_TRUNC,
                           (struct sockaddr *)&from, &from_bytes);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return -errno;
    if (got >= 0 && from.nl_pid != 0) return 0;
    if (got < 0) size = -errno;
    else size = got > RECEIVE_BYTES ? -ENOBUFS : (int32_t)got;
    memcpy(into - sizeof size, &size, sizeof size);
    l->used += sizeof size + (size > 0 ? (size_t)size : 0);
    return size;
}

/* Writes what was taken. False when the caller closed the stream. A caller that is slow holds us here:
 * then the kernel's buffer fills up, and the caller learns that datagrams were lost. */
static bool tell(struct listener *l) {
    const char *data = l->told;
    while (l->used > 0) {
        ssize_t sent = send(l->stream, data, l->used, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR) return false;
        if (sent < 0) continue;
        data += sent;
        l->used -= (size_t)sent;
    }
    return true;
}

/* Tells all that is there. False when listening is over. */
static bool tell_burst(struct listener *l) {
    poll(NULL, 0, BURST_MS);
    for (;;) {
        int32_t size = take_datagram(l);
        if (size == -EAGAIN) return tell(l);
        bool is_full = sizeof l->told - l->used < sizeof size + RECEIVE_BYTES;
        if (is_full && !tell(l)) return false;
        if (size < 0 && size != -ENOBUFS && size != -EINTR) return tell(l) && false;
    }
}

static void *listen_on(void *argument) {
    struct listener *l = argument;
    prctl(PR_SET_NAME, "knl-listen");
    while (wait_to_tell(l) && tell_burst(l)) continue;
    close(l->netlink);
    close(l->stream);
    free(l);
    return NULL;
}

/* Starts listen_on(), which then owns `l`. Its signals go to the program's own threads. */
static int start_thread(struct listener *l) {
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = pthread_create(&thread, NULL, listen_on, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0) pthread_detach(thread);
    return -error;
}

int32_t knl_listen(int32_t family, uint32_t groups, int32_t socket_bytes) {
    struct listener *l = malloc(sizeof *l);
    if (!l) return -ENOMEM;
    int error = 0, ends[2] = {-1, -1};
    l->used = 0;
    l->netlink = knl_socket(family, groups, socket_bytes);
    if (l->netlink < 0) error = l->netlink;
    else if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) error = -errno;
    l->stream = ends[1];
    if (error == 0) error = start_thread(l);
    if (error == 0) return ends[0];
    if (l->netlink >= 0) close(l->netlink);
    if (ends[0] >= 0) close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
    free(l);
    return error;
}
