// Names between Erlang's strings and the system's bytes.

#include "bif/native_name.h"

#include "options.h"
#include "term/bits.h"
#include "term/stack.h"
#include "vm.h"

bool native_names_are_utf8(void) {
    return vm.options->file_names == 'u';
}

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

char *native_name(struct process *self, term name, size_t *size) {
    bool utf8 = native_names_are_utf8(), binary = is_binary(name);
    if (binary)
        *size = bitstring_size(name) >> 3;
    else if (!encode_name(name, utf8, NULL, size))
        return NULL;
    char *bytes = proc_scratch(self, *size + 1);
    if (binary)
        bits_copy((uint8_t *)bytes, 0, bitstring_bits(name));
    else
        encode_name(name, utf8, (uint8_t *)bytes, size);
    bytes[*size] = 0;
    return memchr(bytes, 0, *size) ? NULL : bytes;
}

// ---- back ---------------------------------------------------------------------------------------------------------

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

bool native_name_is_valid(const uint8_t *bytes, size_t size) {
    return !native_names_are_utf8() || is_utf8(bytes, size);
}

term native_name_string(struct heap *heap, const uint8_t *bytes, size_t size) {
    return native_names_are_utf8() ? list_of_utf8(heap, bytes, size) : heap_string(heap, (const char *)bytes, size);
}
