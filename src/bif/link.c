// Links.

#include "proc/link.h"
#include "bif/bif.h"

// What does not exist sends an exit signal, which one who does not trap exits gets as an error at once.
BIF(erlang, link, 1) {
    term other = arguments[0];
    if (!is_pid(other) && !is_port(other))
        return raise_badarg(self);
    if (is_local_pid(other) && !proc_lookup(other) && !(self->flags & FLAG_TRAP_EXIT))
        return raise_error(self, ATOM_noproc);
    link_add(self, other);
    return ATOM_true;
}

BIF(erlang, unlink, 1) {
    if (!is_pid(arguments[0]) && !is_port(arguments[0]))
        return raise_badarg(self);
    link_remove(self, arguments[0]);
    return ATOM_true;
}
