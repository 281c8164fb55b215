// The slow parts of instructions: ordinary C functions. Those that can fail leave the exception in the process; when
// the trace has a first entry of its own, they capture it.

#ifndef PURLIN_EXEC_OPERATION_H
#define PURLIN_EXEC_OPERATION_H

#include "exec/instruction.h"
#include "proc/raise.h"
#include "term/number.h"

#define EXEC_LIVE_UNKNOWN UINT64_MAX // live registers of an instruction that does not say how many

// ---- collection ---------------------------------------------------------------------------------------------------

// Fragments or shared binaries may have piled up: heap_wants_collection knows.
#define BINARY_BYTES_TO_ASK ((size_t)64 << 10)
static inline bool exec_has_piled_up(const struct process *process) {
    return (process->heap.fragments || process->heap.binary_bytes > BINARY_BYTES_TO_ASK) &&
           heap_wants_collection(&process->heap);
}
static inline bool exec_wants_collection(const struct process *process) {
    return HARD_TEST || exec_has_piled_up(process);
}
static inline bool exec_bif_left_work(const struct process *process) {
    return HARD_TEST || process->heap.fragments || process->scratch || process->heap.binary_bytes > BINARY_BYTES_TO_ASK;
}
// After a built-in function: releases its temporary memory, and collects if its result made that due.
void exec_after_bif(struct process *process, term *result);

// ---- arithmetic ---------------------------------------------------------------------------------------------------

typedef term binary_operation(struct heap *heap, term a, term b, enum number_error *error);
term exec_binary(struct process *process, binary_operation *operation, term a, term b);

// What the operations are called in a stack trace.
#define exec_operator_add ATOM_op_plus
#define exec_operator_subtract ATOM_op_minus
#define exec_operator_multiply ATOM_op_multiply
#define exec_operator_divide ATOM_op_divide
#define exec_operator_div ATOM_div
#define exec_operator_rem ATOM_rem
#define exec_operator_band ATOM_band
#define exec_operator_bor ATOM_bor
#define exec_operator_bxor ATOM_bxor
#define exec_operator_bsl ATOM_bsl
#define exec_operator_bsr ATOM_bsr

// ---- maps: `operands` are pairs of key and value, as in form s ----------------------------------------------------

term exec_put_map_assoc(struct process *process, term map, const word *operands, size_t count, term *x);
term exec_put_map_exact(struct process *process, term map, const word *operands, size_t count, term *x);

// ---- calls: all return where to go on, with the arguments in x; NULL when they raised -----------------------------

// x[arity] is what was called as a fun of that arity, but is no loaded one.
struct export *exec_fun_callee(struct process *process, term *x, size_t arity);
struct export *exec_apply_callee(term module, term function, size_t arity); // NULL: it takes the following one
struct export *exec_apply_slowly(struct process *process, term *x, size_t arity, const word *where, const word *link);
// error_handler:Function(Module, Name, Arguments) for a call of `export`.
struct export *exec_error_handler(struct process *process, term function, const struct export *export, term *x,
                                  const word *link);
// In an instruction, after SAVE: calls it in place of `export`.
#define CALL_ERROR_HANDLER(function, export)                                                                           \
    do {                                                                                                               \
        struct export *handler_ = exec_error_handler(process, function, export, x, link);                              \
        RESTORE;                                                                                                       \
        if (!handler_) {                                                                                               \
            ip = link;                                                                                                 \
            TAIL(unwind);                                                                                              \
        }                                                                                                              \
        CALL(handler_);                                                                                                \
    } while (0)
// x = module, function, list of arguments: spreads the list over x.
struct export *exec_spread(struct process *process, term *x, const word *where, const word *link);
// x = fun, list of arguments: the same, the fun behind them. Returns their number, or -1.
int exec_spread_fun(struct process *process, term *x, const word *where, const word *link);
// True while a process waits in erlang:hibernate/3.
bool exec_is_hibernating(const struct process *process);
// What a process that has not run yet will call; NULL when it has.
struct export *exec_first_call(const struct process *process);
// Empties the stack; x = module, function, list of arguments is what the process wakes with.
bool exec_hibernate(struct process *process, term *x, const word *link);

// ---- receive ------------------------------------------------------------------------------------------------------

enum exec_timer { EXEC_TIMER_RUNS, EXEC_TIMER_OVER, EXEC_TIMER_BAD };
enum exec_timer exec_receive_timer(struct process *process, term time); // milliseconds
void exec_receive_done(struct process *process);
// For those who watch the process.
void exec_receive_timed_out(struct process *process);

#endif
