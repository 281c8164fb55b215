// Instructions: what each one does, dispatch, exceptions, stack traces.
//
// An instruction is a C function with preserve_none and musttail. In machine registers: instruction pointer, x
// registers, stack, heap top, process, reductions left, link (the return address, saved only by allocate).
//
//   - The x registers belong to the C stack (struct context), not to the thread: a built-in function may give way and
//   go
//     on elsewhere. exec_run saves the live ones on the process's stack when the process stops.
//   - A frame is: y registers from the stack pointer up, then the return address as IMMEDIATE_RETURN. A catch is an
//     IMMEDIATE_CATCH in a y register. So the stack can be walked with no tables.
//   - Prepared code is words: an instruction's C function, then its operands.

#ifndef PURLIN_EXEC_EXEC_H
#define PURLIN_EXEC_EXEC_H

#include "code/code.h"
#include "proc/proc.h"
#include "sys/context.h"
#include "term/bits.h"

#define X_REGISTERS 1024
#define FLOAT_REGISTERS 16

// What one C stack needs to run Erlang code; lies at its base. sched/ makes and keeps them.
struct context {
    term x[X_REGISTERS];
    double f[FLOAT_REGISTERS];
    const word *loop;            // the entry of the function that called itself last
    struct bits_builder builder; // of bs_init2 and what follows it
    struct stack stack;
    struct process *process; // the one whose built-in function stands here, while parked
    struct context *next;    // in the pool
    bool fresh;              // nothing stands here yet
};

enum exec_result {
    EXEC_SLICE_ENDED, // runnable
    EXEC_WAITING,     // in a receive; instruction says where to go on
    EXEC_EXITED,      // proc_exit has been called
};

void exec_init(void);
// Runs the process on this C stack until it stops.
enum exec_result exec_run(struct process *process, struct context *context);
// Prepares a fresh process to call module:function with the arguments; uses its stack.
void exec_start(struct process *process, struct export *target, const term *arguments, unsigned arity);

// Points an export (a function) at the stub that prepares it, calls the built-in, or calls error_handler.
void exec_export_link(struct export *export);
// Whoever calls it from now on waits until it is pointed anew: soon, by somebody who waits for nothing. Built-in
// functions stay as they are.
void exec_export_close(struct export *export);
void exec_function_link(struct function *function);
void exec_code_free(struct code *code); // the prepared functions of a purged module
// True when functions of that code are on the process's stack: check_process_code. (Funs: ask heap/.)
bool exec_uses_code(struct process *process, const struct code *code);

// The stack trace of the running (or stopped) process as [{M, F, Arity, [{file, _}, {line, _}]}], at most `depth`
// entries: process_info(current_stacktrace).
term exec_stacktrace(struct process *process, struct heap *heap, unsigned depth);
bool exec_current_function(struct process *process, term mfa[3]);
// The foreign code that runs the process (proc/foreign.c); false when none does.
bool exec_foreign_function(const struct process *process, term mfa[3]);
// exception_trace (as captured at the raise) as the list that catch and exit reasons show.
term exec_build_stacktrace(struct process *process, term captured);

#endif
