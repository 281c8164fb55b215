// The mailbox as the receive instructions use it.
//
// Messages are in the order of arrival; `mailbox_save` is the link that leads to the message a receive looks at next.
//
//     mailbox -> message -> message -> message -> NULL
//                  ^ *mailbox_save       ^ *mailbox_end is the last link, where the next message goes

#ifndef PURLIN_PROC_MAILBOX_H
#define PURLIN_PROC_MAILBOX_H

#include "proc/proc.h"

// The message at the save position, its value still in the message's own memory, or NULL at the end of the mailbox.
// The caller takes the inbox in (proc_take_signals) and asks again before it waits.
static inline struct signal *mailbox_current(const struct process *self) {
    return *self->mailbox_save;
}
static inline void mailbox_next(struct process *self) {
    self->mailbox_save = &(*self->mailbox_save)->next;
}
static inline void mailbox_rewind(struct process *self) {
    self->mailbox_save = &self->mailbox;
}
// Takes the message at the save position out (its value belongs to the process's heap from now on) and rewinds.
void mailbox_remove(struct process *self);
// Puts a copy in the place of the message at the save position, and gives its memory to the process's heap: for a
// collection while registers refer to the message.
void mailbox_detach(struct process *self);
// At the end, for the scheduler and for messages that the process makes for itself.
void mailbox_append(struct process *self, struct signal *message);
// Moves out of literals being purged what the waiting messages hold of them.
void mailbox_copy_literals(struct process *self);

// A receive that waits for a fresh reference need not look at older messages: recv_marker_reserve notes where the
// mailbox ends, bind gives the note a reference, use starts the search there. A lost note only costs time.
void mailbox_marker_reserve(struct process *self);
void mailbox_marker_bind(struct process *self, term reference);
void mailbox_marker_use(struct process *self, term reference);
void mailbox_marker_clear(struct process *self, term reference);

#endif
