// Tracing: which processes are traced, by whom, and the messages that tell of it.
//
// A process that is traced has FLAG_TRACED, and in its struct process_extra the flags below and its tracer
// (proc/tracer.h), the local pid or port that gets the messages, or the module that is called instead. Only the process
// itself writes them, as all that it has: others ask it to (proc/ask.h). Traced ports are io/'s (io/port_trace.h). A
// tracer that is gone takes the flags with it, at the next message that it should have got.
//
// Messages go straight into the tracer's inbox, before the traced effect can be seen by anyone: so their order is the
// order of events in the traced process, and there is nothing to be flushed. A port gets them in the external format.

#ifndef PURLIN_PROC_TRACE_H
#define PURLIN_PROC_TRACE_H

#include "proc/extra.h"

enum trace_flag {
    TRACE_SEND = 1 << 0,
    TRACE_RECEIVE = 1 << 1,
    TRACE_CALL = 1 << 2,
    TRACE_PROCS = 1 << 3,
    TRACE_RUNNING = 1 << 4,
    TRACE_EXITING = 1 << 5,
    TRACE_GARBAGE_COLLECTION = 1 << 6,
    TRACE_RETURN_TO = 1 << 7,
    TRACE_ARITY = 1 << 8,
    TRACE_SILENT = 1 << 9,
    TRACE_SET_ON_SPAWN = 1 << 10,
    TRACE_SET_ON_FIRST_SPAWN = 1 << 11,
    TRACE_SET_ON_LINK = 1 << 12,
    TRACE_SET_ON_FIRST_LINK = 1 << 13,
    TRACE_TIMESTAMP = 1 << 14,
    TRACE_MONOTONIC_TIMESTAMP = 1 << 15,
    TRACE_STRICT_MONOTONIC_TIMESTAMP = 1 << 16,
    TRACE_SCHEDULER_ID = 1 << 17,
    TRACE_RUNNING_PROCS = 1 << 18,
    TRACE_PORTS = 1 << 19,
    TRACE_RUNNING_PORTS = 1 << 20,
    // What makes sense for ports; those that do only for ports.
    TRACE_ANY_PORT = TRACE_SEND | TRACE_RECEIVE | TRACE_SILENT | TRACE_TIMESTAMP | TRACE_MONOTONIC_TIMESTAMP |
                     TRACE_STRICT_MONOTONIC_TIMESTAMP | TRACE_SCHEDULER_ID | TRACE_PORTS | TRACE_RUNNING_PORTS,
    TRACE_ONLY_PORT = TRACE_PORTS | TRACE_RUNNING_PORTS,
};

struct trace_flag_name {
    term name;
    uint32_t flag;
};
#define TRACE_FLAG_COUNT 21
// In the order in which erlang:trace_info/2 lists them.
extern const struct trace_flag_name trace_flag_names[TRACE_FLAG_COUNT];
// The flag of that name; TRACE_SEND | ... for `all`; 0 when there is none.
uint32_t trace_flag_find(term name);

// ---- who is traced

void trace_init(void);

static inline uint32_t trace_flags(const struct process *self) {
    return self->flags & FLAG_TRACED ? self->extra->trace_flags : 0;
}
static inline bool trace_wants(const struct process *self, uint32_t flag) {
    return (trace_flags(self) & flag) != 0;
}
// Whether that tracer can be told anything, of this tracee (ATOM_undefined: of those to come).
bool trace_tracer_exists(term tracer, term tracee);
// The tracer, or NONE. Forgets one that is gone.
term trace_tracer(struct process *self);
// Changes the running process's own flags. False, with nothing changed, when a tracer other than `tracer` (NONE: any)
// has the process; to be traced by nobody (NIL) changes nothing either. One that is its own tracer gets no messages,
// but hands the flags down.
bool trace_change(struct process *self, uint32_t clear, uint32_t set, term tracer);

// What processes and ports that are yet to be made begin with (erlang:trace(new, ...)).
enum trace_newcomer { TRACE_NEW_PROCESS, TRACE_NEW_PORT, TRACE_NEWCOMERS };
struct trace_default {
    uint32_t flags;
    term tracer; // or NONE
};
struct trace_default trace_default_get(enum trace_newcomer which);
void trace_default_change(enum trace_newcomer which, uint32_t clear, uint32_t set, term tracer);

// ---- messages

// The timestamp that `flags` ask for, some of TRACE_TIMESTAMP and its kin.
term trace_timestamp(struct heap *heap, uint32_t flags);
// {trace, Tracee, elements...} or {trace_ts, Tracee, elements..., Timestamp}, the scheduler's number before the
// timestamp, as `flags` (TRACE_TIMESTAMP, ...) say.
term trace_build(struct heap *heap, uint32_t flags, term tracee, size_t count, const term *elements);
// Sends it. False when the tracer is gone.
bool trace_message(term tracer, uint32_t flags, term tracee, size_t count, const term *elements);
// The same, from a traced process to its tracer.
void trace_event(struct process *self, size_t count, const term *elements);
static inline void trace_event_if(struct process *self, uint32_t flag, term name, term value) {
    if (trace_wants(self, flag))
        trace_event(self, 2, (term[]){name, value});
}

// ---- events with more to them

// `to` as the program gave it; `exists`: it leads to somebody.
void trace_sent(struct process *self, term to, term message, bool exists);
// `from`: a pid, a port, ATOM_clock_service, or NONE for the VM itself.
void trace_received(struct process *self, term from, term message);
// A scheduler takes the process up (ATOM_in) or puts it away (ATOM_out) in the function `mfa`, NULL when there is none.
void trace_scheduled(struct process *self, term name, const term *mfa);
// The process is gone from its scheduler for good.
void trace_exited(struct process *self);
// Both sides of a spawn, and what the child inherits. The child is not running yet.
void trace_spawned(struct process *parent, struct process *child, term module, term function, term arguments,
                   bool linked);
// `words`: that are needed when it begins, that were reclaimed when it has ended.
void trace_collection(struct process *self, bool begins, bool full, size_t words);

#endif
