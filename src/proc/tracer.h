// Who gets what tracing tells. A tracer is one term, kept wherever tracing is set:
//
//   a local pid or port   gets messages
//   a small               a module with native functions that are called, and its state (OTP's behaviour erl_tracer)
//   NONE, NIL             nobody
//
// Modules with their states are numbered when they are first named, and stay known for ever; the same pair has the same
// number.

#ifndef PURLIN_PROC_TRACER_H
#define PURLIN_PROC_TRACER_H

#include "proc/proc.h"

void tracer_init(void);
static inline bool tracer_is_module(term tracer) {
    return is_small(tracer);
}
// NONE when the module lacks the native functions that it must have.
term tracer_of_module(term module, term state);
// As programs see it: a pid, a port, or {Module, State}.
term tracer_describe(struct heap *heap, term tracer);

// Of a module: what it says when asked for the tag `trace_status`. False: it wants to be rid of the tracee.
bool tracer_module_serves(term tracer, term tracee);
// ... is called with a trace message's elements, behind the tracee, if it wants to be. `flags` as in trace.h. False: as
// above.
bool tracer_module_tell(term tracer, uint32_t flags, term tracee, size_t count, const term *elements);

#endif
