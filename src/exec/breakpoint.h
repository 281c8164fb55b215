// Breakpoints: functions whose calls are traced.
//
// A breakpoint is what the entry of a function (local) or of an export (global) points at in place of its code:
// instruction stub_trace, which tells vm.hooks.trace_call and goes on to the code. The room trace/ decides what is
// told; its own data lies behind the struct. Where there is no breakpoint, tracing costs nothing.
//
// When the end of a call is to be told too, a trace frame is pushed below the function's own:
//
//     stack[0]  enum trace_frame_flags, a small      stack[2]  tracer: a pid, or NIL for that of the process
//     stack[1]  struct export *, which names it      stack[3]  the return address proper
//
// and the function returns to instruction trace_return. Neither stub nor frame is seen in stack traces.

#ifndef PURLIN_EXEC_BREAKPOINT_H
#define PURLIN_EXEC_BREAKPOINT_H

#include "exec/exec.h"

struct breakpoint {
    word stub[2];
    struct export *export;     // names the function (it need not be exported)
    struct function *function; // whose code it leads to, called by anyone; NULL: whatever the export leads to
};

// The breakpoint at a function (for calls from anywhere), and at an export; NULL if there is none.
struct breakpoint *breakpoint_of_function(const struct function *function);
struct breakpoint *breakpoint_of_export(const struct export *export);
// Puts it where its `export` and `function` say; what was there is the caller's to free, by epochs. Under a lock of the
// caller's.
void breakpoint_set(struct breakpoint *breakpoint);
void breakpoint_clear(struct breakpoint *breakpoint);
// Where the call goes on.
const word *breakpoint_target(const struct breakpoint *breakpoint);

// The function or export is about to be linked anew, or is gone: its breakpoint ends.
void breakpoint_forget_export(struct export *export);
void breakpoint_forget_function(struct function *function);

// ---- trace frames

#define TRACE_FRAME_SIZE 3 // words before the return address
// FRAME_TIME stands alone: in place of a tracer, the frame holds who gets the clock back (trace/time.c).
enum trace_frame_flags { FRAME_RETURN_FROM = 1, FRAME_EXCEPTION_FROM = 2, FRAME_RETURN_TO = 4, FRAME_TIME = 8 };

// At a breakpoint: process->link is where the function returns to; x[0..live) are its arguments. May collect.
void trace_frame_push(struct process *process, term *x, size_t live, struct export *export, uint32_t flags,
                      term tracer);
// Whether the function at a breakpoint returns straight to a frame that will tell where the process returned to.
bool trace_frame_returns_to(const struct process *process);
// Whether it returns straight to a frame of FRAME_TIME.
bool trace_frame_is_timed(const struct process *process);
// The function that one at a breakpoint returns to, and its line's file; false when there is none.
bool trace_caller(const struct process *process, term mfa[3], term *file, uint32_t *line);
// At trace_return: the frame is on top of the stack.
void trace_returned(struct process *process, term value);

// While an exception looks for its handler: each return address that is passed, with what is on the stack above it.
struct trace_unwinding {
    const word *where; // the last address that was no trace frame's
    bool return_to;
};
void trace_unwind(struct process *process, struct trace_unwinding *unwinding, const word *address, const term *frame);
void trace_unwound(struct process *process, const struct trace_unwinding *unwinding);

#endif
