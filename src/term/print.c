// Terms as text, as erlang:display/1 prints them.
//
// The walk keeps what is still to be printed on a stack of its own. An item there is a term, or a mark: a character to
// print (a mark's payload), or MARK_TAIL before the rest of a list.

#include "term/print.h"

#include <inttypes.h>

#include "sys/sys.h"
#include "term/atom.h"
#include "term/bits.h"
#include "term/fun.h"
#include "term/map.h"
#include "term/number.h"
#include "term/stack.h"

// Marks of this walk; payloads below 256 are characters.
#define MARK_CHARACTER(c) IMMEDIATE_WORD(IMMEDIATE_MARK, (uint8_t)(c))
#define MARK_ARROW IMMEDIATE_WORD(IMMEDIATE_MARK, 256)
#define MARK_TAIL IMMEDIATE_WORD(IMMEDIATE_MARK, 257)

static void append_c(struct text *text, const char *string) {
    text_append(text, string, strlen(string));
}

static void append_character(struct text *text, char c) {
    text_append(text, &c, 1);
}

// ---- atoms

static bool is_lower(uint32_t c) { // in Latin-1
    return (c >= 'a' && c <= 'z') || (c >= 0xdf && c <= 0xff && c != 0xf7);
}

static bool is_name_character(uint32_t c) {
    return is_lower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (c >= 0xc0 && c <= 0xde && c != 0xd7);
}

// The next character of valid UTF-8.
static uint32_t next_character(const uint8_t **at) {
    uint32_t c = *(*at)++;
    if (c < 0x80)
        return c;
    int more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    c &= 0x3f >> more;
    for (; more > 0; more--)
        c = c << 6 | (*(*at)++ & 0x3f);
    return c;
}

static bool needs_quotes(struct atom_text name) {
    const uint8_t *at = name.bytes, *end = at + name.size;
    if (at == end || !is_lower(next_character(&at)))
        return true;
    while (at < end) {
        if (!is_name_character(next_character(&at)))
            return true;
    }
    return false;
}

static void print_atom(struct text *text, term atom) {
    static const char escapes[] = "btnvfr"; // of 8..13
    struct atom_text name = atom_text(atom);
    if (!needs_quotes(name)) {
        text_append(text, name.bytes, name.size);
        return;
    }
    append_character(text, '\'');
    for (const uint8_t *at = name.bytes, *end = at + name.size; at < end;) {
        const uint8_t *start = at;
        uint32_t c = next_character(&at);
        if (c == '\'' || c == '\\')
            text_format(text, "\\%c", (char)c);
        else if (c >= 8 && c <= 13)
            text_format(text, "\\%c", escapes[c - 8]);
        else if (c < 32 || (c >= 128 && c < 160))
            text_format(text, "\\%03o", c);
        else
            text_append(text, start, (size_t)(at - start));
    }
    append_character(text, '\'');
}

// ---- strings

static bool is_printable(int64_t c) {
    return (c >= 32 && c < 127) || (c >= 160 && c < 256);
}

// A proper, non-empty list of printable characters and white space.
static bool is_string(term list) {
    for (; is_list(list); list = list_tail(list)) {
        term head = list_head(list);
        if (!is_small(head))
            return false;
        int64_t c = small_value(head);
        if (!is_printable(c) && c != '\t' && c != '\n' && c != '\r')
            return false;
    }
    return is_nil(list);
}

// Only these two are escaped: a backslash is not.
static void print_character(struct text *text, char c) {
    if (c == '\n')
        append_c(text, "\\n");
    else if (c == '"')
        append_c(text, "\\\"");
    else
        append_character(text, c);
}

static void print_string(struct text *text, term list) {
    append_character(text, '"');
    for (; is_list(list); list = list_tail(list))
        print_character(text, (char)small_value(list_head(list)));
    append_character(text, '"');
}

static uint8_t byte_at(struct bits bits, size_t index) {
    return (uint8_t)bits_get_unsigned(bits_part(bits, 8 * index, 8));
}

static void print_bitstring(struct text *text, term t, size_t limit) {
    struct bits bits = bitstring_bits(t);
    size_t size = bits.size / 8;
    bool readable = bits.size % 8 == 0 && size > 0;
    for (size_t i = 0; readable && i < size; i++) {
        uint8_t c = byte_at(bits, i);
        readable = c >= 32 && c < 127;
    }
    append_c(text, readable ? "<<\"" : "<<");
    for (size_t i = 0; i < size && text->size <= limit; i++) {
        if (readable)
            print_character(text, (char)byte_at(bits, i));
        else
            text_format(text, i ? ",%d" : "%d", byte_at(bits, i));
    }
    if (bits.size % 8)
        text_format(text, size ? ",%d:%d" : "%d:%d", (int)bits_get_unsigned(bits_part(bits, 8 * size, bits.size % 8)),
                    (int)(bits.size % 8));
    append_c(text, readable ? "\">>" : ">>");
}

// ---- numbers, identifiers, funs

static void print_integer(struct text *text, term t) {
    if (is_small(t)) {
        text_format(text, "%" PRId64, small_value(t));
        return;
    }
    char *digits;
    size_t size = integer_format(t, 10, &digits);
    text_append(text, digits, size);
    sys_free(digits);
}

// The first number of an identifier says which node it is of: 0 for this one, else the index of its name.
void term_print_identifier(struct text *text, term t) {
    if (is_local_pid(t)) {
        uint64_t number = immediate_payload(t);
        text_format(text, "<0.%u.%u>", (unsigned)(number & 0x7fff), (unsigned)(number >> 15));
        return;
    }
    if (is_local_port(t)) {
        text_format(text, "#Port<0.%" PRIu64 ">", immediate_payload(t));
        return;
    }
    const term *words = boxed(t);
    enum kind kind = header_kind(words[0]);
    if (kind == KIND_REFERENCE || kind == KIND_MAGIC_REFERENCE) {
        const term *ids = words + (kind == KIND_REFERENCE ? 1 : 3);
        text_format(text, "#Ref<0.%u.%u.%u>", (uint32_t)ids[1], (uint32_t)(ids[0] >> 32), (uint32_t)ids[0]);
        return;
    }
    uint32_t node = atom_index(words[1]);
    if (kind == KIND_EXTERNAL_PID)
        text_format(text, "<%u.%" PRId64 ".%" PRId64 ">", node, small_value(words[3]), small_value(words[4]));
    else if (kind == KIND_EXTERNAL_PORT)
        text_format(text, "#Port<%u.%" PRId64 ">", node, small_value(words[3]));
    else {
        text_format(text, "#Ref<%u", node);
        for (size_t i = header_size(words[0]); i >= 3; i--)
            text_format(text, ".%" PRId64, small_value(words[i]));
        append_c(text, ">");
    }
}

static void print_export(struct text *text, const struct export *export) {
    append_c(text, "fun ");
    print_atom(text, export->module);
    append_character(text, ':');
    print_atom(text, export->function);
    text_format(text, "/%u", export->arity);
}

static void print_fun(struct text *text, const struct lambda *lambda) {
    append_c(text, "#Fun<");
    print_atom(text, lambda->module);
    text_format(text, ".%u.%u>", lambda->index, lambda->old_uniq);
}

// ---- the walk

static void push_tuple(struct term_stack *stack, term t) {
    size_t arity = tuple_arity(t);
    term_stack_reserve(stack, 2 * arity + 1);
    term_stack_push(stack, MARK_CHARACTER('}'));
    for (size_t i = arity; i >= 1; i--) {
        term_stack_push(stack, tuple_element(t, i));
        if (i > 1)
            term_stack_push(stack, MARK_CHARACTER(','));
    }
}

static void push_map(struct term_stack *stack, term t) {
    size_t first = stack->count;
    for (struct map_iterator it = map_iterate(t); map_next(&it);) {
        term_stack_push(stack, stack->count == first ? MARK_CHARACTER('{') : MARK_CHARACTER(','));
        term_stack_push(stack, it.key);
        term_stack_push(stack, MARK_ARROW);
        term_stack_push(stack, it.value);
    }
    if (stack->count == first)
        term_stack_push(stack, MARK_CHARACTER('{'));
    term_stack_push(stack, MARK_CHARACTER('}'));
    for (size_t low = first, high = stack->count - 1; low < high; low++, high--) {
        term item = stack->items[low];
        stack->items[low] = stack->items[high];
        stack->items[high] = item;
    }
}

static void print_boxed(struct text *text, struct term_stack *stack, term t, size_t limit) {
    switch (header_kind(*boxed(t))) {
    case KIND_TUPLE:
        append_character(text, '{');
        push_tuple(stack, t);
        return;
    case KIND_MAP:
    case KIND_MAP_ROOT:
        append_character(text, '#');
        push_map(stack, t);
        return;
    case KIND_FUN:
        print_fun(text, fun_lambda(t));
        return;
    case KIND_EXPORT:
        print_export(text, fun_export(t));
        return;
    case KIND_EXTERNAL_PID:
    case KIND_EXTERNAL_PORT:
    case KIND_EXTERNAL_REFERENCE:
    case KIND_REFERENCE:
    case KIND_MAGIC_REFERENCE:
        term_print_identifier(text, t);
        return;
    case KIND_BIGNUM:
        print_integer(text, t);
        return;
    case KIND_FLOAT:
        text_format(text, "%e", float_value(t));
        return;
    case KIND_BITSTRING:
    case KIND_SLICE:
        print_bitstring(text, t, limit);
        return;
    case KIND_MATCH_CONTEXT:
        append_c(text, "#MatchState");
        return;
    case KIND_MAP_BRANCH:
        break;
    }
    text_format(text, "<unknown:%#" PRIx64 ">", *boxed(t));
}

static void print_tail(struct text *text, struct term_stack *stack, term tail) {
    if (is_nil(tail)) {
        append_character(text, ']');
    } else if (is_list(tail)) {
        append_character(text, ',');
        term_stack_push(stack, list_tail(tail));
        term_stack_push(stack, MARK_TAIL);
        term_stack_push(stack, list_head(tail));
    } else {
        append_character(text, '|');
        term_stack_push(stack, MARK_CHARACTER(']'));
        term_stack_push(stack, tail);
    }
}

static void print_mark(struct text *text, struct term_stack *stack, term mark) {
    if (mark == MARK_TAIL)
        print_tail(text, stack, term_stack_pop(stack));
    else if (mark == MARK_ARROW)
        append_c(text, "=>");
    else
        append_character(text, (char)immediate_payload(mark));
}

static void print_item(struct text *text, struct term_stack *stack, term t, size_t limit) {
    if (is_small(t)) {
        print_integer(text, t);
    } else if (is_flonum(t)) {
        text_format(text, "%e", flonum_value(t));
    } else if (is_list(t)) {
        if (is_string(t)) {
            print_string(text, t);
        } else {
            append_character(text, '[');
            term_stack_push(stack, list_tail(t));
            term_stack_push(stack, MARK_TAIL);
            term_stack_push(stack, list_head(t));
        }
    } else if (is_boxed(t)) {
        print_boxed(text, stack, t, limit);
    } else if (is_atom(t)) {
        print_atom(text, t);
    } else if (is_nil(t)) {
        append_c(text, "[]");
    } else if (is_immediate(t, IMMEDIATE_MARK)) {
        print_mark(text, stack, t);
    } else if (is_local_pid(t) || is_local_port(t)) {
        term_print_identifier(text, t);
    } else {
        text_format(text, "<unknown:%#" PRIx64 ">", t);
    }
}

// Prints until text->size passes `end`; then the rest is dots.
static void print(struct text *text, term t, size_t end) {
    struct term_stack stack;
    term_stack_begin(&stack);
    term_stack_push(&stack, t);
    while (stack.count > 0 && text->size <= end)
        print_item(text, &stack, term_stack_pop(&stack), end);
    if (text->size > end) {
        text->size = end;
        append_c(text, "...");
    }
    term_stack_end(&stack);
}

void term_print(struct text *text, term t) {
    print(text, t, SIZE_MAX);
}

void term_print_limited(struct text *text, term t, size_t limit) {
    print(text, t, text->size + limit);
}
