/* `guard PROGRAM ARGUMENT...` runs a program and ends it, with its whole process group, when it is
 * told to or when whoever started the guard is gone, however that ended. A User-Mode Linux guest is
 * many processes of the machine, and none of them would notice.
 *
 * GUARD_TERMINAL=1: the program stays in the group that has the terminal, and is ended alone.
 * GUARD_PROCESSOR=NAME: the program gets one processor, another one than programs of other guards with that
 * NAME as long as there are any. Only one process of a guest runs at a time, and each system call in it hands over twice:
 * from one processor to another that costs some ten times as much.
 * The exit status is the program's, 128 + number when a signal ended it. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KILL_AFTER_S 2 /* from the polite signal to the one that cannot be refused */

static void fail(const char *what) {
    fprintf(stderr, "guard: %s: %s\n", what, strerror(errno));
    exit(127);
}

static void warn(const char *what) {
    fprintf(stderr, "guard: %s: %s; no processor is kept for the program\n", what, strerror(errno));
}

/* True when no other guard has this processor. A name in the kernel is free again when its owner ends. */
static int claim(const char *owner, int processor) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    size_t room = sizeof name.sun_path - 1;
    int length = snprintf(name.sun_path + 1, room, "%.80s-%d", owner, processor);
    int holder = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (holder < 0) {
        warn("socket");
        return 0;
    }
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    if (bind(holder, (struct sockaddr *)&name, size) == 0) return 1;
    if (errno != EADDRINUSE) warn("bind");
    close(holder);
    return 0;
}

/* One of those that are allowed; the first ones have more of the machine's own work. */
static void take_processor(const char *owner) {
    cpu_set_t allowed, one;
    if (sched_getaffinity(0, sizeof allowed, &allowed) < 0) {
        warn("sched_getaffinity");
        return;
    }
    int chosen = -1, count = CPU_COUNT(&allowed), turn = count > 0 ? getpid() % count : 0;
    for (int processor = CPU_SETSIZE - 1; processor >= 0; processor--) {
        if (!CPU_ISSET(processor, &allowed)) continue;
        /* When all are taken, this one is shared. */
        if (turn-- == 0) chosen = processor;
        if (!claim(owner, processor)) continue;
        chosen = processor;
        break;
    }
    if (chosen < 0) return;
    CPU_ZERO(&one);
    CPU_SET(chosen, &one);
    if (sched_setaffinity(0, sizeof one, &one) < 0) warn("sched_setaffinity");
}

static pid_t start(char **words, int has_terminal, const sigset_t *before) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    /* On both sides, so that the group is there whoever comes first. */
    if (!has_terminal) setpgid(child, child);
    if (child > 0) return child;
    sigprocmask(SIG_SETMASK, before, NULL);
    execvp(words[0], words);
    fail(words[0]);
    return 0;
}

int main(int count, char **words) {
    int has_terminal = getenv("GUARD_TERMINAL") != NULL, status = 0;
    sigset_t signals, before;
    errno = EINVAL;
    if (count < 2) fail("usage: guard PROGRAM ARGUMENT...");
    sigemptyset(&signals);
    for (const int *s = (int[]){SIGCHLD, SIGTERM, SIGINT, SIGHUP, 0}; *s; s++)
        sigaddset(&signals, *s);
    sigprocmask(SIG_BLOCK, &signals, &before);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0) fail("prctl");
    /* Whoever started this may be gone by now, and then no signal comes any more. */
    const char *parent = getenv("GUARD_PARENT");
    if (parent && getppid() != atoi(parent)) return 0;
    const char *owner = getenv("GUARD_PROCESSOR");
    if (owner) take_processor(owner);
    pid_t child = start(words + 1, has_terminal, &before);
    pid_t target = has_terminal ? child : -child;

    const struct timespec forever = {.tv_sec = 1000000}, soon = {.tv_sec = KILL_AFTER_S};
    const struct timespec *wait_for = &forever;
    while (waitpid(child, &status, WNOHANG) == 0) {
        int got = sigtimedwait(&signals, NULL, wait_for);
        if (got < 0 && errno == EAGAIN) kill(target, SIGKILL);
        /* A terminal sends its signals to the program too: that one decides. */
        if (got == SIGTERM || got == SIGHUP || (got == SIGINT && !has_terminal)) {
            kill(target, SIGTERM);
            wait_for = &soon;
        }
    }
    /* What the program left behind. */
    if (!has_terminal) kill(target, SIGKILL);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
