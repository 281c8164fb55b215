// What a term is.

#include "bif/bif.h"
#include "term/fun.h"
#include "term/number.h"

BIF(erlang, is_atom, 1) {
    return term_boolean(is_atom(arguments[0]));
}

BIF(erlang, is_binary, 1) {
    return term_boolean(is_binary(arguments[0]));
}

BIF(erlang, is_bitstring, 1) {
    return term_boolean(is_bitstring(arguments[0]));
}

BIF(erlang, is_boolean, 1) {
    return term_boolean(arguments[0] == ATOM_true || arguments[0] == ATOM_false);
}

BIF(erlang, is_float, 1) {
    return term_boolean(is_float(arguments[0]));
}

BIF(erlang, is_function, 1) {
    return term_boolean(is_fun(arguments[0]));
}

BIF(erlang, is_function, 2) {
    term arity = arguments[1];
    if (!is_integer(arity) || integer_is_negative(arity))
        return raise_badarg(self);
    if (is_kind(arguments[0], KIND_FUN))
        return term_boolean(arity == SMALL(fun_lambda(arguments[0])->arity));
    return term_boolean(is_kind(arguments[0], KIND_EXPORT) && arity == SMALL(fun_export(arguments[0])->arity));
}

BIF(erlang, is_integer, 1) {
    return term_boolean(is_integer(arguments[0]));
}

BIF(erlang, is_list, 1) {
    return term_boolean(is_list(arguments[0]) || is_nil(arguments[0]));
}

BIF(erlang, is_map, 1) {
    return term_boolean(is_map(arguments[0]));
}

BIF(erlang, is_number, 1) {
    return term_boolean(is_number(arguments[0]));
}

BIF(erlang, is_pid, 1) {
    return term_boolean(is_pid(arguments[0]));
}

BIF(erlang, is_port, 1) {
    return term_boolean(is_port(arguments[0]));
}

BIF(erlang, is_reference, 1) {
    return term_boolean(is_reference(arguments[0]));
}

BIF(erlang, is_tuple, 1) {
    return term_boolean(is_tuple(arguments[0]));
}

static bool has_tag(term t, term tag) {
    return is_tuple(t) && tuple_arity(t) >= 1 && tuple_element(t, 1) == tag;
}

BIF(erlang, is_record, 2) {
    return is_atom(arguments[1]) ? term_boolean(has_tag(arguments[0], arguments[1])) : raise_badarg(self);
}

BIF(erlang, is_record, 3) {
    term record = arguments[0], tag = arguments[1], size = arguments[2];
    if (!is_atom(tag) || !is_small(size))
        return raise_badarg(self);
    return term_boolean(has_tag(record, tag) && size == SMALL(tuple_arity(record)));
}

// The emulator's own names for how a term is represented; those that OTP has and Purlin has not never come.
BIF(erts_internal, term_type, 1) {
    term t = arguments[0];
    if (is_small(t))
        return ATOM_fixnum;
    if (is_float(t))
        return ATOM_hfloat;
    if (is_list(t))
        return ATOM_list;
    if (is_nil(t))
        return ATOM_nil;
    if (is_atom(t))
        return ATOM_atom;
    if (is_local_pid(t))
        return ATOM_pid;
    if (is_local_port(t))
        return ATOM_port;
    switch (header_kind(*boxed(t))) {
    case KIND_TUPLE:
        return ATOM_tuple;
    case KIND_MAP:
        return ATOM_flatmap;
    case KIND_MAP_ROOT:
        return ATOM_hashmap;
    case KIND_MAP_BRANCH:
        return ATOM_hashmap_node;
    case KIND_FUN:
        return ATOM_fun;
    case KIND_EXPORT:
        return ATOM_export;
    case KIND_EXTERNAL_PID:
        return ATOM_external_pid;
    case KIND_EXTERNAL_PORT:
        return ATOM_external_port;
    case KIND_EXTERNAL_REFERENCE:
        return ATOM_external_reference;
    case KIND_REFERENCE:
    case KIND_MAGIC_REFERENCE:
        return ATOM_reference;
    case KIND_BIGNUM:
        return ATOM_bignum;
    case KIND_BITSTRING:
        return is_binary(t) ? ATOM_heap_binary : ATOM_sub_binary;
    case KIND_SLICE:
        return is_binary(t) ? ATOM_refc_binary : ATOM_sub_binary;
    case KIND_MATCH_CONTEXT:
    case KIND_FLOAT:
        break;
    }
    return ATOM_matchstate;
}
