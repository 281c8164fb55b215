// How C code called by Erlang fails: by leaving the exception in the process and returning NONE.

#ifndef PURLIN_PROC_RAISE_H
#define PURLIN_PROC_RAISE_H

#include "proc/proc.h"

static inline term raise_class(struct process *self, enum exception_class class, term reason) {
    self->exception_class = class;
    self->exception_reason = reason;
    self->exception_trace = NIL;
    self->exception_extra = NONE;
    self->outcome = OUTCOME_RAISE;
    return NONE;
}
static inline term raise_error(struct process *self, term reason) {
    return raise_class(self, CLASS_ERROR, reason);
}
static inline term raise_badarg(struct process *self) {
    return raise_error(self, ATOM_badarg);
}
static inline term raise_badarith(struct process *self) {
    return raise_error(self, ATOM_badarith);
}
static inline term raise_system_limit(struct process *self) {
    return raise_error(self, ATOM_system_limit);
}
// error:badarg with {error_info, #{cause => Cause}}: how OTP tells the shell more about it.
static inline term raise_badarg_cause(struct process *self, term cause) {
    raise_error(self, ATOM_badarg);
    self->exception_extra = cause;
    return NONE;
}

// Instead of a result: go on as a call of that function with `arguments` (the caller has filled arguments[0..arity)).
term bif_call(struct process *self, term module, term function, unsigned arity);

#endif
