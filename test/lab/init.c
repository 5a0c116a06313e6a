/* Process 1 of the lab: makes a node out of the machine's own read-only files, runs one program,
 * writes down how it ended, and switches off. The same in a User-Mode Linux guest and in a network
 * namespace. One static program instead of a shell script, because every exec costs there.
 *
 * The environment says LAB_ENGINE (uml or namespace) and LAB_FOLDER (the one folder of the machine
 * that may be written). That folder holds `command`: strings that end with a zero byte, namely the
 * paths to keep in sight, an empty one, NAME=VALUE for the program, an empty one, its words.
 * It gets `status` ("exit 0" or "signal 9"). A line `lab: started` goes to the console first: what
 * comes after it is the program's own output. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define COMMAND_BYTES_MAX (256 * 1024)
#define WORDS_MAX 512
#define KEPT_PATHS_MAX 16
#define INSIDE "/run/lab" /* where LAB_FOLDER is found inside */

struct command {
    char *kept[KEPT_PATHS_MAX + 1];
    char *environment[WORDS_MAX + 1];
    char *words[WORDS_MAX + 1];
};

static int is_uml;

static void leave(void) {
    sync();
    if (is_uml) reboot(RB_POWER_OFF);
    _exit(0);
}

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("lab init: ", stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, ": %s\n", strerror(errno));
    leave();
    _exit(1);
}

static void write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) fail("open %s", path);
    if (write(file, text, strlen(text)) < 0) fail("write %s", path);
    /* A guest's writes reach the machine when they are flushed, and the machine waits for them. */
    if (fsync(file) < 0 && errno != EINVAL) fail("flush %s", path);
    close(file);
}

static void mount_at(const char *type, const char *target, const char *data) {
    if (mount(type, target, type, 0, data) < 0) fail("mount %s at %s", type, target);
}

/* Like mkdir -p. */
static void make_folders(const char *path) {
    char part[4096];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = part + 1; *slash; slash++) {
        if (*slash != '/') continue;
        *slash = 0;
        if (mkdir(part, 0755) < 0 && errno != EEXIST) fail("make %s", part);
        *slash = '/';
    }
    if (mkdir(part, 0755) < 0 && errno != EEXIST) fail("make %s", part);
}

static char *next_section(char *at, char *end, char **list, int max) {
    int count = 0;
    while (at < end && *at) {
        if (count == max) { errno = E2BIG; fail("command"); }
        list[count++] = at;
        at += strlen(at) + 1;
    }
    list[count] = NULL;
    return at + 1;
}

static void read_command(const char *folder, struct command *command) {
    static char text[COMMAND_BYTES_MAX + 1];
    char path[4096];
    snprintf(path, sizeof path, "%s/command", folder);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) fail("open %s", path);
    ssize_t size = read(file, text, COMMAND_BYTES_MAX);
    if (size < 0) fail("read %s", path);
    close(file);
    char *end = text + size;
    char *at = next_section(text, end, command->kept, KEPT_PATHS_MAX);
    at = next_section(at, end, command->environment, WORDS_MAX);
    next_section(at, end, command->words, WORDS_MAX);
    if (!command->words[0]) { errno = EINVAL; fail("no words in %s", path); }
}

static void bind_descriptor(int descriptor, const char *target) {
    char source[64];
    snprintf(source, sizeof source, "/proc/self/fd/%d", descriptor);
    if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) < 0) fail("bind %s", target);
    close(descriptor);
}

/* Memory covers /run and /tmp. What is kept in sight, and lies there, is bound into it again. */
static void make_files(const char *folder, struct command *command) {
    int kept[KEPT_PATHS_MAX] = {0};
    for (int i = 0; command->kept[i]; i++) {
        kept[i] = open(command->kept[i], O_PATH | O_CLOEXEC);
        if (kept[i] < 0) fail("open %s", command->kept[i]);
    }
    int shared = open(folder, O_PATH | O_CLOEXEC);
    if (shared < 0) fail("open %s", folder);

    mount_at("proc", "/proc", NULL);
    mount_at("sysfs", "/sys", NULL);
    mount_at("tmpfs", "/run", "mode=755");
    mount_at("tmpfs", "/tmp", "mode=1777");
    if (is_uml) {
        mount_at("devtmpfs", "/dev", NULL);
        make_folders("/dev/pts");
        mount_at("devpts", "/dev/pts", NULL);
    }
    make_folders("/run/netns");
    make_folders("/run/lock");
    make_folders(INSIDE);
    for (int i = 0; command->kept[i]; i++) {
        make_folders(command->kept[i]);
        bind_descriptor(kept[i], command->kept[i]);
    }
    if (is_uml) {
        /* The root is read-only as a whole, so the folder is a mount of its own. */
        if (mount("none", INSIDE, "hostfs", 0, folder) < 0) fail("mount %s", folder);
        close(shared);
        return;
    }
    bind_descriptor(shared, INSIDE);
    if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0) fail("read-only root");
}

static void set_sysctl(const char *path, const char *value) {
    if (access(path, F_OK) == 0) write_file(path, value);
}

/* Without lo there is no local routing table, and IPVS refuses every destination. */
static void make_network(void) {
    struct ifreq request = {.ifr_name = "lo"};
    int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    request.ifr_flags = IFF_UP;
    if (any < 0 || ioctl(any, SIOCSIFFLAGS, &request) < 0) fail("lo up");
    close(any);
    set_sysctl("/proc/sys/net/ipv4/ip_forward", "1");
    set_sysctl("/proc/sys/net/ipv6/conf/all/forwarding", "1");
    /* No waiting for duplicate address detection: nobody else is on these links. */
    set_sysctl("/proc/sys/net/ipv6/conf/all/accept_dad", "0");
    set_sysctl("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
}

/* A console of its own, so that keys such as Ctrl-C reach the program and job control works. */
static void take_console(void) {
    const char *rows = getenv("LINES"), *columns = getenv("COLUMNS");
    int console = open("/dev/tty0", O_RDWR);
    if (console < 0) return;
    for (int i = 0; i < 3; i++) dup2(console, i);
    if (console > 2) close(console);
    ioctl(0, TIOCSCTTY, 1);
    if (!rows || !columns) return;
    struct winsize size = {.ws_row = (unsigned short)atoi(rows),
                           .ws_col = (unsigned short)atoi(columns)};
    ioctl(0, TIOCSWINSZ, &size);
}

/* Without a person: bytes come out as they are written, and a line tells where the program's begin. */
static void make_plain_console(struct command *command) {
    struct termios terminal;
    for (int i = 0; command->environment[i]; i++)
        if (strcmp(command->environment[i], "LAB_INTERACTIVE=1") == 0) return;
    if (tcgetattr(STDOUT_FILENO, &terminal) == 0) {
        terminal.c_oflag &= ~(tcflag_t)OPOST;
        tcsetattr(STDOUT_FILENO, TCSANOW, &terminal);
    }
    /* One write, so that no kernel message comes between. */
    if (write(STDOUT_FILENO, "\nlab: started\n", 14) < 0) fail("console");
}

static pid_t start(struct command *command) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child > 0) return child;
    clearenv();
    for (int i = 0; command->environment[i]; i++) putenv(command->environment[i]);
    const char *folder = getenv("PWD");
    if (folder && chdir(folder) < 0) fail("change to %s", folder);
    if (is_uml) setsid();
    if (is_uml && getenv("LAB_INTERACTIVE")) take_console();
    execvp(command->words[0], command->words);
    fprintf(stderr, "lab init: run %s: %s\n", command->words[0], strerror(errno));
    _exit(127);
}

int main(void) {
    static struct command command;
    const char *engine = getenv("LAB_ENGINE"), *folder = getenv("LAB_FOLDER");
    if (!engine || !folder) { errno = EINVAL; fail("LAB_ENGINE and LAB_FOLDER"); }
    is_uml = strcmp(engine, "uml") == 0;
    read_command(folder, &command);
    make_files(folder, &command);
    make_network();
    make_plain_console(&command);

    pid_t program = start(&command), ended;
    int status = 0;
    /* Process 1 is the parent of every orphan: all are reaped, one is waited for. */
    while ((ended = wait(&status)) != program)
        if (ended < 0 && errno != EINTR) fail("wait");
    char text[64];
    if (WIFSIGNALED(status)) snprintf(text, sizeof text, "signal %d\n", WTERMSIG(status));
    else snprintf(text, sizeof text, "exit %d\n", WEXITSTATUS(status));
    /* Not even the message that says the power is off: what is printed is the program's. */
    if (is_uml) write_file("/proc/sys/kernel/printk", "0");
    write_file(INSIDE "/status", text);
    leave();
    return 0;
}
