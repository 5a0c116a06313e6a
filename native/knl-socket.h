/* How a netlink socket is opened, for exchanges and for listening alike. Not for callers of knl. */
#ifndef KNL_SOCKET_H
#define KNL_SOCKET_H

#include <stdint.h>

/* The kernel packs at most 32 KiB into one datagram of a dump; twice that is always enough. */
#define RECEIVE_BYTES (64u * 1024u)

/* Returns the descriptor of a netlink socket that is bound to `groups` (see knl_listen), or -errno. */
__attribute__((visibility("hidden"))) int knl_socket(int32_t family, uint32_t groups,
                                                     int32_t socket_bytes);

#endif
