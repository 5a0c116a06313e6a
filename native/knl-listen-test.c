/* The cases about listening. Changes are made in a network namespace of our own: with no privilege
 * where the system lets everybody have one. */
#define _GNU_SOURCE
#include "knl-test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Adds or removes an address of the loopback link, as root of a network namespace of our own. */
static void change_address(struct knl *k, uint16_t type, uint32_t sequence, uint32_t address) {
    struct {
        struct nlmsghdr header;
        struct ifaddrmsg address;
        struct rtattr attribute;
        uint32_t local;
    } request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = type,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (type == RTM_NEWADDR ? NLM_F_CREATE : 0),
                   .nlmsg_seq = sequence},
        .address = {.ifa_family = AF_INET, .ifa_prefixlen = 32, .ifa_index = 1},
        .attribute = {.rta_len = sizeof(struct rtattr) + 4, .rta_type = IFA_LOCAL},
        .local = htonl(address),
    };
    int64_t bytes = knl_transact(k, &request, sizeof request, sequence, PATIENCE_MS);
    char *answer = taken(k, bytes);
    if (count(answer, bytes, NLMSG_ERROR, sequence) != 0) abort();
    free(answer);
}

/* Reads exactly `bytes`; false at the end of the stream, or when nothing comes in time. */
static bool read_all(int fd, void *out, size_t bytes) {
    char *at = out;
    while (bytes > 0) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, PATIENCE_MS) <= 0) return false;
        ssize_t got = read(fd, at, bytes);
        if (got <= 0) return false;
        at += got;
        bytes -= (size_t)got;
    }
    return true;
}

/* The next size or -errno of the stream; the datagram behind it goes to `out`. */
static int32_t next_told(int stream, char *out) {
    int32_t size = 0;
    if (!read_all(stream, &size, sizeof size)) return 0;
    if (size > 0 && !read_all(stream, out, (size_t)size)) return 0;
    return size;
}

static int threads(void) {
    int found = 0;
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) abort();
    while (readdir(tasks)) found++;
    closedir(tasks);
    return found;
}

static bool threads_become(int wanted) {
    for (int64_t end = now_ms() + PATIENCE_MS; now_ms() < end; usleep(1000))
        if (threads() == wanted) return true;
    return false;
}

static void test_listen_ends(void) {
    int before = threads();
    check(knl_listen(255, 1, SOCKET_BYTES) == -EPROTONOSUPPORT, "an unknown family is refused here too");
    check(threads() == before, "a refused listener leaves no thread");
    int stream = knl_listen(NETLINK_ROUTE, RTMGRP_LINK, SOCKET_BYTES);
    check(stream >= 0 && threads() == before + 1, "a listener has a thread");
    struct pollfd ready = {.fd = stream, .events = POLLIN};
    check(poll(&ready, 1, 50) == 0, "silence is nothing to read");
    close(stream);
    check(threads_become(before), "closing the stream ends the thread at once");
}

/* Needs a network namespace of our own, and says so where there is none to be had. */
static void test_listen(void) {
    enum { CHANGES = 20000, SMALL_BYTES = 1 };
    static char datagram[64 * 1024];
    if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
        printf("no network namespace here (%s): listening was not tested\n", strerror(errno));
        return;
    }
    struct knl *k = open_or_die(NETLINK_ROUTE);
    int before = threads();
    int stream = knl_listen(NETLINK_ROUTE, RTMGRP_IPV4_IFADDR, SOCKET_BYTES);
    change_address(k, RTM_NEWADDR, 1, 0x0a000001);
    int32_t size = next_told(stream, datagram);
    check(size > 0 && count(datagram, size, RTM_NEWADDR, 1) == 1, "a new address is told");
    change_address(k, RTM_DELADDR, 2, 0x0a000001);
    size = next_told(stream, datagram);
    check(size > 0 && count(datagram, size, RTM_DELADDR, 2) == 1, "a removed address is told");
    close(stream);

    stream = knl_listen(NETLINK_ROUTE, RTMGRP_IPV4_IFADDR, SMALL_BYTES);
    for (uint32_t i = 0; i < CHANGES; i += 2) {
        change_address(k, RTM_NEWADDR, 10 + i, 0x0a000001);
        change_address(k, RTM_DELADDR, 11 + i, 0x0a000001);
    }
    while ((size = next_told(stream, datagram)) > 0) continue;
    check(size == -ENOBUFS, "a reader that is too slow learns that datagrams were lost");
    /* The kernel drops everything until what it holds was read. */
    struct pollfd more = {.fd = stream, .events = POLLIN};
    while (poll(&more, 1, 100) == 1 && next_told(stream, datagram) != 0) continue;
    change_address(k, RTM_NEWADDR, 5, 0x0a000002);
    while ((size = next_told(stream, datagram)) > 0)
        if (count(datagram, size, RTM_NEWADDR, 5) == 1) break;
    check(size > 0, "listening goes on after a loss");
    for (uint32_t i = 0; i < CHANGES; i += 2) {
        change_address(k, RTM_NEWADDR, 10 + i, 0x0a000001);
        change_address(k, RTM_DELADDR, 11 + i, 0x0a000001);
    }
    close(stream);
    check(threads_become(before), "closing ends a thread that waits for its reader");
    knl_close(k);
}

void test_listening(void) {
    test_listen_ends();
    test_listen();
}
