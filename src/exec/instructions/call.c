// Calls, returns, frames, funs, and the stubs that exports and functions point at while they have no prepared code.

#include "exec/exception.h"
#include "exec/instruction_table.h"
#include "exec/link.h"
#include "exec/native.h"
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

// Loops: the function calls itself. That its code is where it was is foreseen, and so is that the loop goes on: what
// follows need not wait for the entry to be read, nor for one word of code after the other that leads here. (The
// barrier keeps the compiler from taking what it has compared for what it was compared with.)
#define CALL_SELF(callee, n)                                                                                           \
    do {                                                                                                               \
        const word *own = (const word *)NUMBER(n), *again = CONTEXT->loop;                                             \
        if (unlikely(atomic_load_explicit(&(callee)->entry, memory_order_acquire) != own))                             \
            CALL(callee);                                                                                              \
        if (likely(again == own)) {                                                                                    \
            __asm__("" : "+r"(again));                                                                                 \
            own = again;                                                                                               \
        } else {                                                                                                       \
            CONTEXT->loop = own;                                                                                       \
        }                                                                                                              \
        ip = own;                                                                                                      \
        ENTER(callee);                                                                                                 \
    } while (0)

INSTRUCTION(call_only_self, u, f) {
    struct function *callee = (struct function *)NUMBER(1);
    CALL_SELF(callee, 2);
}

INSTRUCTION(call_last_self, u, u, f) {
    struct function *callee = (struct function *)NUMBER(1);
    POP_FRAME(NUMBER(2));
    CALL_SELF(callee, 3);
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
    if (unlikely(atomic_load_explicit(&export->traced, memory_order_relaxed))) {
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

// math:sqrt is one machine instruction, where its argument and its result are as most floats are.
INSTRUCTION(call_sqrt, u, e) {
    struct export *export = (struct export *)NUMBER(1);
    if (unlikely(!is_flonum(x[0]) || atomic_load_explicit(&export->traced, memory_order_relaxed)))
        TAIL(instruction_call_bif_u_e);
    term root = flonum_make(__builtin_elementwise_sqrt(flonum_value(x[0])));
    if (unlikely(root == NONE))
        TAIL(instruction_call_bif_u_e);
    reductions--;
    x[0] = root;
    NEXT;
}

INSTRUCTION(call_bif_only, u, e) {
    struct export *export = (struct export *)NUMBER(1);
    if (unlikely(atomic_load_explicit(&export->traced, memory_order_relaxed)))
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
    if (unlikely(atomic_load_explicit(&export->traced, memory_order_relaxed))) {
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

// The fun is in x behind its arguments, their number in process->live; link is the return address, and ip, too, where a
// bad fun raises.
static PRESERVE_NONE enum exec_result call_fun_slow(REGISTERS) {
    size_t arity = process->live;
    process->live = 0; // nothing is saved on the stack
    SAVE;
    struct export *callee = exec_fun_callee(process, x, arity);
    if (!callee)
        exception_capture_call(process, ip, link);
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
        callee = exec_apply_slowly(process, x, NUMBER(1), AFTER, link);
        RESTORE;
        if (!callee)
            RAISE;
    }
    link = AFTER;
    CALL(callee);
}

// A tail call of erlang:error and its kin: they speak for their caller, which must still be there. Traced, they do not.
static inline bool wants_caller(struct export *callee) {
    return exception_is_of_caller(callee) && !atomic_load_explicit(&callee->traced, memory_order_relaxed);
}
#define CALL_FROM_HERE(callee)                                                                                         \
    CALL_BIF(callee, AFTER);                                                                                           \
    if (result == NONE) {                                                                                              \
        exception_capture_bif(process, AFTER, link, callee, x);                                                        \
        RAISE;                                                                                                         \
    }                                                                                                                  \
    x[0] = result

// arity, size of the frame
INSTRUCTION(apply_last, u, u, e) {
    struct export *callee = exec_apply_callee(x[NUMBER(1)], x[NUMBER(1) + 1], NUMBER(1));
    if (unlikely(!callee)) {
        SAVE;
        callee = exec_apply_slowly(process, x, NUMBER(1), AFTER, link);
        RESTORE;
        if (!callee)
            RAISE;
    }
    if (unlikely(wants_caller(callee))) {
        CALL_FROM_HERE(callee);
        POP_FRAME(NUMBER(2));
        RETURN;
    }
    POP_FRAME(NUMBER(2));
    CALL(callee);
}

// ---- erlang:apply/2 and 3: calls of them are these instructions, also those in the two functions themselves --------

// x0 = module, x1 = function, x2 = list of arguments
INSTRUCTION(apply_list, e) {
    SAVE;
    struct export *callee = exec_spread(process, x, AFTER, link);
    RESTORE;
    if (unlikely(!callee))
        RAISE;
    link = AFTER;
    CALL(callee);
}

INSTRUCTION(apply_list_only, e) {
    SAVE;
    struct export *callee = exec_spread(process, x, AFTER, link);
    RESTORE;
    if (unlikely(!callee))
        RAISE;
    if (unlikely(wants_caller(callee))) {
        CALL_FROM_HERE(callee);
        RETURN;
    }
    CALL(callee);
}

// size of the frame
INSTRUCTION(apply_list_last, u, e) {
    SAVE;
    struct export *callee = exec_spread(process, x, AFTER, link);
    RESTORE;
    if (unlikely(!callee))
        RAISE;
    if (unlikely(wants_caller(callee))) {
        CALL_FROM_HERE(callee);
        POP_FRAME(NUMBER(1));
        RETURN;
    }
    POP_FRAME(NUMBER(1));
    CALL(callee);
}

// x0 = fun, x1 = list of arguments
INSTRUCTION(apply_fun, e) {
    SAVE;
    int arity = exec_spread_fun(process, x, AFTER, link);
    RESTORE;
    if (unlikely(arity < 0))
        RAISE;
    link = AFTER;
    struct function *callee = fun_function(x[arity], (size_t)arity, x);
    if (unlikely(!callee)) {
        process->live = (uint32_t)arity;
        ip = AFTER;
        TAIL(call_fun_slow);
    }
    CALL(callee);
}

INSTRUCTION(apply_fun_only, e) {
    SAVE;
    int arity = exec_spread_fun(process, x, AFTER, link);
    struct function *callee = arity < 0 ? NULL : fun_function(x[arity], (size_t)arity, x);
    struct export *other = arity < 0 || callee ? NULL : exec_fun_callee(process, x, (size_t)arity);
    RESTORE;
    if (callee)
        CALL(callee);
    if (!other)
        RAISE;
    CALL(other);
}

// size of the frame
INSTRUCTION(apply_fun_last, u, e) {
    SAVE;
    int arity = exec_spread_fun(process, x, AFTER, link);
    struct function *callee = arity < 0 ? NULL : fun_function(x[arity], (size_t)arity, x);
    struct export *other = arity < 0 || callee ? NULL : exec_fun_callee(process, x, (size_t)arity);
    RESTORE;
    if (!callee && !other)
        RAISE;
    POP_FRAME(NUMBER(1));
    if (callee)
        CALL(callee);
    CALL(other);
}

// ---- making funs --------------------------------------------------------------------------------------------------

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

// a function in whose place a library has put C
INSTRUCTION(stub_native, u) {
    struct native *native = (struct native *)NUMBER(1);
    SAVE;
    process->instruction = process->link = link;
    term result = native->call(process, native, x);
    if (unlikely(exec_bif_left_work(process)))
        exec_after_bif(process, &result);
    RESTORE;
    reductions--;
    if (unlikely(result == NONE)) {
        ip = link;
        TAIL(unwind);
    }
    x[0] = result;
    RETURN;
}

// an export without a function: error_handler:undefined_function(Module, Function, Arguments)
INSTRUCTION(stub_undefined, u) {
    struct export *export = (struct export *)NUMBER(1);
    SAVE;
    CALL_ERROR_HANDLER(ATOM_undefined_function, export);
}

// an export of a module that another version is about to replace
INSTRUCTION(stub_closed, u) {
    ip = exec_wait_open((struct export *)NUMBER(1), ip);
    DISPATCH;
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
    if (process->mailbox) // what waits there wakes it at once
        return EXEC_SLICE_ENDED;
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
    struct export *callee = exec_spread(process, x, link, link);
    RESTORE;
    if (unlikely(!callee)) {
        ip = link;
        TAIL(unwind);
    }
    CALL(callee);
}
