// File names between Erlang's strings and the system's bytes.

#include "bif/bif.h"
#include "bif/bytes.h"
#include "bif/native_name.h"
#include "options.h"
#include "vm.h"

BIF(file, native_name_encoding, 0) {
    return native_names_are_utf8() ? ATOM_utf8 : ATOM_latin1;
}

BIF(io, printable_range, 0) {
    return vm.options->unicode_printable ? ATOM_unicode : ATOM_latin1;
}

// A name as the system takes it: with a NUL behind.
BIF(prim_file, internal_name2native, 1) {
    size_t size;
    const char *name = native_name(self, arguments[0], &size);
    if (!name)
        return raise_badarg(self);
    work_charge(&self->work, (int64_t)size / 16);
    return heap_binary(&self->heap, name, size + 1);
}

BIF(prim_file, internal_native2name, 1) {
    if (!is_binary(arguments[0]))
        return raise_badarg(self);
    size_t size;
    const uint8_t *bytes = bitstring_bytes(self, arguments[0], &size);
    if (native_name_is_valid(bytes, size))
        return native_name_string(&self->heap, bytes, size);
    char reaction = vm.options->file_name_errors; // what the flag +fnu says of names that are no UTF-8
    return heap_tuple_of(&self->heap, 2, ATOM_error,
                         reaction == 'i'   ? ATOM_ignore
                         : reaction == 'e' ? ATOM_error
                                           : ATOM_warning);
}

// A name in the composed form: the tables for it are unicode's.
BIF(prim_file, internal_normalize_utf8, 1) {
    if (!is_binary(arguments[0]))
        return raise_badarg(self);
    size_t size;
    const uint8_t *bytes = bitstring_bytes(self, arguments[0], &size);
    if (!native_name_is_valid(bytes, size))
        return raise_badarg(self);
    arguments[0] = native_name_string(&self->heap, bytes, size);
    return bif_call(self, ATOM_unicode, ATOM_characters_to_nfc_list, 1);
}

BIF(prim_file, is_translatable, 1) {
    if (!is_binary(arguments[0]))
        return raise_badarg(self);
    size_t size;
    const uint8_t *bytes = bitstring_bytes(self, arguments[0], &size);
    return term_boolean(native_name_is_valid(bytes, size));
}
