/* How fast libnftables itself is: the floor that the benchmark compares the packet filter with.
 *
 *   nft-floor BASE SCRIPT...    runs each file as a transaction, one after the other, in one context
 *
 * In a fresh network namespace. BASE makes the tables and is not timed. Prints one line of JSON with
 * the milliseconds of each SCRIPT. The library is loaded as the agent loads it, so that neither its
 * headers nor its name for linkers have to be there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIBRARY "libnftables.so.1"

struct nft_ctx;
typedef struct nft_ctx *(*nft_ctx_new)(unsigned flags);
typedef int (*nft_run_cmd_from_buffer)(struct nft_ctx *context, const char *script);

__attribute__((noreturn)) static void fail(const char *what, const char *why) {
    fprintf(stderr, "nft-floor: %s: %s\n", what, why);
    exit(1);
}

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static char *read_file(const char *path) {
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "r");
    if (!file || getdelim(&text, &size, '\0', file) < 0) fail(path, strerror(errno));
    fclose(file);
    return text;
}

/* A pointer to data becomes one to a function by way of its bytes: ISO C knows no cast for it. */
static void load(void *library, const char *name, void *function) {
    void *found = dlsym(library, name);
    if (!found) fail(name, dlerror());
    memcpy(function, &found, sizeof found);
}

int main(int count, char **words) {
    nft_ctx_new new_context;
    nft_run_cmd_from_buffer run;
    if (count < 3) {
        fputs("usage: nft-floor BASE SCRIPT...\n", stderr);
        return 2;
    }
    void *library = dlopen(LIBRARY, RTLD_NOW);
    if (!library) fail(LIBRARY, dlerror());
    load(library, "nft_ctx_new", &new_context);
    load(library, "nft_run_cmd_from_buffer", &run);
    if (unshare(CLONE_NEWNET) < 0) fail("a network namespace", strerror(errno));
    struct nft_ctx *context = new_context(0);
    for (int i = 1; i < count; i++) {
        char *script = read_file(words[i]);
        double start_ms = now_ms();
        if (run(context, script) != 0) fail(words[i], "refused");
        if (i > 1) printf("%s%.3f", i == 2 ? "{\"ms\":[" : ",", now_ms() - start_ms);
        free(script);
    }
    puts("]}");
    return 0;
}
