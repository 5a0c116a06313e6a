/* knl: netlink for kube-ipvs. Moves bytes between a buffer and a netlink socket, and parses nothing
 * but the headers that tell when an exchange is over.
 *
 * Every function returns a count, or -errno: value and reason travel together, whatever a foreign
 * function interface does with errno. A handle is for one caller at a time. */
#ifndef KNL_H
#define KNL_H

#include <stddef.h>
#include <stdint.h>

/* Changes whenever a function below changes its meaning. The loader refuses any other number. */
#define KNL_ABI 4

/* A socket with the buffer that holds the answers of its last exchange. */
struct knl;

int32_t knl_abi(void);

/* Opens a socket of a netlink family (NETLINK_GENERIC, NETLINK_ROUTE). `socket_bytes` sizes the
 * kernel's buffers of the socket. */
int32_t knl_open(int32_t family, int32_t socket_bytes, struct knl **out);

/* Sends `request`, one or many messages in one go, and collects every answer until the
 * acknowledgement of the message with `last_sequence`, which must carry NLM_F_ACK.
 * Returns the bytes of the answers, to be fetched with knl_take. */
int64_t knl_transact(struct knl *k, const void *request, size_t request_bytes,
                     uint32_t last_sequence, int32_t timeout_ms);

/* Runs the dump requests in `requests` one after the other (the kernel allows a socket one at a
 * time), and collects all their answers in order. */
int64_t knl_dump(struct knl *k, const void *requests, size_t requests_bytes, int32_t timeout_ms);

/* Begins one dump whose answers come in parts, for those that are too many to hold at once. Returns 0
 * or -errno. Any other exchange on the socket gives the rest of the dump up. */
int32_t knl_dump_begin(struct knl *k, const void *request, size_t request_bytes, int32_t timeout_ms);

/* Collects the next part of the dump, about a mebibyte. Returns its bytes, to be fetched with
 * knl_take, or 0 after the last one. */
int64_t knl_dump_part(struct knl *k, int32_t timeout_ms);

/* Copies the answers of the last exchange to `out`, and gives an oversized buffer back. */
int64_t knl_take(struct knl *k, void *out, size_t out_bytes);

int32_t knl_close(struct knl *k);

/* Gives the memory that is free in this process back to the system, where the C library can: else it
 * keeps what a great exchange, or anything else in the process, once needed. Returns 1 when any went. */
int32_t knl_trim(void);

/* Listens to the multicast groups in the bit set `groups` (bit n - 1 is group n), on a thread of its
 * own. Returns a stream to read from, for any event loop: for each datagram of the kernel an int32_t
 * with its size, then its bytes; for each failure an int32_t with -errno and nothing after it.
 * -ENOBUFS means that datagrams were lost, and listening goes on; any other failure ends the stream.
 * Closing the stream ends the thread and its socket. */
int32_t knl_listen(int32_t family, uint32_t groups, int32_t socket_bytes);

#endif
