// Registered names.

#include "bif/bif.h"
#include "proc/name.h"
#include "proc/trace.h"

BIF(erlang, register, 2) {
    term name = arguments[0], owner = arguments[1];
    if (!is_atom(name) || name == ATOM_undefined || !(is_local_pid(owner) || is_local_port(owner)))
        return raise_badarg_cause(self, ATOM_none);
    term answer = proc_register(name, owner);
    if (answer != ATOM_true)
        return raise_badarg_cause(self, answer);
    if (owner == self->pid)
        trace_event_if(self, TRACE_PROCS, ATOM_register, name);
    return ATOM_true;
}

BIF(erlang, unregister, 1) {
    term name = arguments[0];
    bool own = is_atom(name) && proc_whereis(name) == self->pid;
    if (!is_atom(name) || !proc_unregister(name))
        return raise_badarg(self);
    if (own)
        trace_event_if(self, TRACE_PROCS, ATOM_unregister, name);
    return ATOM_true;
}

BIF(erlang, whereis, 1) {
    return is_atom(arguments[0]) ? proc_whereis(arguments[0]) : raise_badarg(self);
}

struct names {
    struct heap *heap;
    term list;
};

static void add_name(void *argument, term name) {
    struct names *names = argument;
    names->list = heap_cons(names->heap, name, names->list);
}

BIF(erlang, registered, 0) {
    struct names names = {&self->heap, NIL};
    name_each(add_name, &names);
    return names.list;
}
