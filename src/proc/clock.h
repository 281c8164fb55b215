// The timers of erlang:start_timer/3,4 and erlang:send_after/3,4.
//
// A timer is found by its reference in a table that all threads share. Cancelling and reading work from any process.

#ifndef PURLIN_PROC_CLOCK_H
#define PURLIN_PROC_CLOCK_H

#include "proc/proc.h"

void clock_init(void);
// At the deadline (monotonic, ns) sends `message`, or {timeout, Reference, Message} when `tagged`, to a local pid or a
// registered name. Returns the reference.
term clock_start(struct process *self, int64_t deadline, term to, term message, bool tagged);
// What was left of it in ns (0 when it is overdue), or -1 when there is no such timer (any more).
int64_t clock_cancel(term reference);
int64_t clock_read(term reference);
// Calls visit(argument, receiver, message, ns left) for each timer, without locks: the VM stands still.
void clock_each(void (*visit)(void *argument, term to, term message, int64_t left), void *argument);

#endif
