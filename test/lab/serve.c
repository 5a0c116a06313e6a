/* `traffic serve`: obeys orders about pods' servers, and lets the servers work.
 *
 * Orders are lines on the standard input, each answered by a line when it is done:
 *   serve POD NETNS DELAY-MS PORT...   listens for TCP, UDP and SCTP, IPv4 and IPv6
 *   delay POD MS                       from now on answers after this long
 *   stop POD                           closes its listeners and its connections
 * The end of the input ends the process. */
#define _GNU_SOURCE
#include "pods.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define ORDER_BYTES_MAX 4096
#define EVENTS_MAX 256

static void obey(char *line) {
    char *rest, *verb = strtok_r(line, " ", &rest), *name = strtok_r(NULL, " ", &rest);
    errno = EINVAL;
    if (!verb || !name) fail("order");
    if (strcmp(verb, "stop") == 0) {
        stop_pod(name);
    } else {
        char *second = strtok_r(NULL, " ", &rest);
        if (!second) fail("order %s", verb);
        if (strcmp(verb, "delay") == 0) {
            set_delay(name, atoi(second));
        } else {
            char *third = strtok_r(NULL, " ", &rest);
            if (!third || strcmp(verb, "serve") != 0) fail("order %s", verb);
            start_pod(name, second, atoi(third), &rest);
        }
    }
    printf("done\n");
    fflush(stdout);
}

/* Returns 0 at the end of the input. */
static int read_orders(void) {
    static char text[ORDER_BYTES_MAX];
    static size_t used;
    ssize_t size = read(STDIN_FILENO, text + used, sizeof text - used);
    if (size <= 0) return 0;
    used += (size_t)size;
    for (char *end; (end = memchr(text, '\n', used));) {
        *end = 0;
        obey(text);
        used -= (size_t)(end + 1 - text);
        memmove(text, end + 1, used);
    }
    return 1;
}

int serve_main(int count, char **words) {
    (void)count, (void)words;
    int poll_set = open_pods();
    struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(poll_set, EPOLL_CTL_ADD, STDIN_FILENO, &input) < 0) fail("epoll_ctl");
    for (struct epoll_event events[EVENTS_MAX];;) {
        int ready = epoll_wait(poll_set, events, EVENTS_MAX, send_due()), orders_came = 0;
        for (int i = 0; i < ready; i++) {
            if (events[i].data.ptr) handle(events[i].data.ptr);
            else orders_came = 1;
        }
        /* Last, because orders remove sources that this list may name. */
        if (orders_came && !read_orders()) return 0;
    }
}
