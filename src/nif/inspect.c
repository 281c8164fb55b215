// What a library asks about terms.

#include "nif/environment.h"
#include "term/atom.h"
#include "term/compare.h"
#include "term/hash.h"
#include "term/number.h"

#include <limits.h>

// ---- kinds

int enif_is_atom(ErlNifEnv *env, ERL_NIF_TERM t) {
    return is_atom(t);
}
int enif_is_binary(ErlNifEnv *env, ERL_NIF_TERM t) {
    return is_binary(t);
}
int enif_is_ref(ErlNifEnv *env, ERL_NIF_TERM t) {
    return is_reference(t);
}
int enif_is_fun(ErlNifEnv *env, ERL_NIF_TERM t) {
    return is_fun(t);
}
int enif_is_pid(ErlNifEnv *env, ERL_NIF_TERM t) {
    return is_pid(t);
}
int enif_is_port(ErlNifEnv *env, ERL_NIF_TERM t) {
    return is_port(t);
}
int enif_is_empty_list(ErlNifEnv *env, ERL_NIF_TERM t) {
    return is_nil(t);
}
int enif_is_list(ErlNifEnv *env, ERL_NIF_TERM t) {
    return is_list(t) || is_nil(t);
}
int enif_is_tuple(ErlNifEnv *env, ERL_NIF_TERM t) {
    return is_tuple(t);
}
int enif_is_number(ErlNifEnv *env, ERL_NIF_TERM t) {
    return is_number(t);
}
int enif_is_map(ErlNifEnv *env, ERL_NIF_TERM t) {
    return is_map(t);
}

ErlNifTermType enif_term_type(ErlNifEnv *env, ERL_NIF_TERM t) {
    if (is_atom(t))
        return ERL_NIF_TERM_TYPE_ATOM;
    if (is_bitstring(t))
        return ERL_NIF_TERM_TYPE_BITSTRING;
    if (is_float(t))
        return ERL_NIF_TERM_TYPE_FLOAT;
    if (is_fun(t))
        return ERL_NIF_TERM_TYPE_FUN;
    if (is_integer(t))
        return ERL_NIF_TERM_TYPE_INTEGER;
    if (is_list(t) || is_nil(t))
        return ERL_NIF_TERM_TYPE_LIST;
    if (is_map(t))
        return ERL_NIF_TERM_TYPE_MAP;
    if (is_pid(t))
        return ERL_NIF_TERM_TYPE_PID;
    if (is_port(t))
        return ERL_NIF_TERM_TYPE_PORT;
    if (is_reference(t))
        return ERL_NIF_TERM_TYPE_REFERENCE;
    assert_always(is_tuple(t));
    return ERL_NIF_TERM_TYPE_TUPLE;
}

// ---- numbers

int enif_get_long(ErlNifEnv *env, ERL_NIF_TERM t, long *value) {
    int64_t whole;
    if (!integer_to_int64(t, &whole))
        return 0;
    *value = whole;
    return 1;
}

int enif_get_ulong(ErlNifEnv *env, ERL_NIF_TERM t, unsigned long *value) {
    uint64_t whole;
    if (!integer_to_uint64(t, &whole))
        return 0;
    *value = whole;
    return 1;
}

int enif_get_int(ErlNifEnv *env, ERL_NIF_TERM t, int *value) {
    return integer_to_int(t, value);
}

int enif_get_uint(ErlNifEnv *env, ERL_NIF_TERM t, unsigned *value) {
    if (!is_small(t) || small_value(t) < 0 || small_value(t) > UINT_MAX)
        return 0;
    *value = (unsigned)small_value(t);
    return 1;
}

int enif_get_double(ErlNifEnv *env, ERL_NIF_TERM t, double *value) {
    if (!is_float(t))
        return 0;
    *value = float_value(t);
    return 1;
}

// ---- atoms and strings: the only encoding that there is in OTP 25 is Latin-1

// The text in Latin-1, one byte for each of its characters. False when it has others.
static bool atom_latin1(term atom, char *to) {
    struct atom_text text = atom_text(atom);
    if (!text.latin1)
        return false;
    for (size_t at = 0; at < text.size; at++) {
        uint8_t byte = text.bytes[at];
        *to++ = (char)(byte < 0x80 ? byte : (byte & 3) << 6 | (text.bytes[++at] & 0x3f));
    }
    return true;
}

int enif_get_atom(ErlNifEnv *env, ERL_NIF_TERM t, char *buffer, unsigned size, ErlNifCharEncoding encoding) {
    if (encoding != ERL_NIF_LATIN1 || !is_atom(t) || atom_text(t).characters >= size || !atom_latin1(t, buffer))
        return 0;
    unsigned length = atom_text(t).characters;
    buffer[length] = 0;
    return (int)length + 1;
}

int enif_get_atom_length(ErlNifEnv *env, ERL_NIF_TERM t, unsigned *length, ErlNifCharEncoding encoding) {
    if (encoding != ERL_NIF_LATIN1 || !is_atom(t) || !atom_text(t).latin1)
        return 0;
    *length = atom_text(t).characters;
    return 1;
}

// The number of bytes written, the terminator included; negative when there was no room for all; 0: no such string.
int enif_get_string(ErlNifEnv *env, ERL_NIF_TERM list, char *buffer, unsigned size, ErlNifCharEncoding encoding) {
    if (encoding != ERL_NIF_LATIN1)
        return 0;
    unsigned used = 0;
    for (; is_list(list); list = list_tail(list)) {
        term c = list_head(list);
        if (used == size || !is_small(c) || small_value(c) < 0 || small_value(c) > 255)
            break;
        buffer[used++] = (char)small_value(c);
    }
    if (is_nil(list) && used < size) {
        buffer[used] = 0;
        return (int)used + 1;
    }
    bool full = used == size;
    if (size > 0)
        buffer[full ? size - 1 : used] = 0;
    return full ? -(int)size : 0;
}

// ---- lists and tuples

int enif_get_list_cell(ErlNifEnv *env, ERL_NIF_TERM t, ERL_NIF_TERM *head, ERL_NIF_TERM *tail) {
    if (!is_list(t))
        return 0;
    *head = list_head(t);
    *tail = list_tail(t);
    return 1;
}

int enif_get_list_length(ErlNifEnv *env, ERL_NIF_TERM list, unsigned *length) {
    unsigned count = 0;
    for (; is_list(list); list = list_tail(list))
        count++;
    if (!is_nil(list))
        return 0;
    *length = count;
    return 1;
}

int enif_get_tuple(ErlNifEnv *env, ERL_NIF_TERM t, int *arity, const ERL_NIF_TERM **elements) {
    if (!is_tuple(t))
        return 0;
    *arity = (int)tuple_arity(t);
    *elements = boxed(t) + 1;
    return 1;
}

// ---- order and hashes

int enif_is_identical(ERL_NIF_TERM a, ERL_NIF_TERM b) {
    return term_same(a, b);
}

int enif_compare(ERL_NIF_TERM a, ERL_NIF_TERM b) {
    int order = term_compare(a, b);
    return (order > 0) - (order < 0);
}

#define PHASH2_RANGE 0x7ffffff // of erlang:phash2/1

ErlNifUInt64 enif_hash(ErlNifHash type, ERL_NIF_TERM t, ErlNifUInt64 salt) {
    switch (type) {
    case ERL_NIF_INTERNAL_HASH: {
        uint64_t mixed =
            (term_hash(t) ^ salt) * 0x9e3779b97f4a7c15u; // the golden ratio: any odd number without pattern
        return mixed >> 32;
    }
    case ERL_NIF_PHASH2:
        return term_phash2(t, NULL) & PHASH2_RANGE;
    default:
        return 0;
    }
}
