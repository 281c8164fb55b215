// Waiting for file descriptors (epoll), and for a wake-up from another thread.

#ifndef PURLIN_SYS_POLLER_H
#define PURLIN_SYS_POLLER_H

#include <stdbool.h>
#include <stdint.h>

#define POLLER_EVENTS 64

struct poller {
    int epoll, wakeup; // descriptors
};
struct poller_event {
    void *data;
    bool readable, writable;
    bool broken; // an error or hang-up: comes unasked
};

void poller_init(struct poller *poller);
// Asks once for the next event of a descriptor; `data` comes back with it. errno, or 0.
int poller_arm(struct poller *poller, int descriptor, void *data, bool read, bool write, bool known);
void poller_forget(struct poller *poller, int descriptor);
// Waits until the deadline (monotonic, ns; 0: not at all, INT64_MAX: no limit) for events; returns how many.
int poller_wait(struct poller *poller, struct poller_event events[POLLER_EVENTS], int64_t deadline);
// Ends a poller_wait, now or the next one.
void poller_wake(struct poller *poller);

#endif
