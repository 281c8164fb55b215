// What few processes have.

#ifndef PURLIN_PROC_EXTRA_H
#define PURLIN_PROC_EXTRA_H

#include "proc/proc.h"
#include "proc/sequence.h"

#define MARKERS 4

// A place in the mailbox, with the number of the reference that it belongs to once it is bound.
struct mailbox_marker {
    struct signal **place; // the link where newer messages begin; NULL: not in use
    uint64_t number;
    bool bound;
};

struct process_extra {
    struct signal *tasks, **tasks_end;     // system tasks that wait for a slice with no C stack parked
    struct signal *put_off, **put_off_end; // suspensions that wait for foreign code to return
    const struct foreign_call *foreign;    // while STATE_FOREIGN
    uint32_t suspended;                    // how many processes suspend this one
    struct mailbox_marker markers[MARKERS];
    uint32_t marker_next;
    uint32_t trace_flags; // while FLAG_TRACED: enum trace_flag (proc/trace.h), and who gets the messages
    term tracer;
    struct call_times *timed;         // while FLAG_TIMED: the function whose time runs, since when (ns), and, while no
    int64_t timed_since, timed_until; // scheduler has the process, until when
    struct sequence sequence;         // while FLAG_SEQUENCED
    struct saved_calls *saved_calls;  // while FLAG_SAVES_CALLS
    term error_handler;               // 0: the module of that name
};

struct process_extra *process_extra(struct process *self); // made if absent
// Answers the tasks and suspensions that are left.
void process_extra_bury(struct process *self);
void process_extra_free(struct process *self); // the same, and frees it
void process_extra_put_off(struct process *self, struct signal *signal);

static inline term process_error_handler(const struct process *self) {
    return self->extra && self->extra->error_handler ? self->extra->error_handler : ATOM_error_handler;
}

#endif
