// What the files of prim_socket share: the forms of its answers.

#ifndef PURLIN_BIF_PRIM_SOCKET_H
#define PURLIN_BIF_PRIM_SOCKET_H

#include "bif/bif.h"
#include "socket/socket.h"

// {invalid, What}: prim_socket.erl makes the error of it, with the argument.
static inline term socket_invalid(struct process *self, term what) {
    return heap_tuple_of(&self->heap, 2, ATOM_invalid, what);
}
// {error, {invalid, What}}
static inline term socket_error_invalid(struct process *self, term what) {
    return error_tuple(self, socket_invalid(self, what));
}
static inline term socket_raise_invalid(struct process *self, term what) {
    return raise_error(self, socket_invalid(self, what));
}

// The answer for a turn that is not the caller's.
term socket_no_turn(struct process *self, enum socket_turn turn);
// The answer for what the system's calls do not take: {invalid, {integer_range, Number}}, or badarg for what is no
// number at all.
term socket_bad_number(struct process *self, term t);
// A size; false when it is none, or larger than a call may ask for.
bool socket_size(term t, size_t *size);

#endif
