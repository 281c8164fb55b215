// Atoms as text and back.

#include "term/atom.h"
#include "bif/bif.h"
#include "bif/bytes.h"
#include "term/bits.h"

// ---- text to atoms

enum { UTF8_CHARACTER_MAX = 4, TEXT_BYTES_MAX = UTF8_CHARACTER_MAX * ATOM_CHARACTERS_MAX };

// A list of characters as UTF-8. False when it is no such list. Of a list that is too long for an atom only the first
// characters are written, one more than an atom has; *characters counts them.
static bool list_utf8(term list, uint8_t bytes[TEXT_BYTES_MAX + UTF8_CHARACTER_MAX], size_t *size, size_t *characters) {
    *size = *characters = 0;
    for (; is_list(list) && *characters <= ATOM_CHARACTERS_MAX; list = list_tail(list), ++*characters) {
        term head = list_head(list);
        if (!is_small(head) || (uint64_t)small_value(head) > 0x10ffff ||
            !character_is_valid((uint32_t)small_value(head)))
            return false;
        *size += utf8_encode(bytes + *size, (uint32_t)small_value(head));
    }
    return is_nil(list) || *characters > ATOM_CHARACTERS_MAX;
}

static term atom_of_list(struct process *self, term list, bool existing) {
    uint8_t bytes[TEXT_BYTES_MAX + UTF8_CHARACTER_MAX];
    size_t size, characters;
    if (!list_utf8(list, bytes, &size, &characters))
        return raise_badarg(self);
    if (characters > ATOM_CHARACTERS_MAX)
        return existing ? raise_badarg(self) : raise_system_limit(self);
    term atom = existing ? atom_existing_utf8(bytes, size) : atom_from_utf8(bytes, size);
    return atom == NONE ? raise_badarg(self) : atom;
}

BIF(erlang, list_to_atom, 1) {
    return atom_of_list(self, arguments[0], false);
}

BIF(erlang, list_to_existing_atom, 1) {
    return atom_of_list(self, arguments[0], true);
}

enum encoding { ENCODING_LATIN1, ENCODING_UTF8, ENCODING_NONE };

static enum encoding encoding_of(term t) {
    if (t == ATOM_utf8 || t == ATOM_unicode)
        return ENCODING_UTF8;
    return t == ATOM_latin1 ? ENCODING_LATIN1 : ENCODING_NONE;
}

// Any valid text, however long: then what makes no atom is too long, not malformed.
static bool is_valid(const uint8_t *bytes, size_t size, enum encoding encoding) {
    uint32_t character;
    for (size_t at = 0, length; encoding == ENCODING_UTF8 && at < size; at += length) {
        length = utf8_decode(bytes + at, size - at, &character);
        if (length == 0)
            return at > TEXT_BYTES_MAX;
    }
    return true;
}

static term atom_of_binary(struct process *self, term binary, term encoding_term, bool existing) {
    enum encoding encoding = encoding_of(encoding_term);
    if (!is_binary(binary) || encoding == ENCODING_NONE)
        return raise_badarg(self);
    size_t size;
    const uint8_t *bytes = bitstring_bytes(self, binary, &size);
    uint8_t utf8[2 * ATOM_CHARACTERS_MAX];
    if (encoding == ENCODING_LATIN1 && size <= ATOM_CHARACTERS_MAX) {
        size_t written = 0;
        for (size_t i = 0; i < size; i++)
            written += utf8_encode(utf8 + written, bytes[i]);
        bytes = utf8;
        size = written;
        encoding = ENCODING_UTF8;
    }
    term atom = NONE;
    if (encoding == ENCODING_UTF8)
        atom = existing ? atom_existing_utf8(bytes, size) : atom_from_utf8(bytes, size);
    if (atom != NONE)
        return atom;
    return existing || !is_valid(bytes, size, encoding) ? raise_badarg(self) : raise_system_limit(self);
}

BIF(erlang, binary_to_atom, 2) {
    return atom_of_binary(self, arguments[0], arguments[1], false);
}

BIF(erlang, binary_to_existing_atom, 2) {
    return atom_of_binary(self, arguments[0], arguments[1], true);
}

// ---- atoms to text

BIF(erlang, atom_to_list, 1) {
    if (!is_atom(arguments[0]))
        return raise_badarg(self);
    struct atom_text text = atom_text(arguments[0]);
    if (text.characters == 0)
        return NIL;
    term *cells = heap_alloc(&self->heap, 2 * (size_t)text.characters);
    size_t at = 0;
    for (size_t i = 0; i < text.characters; i++) {
        uint32_t character = 0;
        at += utf8_decode(text.bytes + at, text.size - at, &character);
        cells[2 * i] = SMALL(character);
        cells[2 * i + 1] = i + 1 < text.characters ? list_make(cells + 2 * i + 2) : NIL;
    }
    return list_make(cells);
}

BIF(erlang, atom_to_binary, 2) {
    enum encoding encoding = encoding_of(arguments[1]);
    if (!is_atom(arguments[0]) || encoding == ENCODING_NONE)
        return raise_badarg(self);
    struct atom_text text = atom_text(arguments[0]);
    if (encoding == ENCODING_UTF8)
        return heap_binary(&self->heap, text.bytes, text.size);
    if (!text.latin1)
        return raise_badarg(self);
    uint8_t *bytes;
    term binary = heap_binary_new(&self->heap, text.characters, &bytes);
    for (size_t i = 0, at = 0; i < text.characters; i++) {
        uint32_t character = 0;
        at += utf8_decode(text.bytes + at, text.size - at, &character);
        bytes[i] = (uint8_t)character;
    }
    return binary;
}
