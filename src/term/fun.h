// What funs point to. The room code/ makes and owns these; here are their shapes, since printing, comparing, hashing
// and encoding a fun all need to know which function it is.

#ifndef PURLIN_TERM_FUN_H
#define PURLIN_TERM_FUN_H

#include <stdatomic.h>

#include "term/term.h"

struct function;
struct process;

typedef uint64_t word; // of prepared code: an instruction's address or an operand

// Where a call by name goes. Lives for ever, so prepared code and external funs point to it. `entry` is what a caller
// jumps to: the function's prepared code, or one of the stubs of exec/ (prepare me, call the built-in, call
// error_handler).
struct export {
    _Atomic(const word *) entry;
    term module, function;
    uint32_t arity;
    _Atomic bool traced;                   // `entry` is a breakpoint: a built-in function, too, must be called by it
    term (*bif)(struct process *, term *); // a built-in function, or NULL
    _Atomic(struct function *) code;       // in the current code, or NULL
    word stub[2];                          // the instruction that `entry` names while there is no code
};

// What a fun points to: found by module, index and uniq, so that it stays valid when the module is loaded again. Lives
// for ever.
struct lambda {
    _Atomic(struct function *) function; // NULL while the module is not loaded
    term module, name;                   // the name is NIL while no code with this lambda has been seen
    uint32_t index, old_uniq;
    uint32_t arity; // of the fun: what it is called with; the function takes free_count more, behind them
    uint32_t free_count;
    uint8_t uniq[16]; // md5 of the module
};

static inline struct lambda *fun_lambda(term fun) { // of a KIND_FUN
    return (struct lambda *)boxed(fun)[1];
}
static inline struct export *fun_export(term fun) { // of a KIND_EXPORT
    return (struct export *)boxed(fun)[1];
}

#endif
