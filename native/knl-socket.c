/* See knl-socket.h. */
#define _GNU_SOURCE
#include "knl-socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel's own limit on buffers does not bind root: the FORCE variants pass it, and need
 * CAP_NET_ADMIN. Without it the plain ones get as much as there is. */
static void set_buffers(int fd, int bytes) {
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) < 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

/* Each of these is newer than some kernel we run on, and without it we only know less: so a refusal
 * is no error. EXT_ACK: refusals with a sentence. CAP_ACK: acknowledgements without a copy of the
 * request. STRICT_CHK: dumps that honour their filter. */
static void set_options(int fd) {
    static const int wanted[] = {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK};
    int on = 1;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        setsockopt(fd, SOL_NETLINK, wanted[i], &on, sizeof on);
}

int knl_socket(int32_t family, uint32_t groups, int32_t socket_bytes) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);
    if (fd < 0) return -errno;
    set_buffers(fd, socket_bytes);
    set_options(fd);
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = groups};
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}
