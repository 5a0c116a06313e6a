/* How fast the kernel itself is: the floor that the benchmark compares with.
 *
 *   floor ipvs SERVICES DESTINATIONS BATCH    IPVS objects by generic netlink
 *   floor again SERVICES DESTINATIONS BATCH   the same after as many others went: the clock runs for the second ones
 *   floor addresses COUNT BATCH               addresses on a dummy link by rtnetlink
 *
 * Each run is in a fresh network namespace, for deleted destinations make IPVS slow for minutes.
 * BATCH messages go out in one send, and only the last one asks for an answer. Messages are built
 * while the clock runs, as any program must. Prints one line of JSON. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_BYTES (8 << 20)
#define MESSAGE_BYTES_MAX 512
#define LINK "floor0"

static char buffer[BUFFER_BYTES];
static size_t used;
static struct nlmsghdr *message;
static int netlink, in_batch, batch;
static long sent, errors;

__attribute__((noreturn)) static void fail(const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void open_netlink(int protocol) {
    int size = BUFFER_BYTES, on = 1;
    struct sockaddr_nl any = {.nl_family = AF_NETLINK};
    netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (netlink < 0 || bind(netlink, (void *)&any, sizeof any) < 0) fail("netlink socket");
    setsockopt(netlink, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    setsockopt(netlink, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    setsockopt(netlink, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
}

static void *put(const void *data, size_t size) {
    void *at = buffer + used;
    memcpy(at, data, size);
    used += NLMSG_ALIGN(size);
    return at;
}

static void begin(uint16_t type, uint16_t flags) {
    struct nlmsghdr header = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags};
    message = put(&header, sizeof header);
}

static void attribute(uint16_t type, const void *data, size_t size) {
    struct nlattr header = {.nla_len = (uint16_t)(NLA_HDRLEN + size), .nla_type = type};
    put(&header, sizeof header);
    put(data, size);
}

static void attribute_u16(uint16_t type, uint16_t value) { attribute(type, &value, sizeof value); }
static void attribute_u32(uint16_t type, uint32_t value) { attribute(type, &value, sizeof value); }

static struct nlattr *nest(uint16_t type) {
    struct nlattr header = {.nla_type = (uint16_t)(type | NLA_F_NESTED)};
    return put(&header, sizeof header);
}

static void end_nest(struct nlattr *nest) {
    nest->nla_len = (uint16_t)(buffer + used - (char *)nest);
}

/* Reads until the answer to the last message of the batch; refusals of others come before it. */
static void read_answers(uint32_t last) {
    static char text[1 << 16];
    for (;;) {
        ssize_t size = recv(netlink, text, sizeof text, 0);
        if (size < 0) fail("recv");
        unsigned left = (unsigned)size;
        for (struct nlmsghdr *h = (void *)text; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
            if (h->nlmsg_type != NLMSG_ERROR) continue;
            if (((struct nlmsgerr *)NLMSG_DATA(h))->error) errors++;
            if (h->nlmsg_seq == last) return;
        }
    }
}

static void end(int is_last) {
    message->nlmsg_len = (uint32_t)(buffer + used - (char *)message);
    message->nlmsg_seq = (uint32_t)++sent;
    int full = ++in_batch == batch || used > BUFFER_BYTES - MESSAGE_BYTES_MAX;
    if (!is_last && !full) return;
    message->nlmsg_flags |= NLM_F_ACK;
    if (send(netlink, buffer, used, 0) < 0) fail("send");
    read_answers((uint32_t)sent);
    used = 0;
    in_batch = 0;
}

static uint16_t ipvs_family(void) {
    static char text[8192];
    struct genlmsghdr command = {.cmd = CTRL_CMD_GETFAMILY, .version = 1};
    begin(GENL_ID_CTRL, 0);
    put(&command, sizeof command);
    attribute(CTRL_ATTR_FAMILY_NAME, "IPVS", sizeof "IPVS");
    message->nlmsg_len = (uint32_t)used;
    if (send(netlink, buffer, used, 0) < 0) fail("send");
    ssize_t size = recv(netlink, text, sizeof text, 0);
    used = 0;
    for (char *at = text + NLMSG_HDRLEN + GENL_HDRLEN; size > 0 && at < text + size;) {
        struct nlattr *found = (void *)at;
        if (((struct nlmsghdr *)text)->nlmsg_type == NLMSG_ERROR || found->nla_len == 0) break;
        if (found->nla_type == CTRL_ATTR_FAMILY_ID) return *(uint16_t *)(at + NLA_HDRLEN);
        at += NLA_ALIGN(found->nla_len);
    }
    errno = EPFNOSUPPORT;
    fail("this kernel's IPVS");
}

static void begin_ipvs(uint16_t family, uint8_t verb, int service) {
    struct genlmsghdr command = {.cmd = verb, .version = IPVS_GENL_VERSION};
    uint32_t address[4] = {htonl(0x0a600001 + (uint32_t)service)}; /* 10.96.0.1 and up */
    begin(family, 0);
    put(&command, sizeof command);
    struct nlattr *nested = nest(IPVS_CMD_ATTR_SERVICE);
    attribute_u16(IPVS_SVC_ATTR_AF, AF_INET);
    attribute_u16(IPVS_SVC_ATTR_PROTOCOL, IPPROTO_TCP);
    attribute(IPVS_SVC_ATTR_ADDR, address, sizeof address);
    attribute_u16(IPVS_SVC_ATTR_PORT, htons(80));
    if (verb == IPVS_CMD_NEW_SERVICE) {
        struct ip_vs_flags flags = {.mask = ~0u};
        attribute(IPVS_SVC_ATTR_SCHED_NAME, "rr", sizeof "rr");
        attribute(IPVS_SVC_ATTR_FLAGS, &flags, sizeof flags);
        attribute_u32(IPVS_SVC_ATTR_TIMEOUT, 0);
        attribute_u32(IPVS_SVC_ATTR_NETMASK, ~0u);
    }
    end_nest(nested);
}

static void put_destination(int service, int destination) {
    uint32_t number = (uint32_t)service * 16 + (uint32_t)destination + 1;
    uint32_t address[4] = {htonl(0x0a000000 + number)}; /* 10.0.0.1 and up */
    struct nlattr *nested = nest(IPVS_CMD_ATTR_DEST);
    attribute(IPVS_DEST_ATTR_ADDR, address, sizeof address);
    attribute_u16(IPVS_DEST_ATTR_PORT, htons(8080));
    attribute_u32(IPVS_DEST_ATTR_FWD_METHOD, IP_VS_CONN_F_MASQ);
    attribute_u32(IPVS_DEST_ATTR_WEIGHT, 1);
    attribute_u32(IPVS_DEST_ATTR_U_THRESH, 0);
    attribute_u32(IPVS_DEST_ATTR_L_THRESH, 0);
    attribute_u16(IPVS_DEST_ATTR_ADDR_FAMILY, AF_INET);
    end_nest(nested);
}

static void add_services(uint16_t family, int first, int beyond, int destinations) {
    for (int s = first; s < beyond; s++) {
        begin_ipvs(family, IPVS_CMD_NEW_SERVICE, s);
        end(s == beyond - 1 && destinations == 0);
        for (int d = 0; d < destinations; d++) {
            begin_ipvs(family, IPVS_CMD_NEW_DEST, s);
            put_destination(s, d);
            end(s == beyond - 1 && d == destinations - 1);
        }
    }
}

static void write_table(const char *name, int services, int destinations) {
    int is_again = strcmp(name, "again") == 0;
    open_netlink(NETLINK_GENERIC);
    uint16_t family = ipvs_family();
    if (is_again) add_services(family, services, 2 * services, destinations);
    for (int s = services; is_again && s < 2 * services; s++) {
        begin_ipvs(family, IPVS_CMD_DEL_SERVICE, s);
        end(s == 2 * services - 1);
    }
    sent = 0;
    double start_s = now_s();
    add_services(family, 0, services, destinations);
    printf("{\"floor\":\"%s\",\"services\":%d,\"destinations\":%d,\"batch\":%d,\"messages\":%ld,"
           "\"errors\":%ld,\"ms\":%.3f}\n",
           name, services, services * destinations, batch, sent, errors, (now_s() - start_s) * 1e3);
}

static void make_link(void) {
    struct ifinfomsg any = {.ifi_family = AF_UNSPEC};
    begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    put(&any, sizeof any);
    attribute(IFLA_IFNAME, LINK, sizeof LINK);
    struct nlattr *info = nest(IFLA_LINKINFO);
    attribute(IFLA_INFO_KIND, "dummy", sizeof "dummy");
    end_nest(info);
    end(1);
    if (errors) fail("make a dummy link");
    sent = 0;
}

static void write_addresses(int count) {
    open_netlink(NETLINK_ROUTE);
    make_link();
    struct ifaddrmsg body = {.ifa_family = AF_INET, .ifa_prefixlen = 32};
    body.ifa_index = if_nametoindex(LINK);
    double start_s = now_s();
    for (int i = 0; i < count; i++) {
        uint32_t address = htonl(0x0a600001 + (uint32_t)i);
        begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
        put(&body, sizeof body);
        attribute(IFA_LOCAL, &address, sizeof address);
        attribute(IFA_ADDRESS, &address, sizeof address);
        end(i == count - 1);
    }
    printf("{\"floor\":\"addresses\",\"addresses\":%d,\"batch\":%d,\"errors\":%ld,\"ms\":%.3f}\n",
           count, batch, errors, (now_s() - start_s) * 1e3);
}

static void fresh_namespace(void) {
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    if (unshare(CLONE_NEWNET) < 0) fail("a network namespace");
    int any = socket(AF_INET, SOCK_DGRAM, 0);
    /* Without lo up, IPVS refuses every destination. */
    if (any < 0 || ioctl(any, SIOCSIFFLAGS, &lo) < 0) fail("lo up");
    close(any);
}

int main(int count, char **words) {
    int is_table = count == 5 && (strcmp(words[1], "ipvs") == 0 || strcmp(words[1], "again") == 0);
    if (!is_table && !(count == 4 && strcmp(words[1], "addresses") == 0)) {
        fputs("usage: floor ipvs|again SERVICES DESTINATIONS BATCH | floor addresses COUNT BATCH\n", stderr);
        return 2;
    }
    batch = atoi(words[count - 1]);
    fresh_namespace();
    if (is_table) write_table(words[1], atoi(words[2]), atoi(words[3]));
    else write_addresses(atoi(words[2]));
    return errors ? 1 : 0;
}
