// File names between Erlang's strings and the system's bytes.
//
// With native names in UTF-8, a list is encoded and what cannot be decoded is an error; a binary is taken as it is.

#include "bif/bif.h"
#include "bif/bytes.h"
#include "options.h"
#include "term/stack.h"
#include "vm.h"

static bool names_are_utf8(void) {
    return vm.options->file_names == 'u';
}

BIF(file, native_name_encoding, 0) {
    return names_are_utf8() ? ATOM_utf8 : ATOM_latin1;
}

BIF(io, printable_range, 0) {
    return vm.options->unicode_printable ? ATOM_unicode : ATOM_latin1;
}

// ---- to native
// --------------------------------------------------------------------------------------------------------

// A character of a name's list: NUL would end the name early.
static bool is_name_character(term t, uint32_t limit) {
    return is_small(t) && small_value(t) > 0 && small_value(t) <= limit && character_is_valid((uint32_t)small_value(t));
}

// The characters of a proper list of characters and such lists, written to `out` unless that is NULL. False when it is
// no such list; *size is the bytes needed.
static bool encode_name(term list, bool utf8, uint8_t *out, size_t *size) {
    struct term_stack tails;
    term_stack_begin(&tails);
    *size = 0;
    bool good = true;
    while (good && (is_list(list) || tails.count > 0)) {
        if (is_nil(list)) {
            list = term_stack_pop(&tails);
            continue;
        }
        term head = is_list(list) ? list_head(list) : NONE;
        if (is_list(head) || is_nil(head)) {
            term_stack_push(&tails, list_tail(list));
            list = head;
        } else if (is_name_character(head, utf8 ? 0x10ffff : 0xff)) {
            uint32_t character = (uint32_t)small_value(head);
            if (out && utf8)
                utf8_encode(out + *size, character);
            else if (out)
                out[*size] = (uint8_t)character;
            *size += utf8 ? bits_utf8_size(character) / 8 : 1;
            list = list_tail(list);
        } else {
            good = false;
        }
    }
    term_stack_end(&tails);
    return good && is_nil(list);
}

// A name as the system takes it: with a NUL behind.
BIF(prim_file, internal_name2native, 1) {
    term name = arguments[0];
    size_t size;
    uint8_t *bytes;
    term native;
    if (is_binary(name)) {
        const uint8_t *raw = bitstring_bytes(self, name, &size);
        if (memchr(raw, 0, size))
            return raise_badarg(self);
        native = heap_binary_new(&self->heap, size + 1, &bytes);
        memcpy(bytes, raw, size);
    } else {
        if (!encode_name(name, names_are_utf8(), NULL, &size))
            return raise_badarg(self);
        native = heap_binary_new(&self->heap, size + 1, &bytes);
        encode_name(name, names_are_utf8(), bytes, &size);
    }
    bytes[size] = 0;
    work_charge(&self->work, (int64_t)size / 16);
    return native;
}

// ---- from native
// ------------------------------------------------------------------------------------------------------

static bool is_utf8(const uint8_t *bytes, size_t size) {
    uint32_t character;
    for (size_t at = 0, length; at < size; at += length)
        if ((length = utf8_decode(bytes + at, size - at, &character)) == 0)
            return false;
    return true;
}

// The list of characters of valid UTF-8.
static term list_of_utf8(struct heap *heap, const uint8_t *bytes, size_t size) {
    term first = NIL, *link = &first;
    uint32_t character;
    for (size_t at = 0; at < size;) {
        at += utf8_decode(bytes + at, size - at, &character);
        term cell = heap_cons(heap, SMALL(character), NIL);
        *link = cell;
        link = list_cell(cell) + 1;
    }
    return first;
}

BIF(prim_file, internal_native2name, 1) {
    if (!is_binary(arguments[0]))
        return raise_badarg(self);
    size_t size;
    const uint8_t *bytes = bitstring_bytes(self, arguments[0], &size);
    if (!names_are_utf8())
        return heap_string(&self->heap, (const char *)bytes, size);
    if (is_utf8(bytes, size))
        return list_of_utf8(&self->heap, bytes, size);
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
    if (!is_utf8(bytes, size))
        return raise_badarg(self);
    arguments[0] = list_of_utf8(&self->heap, bytes, size);
    return bif_call(self, ATOM_unicode, ATOM_characters_to_nfc_list, 1);
}

BIF(prim_file, is_translatable, 1) {
    if (!is_binary(arguments[0]))
        return raise_badarg(self);
    size_t size;
    const uint8_t *bytes = bitstring_bytes(self, arguments[0], &size);
    return term_boolean(!names_are_utf8() || is_utf8(bytes, size));
}
