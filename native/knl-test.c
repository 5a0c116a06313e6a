/* The test of knl. Needs no privilege: it asks the kernel for what anybody may know, links and
 * generic-netlink families, and lets it refuse the rest. Prints `ok NAME` or `not ok NAME` a case. */
#define _GNU_SOURCE
#include "knl-test.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int passed, failed;

void check(bool holds, const char *name) {
    printf("%s %s\n", holds ? "ok" : "not ok", name);
    if (holds) passed++;
    else failed++;
}

int64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct knl *open_or_die(int32_t family) {
    struct knl *k = NULL;
    if (knl_open(family, SOCKET_BYTES, &k) < 0) abort();
    return k;
}

/* A request for all links, or for one that does not exist. */
struct link_request {
    struct nlmsghdr header;
    struct ifinfomsg link;
};

static struct link_request link_request(uint16_t flags, uint32_t sequence) {
    return (struct link_request){
        .header = {.nlmsg_len = sizeof(struct link_request),
                   .nlmsg_type = RTM_GETLINK,
                   .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
                   .nlmsg_seq = sequence},
    };
}

static struct link_request no_such_link(uint16_t flags, uint32_t sequence) {
    struct link_request request = link_request(flags, sequence);
    request.link.ifi_index = 0x7ffffff0;
    return request;
}

char *taken(struct knl *k, int64_t bytes) {
    char *answer = malloc((size_t)bytes + 1);
    if (!answer || knl_take(k, answer, (size_t)bytes) != bytes) abort();
    return answer;
}

int count(const char *data, int64_t bytes, uint16_t type, uint32_t sequence) {
    int found = 0;
    struct nlmsghdr h;
    for (int64_t at = 0; at < bytes; at += NLMSG_ALIGN(h.nlmsg_len)) {
        memcpy(&h, data + at, sizeof h);
        if (h.nlmsg_type != type || h.nlmsg_seq != sequence) continue;
        int32_t error = -1;
        if (type == NLMSG_ERROR) memcpy(&error, data + at + NLMSG_HDRLEN, sizeof error);
        if (error != 0) found++;
    }
    return found;
}

static void test_open(void) {
    struct knl *k = NULL;
    check(knl_abi() == KNL_ABI, "the ABI number is the header's");
    check(knl_trim() >= 0, "free memory goes back, and what is in use stays");
    check(knl_open(255, SOCKET_BYTES, &k) == -EPROTONOSUPPORT, "an unknown family is refused");
    check(k == NULL, "a refused open leaves no handle");
    k = open_or_die(NETLINK_ROUTE);
    check(knl_close(k) == 0, "a socket opens and closes");
}

static void test_transact(void) {
    struct knl *k = open_or_die(NETLINK_ROUTE);
    struct link_request batch[4];
    for (uint32_t i = 0; i < 4; i++) batch[i] = no_such_link(0, 10 + i);
    batch[2] = link_request(0, 12);
    batch[2].link.ifi_index = 1;
    batch[3].header.nlmsg_flags |= NLM_F_ACK;
    int64_t bytes = knl_transact(k, batch, sizeof batch, 13, PATIENCE_MS);
    check(bytes > 0, "many messages go out in one send");
    char *answer = taken(k, bytes);
    bool refused = count(answer, bytes, NLMSG_ERROR, 10) == 1 &&
                   count(answer, bytes, NLMSG_ERROR, 11) == 1 &&
                   count(answer, bytes, NLMSG_ERROR, 13) == 1;
    check(refused, "each refusal comes back with its sequence number, the last one's too");
    check(count(answer, bytes, NLMSG_ERROR, 12) == 0 && count(answer, bytes, RTM_NEWLINK, 12) == 1,
          "a message between refusals is carried out");
    free(answer);

    struct link_request last = link_request(NLM_F_ACK, 20);
    last.link.ifi_index = 1;
    bytes = knl_transact(k, &last, sizeof last, 20, PATIENCE_MS);
    check(bytes > 0, "an acknowledgement without refusal ends the exchange");
    check(knl_take(k, &last, 1) == -EMSGSIZE, "a buffer that is too small gets nothing");
    check(knl_transact(k, &last, 3, 20, PATIENCE_MS) == -EINVAL, "half a header is refused");
    knl_close(k);
}

/* The family is asked for by a name that is too long: the kernel says so in a sentence. */
static void test_extended_acknowledgement(void) {
    struct knl *k = open_or_die(NETLINK_GENERIC);
    struct {
        struct nlmsghdr header;
        struct genlmsghdr command;
        struct nlattr attribute;
        char name[64];
    } request = {
        .header = {.nlmsg_len = sizeof request,
                   .nlmsg_type = GENL_ID_CTRL,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
                   .nlmsg_seq = 5},
        .command = {.cmd = CTRL_CMD_GETFAMILY, .version = 1},
        .attribute = {.nla_len = sizeof(struct nlattr) + 64, .nla_type = CTRL_ATTR_FAMILY_NAME},
    };
    memset(request.name, 'x', sizeof request.name - 1);
    int64_t bytes = knl_transact(k, &request, sizeof request, 5, PATIENCE_MS);
    char *answer = taken(k, bytes);
    struct nlmsghdr h;
    memcpy(&h, answer, sizeof h);
    check(count(answer, bytes, NLMSG_ERROR, 5) == 1, "a bad attribute is refused");
    check((h.nlmsg_flags & NLM_F_ACK_TLVS) != 0, "the refusal carries the kernel's own words");
    free(answer);
    knl_close(k);
}

static void test_dump(void) {
    enum { DUMPS = 200 };
    struct knl *k = open_or_die(NETLINK_ROUTE);
    static struct link_request requests[DUMPS];
    for (uint32_t i = 0; i < DUMPS; i++) requests[i] = link_request(NLM_F_DUMP, 100 + i);
    int64_t bytes = knl_dump(k, requests, sizeof requests, PATIENCE_MS);
    check(bytes > 64 * 1024, "the answers of many dumps grow past the first buffer");
    char *answer = taken(k, bytes);
    bool all = true;
    for (uint32_t i = 0; i < DUMPS; i++) {
        all = all && count(answer, bytes, NLMSG_DONE, 100 + i) == 1;
        all = all && count(answer, bytes, RTM_NEWLINK, 100 + i) >= 1;
    }
    check(all, "each dump has its links and its end");
    free(answer);

    struct link_request broken = link_request(NLM_F_DUMP, 1);
    broken.header.nlmsg_len = 4;
    check(knl_dump(k, &broken, sizeof broken, PATIENCE_MS) == -EINVAL, "a length below a header's is refused");
    broken.header.nlmsg_len = 4096;
    check(knl_dump(k, &broken, sizeof broken, PATIENCE_MS) == -EINVAL, "a length past the end is refused");
    check(knl_dump(k, &broken, 0, PATIENCE_MS) == 0, "no dump at all has no answer");
    knl_close(k);
}

/* Reads a dump by parts, and returns how many messages of `type` it has, or -errno. */
static int64_t dump_by_parts(struct knl *k, struct link_request request, uint16_t type) {
    int64_t begun = knl_dump_begin(k, &request, sizeof request, PATIENCE_MS), found = 0, bytes;
    if (begun < 0) return begun;
    while ((bytes = knl_dump_part(k, PATIENCE_MS)) > 0) {
        char *answer = taken(k, bytes);
        found += count(answer, bytes, type, request.header.nlmsg_seq);
        free(answer);
    }
    return bytes < 0 ? bytes : found;
}

static void test_dump_parts(void) {
    struct knl *k = open_or_die(NETLINK_ROUTE);
    struct link_request dump = link_request(NLM_F_DUMP, 7);
    check(dump_by_parts(k, dump, RTM_NEWLINK) > 0, "a dump in parts has its links");
    check(dump_by_parts(k, dump, NLMSG_DONE) == 1, "a dump in parts ends once");
    check(knl_dump_part(k, PATIENCE_MS) == 0, "after its end a dump has no part");
    check(dump_by_parts(k, no_such_link(0, 8), NLMSG_ERROR) == 1, "a refused dump ends with the refusal");
    check(knl_dump_begin(k, &dump, 3, PATIENCE_MS) == -EINVAL, "half a header begins no dump");

    /* The kernel runs one dump a socket, and refuses another one with EBUSY. */
    bool all = true;
    for (uint32_t i = 0; i < 20; i++) {
        struct link_request given_up = link_request(NLM_F_DUMP, 100 + 2 * i);
        struct link_request next = link_request(NLM_F_DUMP, 101 + 2 * i);
        all = all && knl_dump_begin(k, &given_up, sizeof given_up, PATIENCE_MS) == 0;
        if (i % 2) all = all && dump_by_parts(k, next, NLMSG_DONE) == 1;
        if (i % 2) continue;
        int64_t bytes = knl_dump(k, &next, sizeof next, PATIENCE_MS);
        char *answer = taken(k, bytes);
        all = all && count(answer, bytes, NLMSG_DONE, 101 + 2 * i) == 1;
        free(answer);
    }
    check(all, "a dump that was given up does not stand in the way of the next one");
    knl_close(k);
}

/* An exchange that nobody waited for leaves answers behind: they are not those of the next one. */
static void test_stale_answers(void) {
    struct knl *k = open_or_die(NETLINK_ROUTE);
    struct link_request early = no_such_link(NLM_F_ACK, 1);
    /* It waits for a sequence number that never comes, and gives up at once. */
    check(knl_transact(k, &early, sizeof early, 2, 0) == -ETIMEDOUT, "no end in time is a timeout");
    early = no_such_link(NLM_F_ACK, 3);
    check(knl_transact(k, &early, sizeof early, 4, 0) == -ETIMEDOUT, "a second one too");
    struct link_request request = link_request(NLM_F_DUMP, 50);
    int64_t bytes = knl_dump(k, &request, sizeof request, PATIENCE_MS);
    char *answer = taken(k, bytes);
    bool stale = count(answer, bytes, NLMSG_ERROR, 1) + count(answer, bytes, NLMSG_ERROR, 3) > 0;
    check(!stale && count(answer, bytes, NLMSG_DONE, 50) == 1, "answers of earlier exchanges are dropped");
    free(answer);
    knl_close(k);
}

int main(void) {
    test_open();
    test_transact();
    test_extended_acknowledgement();
    test_dump();
    test_dump_parts();
    test_stale_answers();
    test_listening();
    printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
