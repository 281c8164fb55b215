// How Erlang code calls C.
//
//     BIF(erlang, tuple_size, 1) {              defines erlang:tuple_size/1
//         if (!is_tuple(arguments[0]))
//             return raise_badarg(self);
//         return SMALL(tuple_arity(arguments[0]));
//     }
//
// A built-in function is declared by its definition: the build collects every line that begins with BIF( or BIF_NAMED(
// in src/ and makes the table. BIF_NAMED gives a C name where module or name are no C identifiers:
//
//     BIF_NAMED(erlang_plus, "erlang", "+", 2) { ... }
//
// `arguments` are the x registers. The result is a term, or NONE after one of the raise_ functions (or bif_call).
// A guard built-in is an ordinary one: in a guard its exception only means failure.

#ifndef PURLIN_BIF_BIF_H
#define PURLIN_BIF_BIF_H

#include "proc/proc.h"
#include "proc/raise.h"

typedef term bif_function(struct process *self, term *arguments);

// {ok, Value} and {error, Reason}
static inline term ok_tuple(struct process *self, term value) {
    return heap_tuple_of(&self->heap, 2, ATOM_ok, value);
}
static inline term error_tuple(struct process *self, term reason) {
    return heap_tuple_of(&self->heap, 2, ATOM_error, reason);
}

#define BIF(module, name, arity) term bif_##module##_##name##_##arity(struct process *self, term *arguments)
#define BIF_NAMED(id, module, name, arity) term bif_##id(struct process *self, term *arguments)

struct bif {
    const char *module, *name;
    uint8_t arity;
    bif_function *function;
};
extern const struct bif bif_table[]; // generated
extern const size_t bif_count;

#endif
