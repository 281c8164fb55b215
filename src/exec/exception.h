// Exceptions: where they came from, who handles them, what they look like.
//
// The captured stack (process->exception_trace, x3 in a handler) is a tuple of terms only, so that it stays valid when
// code goes away:
//
//   1  class: error, exit or throw
//   2  NIL, or the map that error_info gives for the first entry
//   3  NIL, or a stack trace given by the program (erlang:raise/3) that follows the entries
//   4.. five for each entry: module, function, arity or arguments, file (an atom, or NIL), line (a small)
//
// NIL in exception_trace means that nothing is captured yet.

#ifndef PURLIN_EXEC_EXCEPTION_H
#define PURLIN_EXEC_EXCEPTION_H

#include "exec/instruction.h"

#define BACKTRACE_DEPTH 8 // unless erlang:system_flag(backtrace_depth, N) says otherwise

// erlang:error, exit and throw have no entry of their own: the innermost one is their caller's.
bool exception_is_of_caller(const struct export *bif);

// Capture the stack of the exception just raised, with the given first entry. `where`: behind the site of the raise.
// All do nothing when the program gave a stack trace itself.
void exception_capture_bif(struct process *process, const word *where, const word *link, const struct export *bif,
                           const term *arguments);
void exception_capture_operator(struct process *process, const word *where, const word *link, term operator_name,
                                term a, term b);
// function_clause: the current function with its arguments, which are in x.
void exception_capture_clause(struct process *process, const word *where, const word *link,
                              const struct function *function, const term *x);
// Raises badarg for erlang:apply(x[arity], x[arity + 1], ...).
void exception_capture_apply(struct process *process, const word *where, const word *link, const term *x, size_t arity);
// A call of what is no such fun, by an instruction that would have come back: OTP's native code names its place twice.
void exception_capture_call(struct process *process, const word *where, const word *link);
// A call that leads nowhere: Module:Function(Arguments).
void exception_capture_undefined(struct process *process, const word *where, const word *link, term module,
                                 term function, term arguments);

// The address of the handler, with the process's stack cut back to its frame and x0..x3 set; NULL when there was none:
// then the process has ended.
const word *exception_unwind(struct process *process, const word *where, const word *link, term *x);

// What `catch` returns.
term exception_caught(struct process *process, term class, term reason, term captured);
// Raises again what was captured.
void exception_again(struct process *process, term captured, term reason);
// The same with another class; false when it is none.
bool exception_raw_raise(struct process *process, term class, term reason, term captured);
// For erlang:raise/3: a captured stack that consists of the program's list.
term exception_given(struct process *process, term class, term stacktrace);

// [{file, _}, {line, _}, {error_info, _}], each only if known; `file` is an atom.
term exec_location(struct heap *heap, term file, uint32_t line, term error_info);

#endif
