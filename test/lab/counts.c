/* What the client found: answers by pod and source, failures by kind, latencies. */
#define _GNU_SOURCE
#include "client.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PODS_MAX 256
#define SEEN_MAX 64
#define LATENCIES_MAX (1 << 20)

static char pods[PODS_MAX][NAME_BYTES_MAX], seen[SEEN_MAX][NAME_BYTES_MAX];
static unsigned pod_count, seen_count;
static uint64_t answers[SOURCES_MAX][PODS_MAX], seen_answers[SEEN_MAX];
static uint64_t answered, failed;
static uint32_t latencies[LATENCIES_MAX];

enum kind { REFUSED, TIMEOUT, RESET, CLOSED, UNREACHABLE, OTHER, KINDS };
static const char *const kind_names[KINDS] = {"refused", "timeout",     "reset",
                                              "closed",  "unreachable", "other"};
static uint64_t failures[KINDS];

static enum kind kind_of(int error) {
    switch (error) {
    case ECONNREFUSED: return REFUSED;
    case ETIMEDOUT: return TIMEOUT;
    case ECONNRESET:
    case EPIPE: return RESET;
    case ENODATA: return CLOSED;
    case EHOSTUNREACH:
    case ENETUNREACH: return UNREACHABLE;
    default: return OTHER;
    }
}

/* The place of a name in a table, added when it is new; the last place takes all that do not fit. */
static unsigned place(char table[][NAME_BYTES_MAX], unsigned *count, unsigned max, const char *name) {
    for (unsigned i = 0; i < *count; i++)
        if (strcmp(table[i], name) == 0) return i;
    if (*count == max) return max - 1;
    size_t size = strnlen(name, NAME_BYTES_MAX - 1);
    memcpy(table[*count], name, size);
    /* Names are printed as JSON: only what needs no escape. */
    for (char *c = table[*count]; *c; c++)
        if (*c < '!' || *c == '"' || *c == '\\') *c = '?';
    return (*count)++;
}

void count_answer(struct slot *slot, const char *line, uint64_t latency_us) {
    char pod[REPLY_BYTES_MAX];
    char client[REPLY_BYTES_MAX] = "";
    /* Blanks at the end are filling. */
    pod[0] = 0;
    sscanf(line, "%s %s", pod, client);
    unsigned at = place(pods, &pod_count, PODS_MAX, pod);
    answers[slot->source][at]++;
    seen_answers[place(seen, &seen_count, SEEN_MAX, client)]++;
    if (answered < LATENCIES_MAX)
        latencies[answered] = latency_us > UINT32_MAX ? UINT32_MAX : (uint32_t)latency_us;
    answered++;
    if (slot->exchanges++ == 0) slot->pod = (int)at;
    else if (slot->pod != (int)at) slot->moved = 1;
}

void count_failure(struct slot *slot, int error) {
    failures[kind_of(error)]++;
    failed++;
    slot->broken = kind_names[kind_of(error)];
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void print_latencies(void) {
    uint64_t count = answered < LATENCIES_MAX ? answered : LATENCIES_MAX;
    if (count == 0) {
        printf("\"latencyMs\":null");
        return;
    }
    qsort(latencies, count, sizeof *latencies, by_value);
    printf("\"latencyMs\":{\"min\":%.3f,\"median\":%.3f,\"p99\":%.3f,\"max\":%.3f}",
           latencies[0] / 1e3, latencies[count / 2] / 1e3, latencies[count * 99 / 100] / 1e3,
           latencies[count - 1] / 1e3);
}

/* {"p1":3,"p2":4}: the answers of one source, or of all. */
static void print_pods(int source) {
    const char *comma = "";
    putchar('{');
    for (unsigned pod = 0; pod < pod_count; pod++) {
        uint64_t sum = 0;
        for (int i = 0; i < SOURCES_MAX; i++)
            if (source < 0 || source == i) sum += answers[i][pod];
        if (sum == 0) continue;
        printf("%s\"%s\":%" PRIu64, comma, pods[pod], sum);
        comma = ",";
    }
    putchar('}');
}

static void print_sources(const struct options *options) {
    for (unsigned i = 0; i < options->source_count; i++) {
        char address[ADDRESS_TEXT_MAX];
        address_text(&options->sources[i], address);
        printf("%s\"%s\":", i ? "," : "", address);
        print_pods((int)i);
    }
}

static void print_connections(const struct options *options, const struct slot *slots) {
    printf(",\"connections\":[");
    for (unsigned i = 0; i < options->concurrency; i++) {
        const struct slot *slot = &slots[i];
        char address[ADDRESS_TEXT_MAX] = "";
        if (options->source_count) address_text(&options->sources[slot->source], address);
        printf("%s{\"from\":\"%s\",\"pod\":\"%s\",\"exchanges\":%" PRIu64 ",\"moved\":%s,\"broken\":",
               i ? "," : "", address, slot->exchanges ? pods[slot->pod] : "", slot->exchanges,
               slot->moved ? "true" : "false");
        if (slot->broken) printf("\"%s\"}", slot->broken);
        else printf("null}");
    }
    putchar(']');
}

void print_counts(const struct options *options, const struct slot *slots, uint64_t took_us) {
    printf("{\"answered\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"failures\":{", answered, failed);
    for (int i = 0; i < KINDS; i++)
        printf("%s\"%s\":%" PRIu64, i ? "," : "", kind_names[i], failures[i]);
    printf("},\"pods\":");
    print_pods(-1);
    printf(",\"sources\":{");
    print_sources(options);
    printf("},\"seen\":{");
    for (unsigned i = 0; i < seen_count; i++)
        printf("%s\"%s\":%" PRIu64, i ? "," : "", seen[i], seen_answers[i]);
    printf("},");
    print_latencies();
    printf(",\"tookMs\":%.1f", (double)took_us / 1e3);
    if (options->hold) print_connections(options, slots);
    printf("}\n");
    fflush(stdout);
}
