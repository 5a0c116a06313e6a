/* The client side of the traffic tool: requests from many source addresses, counted.
 *
 * load: a connection for each request, CONCURRENCY of them at a time, until REQUESTS are done or
 *       DURATION-MS is over. hold: CONNECTIONS that each exchange a line every INTERVAL-MS.
 * Both end early, with what they have, on SIGTERM. What is found is one line of JSON at the end;
 * hold says `{"event":"open"}` before that, once every connection had its first answer. */
#define _GNU_SOURCE
#include "client.h"
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_MAX 256
#define TICK_MS 2 /* how exactly pace, intervals and time limits are kept */

static struct options options = {.kind = SOCK_STREAM,
                                 .size = sizeof "hello",
                                 .concurrency = 1,
                                 .timeout_us = 2000000,
                                 .interval_us = 100000,
                                 .duration_us = UINT64_MAX};
static char request[LINE_BYTES_MAX];
static struct slot slots[SLOTS_MAX];
static int poll_set;
static uint64_t start_us, started;
static volatile sig_atomic_t stopped;

static void on_signal(int number) {
    (void)number;
    stopped = 1;
}

static void close_slot(struct slot *slot) {
    if (slot->socket >= 0) close(slot->socket);
    slot->socket = -1;
    slot->state = options.hold ? ENDED : IDLE;
}

static void slot_failed(struct slot *slot, int error) {
    count_failure(slot, error);
    close_slot(slot);
}

static void say(struct slot *slot) {
    slot->sent_us = now_us();
    slot->deadline_us = slot->sent_us + options.timeout_us;
    slot->state = WAITING;
    slot->used = 0;
    if (send(slot->socket, request, options.size, MSG_DONTWAIT) < 0) slot_failed(slot, errno);
}

/* Binds to the source that is next, and to the port where one is wanted. */
static void bind_slot(struct slot *slot) {
    int on = 1;
    struct endpoint any = {.size = options.targets->size}, *source = &any;
    any.any.sa_family = options.targets->any.sa_family;
    if (options.source_count) source = &options.sources[slot->source];
    /* The port is at the same place in both families. */
    source->v4.sin_port = htons(options.source_port);
    /* A port that one connection had is free for the next; else the kernel chooses at connect, so
     * that one source port serves many destinations. */
    if (options.source_port) setsockopt(slot->socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    else setsockopt(slot->socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(slot->socket, &source->any, source->size) < 0) fail("bind a source address");
}

static void connect_slot(struct slot *slot) {
    int type = options.kind | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const struct endpoint *to = &options.targets[started % options.target_count];
    slot->source = (unsigned)(started++ % (options.source_count ? options.source_count : 1));
    slot->sent_us = now_us();
    slot->deadline_us = slot->sent_us + options.timeout_us;
    slot->socket = socket(to->any.sa_family, type, options.protocol);
    if (slot->socket < 0) fail("socket");
    if (options.source_count || options.source_port) bind_slot(slot);
    slot->state = CONNECTING;
    struct epoll_event event = {.events = EPOLLOUT, .data.ptr = slot};
    if (epoll_ctl(poll_set, EPOLL_CTL_ADD, slot->socket, &event) < 0) fail("epoll_ctl");
    if (connect(slot->socket, &to->any, to->size) < 0 && errno != EINPROGRESS)
        slot_failed(slot, errno);
}

static void connected(struct slot *slot) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(slot->socket, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        slot_failed(slot, error);
        return;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = slot};
    epoll_ctl(poll_set, EPOLL_CTL_MOD, slot->socket, &event);
    uint64_t asked_us = slot->sent_us;
    say(slot);
    slot->sent_us = asked_us; /* Latency is from connect to answer. */
}

static void answered(struct slot *slot) {
    slot->line[slot->used] = 0;
    uint64_t now = now_us();
    count_answer(slot, slot->line, now - slot->sent_us);
    if (!options.hold) {
        close_slot(slot);
        return;
    }
    slot->state = RESTING;
    slot->deadline_us = now + options.interval_us;
}

static void readable(struct slot *slot) {
    size_t room = sizeof slot->line - 1 - slot->used;
    ssize_t size = recv(slot->socket, slot->line + slot->used, room, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
        slot_failed(slot, size < 0 ? errno : ENODATA);
        return;
    }
    slot->used += (size_t)size;
    char *end = memchr(slot->line, '\n', slot->used);
    if (!end) return;
    slot->used = (size_t)(end - slot->line);
    if (slot->state == WAITING) answered(slot);
}

/* Nothing is started any more, now or later. */
static int no_more(uint64_t now) {
    if (stopped || (options.requests && started >= options.requests)) return 1;
    if (options.hold) return started >= options.concurrency;
    return now - start_us >= options.duration_us;
}

static int may_start(uint64_t now) {
    if (no_more(now)) return 0;
    if (options.hold) return 1;
    return !options.rate || started * 1000000 <= (now - start_us) * options.rate;
}

/* Starts what may start and ends what took too long; returns how many slots are in use. */
static unsigned tick(uint64_t now) {
    unsigned busy = 0;
    for (struct slot *slot = slots; slot < slots + options.concurrency; slot++) {
        if (slot->state == IDLE && may_start(now)) connect_slot(slot);
        else if (slot->state > IDLE && slot->deadline_us <= now) {
            if (slot->state == RESTING) say(slot);
            else slot_failed(slot, ETIMEDOUT);
        }
        if (slot->state > IDLE) busy++;
    }
    return busy;
}

static int all_open(void) {
    for (struct slot *slot = slots; slot < slots + options.concurrency; slot++)
        if (slot->state != ENDED && slot->exchanges == 0) return 0;
    return 1;
}

static void work(void) {
    int said = !options.hold;
    start_us = now_us();
    for (struct epoll_event events[EVENTS_MAX];;) {
        uint64_t now = now_us();
        unsigned busy = tick(now);
        int over = options.hold && (stopped || now - start_us >= options.duration_us);
        if (over || (!busy && no_more(now))) return;
        if (!said && all_open()) said = puts("{\"event\":\"open\"}") >= 0 && fflush(stdout) == 0;
        int ready = epoll_wait(poll_set, events, EVENTS_MAX, TICK_MS);
        for (int i = 0; i < ready; i++) {
            struct slot *slot = events[i].data.ptr;
            if (slot->state == CONNECTING) connected(slot);
            else if (slot->state > IDLE) readable(slot);
        }
    }
}

/* A line of `size` bytes with its end. */
static void make_request(void) {
    errno = EMSGSIZE;
    if (options.size < sizeof "hello" || options.size > sizeof request) fail("--size");
    memset(request, '.', options.size);
    memcpy(request, "hello", sizeof "hello" - 1);
    request[options.size - 1] = '\n';
}

static uint64_t milliseconds(const char *text) { return strtoull(text, NULL, 10) * 1000; }

static void read_options(int count, char **words) {
    static const struct option known[] = {
        {"netns", 1, 0, 'n'},       {"to", 1, 0, 't'},          {"udp", 0, 0, 'u'},
        {"sctp", 0, 0, 's'},        {"size", 1, 0, 'z'},        {"source-port", 1, 0, 'p'},
        {"from", 1, 0, 'f'},        {"requests", 1, 0, 'r'},    {"duration-ms", 1, 0, 'd'},
        {"concurrency", 1, 0, 'c'}, {"timeout-ms", 1, 0, 'o'},  {"rate", 1, 0, 'a'},
        {"interval-ms", 1, 0, 'i'}, {0, 0, 0, 0}};
    for (int letter; (letter = getopt_long(count, words, "", known, NULL)) >= 0;) {
        switch (letter) {
        case 'n':
            enter_namespace(optarg);
            reuse_ports();
            break;
        case 't':
            options.target_count = parse_endpoints(optarg, options.targets, TARGETS_MAX);
            break;
        case 'u': options.kind = SOCK_DGRAM; break;
        case 's': options.protocol = IPPROTO_SCTP; break;
        case 'z': options.size = strtoull(optarg, NULL, 10); break;
        case 'p': options.source_port = (uint16_t)atoi(optarg); break;
        case 'f':
            options.source_count = parse_endpoints(optarg, options.sources, SOURCES_MAX);
            break;
        case 'r': options.requests = strtoull(optarg, NULL, 10); break;
        case 'd': options.duration_us = milliseconds(optarg); break;
        case 'c': options.concurrency = (unsigned)atoi(optarg); break;
        case 'o': options.timeout_us = milliseconds(optarg); break;
        case 'a': options.rate = strtoull(optarg, NULL, 10); break;
        case 'i': options.interval_us = milliseconds(optarg); break;
        default: exit(2);
        }
    }
    errno = EINVAL;
    if (!options.target_count) fail("--to");
    if (!options.concurrency || options.concurrency > SLOTS_MAX) fail("--concurrency");
    if (!options.requests && options.duration_us == UINT64_MAX) fail("--requests or --duration-ms");
}

int client_main(const char *mode, int count, char **words) {
    options.hold = strcmp(mode, "hold") == 0;
    read_options(count + 1, words - 1);
    if (options.hold) options.requests = 0;
    make_request();
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    poll_set = epoll_create1(EPOLL_CLOEXEC);
    if (poll_set < 0) fail("epoll");
    for (struct slot *slot = slots; slot < slots + options.concurrency; slot++) slot->socket = -1;
    work();
    print_counts(&options, slots, now_us() - start_us);
    return 0;
}
