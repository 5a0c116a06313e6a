/* Traffic for the lab: servers in many pods by one process, and clients that count.
 *
 *   traffic serve                 pods' servers, told by lines on the standard input (serve.c)
 *   traffic load --to A:P ...     many requests, a connection each (client.c)
 *   traffic hold --to A:P ...     connections that stay open (client.c)
 *   traffic proxy                 the userspace mode of old, told by lines (user-proxy.c)
 *
 * The protocol is one line each way: whatever the client says, the pod answers
 * `POD CLIENT-ADDRESS`, filled up with blanks to the length of what it was told; a line that begins
 * with `GET ` gets the same as an HTTP response. */
#define _GNU_SOURCE
#include "traffic.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

void fail(const char *format, ...) {
    int error = errno;
    va_list arguments;
    va_start(arguments, format);
    fputs("traffic: ", stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, ": %s\n", strerror(error));
    exit(2);
}

uint64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

struct endpoint parse_endpoint(const char *text) {
    struct endpoint endpoint = {.size = sizeof endpoint.v4};
    char address[ADDRESS_TEXT_MAX];
    const char *start = *text == '[' ? text + 1 : text;
    const char *last = strrchr(text, ':');
    int v6 = *text == '[' || (last && strchr(text, ':') != last);
    const char *end = *text == '[' ? strchr(text, ']') : v6 ? NULL : last;
    size_t size = end ? (size_t)(end - start) : strlen(start);
    errno = EINVAL;
    if (size >= sizeof address) fail("address %s", text);
    memcpy(address, start, size);
    address[size] = 0;
    const char *port = end ? strchr(end, ':') : NULL;
    in_port_t number = port ? htons((uint16_t)atoi(port + 1)) : 0;
    if (v6) {
        endpoint.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = number};
        endpoint.size = sizeof endpoint.v6;
        if (inet_pton(AF_INET6, address, &endpoint.v6.sin6_addr) != 1) fail("address %s", text);
    } else {
        endpoint.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = number};
        if (inet_pton(AF_INET, address, &endpoint.v4.sin_addr) != 1) fail("address %s", text);
    }
    return endpoint;
}

unsigned parse_endpoints(char *list, struct endpoint *endpoints, unsigned max) {
    unsigned count = 0;
    for (char *rest, *one = strtok_r(list, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
        errno = E2BIG;
        if (count == max) fail("%s and more", one);
        endpoints[count++] = parse_endpoint(one);
    }
    return count;
}

void address_text(const struct endpoint *endpoint, char text[ADDRESS_TEXT_MAX]) {
    if (endpoint->any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &endpoint->v4.sin_addr, text, ADDRESS_TEXT_MAX);
    } else if (IN6_IS_ADDR_V4MAPPED(&endpoint->v6.sin6_addr)) {
        inet_ntop(AF_INET, endpoint->v6.sin6_addr.s6_addr + 12, text, ADDRESS_TEXT_MAX);
    } else {
        inet_ntop(AF_INET6, &endpoint->v6.sin6_addr, text, ADDRESS_TEXT_MAX);
    }
}

void enter_namespace(const char *name) {
    static int first = -1;
    if (first < 0) first = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (first < 0) fail("open /proc/self/ns/net");
    if (strcmp(name, "-") == 0) {
        if (setns(first, CLONE_NEWNET) < 0) fail("return to the first namespace");
        return;
    }
    char path[32 + NAME_BYTES_MAX];
    snprintf(path, sizeof path, "/run/netns/%.*s", NAME_BYTES_MAX, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) fail("open %s", path);
    if (setns(file, CLONE_NEWNET) < 0) fail("enter %s", path);
    close(file);
}

void raise_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) fail("getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) fail("setrlimit");
}

void reuse_ports(void) {
    int file = open("/proc/sys/net/ipv4/tcp_tw_reuse", O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, "1", 1) != 1) fail("tcp_tw_reuse");
    close(file);
}

int main(int count, char **words) {
    signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    const char *mode = count > 1 ? words[1] : "";
    if (strcmp(mode, "serve") == 0) return serve_main(count - 2, words + 2);
    if (strcmp(mode, "load") == 0 || strcmp(mode, "hold") == 0)
        return client_main(mode, count - 2, words + 2);
    if (strcmp(mode, "proxy") == 0) return proxy_main();
    fputs("usage: traffic serve | load OPTIONS | hold OPTIONS | proxy\n", stderr);
    return 2;
}
