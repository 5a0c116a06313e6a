/* `traffic proxy`: kube-proxy's userspace mode, as far as a benchmark needs it. A process for each port
 * of a Service takes connections, picks an endpoint for each in turn, and copies what both sides say.
 *
 * Orders are lines on the standard input:
 *   set NUMBER PORT ADDRESS:PORT...   from now on what comes to PORT goes to these endpoints
 *   done                              answered by a line once every order before it is in force
 * NUMBER names the port of a Service, from 0. The end of the input ends all processes. */
#define _GNU_SOURCE
#include "traffic.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define PORTS_MAX 16384
#define ENDPOINTS_MAX 64
#define SESSIONS_MAX 256
#define ORDER_BYTES_MAX 4096
/* The userspace mode's own first limit for one try. */
#define DIAL_MS_MAX 250
#define CHILD_ORDERS (STDERR_FILENO + 1)

/* The parent's end of each child's orders; 0: there is none. */
static int children[PORTS_MAX];

/* What a child is told: its port, and where to. */
struct backends {
    unsigned count;
    struct sockaddr_in endpoints[ENDPOINTS_MAX];
};

/* A connection of a client, and ours to the endpoint. */
struct session {
    int sides[2]; /* -1: the place is free */
};

static struct session sessions[SESSIONS_MAX];
static struct backends backends;
static unsigned turn; /* of the endpoints */

static int dial(const struct sockaddr_in *endpoint) {
    int side = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {.tv_usec = DIAL_MS_MAX * 1000};
    if (side < 0) fail("socket");
    setsockopt(side, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(side, (const struct sockaddr *)endpoint, sizeof *endpoint) == 0) return side;
    close(side);
    return -1;
}

/* Takes one connection; one that no endpoint takes is closed. */
static void take(int listener) {
    int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC), backend = -1;
    if (client < 0) return;
    struct session *place = sessions;
    while (place < sessions + SESSIONS_MAX && place->sides[0] >= 0) place++;
    /* The mode's point: an endpoint that refuses is not the end, the next one is tried. */
    for (unsigned tries = 0; backend < 0 && tries < backends.count; tries++)
        backend = dial(&backends.endpoints[turn++ % backends.count]);
    if (backend < 0 || place == sessions + SESSIONS_MAX) {
        close(client);
        if (backend >= 0) close(backend);
        return;
    }
    *place = (struct session){.sides = {client, backend}};
}

static void end(struct session *session) {
    close(session->sides[0]);
    close(session->sides[1]);
    session->sides[0] = -1;
}

/* Copies what one side has said. The end of either side ends both. */
static void copy(struct session *session, int from) {
    char text[LINE_BYTES_MAX];
    ssize_t size = recv(session->sides[from], text, sizeof text, 0);
    if (size <= 0 || send(session->sides[!from], text, (size_t)size, MSG_NOSIGNAL) != size)
        end(session);
}

static int listen_at(uint16_t port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&any, sizeof any) < 0) fail("bind port %u", port);
    if (listen(listener, SESSIONS_MAX) < 0) fail("listen");
    return listener;
}

/* The process of one port of a Service: never returns. */
static _Noreturn void serve(uint16_t port, int orders) {
    static struct pollfd polled[2 + 2 * SESSIONS_MAX];
    static unsigned at[2 + 2 * SESSIONS_MAX]; /* session and side of each */
    int listener = listen_at(port);
    for (unsigned i = 0; i < SESSIONS_MAX; i++) sessions[i].sides[0] = -1;
    for (;;) {
        unsigned count = 2;
        polled[0] = (struct pollfd){.fd = orders, .events = POLLIN};
        polled[1] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (unsigned i = 0; i < 2 * SESSIONS_MAX; i++) {
            if (sessions[i / 2].sides[0] < 0) continue;
            at[count] = i;
            polled[count++] = (struct pollfd){.fd = sessions[i / 2].sides[i % 2], .events = POLLIN};
        }
        if (poll(polled, count, -1) < 0) fail("poll");
        for (unsigned i = 2; i < count; i++) {
            struct session *session = &sessions[at[i] / 2];
            if (polled[i].revents && session->sides[0] >= 0) copy(session, (int)(at[i] % 2));
        }
        if (polled[1].revents) take(listener);
        if (polled[0].revents) {
            if (recv(orders, &backends, sizeof backends, 0) <= 0) exit(0);
            if (send(orders, "", 1, 0) != 1) exit(0);
        }
    }
}

static void start_child(unsigned number, uint16_t port) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) fail("socketpair");
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        /* The parent's ends of all children are not this child's. */
        if (dup2(ends[1], CHILD_ORDERS) < 0) fail("dup2");
        close_range(CHILD_ORDERS + 1, ~0U, 0);
        serve(port, CHILD_ORDERS);
    }
    close(ends[1]);
    children[number] = ends[0];
}

/* `NUMBER PORT ADDRESS:PORT...`; returns when it is in force. */
static void set(char *words) {
    char *rest, *word = strtok_r(words, " ", &rest);
    unsigned number = word ? (unsigned)atoi(word) : PORTS_MAX;
    word = strtok_r(NULL, " ", &rest);
    errno = EINVAL;
    if (!word || number >= PORTS_MAX) fail("order set");
    uint16_t port = (uint16_t)atoi(word);
    struct backends told = {0};
    while ((word = strtok_r(NULL, " ", &rest)) && told.count < ENDPOINTS_MAX)
        told.endpoints[told.count++] = parse_endpoint(word).v4;
    if (!children[number]) start_child(number, port);
    char done;
    if (send(children[number], &told, sizeof told, 0) != sizeof told) fail("tell %u", number);
    if (recv(children[number], &done, 1, 0) != 1) fail("the process of port %u has ended", port);
}

int proxy_main(void) {
    char line[ORDER_BYTES_MAX];
    /* A file for each port, and more than root is given by itself. */
    struct rlimit files = {.rlim_cur = 2 * PORTS_MAX, .rlim_max = 2 * PORTS_MAX};
    if (setrlimit(RLIMIT_NOFILE, &files) < 0) fail("setrlimit");
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "set ", 4) == 0) {
            set(line + 4);
        } else {
            puts("done");
            fflush(stdout);
        }
    }
    return 0;
}
