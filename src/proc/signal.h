// Signals inside this room: delivery, and what is done with those that a dead process leaves.

#ifndef PURLIN_PROC_SIGNAL_H
#define PURLIN_PROC_SIGNAL_H

#include "proc/proc.h"

// As proc_signal_new, with the words `tuple[0..arity)` as a tuple value, each element copied: for the messages that
// signals carry ({'EXIT', From, Reason} and {'DOWN', Reference, process, Item, Reason}).
struct signal *signal_tuple(enum signal_kind kind, term from, term reference, size_t arity, const term *elements);

// {'EXIT', From, Reason}
struct signal *signal_exit(enum signal_kind kind, term from, term reason);
static inline term signal_exit_reason(const struct signal *signal) {
    return tuple_element(signal->value, 3);
}
// Sends {'DOWN', Reference, Type, Item, Reason} to a watcher.
void signal_down(term watcher, term reference, term type, term item, term reason);
// Sends the answer {Reference, Value} as a message.
void signal_reply(term to, term reference, term value);

// As proc_signal, but the signal is still the caller's when it returns false.
bool signal_deliver(struct process *to, struct signal *signal);

// Takes all that is in the inbox, oldest first.
struct signal *signal_take_inbox(struct process *self, bool close);
// Answers a signal on behalf of a process that is no more, and frees it.
void signal_bury(term dead, struct signal *signal);
void signal_free(struct signal *signal);
// Makes what a builder holds a part of the signal.
void signal_adopt(struct signal *signal, struct heap *builder);
// Wakes a process that waits.
void proc_wake(struct process *process);
// The scheduler's end of going to sleep, when nothing of the process is in use any more: true when it now waits (and
// belongs to whoever wakes it), false when a signal came in between and it goes on running.
bool proc_sleep(struct process *process);

#endif
