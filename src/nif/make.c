// Terms that a library makes, but for binaries and maps.

#include <math.h>
#include <stdarg.h>

#include "heap/heap.h"
#include "nif/environment.h"
#include "term/atom.h"
#include "vm.h"

// ---- numbers

ERL_NIF_TERM enif_make_int(ErlNifEnv *env, int value) {
    return SMALL(value);
}
ERL_NIF_TERM enif_make_uint(ErlNifEnv *env, unsigned value) {
    return SMALL(value);
}
ERL_NIF_TERM enif_make_long(ErlNifEnv *env, long value) {
    return heap_integer(env->heap, value);
}
ERL_NIF_TERM enif_make_ulong(ErlNifEnv *env, unsigned long value) {
    return heap_unsigned(env->heap, value);
}
ERL_NIF_TERM enif_make_double(ErlNifEnv *env, double value) {
    return isfinite(value) ? heap_float(env->heap, value) : enif_make_badarg(env);
}

// ---- atoms: Latin-1, as all text here

ERL_NIF_TERM enif_make_atom_len(ErlNifEnv *env, const char *name, size_t size) {
    term atom = size <= ATOM_CHARACTERS_MAX ? atom_from_latin1(name, size) : NONE;
    return atom != NONE ? atom : enif_make_badarg(env);
}
ERL_NIF_TERM enif_make_atom(ErlNifEnv *env, const char *name) {
    return enif_make_atom_len(env, name, strlen(name));
}

// In UTF-8, in which atoms are found.
static size_t latin1_to_utf8(const char *text, size_t size, uint8_t *to) {
    uint8_t *at = to;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = (uint8_t)text[i];
        if (c >= 0x80)
            *at++ = (uint8_t)(0xc0 | c >> 6);
        *at++ = (uint8_t)(c < 0x80 ? c : 0x80 | (c & 0x3f));
    }
    return (size_t)(at - to);
}

int enif_make_existing_atom_len(ErlNifEnv *env, const char *name, size_t size, ERL_NIF_TERM *atom,
                                ErlNifCharEncoding encoding) {
    uint8_t text[2 * ATOM_CHARACTERS_MAX];
    if (encoding != ERL_NIF_LATIN1 || size > ATOM_CHARACTERS_MAX)
        return 0;
    term found = atom_existing_utf8(text, latin1_to_utf8(name, size, text));
    if (found == NONE)
        return 0;
    *atom = found;
    return 1;
}

int enif_make_existing_atom(ErlNifEnv *env, const char *name, ERL_NIF_TERM *atom, ErlNifCharEncoding encoding) {
    return enif_make_existing_atom_len(env, name, strlen(name), atom, encoding);
}

// ---- tuples

ERL_NIF_TERM enif_make_tuple_from_array(ErlNifEnv *env, const ERL_NIF_TERM elements[], unsigned arity) {
    term *words = heap_tuple(env->heap, arity);
    if (arity > 0)
        memcpy(words + 1, elements, arity * sizeof(term));
    return boxed_make(words);
}

ERL_NIF_TERM enif_make_tuple(ErlNifEnv *env, unsigned arity, ...) {
    term *words = heap_tuple(env->heap, arity);
    va_list elements;
    va_start(elements, arity);
    for (unsigned i = 1; i <= arity; i++)
        words[i] = va_arg(elements, term);
    va_end(elements);
    return boxed_make(words);
}

// ---- lists

ERL_NIF_TERM enif_make_list_cell(ErlNifEnv *env, ERL_NIF_TERM head, ERL_NIF_TERM tail) {
    return heap_cons(env->heap, head, tail);
}

ERL_NIF_TERM enif_make_list_from_array(ErlNifEnv *env, const ERL_NIF_TERM elements[], unsigned length) {
    return heap_list_of(env->heap, length, elements, NIL);
}

ERL_NIF_TERM enif_make_list(ErlNifEnv *env, unsigned length, ...) {
    term list = NIL, *last = &list;
    va_list elements;
    va_start(elements, length);
    for (unsigned i = 0; i < length; i++) {
        *last = heap_cons(env->heap, va_arg(elements, term), NIL);
        last = &list_cell(*last)[1];
    }
    va_end(elements);
    return list;
}

int enif_make_reverse_list(ErlNifEnv *env, ERL_NIF_TERM list, ERL_NIF_TERM *reversed) {
    term result = NIL;
    for (; is_list(list); list = list_tail(list))
        result = heap_cons(env->heap, list_head(list), result);
    if (!is_nil(list))
        return 0;
    *reversed = result;
    return 1;
}

ERL_NIF_TERM enif_make_string_len(ErlNifEnv *env, const char *text, size_t size, ErlNifCharEncoding encoding) {
    return encoding == ERL_NIF_LATIN1 ? heap_string(env->heap, text, size) : enif_make_badarg(env);
}

ERL_NIF_TERM enif_make_string(ErlNifEnv *env, const char *text, ErlNifCharEncoding encoding) {
    return enif_make_string_len(env, text, strlen(text), encoding);
}

// ---- identity

ERL_NIF_TERM enif_make_ref(ErlNifEnv *env) {
    return heap_reference(env->heap);
}

ERL_NIF_TERM enif_make_unique_integer(ErlNifEnv *env, ErlNifUniqueInteger properties) {
    return heap_unique_integer(env->heap, properties & ERL_NIF_UNIQUE_POSITIVE, properties & ERL_NIF_UNIQUE_MONOTONIC);
}
