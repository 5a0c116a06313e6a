/* What the parts of the traffic tool share: addresses, time, network namespaces, fatal errors. */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#define NAME_BYTES_MAX 64
#define ADDRESS_TEXT_MAX 64
#define LINE_BYTES_MAX 4096 /* of a request, and of its answer */

struct endpoint {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
    socklen_t size;
};

/* Ends the process with status 2 and a sentence on the standard error. */
__attribute__((format(printf, 1, 2), noreturn)) void fail(const char *format, ...);

/* Microseconds of a clock that never jumps. */
uint64_t now_us(void);

/* Reads `10.0.0.1:80`, `[fd00::1]:80`, or an address alone (port 0). */
struct endpoint parse_endpoint(const char *text);

/* Reads `A,B,C`, which it changes; returns how many there are, at most `max`. */
unsigned parse_endpoints(char *list, struct endpoint *endpoints, unsigned max);

/* The address alone, an IPv4-mapped one in IPv4 form. */
void address_text(const struct endpoint *endpoint, char text[ADDRESS_TEXT_MAX]);

/* Moves this process to the network namespace that `ip netns` calls `name`; "-" is the first one. */
void enter_namespace(const char *name);

/* Lets the process have as many open files as the kernel allows it. */
void raise_file_limit(void);

/* Without it a client that connects thousands of times a second runs out of ports. */
void reuse_ports(void);

int serve_main(int count, char **words);
int client_main(const char *mode, int count, char **words);
int proxy_main(void);

#endif
