/* The servers of pods, as `traffic serve` sees them. */
#ifndef PODS_H
#define PODS_H

#include "traffic.h"

struct source;

/* Makes the epoll set that all pods share; each event's pointer is a `struct source`. */
int open_pods(void);

/* Reads, accepts or closes: whatever the event of the source is about. */
void handle(struct source *source);

/* Sends what is due; returns the milliseconds until the next answer is, -1 when none waits. */
int send_due(void);

/* Listens in a namespace on all ports that strtok_r still finds in `ports`. */
void start_pod(const char *name, const char *namespace, int delay_ms, char **ports);

/* Closes the pod's listeners and connections. */
void stop_pod(const char *name);

/* From now on the pod answers after this long. */
void set_delay(const char *name, int delay_ms);

#endif
