// Pids, ports, references and funs as text, and the first three back.

#include "bif/bif.h"
#include "bif/bytes.h"
#include "dist/dist.h"
#include "term/atom.h"
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

// Reads `prefix`, `count` numbers of up to 32 bits with points between them, and ">" to the text's end.
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
    return at == size;
}

// The first number names the node, by its name's: 0 is this one. Another must have been connected, and its latest
// incarnation is meant. False when there is none.
static bool read_node(uint32_t number, term *node, uint32_t *creation) {
    *node = NONE;
    if (number == 0)
        return true;
    struct node *known = number < atom_count() ? dist_node_find(ATOM_WORD(number)) : NULL;
    if (!known || !atomic_load(&known->was_connected))
        return false;
    *node = known->name;
    *creation = atomic_load(&known->creation);
    return true;
}

BIF(erlang, list_to_pid, 1) {
    uint32_t numbers[3], creation; // id and serial of a local pid have 15 and 13 bits
    term node;
    if (!read_numbers(self, arguments[0], "<", numbers, 3) || !read_node(numbers[0], &node, &creation))
        return raise_badarg(self);
    if (node != NONE)
        return heap_external(&self->heap, KIND_EXTERNAL_PID, node, creation, (uint64_t[]){numbers[1], numbers[2]}, 2);
    if (numbers[1] > 0x7fff || numbers[2] > 0x1fff)
        return raise_badarg(self);
    return IMMEDIATE_WORD(IMMEDIATE_PID, (uint64_t)numbers[2] << 15 | numbers[1]);
}

BIF(erlang, list_to_port, 1) {
    uint32_t numbers[2], creation;
    term node;
    if (!read_numbers(self, arguments[0], "#Port<", numbers, 2) || !read_node(numbers[0], &node, &creation))
        return raise_badarg(self);
    if (node != NONE)
        return heap_external(&self->heap, KIND_EXTERNAL_PORT, node, creation, (uint64_t[]){numbers[1]}, 1);
    if (numbers[1] >= 1u << 28)
        return raise_badarg(self);
    return IMMEDIATE_WORD(IMMEDIATE_PORT, numbers[1]);
}

BIF(erlang, list_to_ref, 1) {
    uint32_t numbers[4], creation; // highest id first; the lowest has 18 bits
    term node;
    if (!read_numbers(self, arguments[0], "#Ref<", numbers, 4) || numbers[3] >= 1u << 18 ||
        !read_node(numbers[0], &node, &creation))
        return raise_badarg(self);
    if (node != NONE)
        return heap_external(&self->heap, KIND_EXTERNAL_REFERENCE, node, creation,
                             (uint64_t[]){numbers[3], numbers[2], numbers[1]}, 3);
    return heap_reference_of(&self->heap, (uint32_t[]){numbers[3], numbers[2], numbers[1]});
}
