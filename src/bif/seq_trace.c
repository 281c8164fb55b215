// Sequential tracing: there is none yet. What OTP answers while nothing is traced is answered; turning it on fails with
// `notsup`.

#include "bif/bif.h"

static bool is_flag(term item) {
    switch (item) {
    case ATOM_send:
    case ATOM_receive:
    case ATOM_print:
    case ATOM_timestamp:
    case ATOM_monotonic_timestamp:
    case ATOM_strict_monotonic_timestamp:
        return true;
    default:
        return false;
    }
}

BIF(erlang, seq_trace_info, 1) {
    if (is_flag(arguments[0]))
        return heap_tuple_of(&self->heap, 2, arguments[0], ATOM_false);
    return arguments[0] == ATOM_label || arguments[0] == ATOM_serial ? NIL : raise_badarg(self);
}

BIF(erlang, seq_trace, 2) {
    term value = arguments[1];
    if (is_flag(arguments[0]) && value == ATOM_false)
        return ATOM_false;
    if (arguments[0] == ATOM_sequential_trace_token && value == NIL)
        return NIL;
    return is_flag(arguments[0]) || arguments[0] == ATOM_label || arguments[0] == ATOM_serial
               ? raise_error(self, ATOM_notsup)
               : raise_badarg(self);
}

BIF(erlang, seq_trace_print, 1) {
    return ATOM_false;
}

BIF(erlang, seq_trace_print, 2) {
    return ATOM_false;
}
