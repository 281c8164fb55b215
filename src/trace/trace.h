// Traced calls: which functions have breakpoints (erlang:trace_pattern), and what is told when one is called.
//
// A function has one trace point at most. It is global (calls by export, from other modules as a rule), or local
// (all calls); setting one kind ends the other. A local one may have several parts at a time:
//
//   calls   told to the tracer of the calling process, if that has the flag `call`
//   meta    told to one tracer, whoever calls
//   count   counted
//   time    counted and timed, a row for each process (time.c)
//   debug   not made, but handed to error_handler:breakpoint/3, where the debugger interprets them
//
// A trace point is never changed where others can see it: a changed copy takes its place, and epochs free the old one.
// Only its counter goes on counting; calls made while a copy is taken may be lost.

#ifndef PURLIN_TRACE_TRACE_H
#define PURLIN_TRACE_TRACE_H

#include "ets/match.h"
#include "exec/breakpoint.h"

struct trace_point {
    struct breakpoint breakpoint; // first; its function is NULL where the point is not local
    _Atomic bool retired;
    bool local, calls, meta, counts, paused, timed, debugged;
    struct match_program *call_program, *meta_program; // one reference each; NULL: every call
    term meta_tracer;
    _Atomic uint64_t count;
    struct call_times *times; // while timed; NULL in what functions to come begin with
};

enum trace_part { PART_CALLS = 1, PART_META = 2, PART_COUNT = 4, PART_TIME = 8, PART_DEBUG = 16 };
enum trace_action { TRACE_SET, TRACE_CLEAR, TRACE_RESTART, TRACE_PAUSE }; // the last two: of counts and times alone

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

// ---- messages (trace_pattern(send | 'receive'))

enum trace_direction { TRACE_SENDING, TRACE_RECEIVING, TRACE_DIRECTIONS };
// `program` NULL: all messages are told, or none.
void trace_messages_set(enum trace_direction direction, bool told, struct match_program *program);
// The specification, true (all) or false (none).
term trace_messages_get(enum trace_direction direction, struct heap *heap);
void trace_messages_start(void);

// ---- times (trace_pattern's call_time)

void trace_times_start(void);
// The record of a function; made when there is none.
struct call_times *call_times_of(const struct export *export);
void call_times_set(struct call_times *times, bool active, bool clear);
// [{Pid, Count, Seconds, Microseconds}]
term call_times_list(struct heap *heap, struct call_times *times);
// A timed function is called: it has the clock now. What had it before, for trace_time_goes_to at its end.
uint64_t trace_time_called(struct process *self, struct call_times *times);
void trace_time_goes_to(struct process *self, uint64_t next);

// ---- code to come (trace_pattern(on_load))

void trace_on_load_change(const struct trace_request *request);
// The trace point that functions begin with; NULL when there is none.
const struct trace_point *trace_on_load_point(void);

// ---- what happens at a call

// The hook of calls (vm.hooks.trace_call).
bool trace_call(struct process *self, struct breakpoint *breakpoint, term *x);

// What the body of a match specification asks for at a call.
struct call_actions {
    struct match_actions actions; // first
    struct process *self;
    term tracer; // whom processes get that begin to be traced: the meta tracer, or the process's own (NONE: nobody)
};
term trace_perform(struct match_actions *actions, term action, const term *arguments, size_t count);

#endif
