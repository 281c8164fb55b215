// erts_debug: what looks into an emulator. Much of it answers as an OTP does that was built without it.

#include "bif/bif.h"
#include "code/code.h"
#include "sys/sys.h"

// ---- states of OTP's own test builds

BIF(erts_debug, get_internal_state, 1) {
    return raise_error(self, ATOM_undef);
}

BIF(erts_debug, set_internal_state, 2) {
    // Test suites turn the door to internal states off without asking whether there is one.
    if (arguments[0] == ATOM_available_internal_state && arguments[1] == ATOM_false)
        return ATOM_false;
    return raise_error(self, ATOM_undef);
}

// ---- lock counting

BIF(erts_debug, lcnt_clear, 0) {
    return ATOM_error;
}

BIF(erts_debug, lcnt_collect, 0) {
    return ATOM_error;
}

BIF(erts_debug, lcnt_control, 1) {
    return raise_badarg(self);
}

BIF(erts_debug, lcnt_control, 2) {
    return raise_badarg(self);
}

// ---- instructions

BIF(erts_debug, interpreter_size, 0) {
    return SMALL(0);
}

BIF(erts_debug, instructions, 0) {
    term list = NIL;
    for (unsigned opcode = 255; opcode > 0; opcode--) {
        const char *name = code_opcode_name(opcode);
        if (name)
            list = heap_cons(&self->heap, heap_string(&self->heap, name, strlen(name)), list);
    }
    return list;
}

static bool is_mfa(term t, bool arity_may_be_any) {
    return is_tuple_of(t, 3) && is_atom(tuple_element(t, 1)) && is_atom(tuple_element(t, 2)) &&
           (is_small(tuple_element(t, 3)) || (arity_may_be_any && is_atom(tuple_element(t, 3))));
}

BIF(erts_debug, breakpoint, 2) {
    if (!is_mfa(arguments[0], true) || (arguments[1] != ATOM_true && arguments[1] != ATOM_false))
        return raise_badarg(self);
    return code_module(tuple_element(arguments[0], 1)) ? raise_error(self, ATOM_notsup) : raise_badarg(self);
}

// Prepared code is words that mean nothing outside: of a function that exists there is nothing to show.
BIF(erts_debug, disassemble, 1) {
    if (is_integer(arguments[0]))
        return ATOM_false;
    if (!is_mfa(arguments[0], false))
        return raise_badarg(self);
    const struct export *export = code_export_find(tuple_element(arguments[0], 1), tuple_element(arguments[0], 2),
                                                   (uint32_t)small_value(tuple_element(arguments[0], 3)));
    return export && export_is_callable(export) ? raise_error(self, ATOM_notsup) : ATOM_false;
}

// ---- what OTP runs on its dirty schedulers to test them: here waiting holds none

static term dirty(struct process *self, term *arguments, term type) {
    term what = arguments[0], value = arguments[1];
    if (what == ATOM_scheduler && value == ATOM_type)
        return type;
    if (what == ATOM_copy)
        return value;
    if (what != ATOM_wait || !is_small(value) || small_value(value) < 0)
        return raise_badarg(self);
    int64_t deadline = sys_monotonic_time() + small_value(value) * 1000000;
    while (proc_wait_until(self, deadline))
        ;
    return ATOM_ok;
}

BIF(erts_debug, dirty_cpu, 2) {
    return dirty(self, arguments, ATOM_dirty_cpu);
}

BIF(erts_debug, dirty_io, 2) {
    return dirty(self, arguments, ATOM_dirty_io);
}

BIF(erts_debug, dirty, 3) {
    return raise_badarg(self);
}
