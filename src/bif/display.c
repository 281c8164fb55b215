// Output past all I/O servers, for debugging.

#include <stdio.h>

#include "bif/bif.h"
#include "term/bits.h"
#include "term/print.h"

static void write_out(const char *bytes, size_t size) {
    fwrite(bytes, 1, size, stdout);
    fflush(stdout);
}

BIF(erlang, display, 1) {
    struct text text = {0};
    term_print(&text, arguments[0]);
    text_append(&text, "\r\n", 2);
    write_out(text.bytes, text.size);
    text_free(&text);
    return ATOM_true;
}

// A list of characters, in UTF-8.
BIF(erlang, display_string, 1) {
    struct text text = {0};
    term list = arguments[0];
    for (; is_list(list); list = list_tail(list)) {
        term head = list_head(list);
        if (!is_small(head) || (uint64_t)small_value(head) > 0x10ffff ||
            !character_is_valid((uint32_t)small_value(head)))
            break;
        uint8_t bytes[4];
        text_append(&text, bytes, utf8_encode(bytes, (uint32_t)small_value(head)));
    }
    if (is_nil(list))
        write_out(text.bytes, text.size);
    text_free(&text);
    return is_nil(list) ? ATOM_true : raise_badarg(self);
}

BIF(erlang, display_nl, 0) {
    write_out("\r\n", 2);
    return ATOM_true;
}

// Whether two terms are one and the same in memory.
BIF(erts_debug, same, 2) {
    return term_boolean(arguments[0] == arguments[1]);
}
