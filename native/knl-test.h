/* What the files of knl's test share. */
#ifndef KNL_TEST_H
#define KNL_TEST_H

#include "knl.h"

#include <stdbool.h>

#define SOCKET_BYTES (1 << 20)
#define PATIENCE_MS 5000

/* Counts and prints one outcome. */
void check(bool holds, const char *name);

int64_t now_ms(void);

struct knl *open_or_die(int32_t family);

/* The answers of the last exchange; the caller frees them. */
char *taken(struct knl *k, int64_t bytes);

/* Counts messages of `type` with `sequence`; of errors only those that refuse. */
int count(const char *data, int64_t bytes, uint16_t type, uint32_t sequence);

/* The cases about listening (knl-listen-test.c). */
void test_listening(void);

#endif
