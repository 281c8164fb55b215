// Timers: the kind that the schedulers keep, and those of receive and of erlang:start_timer and its kin.

#ifndef PURLIN_PROC_TIMER_H
#define PURLIN_PROC_TIMER_H

#include "proc/proc.h"

// In a wheel of sched/ while it runs. The room that owns it embeds it.
struct timer {
    struct timer *next, **previous;
    int64_t deadline;             // monotonic, ns
    void (*fire)(struct timer *); // on a scheduler thread, the timer already unlinked
    struct wheel *_Atomic wheel;  // NULL while it does not run
};

void proc_timer_free(struct process *self); // stops it too

#endif
