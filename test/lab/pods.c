/* Pods' servers: listeners, connections, answers that wait until a slow pod gives them. All are in one
 * process and one epoll set, for a socket stays in the namespace it was made in. */
#define _GNU_SOURCE
#include "pods.h"
#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define PODS_MAX 256
#define BACKLOG 4096

struct pod {
    char name[NAME_BYTES_MAX]; /* "" when free */
    uint64_t delay_us;
    struct source *sources;          /* all open sockets */
    struct answer *first, **last;    /* waiting answers; one delay a pod keeps them in order of due */
};

/* An open socket: a listener, a UDP socket or a connection. */
struct source {
    enum { LISTENER, DATAGRAMS, CONNECTION } kind;
    int socket;
    struct pod *pod;
    struct source *next, **link;
    struct endpoint client;
    int waiting; /* an answer is on its way: nothing is read until it is sent */
    size_t used;
    char line[LINE_BYTES_MAX];
};

struct answer {
    uint64_t due_us;
    struct source *source; /* NULL when the connection is gone */
    struct endpoint client;
    int http;
    size_t size; /* of the request */
    struct answer *next;
};

static struct pod pods[PODS_MAX];
static int poll_set = -1;

static struct source *add_source(struct pod *pod, int kind, int socket) {
    struct source *source = calloc(1, sizeof *source);
    if (!source) fail("memory");
    *source = (struct source){.kind = kind, .socket = socket, .pod = pod, .next = pod->sources};
    source->link = &pod->sources;
    if (source->next) source->next->link = &source->next;
    pod->sources = source;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};
    if (epoll_ctl(poll_set, EPOLL_CTL_ADD, socket, &event) < 0) fail("epoll_ctl");
    return source;
}

static void remove_source(struct source *source) {
    *source->link = source->next;
    if (source->next) source->next->link = source->link;
    for (struct answer *a = source->pod->first; a; a = a->next)
        if (a->source == source) a->source = NULL;
    close(source->socket);
    free(source);
}

static void send_answer(struct source *source, const struct endpoint *client, int http,
                        size_t request) {
    char address[ADDRESS_TEXT_MAX], body[NAME_BYTES_MAX + ADDRESS_TEXT_MAX + LINE_BYTES_MAX];
    char text[sizeof body + 128];
    address_text(client, address);
    int filled = snprintf(body, sizeof body, "%s %s", source->pod->name, address);
    int fill = !http && (size_t)filled + 1 < request ? (int)request - filled - 1 : 0;
    int size = snprintf(body, sizeof body, "%s %s%*s\n", source->pod->name, address, fill, "");
    if (http)
        size = snprintf(text, sizeof text,
                        "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
                        size, body);
    else memcpy(text, body, (size_t)size + 1);
    /* A client that is gone, or reads nothing, is its own affair: the answer is dropped. */
    if (source->kind == DATAGRAMS)
        sendto(source->socket, text, (size_t)size, MSG_DONTWAIT, &client->any, client->size);
    else if (send(source->socket, text, (size_t)size, MSG_DONTWAIT) < 0 || http)
        shutdown(source->socket, SHUT_WR);
}

static void answer(struct source *source, const struct endpoint *client, int http, size_t size) {
    struct pod *pod = source->pod;
    if (pod->delay_us == 0) {
        send_answer(source, client, http, size);
        return;
    }
    struct answer *waiting = malloc(sizeof *waiting);
    if (!waiting) fail("memory");
    *waiting = (struct answer){now_us() + pod->delay_us, source, *client, http, size, NULL};
    *pod->last = waiting;
    pod->last = &waiting->next;
    if (source->kind != CONNECTION) return;
    source->waiting = 1;
    struct epoll_event none = {.events = 0, .data.ptr = source};
    epoll_ctl(poll_set, EPOLL_CTL_MOD, source->socket, &none);
}

/* Answers the lines that are complete, one at a time. */
static void answer_lines(struct source *source) {
    char *end;
    while (!source->waiting && (end = memchr(source->line, '\n', source->used))) {
        int http = memcmp(source->line, "GET ", 4) == 0;
        size_t size = (size_t)(end + 1 - source->line);
        source->used = http ? 0 : source->used - size;
        memmove(source->line, end + 1, source->used);
        answer(source, &source->client, http, size);
    }
}

int send_due(void) {
    uint64_t now = now_us(), next = UINT64_MAX;
    for (struct pod *pod = pods; pod < pods + PODS_MAX; pod++) {
        struct answer *due;
        while ((due = pod->first) && due->due_us <= now) {
            pod->first = due->next;
            if (!pod->first) pod->last = &pod->first;
            struct source *source = due->source;
            if (source) send_answer(source, &due->client, due->http, due->size);
            if (source && source->kind == CONNECTION) {
                struct epoll_event again = {.events = EPOLLIN, .data.ptr = source};
                epoll_ctl(poll_set, EPOLL_CTL_MOD, source->socket, &again);
                source->waiting = 0;
                answer_lines(source);
            }
            free(due);
        }
        if (pod->first && pod->first->due_us < next) next = pod->first->due_us;
    }
    return next == UINT64_MAX ? -1 : (int)((next - now) / 1000 + 1);
}

static void accept_all(struct source *listener) {
    struct endpoint client = {.size = sizeof client.v6};
    int socket;
    while ((socket = accept4(listener->socket, &client.any, &client.size, SOCK_NONBLOCK)) >= 0) {
        add_source(listener->pod, CONNECTION, socket)->client = client;
        client.size = sizeof client.v6;
    }
}

static void receive_all(struct source *source) {
    char text[LINE_BYTES_MAX];
    struct endpoint client = {.size = sizeof client.v6};
    ssize_t size;
    while ((size = recvfrom(source->socket, text, sizeof text, MSG_DONTWAIT, &client.any,
                            &client.size)) >= 0) {
        answer(source, &client, 0, (size_t)size);
        client.size = sizeof client.v6;
    }
}

static void read_lines(struct source *source) {
    size_t room = sizeof source->line - source->used;
    ssize_t size = recv(source->socket, source->line + source->used, room, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
        remove_source(source);
        return;
    }
    source->used += (size_t)size;
    answer_lines(source);
    if (source->used == sizeof source->line) remove_source(source); /* No line is that long. */
}

static void listen_at(struct pod *pod, int type, int protocol, const struct endpoint *at) {
    int on = 1, off = 0;
    int socket_ = socket(at->any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    /* Not every kernel has SCTP; who asks for it there is told by the client. */
    if (socket_ < 0 && errno == EPROTONOSUPPORT && protocol == IPPROTO_SCTP) return;
    if (socket_ < 0) fail("socket");
    setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(socket_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(socket_, &at->any, at->size) < 0) fail("%s: bind", pod->name);
    if (type == SOCK_STREAM && listen(socket_, BACKLOG) < 0) fail("listen");
    add_source(pod, type == SOCK_STREAM ? LISTENER : DATAGRAMS, socket_);
}

/* A server at all addresses at once would tell clients to use any of them, past a Service's address. */
static void listen_at_each(struct pod *pod, uint16_t port) {
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) < 0) fail("getifaddrs");
    for (struct ifaddrs *one = all; one; one = one->ifa_next) {
        int family = one->ifa_addr ? one->ifa_addr->sa_family : AF_UNSPEC;
        struct endpoint at = {.size = family == AF_INET ? sizeof at.v4 : sizeof at.v6};
        if (family != AF_INET && family != AF_INET6) continue;
        memcpy(&at.any, one->ifa_addr, at.size);
        if (family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&at.v6.sin6_addr)) continue;
        at.v6.sin6_port = htons(port); /* At the same place in both families. */
        listen_at(pod, SOCK_STREAM, IPPROTO_SCTP, &at);
    }
    freeifaddrs(all);
}

static struct pod *find_pod(const char *name) {
    for (struct pod *pod = pods; pod < pods + PODS_MAX; pod++)
        if (strcmp(pod->name, name) == 0) return pod;
    errno = *name ? ENOENT : ENOSPC;
    fail("pod %s", name);
}

void start_pod(const char *name, const char *namespace, int delay_ms, char **ports) {
    struct pod *pod = find_pod("");
    *pod = (struct pod){.delay_us = (uint64_t)delay_ms * 1000, .last = &pod->first};
    snprintf(pod->name, sizeof pod->name, "%s", name);
    enter_namespace(namespace);
    for (char *port; (port = strtok_r(NULL, " ", ports));) {
        uint16_t number = (uint16_t)atoi(port);
        struct endpoint any = {.v6 = {.sin6_family = AF_INET6, .sin6_port = htons(number)},
                               .size = sizeof any.v6};
        listen_at(pod, SOCK_STREAM, IPPROTO_TCP, &any);
        listen_at(pod, SOCK_DGRAM, IPPROTO_UDP, &any);
        listen_at_each(pod, number);
    }
    enter_namespace("-");
}

void stop_pod(const char *name) {
    struct pod *pod = find_pod(name);
    while (pod->sources) remove_source(pod->sources);
    while (pod->first) {
        struct answer *dropped = pod->first;
        pod->first = dropped->next;
        free(dropped);
    }
    *pod = (struct pod){.name = ""};
}

void set_delay(const char *name, int delay_ms) {
    find_pod(name)->delay_us = (uint64_t)delay_ms * 1000;
}

int open_pods(void) {
    poll_set = epoll_create1(EPOLL_CLOEXEC);
    if (poll_set < 0) fail("epoll");
    return poll_set;
}

void handle(struct source *source) {
    if (source->kind == LISTENER) accept_all(source);
    else if (source->kind == DATAGRAMS) receive_all(source);
    else if (source->waiting) remove_source(source); /* The client hung up. */
    else read_lines(source);
}
