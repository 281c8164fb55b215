// Who runs when: scheduler threads, run queues, stealing, the timer wheel, the slow-work pool.

#ifndef PURLIN_SCHED_SCHED_H
#define PURLIN_SCHED_SCHED_H

#include "proc/proc.h"

#define SLICE_REDUCTIONS 4000

struct sched_options {
    unsigned schedulers, schedulers_online;
    unsigned dirty_cpu, dirty_cpu_online, dirty_io;
};

void sched_init(const struct sched_options *options);
// Runs the schedulers until sched_stop; the calling thread is scheduler 1.
void sched_run(void);
void sched_stop(void);
// Puts a runnable process in a queue and wakes a sleeper if that helps. From any thread.
void sched_enqueue(struct process *process);

// ---- epochs: memory that others may still be reading
// ------------------------------------------------------------------

// Calls free_function(memory) after every scheduler has passed a safe point.
void epoch_retire(void *memory, void (*free_function)(void *));

// ---- timers
// -----------------------------------------------------------------------------------------------------------

struct timer {
    struct timer *next, **previous;
    int64_t deadline;             // monotonic, ns
    void (*fire)(struct timer *); // on a scheduler thread, the timer already unlinked
    unsigned wheel;
};
void timer_start(struct timer *timer, int64_t deadline, void (*fire)(struct timer *));
// False when it has fired or is firing.
bool timer_cancel(struct timer *timer);

// ---- polling: file descriptors
// ----------------------------------------------------------------------------------------

enum poll_events { POLL_READ = 1, POLL_WRITE = 2 };
// One registration a descriptor, one shot: `ready` runs once on a scheduler thread, then it must be armed again.
struct poll_source {
    int descriptor;
    void (*ready)(struct poll_source *source, unsigned events);
    unsigned armed; // sched's own
};
void poll_arm(struct poll_source *source, unsigned events);
void poll_disarm(struct poll_source *source); // `ready` is not running and will not run when this returns

#endif
