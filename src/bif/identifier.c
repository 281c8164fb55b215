// Pids, ports, references and funs as text, and the first three back.

#include "bif/bif.h"
#include "bif/bytes.h"
#include "term/print.h"

static term print_to_list(struct process *self, term t, void (*print)(struct text *, term)) {
    struct text text = {0};
    print(&text, t);
    term list = heap_string(&self->heap, text.bytes, text.size);
    text_free(&text);
    return list;
}

BIF(erlang, pid_to_list, 1) {
    return is_pid(arguments[0]) ? print_to_list(self, arguments[0], term_print_identifier) : raise_badarg(self);
}

BIF(erlang, port_to_list, 1) {
    return is_port(arguments[0]) ? print_to_list(self, arguments[0], term_print_identifier) : raise_badarg(self);
}

BIF(erlang, ref_to_list, 1) {
    return is_reference(arguments[0]) ? print_to_list(self, arguments[0], term_print_identifier) : raise_badarg(self);
}

BIF(erlang, fun_to_list, 1) {
    return is_fun(arguments[0]) ? print_to_list(self, arguments[0], term_print) : raise_badarg(self);
}

// Reads `prefix`, `count` numbers of up to 32 bits with points between them, and ">" to the text's end. The first
// number names the node, and 0 is this one: no other is taken, since a name alone does not say which incarnation of
// that node is meant.
static bool read_numbers(struct process *self, term list, const char *prefix, uint32_t *numbers, size_t count) {
    size_t size = 0, at = strlen(prefix);
    const char *text = list_bytes(self, list, &size);
    if (!text || size < at || memcmp(text, prefix, at) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        uint64_t number = 0;
        size_t start = at;
        for (; at < size && text[at] >= '0' && text[at] <= '9'; at++) {
            number = number * 10 + (uint64_t)(text[at] - '0');
            if (number > UINT32_MAX)
                return false;
        }
        if (at == start || at == size || text[at] != (i + 1 < count ? '.' : '>'))
            return false;
        at++;
        numbers[i] = (uint32_t)number;
    }
    return at == size && numbers[0] == 0;
}

BIF(erlang, list_to_pid, 1) {
    uint32_t numbers[3]; // id and serial of a local pid have 15 and 13 bits
    if (!read_numbers(self, arguments[0], "<", numbers, 3) || numbers[1] > 0x7fff || numbers[2] > 0x1fff)
        return raise_badarg(self);
    return IMMEDIATE_WORD(IMMEDIATE_PID, (uint64_t)numbers[2] << 15 | numbers[1]);
}

BIF(erlang, list_to_port, 1) {
    uint32_t numbers[2];
    if (!read_numbers(self, arguments[0], "#Port<", numbers, 2) || numbers[1] >= 1u << 28)
        return raise_badarg(self);
    return IMMEDIATE_WORD(IMMEDIATE_PORT, numbers[1]);
}

BIF(erlang, list_to_ref, 1) {
    uint32_t numbers[4]; // highest id first; the lowest has 18 bits
    if (!read_numbers(self, arguments[0], "#Ref<", numbers, 4) || numbers[3] >= 1u << 18)
        return raise_badarg(self);
    term *words = heap_alloc(&self->heap, 4);
    words[0] = HEADER(KIND_REFERENCE, 0, 3);
    words[1] = (uint64_t)numbers[2] << 32 | numbers[3];
    words[2] = numbers[1];
    words[3] = 0;
    return boxed_make(words);
}
