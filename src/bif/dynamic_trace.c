// The tags of dynamic tracing (DTrace, SystemTap). As on an OTP that was built without it, there are none: nothing is
// kept and data passes through unchanged.

#include "bif/bif.h"

BIF(erlang, dt_put_tag, 1) {
    return ATOM_undefined;
}

BIF(erlang, dt_get_tag, 0) {
    return ATOM_undefined;
}

BIF(erlang, dt_get_tag_data, 0) {
    return ATOM_undefined;
}

BIF(erlang, dt_prepend_vm_tag_data, 1) {
    return arguments[0];
}

BIF(erlang, dt_append_vm_tag_data, 1) {
    return arguments[0];
}

BIF(erlang, dt_spread_tag, 1) {
    return ATOM_true;
}

BIF(erlang, dt_restore_tag, 1) {
    return ATOM_true;
}
