// Signals inside this room: delivery, and what is done with those that a dead process leaves.

#ifndef PURLIN_PROC_SIGNAL_H
#define PURLIN_PROC_SIGNAL_H

#include "proc/proc.h"

// As proc_signal_new, with the words `tuple[0..arity)` as a tuple value, each element copied: for the messages that
// signals carry ({'EXIT', From, Reason} and {'DOWN', Reference, process, Item, Reason}).
struct signal *signal_tuple(enum signal_kind kind, term from, term reference, size_t arity, const term *elements);

// One that is sent later, by whoever keeps it (`from` is an immediate). It outlives modules, so it refers to no
// literals.
struct signal *signal_lasting(enum signal_kind kind, term from, term value);

// {'EXIT', From, Reason}
struct signal *signal_exit(enum signal_kind kind, term from, term reason);
static inline term signal_exit_reason(const struct signal *signal) {
    return tuple_element(signal->value, 3);
}
// {'DOWN', Reference, Type, Item, Reason} from whom it is about (NONE: there is nobody).
struct signal *signal_down_new(term from, term reference, term type, term item, term reason);
// Sends that to a local watcher.
void signal_down(term watcher, term from, term reference, term type, term item, term reason);
// Tells whoever watches the process `from`, here or, through the channel, on another node.
void signal_process_down(struct process *self, term watcher, uint32_t channel, term from, term reference, term item,
                         term reason);
// Sends the answer {Reference, Value} as a message.
void signal_reply(term to, term reference, term value);

// As proc_signal, but the signal is still the caller's when it returns false.
bool signal_deliver(struct process *to, struct signal *signal);

// What the process does with a signal that it takes; true when it must exit now. Frees the signal, or keeps it. The
// caller gives those behind one that ends the process back to the inbox: they are answered when the end is over.
bool signal_handle(struct process *self, struct signal *signal);
// The end of what others see of a process: links and monitors fire, its name, tables and pid are gone (exit.c).
void proc_depart(struct process *self, term reason);
// Foreign code runs the process, and a signal has come that does not wait for it to return (foreign.c).
void foreign_summon(struct process *process);
void foreign_init(void);

// Takes all that is in the inbox, oldest first.
struct signal *signal_take_inbox(struct process *self, bool close);
// Gives back what was taken, oldest first: it lies before what has come since.
void signal_give_back(struct process *self, struct signal *oldest);
// Answers a signal on behalf of a process that is no more, and frees it.
void signal_bury(term dead, struct signal *signal);
// The same for a list.
void signal_bury_all(term dead, struct signal *first);
void signal_free(struct signal *signal);
// Its value is still in the bytes that came from another node.
bool signal_is_packed(const struct signal *signal);
// Makes what a builder holds a part of the signal.
void signal_adopt(struct signal *signal, struct heap *builder);
// Wakes a process that waits.
void proc_wake(struct process *process);
// The scheduler's end of going to sleep, when nothing of the process is in use any more: true when it now waits (and
// belongs to whoever wakes it), false when a signal came in between and it goes on running.
bool proc_sleep(struct process *process);

#endif
