// Traced calls: which functions have breakpoints (erlang:trace_pattern), and what is told when one is called.
//
// A function has one trace point at most. It is global (calls by export, from other modules as a rule), or local
// (all calls); setting one kind ends the other. A local one may have several parts at a time:
//
//   calls   told to the tracer of the calling process, if that has the flag `call`
//   meta    told to one tracer, whoever calls
//   count   counted
//
// A trace point is never changed where others can see it: a changed copy takes its place, and epochs free the old one.
// Only its counter goes on counting; calls made while a copy is taken may be lost.

#ifndef PURLIN_TRACE_TRACE_H
#define PURLIN_TRACE_TRACE_H

#include "ets/match.h"
#include "exec/breakpoint.h"

struct trace_point {
    struct breakpoint breakpoint; // first. Without a function: global
    _Atomic bool retired;
    bool calls, meta, counts, paused;
    struct match_program *call_program, *meta_program; // one reference each; NULL: every call
    term meta_tracer;
    _Atomic uint64_t count;
};

enum trace_part { PART_CALLS = 1, PART_META = 2, PART_COUNT = 4 };
enum trace_action { TRACE_SET, TRACE_CLEAR, TRACE_RESTART, TRACE_PAUSE }; // the last two: of counts alone

struct trace_request {
    bool global;
    uint32_t parts; // enum trace_part
    enum trace_action action;
    struct match_program *program; // of the caller, or NULL
    term meta_tracer;
};

void trace_start(void);
// Does it to all functions of current code that match (ATOM_match_anything stands for any); how many there are.
uint64_t trace_pattern_apply(term module, term name, term arity, const struct trace_request *request);
// A function's trace point; NULL when there is none. *exists: there is such a function.
struct trace_point *trace_point_find(term module, term name, uint32_t arity, bool *exists);

// The hook of calls (vm.hooks.trace_call).
void trace_call(struct process *self, struct breakpoint *breakpoint, term *x);

// What the body of a match specification asks for at a call.
struct call_actions {
    struct match_actions actions; // first
    struct process *self;
    term tracer; // whom processes get that begin to be traced: the meta tracer, or the process's own (NONE: nobody)
};
term trace_perform(struct match_actions *actions, term action, const term *arguments, size_t count);

#endif
