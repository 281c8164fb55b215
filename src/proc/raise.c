// Going on as a call of an Erlang function.

#include "proc/raise.h"

#include "code/code.h"

term bif_call(struct process *self, term module, term function, unsigned arity) {
    self->callee = code_export(module, function, arity);
    self->outcome = OUTCOME_CALL;
    return NONE;
}
