// Calls, returns, frames, funs, and the stubs that exports and functions point at while they have no prepared code.

#include "exec/exception.h"
#include "exec/instruction_table.h"
#include "exec/operation.h"
#include "exec/prepare.h"

// ---- calls: the operand is the struct function or struct export itself --------------------------------------------

INSTRUCTION(call, u, e) {
    struct function *callee = (struct function *)NUMBER(1);
    link = AFTER;
    CALL(callee);
}

INSTRUCTION(call_only, u) {
    struct function *callee = (struct function *)NUMBER(1);
    CALL(callee);
}

INSTRUCTION(call_last, u, u) {
    struct function *callee = (struct function *)NUMBER(1);
    POP_FRAME(NUMBER(2));
    CALL(callee);
}

INSTRUCTION(call_ext, u, e) {
    struct export *callee = (struct export *)NUMBER(1);
    link = AFTER;
    CALL(callee);
}

INSTRUCTION(call_ext_only, u) {
    struct export *callee = (struct export *)NUMBER(1);
    CALL(callee);
}

INSTRUCTION(call_ext_last, u, u) {
    struct export *callee = (struct export *)NUMBER(1);
    POP_FRAME(NUMBER(2));
    CALL(callee);
}

INSTRUCTION(return) {
    RETURN;
}

INSTRUCTION(deallocate_return, u) {
    POP_FRAME(NUMBER(1));
    RETURN;
}

// ---- frames -------------------------------------------------------------------------------------------------------

// size of the frame, words of heap, live registers
INSTRUCTION(allocate, u, u, u) {
    if (!ROOM(NUMBER(1) + 1 + NUMBER(2)))
        TAIL(SLOW);
    PUSH_FRAME(NUMBER(1));
    NEXT;
}

SLOW_PATH(allocate) {
    ENSURE_ROOM(NUMBER(1) + 1 + NUMBER(2), NUMBER(3));
    PUSH_FRAME(NUMBER(1));
    NEXT;
}

INSTRUCTION(allocate_zero, u, u, u) {
    ENSURE_ROOM(NUMBER(1) + 1 + NUMBER(2), NUMBER(3));
    PUSH_FRAME(NUMBER(1));
    for (word i = 0; i < NUMBER(1); i++)
        stack[i] = NIL;
    NEXT;
}

INSTRUCTION(deallocate, u) {
    POP_FRAME(NUMBER(1));
    NEXT;
}

INSTRUCTION(trim, u) {
    stack += NUMBER(1);
    NEXT;
}

INSTRUCTION(test_heap, u, u) {
    if (!ROOM(NUMBER(1)))
        TAIL(SLOW);
    NEXT;
}

SLOW_PATH(test_heap) {
    ENSURE_ROOM(NUMBER(1), NUMBER(2));
    NEXT;
}

// ---- built-in functions -------------------------------------------------------------------------------------------

// A built-in function sees the process as stopped behind the call.
#define CALL_BIF(export, where)                                                                                        \
    SAVE;                                                                                                              \
    process->instruction = (where);                                                                                    \
    process->link = link;                                                                                              \
    term result = (export)->bif(process, x);                                                                           \
    if (unlikely(exec_bif_left_work(process)))                                                                         \
        exec_after_bif(process, &result);                                                                              \
    RESTORE;                                                                                                           \
    reductions--

INSTRUCTION(call_bif, u, e) {
    struct export *export = (struct export *)NUMBER(1);
    if (unlikely(export->traced)) {
        link = AFTER;
        CALL(export);
    }
    CALL_BIF(export, AFTER);
    if (unlikely(result == NONE)) {
        if (process->outcome == OUTCOME_CALL) {
            link = AFTER;
            CALL(process->callee);
        }
        exception_capture_bif(process, AFTER, link, export, x);
        RAISE;
    }
    x[0] = result;
    NEXT;
}

INSTRUCTION(call_bif_only, u, e) {
    struct export *export = (struct export *)NUMBER(1);
    if (unlikely(export->traced))
        CALL(export);
    CALL_BIF(export, AFTER);
    if (unlikely(result == NONE)) {
        if (process->outcome == OUTCOME_CALL)
            CALL(process->callee);
        exception_capture_bif(process, AFTER, link, export, x);
        RAISE;
    }
    x[0] = result;
    RETURN;
}

INSTRUCTION(call_bif_last, u, u, e) {
    struct export *export = (struct export *)NUMBER(1);
    if (unlikely(export->traced)) {
        POP_FRAME(NUMBER(2));
        CALL(export);
    }
    CALL_BIF(export, AFTER);
    if (unlikely(result == NONE)) {
        if (process->outcome == OUTCOME_CALL) {
            POP_FRAME(NUMBER(2));
            CALL(process->callee);
        }
        exception_capture_bif(process, AFTER, link, export, x);
        RAISE;
    }
    x[0] = result;
    POP_FRAME(NUMBER(2));
    RETURN;
}

// ---- funs and apply -----------------------------------------------------------------------------------------------

// Copies what the fun captured behind its arguments; its function, or NULL when this is not a loaded fun of that arity.
static inline struct function *fun_function(term fun, size_t arity, term *x) {
    if (!is_kind(fun, KIND_FUN) || header_aux(*boxed(fun)) != arity)
        return NULL;
    struct lambda *lambda = fun_lambda(fun);
    struct function *function = atomic_load_explicit(&lambda->function, memory_order_acquire);
    if (function)
        for (uint32_t i = 0; i < lambda->free_count; i++)
            x[arity + i] = boxed(fun)[3 + i];
    return function;
}

// The fun is in x behind its arguments, their number in process->live; link is the return address. ip is where a bad
// fun raises.
static PRESERVE_NONE enum exec_result call_fun_slow(REGISTERS) {
    size_t arity = process->live;
    process->live = 0; // nothing is saved on the stack
    SAVE;
    struct export *callee = exec_fun_callee(process, x, arity);
    RESTORE;
    if (!callee)
        TAIL(unwind);
    CALL(callee);
}

// arity, fun
INSTRUCTION(call_fun, u, s, e) {
    term fun = READ(2);
    size_t arity = NUMBER(1);
    link = AFTER;
    struct function *callee = fun_function(fun, arity, x);
    if (unlikely(!callee)) {
        x[arity] = fun;
        process->live = (uint32_t)arity;
        ip = AFTER;
        TAIL(call_fun_slow);
    }
    CALL(callee);
}

// arity, fun, size of the frame
INSTRUCTION(call_fun_last, u, s, u, e) {
    term fun = READ(2);
    size_t arity = NUMBER(1);
    struct function *callee = fun_function(fun, arity, x);
    if (unlikely(!callee)) {
        x[arity] = fun;
        SAVE;
        struct export *other = exec_fun_callee(process, x, arity);
        RESTORE;
        if (!other)
            RAISE;
        POP_FRAME(NUMBER(3));
        CALL(other);
    }
    POP_FRAME(NUMBER(3));
    CALL(callee);
}

// arity; module and function are in the x registers behind the arguments
INSTRUCTION(apply, u, e) {
    struct export *callee = exec_apply_callee(x[NUMBER(1)], x[NUMBER(1) + 1], NUMBER(1));
    if (unlikely(!callee)) {
        SAVE;
        exception_capture_apply(process, AFTER, link, x, NUMBER(1));
        RAISE;
    }
    link = AFTER;
    CALL(callee);
}

// erlang:error and its kin speak for their caller: its frame is still wanted.
INSTRUCTION(apply_last, u, u, e) {
    struct export *callee = exec_apply_callee(x[NUMBER(1)], x[NUMBER(1) + 1], NUMBER(1));
    if (unlikely(!callee)) {
        SAVE;
        exception_capture_apply(process, AFTER, link, x, NUMBER(1));
        RAISE;
    }
    if (unlikely(exception_is_of_caller(callee))) {
        link = AFTER;
        CALL(callee);
    }
    POP_FRAME(NUMBER(2));
    CALL(callee);
}

// In front of a tail call of erlang:apply/2 or 3: what fails at once does so here, where the caller is still known.
INSTRUCTION(check_apply, u, e) {
    SAVE;
    bool goes_on = exec_check_apply(process, x, NUMBER(1), AFTER, link);
    RESTORE;
    if (unlikely(!goes_on))
        RAISE;
    NEXT;
}

// destination, lambda, number of values captured; then the values (as in s)
INSTRUCTION(make_fun, d, u, u) {
    struct lambda *lambda = (struct lambda *)NUMBER(2);
    size_t count = NUMBER(3); // sources follow
    const word *sources = AFTER;
    term *words = top;
    words[0] = HEADER(KIND_FUN, lambda->arity, 2 + count);
    words[1] = (term)lambda;
    words[2] = process->pid;
    for (size_t i = 0; i < count; i++)
        words[3 + i] = operand_read(x, stack, sources[i]);
    top += 3 + count;
    WRITE(1, boxed_make(words));
    ip = sources + count;
    DISPATCH;
}

// ---- stubs: reached by a call, so that x holds the arguments and link the return address --------------------------

// a function that was never called
INSTRUCTION(stub_prepare, u) {
    struct function *function = (struct function *)NUMBER(1);
    ip = exec_prepare(function);
    DISPATCH;
}

// an export that is a built-in function
INSTRUCTION(stub_bif, u) {
    struct export *export = (struct export *)NUMBER(1);
    CALL_BIF(export, link);
    if (unlikely(result == NONE)) {
        if (process->outcome == OUTCOME_CALL)
            CALL(process->callee);
        ip = link;
        exception_capture_bif(process, ip, link, export, x);
        TAIL(unwind);
    }
    x[0] = result;
    RETURN;
}

// an export without a function: error_handler:undefined_function(Module, Function, Arguments)
INSTRUCTION(stub_undefined, u) {
    struct export *export = (struct export *)NUMBER(1);
    SAVE;
    struct export *handler = exec_undefined(process, export, x, link);
    RESTORE;
    if (!handler) {
        ip = link;
        TAIL(unwind);
    }
    CALL(handler);
}

// erlang:apply(Fun, Arguments)
INSTRUCTION(stub_apply_fun, u) {
    SAVE;
    int arity = exec_spread_fun(process, x, link);
    RESTORE;
    ip = link;
    if (arity < 0)
        TAIL(unwind);
    struct function *callee = fun_function(x[arity], (size_t)arity, x);
    if (unlikely(!callee)) {
        process->live = (uint32_t)arity;
        TAIL(call_fun_slow);
    }
    CALL(callee);
}

// erlang:apply(Module, Function, Arguments)
INSTRUCTION(stub_apply, u) {
    SAVE;
    struct export *callee = exec_spread(process, x, link);
    RESTORE;
    if (unlikely(!callee)) {
        ip = link;
        TAIL(unwind);
    }
    CALL(callee);
}

// erlang:yield()
INSTRUCTION(stub_yield, u) {
    x[0] = ATOM_true;
    ip = link;
    process->live = 1;
    TAIL(swap_out);
}

// erlang:hibernate(Module, Function, Arguments)
INSTRUCTION(stub_hibernate, u) {
    SAVE;
    bool valid = exec_hibernate(process, x, link);
    RESTORE;
    ip = link;
    if (!valid)
        TAIL(unwind);
    process->flags |= FLAG_RECEIVING | FLAG_HIBERNATED;
    return EXEC_WAITING;
}

// Where a process's first function returns to.
INSTRUCTION(process_end) {
    SAVE;
    proc_exit(process, ATOM_normal);
    return EXEC_EXITED;
}

// Where a process begins: x = export, its arguments.
INSTRUCTION(process_enter) {
    struct export *callee = (struct export *)x[0];
    memmove(x, x + 1, callee->arity * sizeof(term));
    CALL(callee);
}

// Where it wakes from hibernation: x = module, function, list of arguments.
INSTRUCTION(process_apply) {
    SAVE;
    struct export *callee = exec_spread(process, x, link);
    RESTORE;
    if (unlikely(!callee)) {
        ip = link;
        TAIL(unwind);
    }
    CALL(callee);
}
