// Values in OTP's notation for crash dumps, breadth first: a line may make others wanted.

#include "report/values.h"

#include <inttypes.h>
#include <string.h>

#include "ext/ext.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/map_trie.h"
#include "term/number.h"

// Pointers have the place of their tag cleared. A flonum's low bits are 11.
static uint64_t address_of(term value) {
    return is_pointer(value) ? value & ~(term)TAG_MASK : value;
}

// ---- words

static void write_pointer(struct values *values, term word) {
    bool literal = is_pointer(word) && is_literal((const void *)address_of(word));
    address_set_add(literal ? &values->literals : &values->found, word);
    writer_character(values->writer, 'H');
    writer_hex(values->writer, address_of(word));
}

static void write_atom(struct writer *writer, term atom) {
    struct atom_text text = atom_text(atom);
    writer_format(writer, "A%X:", (unsigned)text.size);
    writer_bytes(writer, text.bytes, text.size);
}

static void write_identifier(struct writer *writer, char letter, term identifier) {
    struct text text = {0};
    term_print_identifier(&text, identifier);
    const char *numbers = memchr(text.bytes, '<', text.size);
    writer_format(writer, "%c%.*s", letter, (int)(text.bytes + text.size - numbers), numbers);
    text_free(&text);
}

void values_word(struct values *values, term word) {
    struct writer *writer = values->writer;
    if (is_small(word))
        writer_format(writer, "I%" PRId64, small_value(word));
    else if (is_atom(word))
        write_atom(writer, word);
    else if (is_local_pid(word))
        write_identifier(writer, 'P', word);
    else if (is_local_port(word))
        write_identifier(writer, 'p', word);
    else if (is_kind(word, KIND_MATCH_CONTEXT)) // no value: only stacks hold one
        writer_format(writer, "A13:match_context");
    else if (is_pointer(word) || is_flonum(word))
        write_pointer(values, word);
    else // nil, and marks in registers that hold nothing
        writer_character(writer, 'N');
}

static void write_words(struct values *values, const term *words, size_t count) {
    for (size_t i = 0; i < count && values->writer->left > 0; i++) {
        if (i > 0)
            writer_character(values->writer, ',');
        values_word(values, words[i]);
    }
}

// ---- what pointers lead to

static void write_float(struct writer *writer, double value) {
    char digits[40];
    int size = snprintf(digits, sizeof digits, "%.20e", value);
    writer_format(writer, "F%X:%s", (unsigned)size, digits);
}

static void write_bignum(struct writer *writer, term value) {
    char *digits;
    size_t size = integer_format(value, 16, &digits);
    bool negative = digits[0] == '-';
    writer_format(writer, negative ? "B-16#" : "B16#");
    writer_bytes(writer, digits + negative, size - negative);
    sys_free(digits);
}

static void write_bytes(struct writer *writer, const char *prefix, const uint8_t *bytes, size_t size) {
    writer_format(writer, "%s%zX:", prefix, size);
    writer_base64(writer, bytes, size);
}

static void write_external(struct writer *writer, term value) {
    static const struct ext_options options = {.flags = EXT_FLAGS_LOCAL, .minor_version = 1};
    struct text text = {0};
    *text_extend(&text, 1) = (char)EXT_VERSION;
    ext_encode(&text, value, &options, NULL);
    write_bytes(writer, "E", (const uint8_t *)text.bytes, text.size);
    text_free(&text);
}

// The shared binary in which a value's bytes lie: not always, since a library's resource may have them elsewhere.
static struct shared_binary *bytes_owner(term value, const struct bits *bits) {
    if (header_kind(*boxed(value)) == KIND_BITSTRING)
        return NULL;
    struct shared_binary *shared = (struct shared_binary *)boxed(value)[2];
    return (uintptr_t)bits->bytes - (uintptr_t)shared->bytes <= shared->capacity ? shared : NULL;
}

static void write_bitstring(struct values *values, term value) {
    struct bits bits = bitstring_bits(value);
    struct shared_binary *shared = bytes_owner(value, &bits);
    if (bits.offset != 0 || bits.size % 8 != 0) {
        write_external(values->writer, value);
    } else if (!shared) {
        write_bytes(values->writer, "Yh", bits.bytes, bits.size / 8);
    } else {
        address_set_add(&values->binaries, (uintptr_t)shared);
        writer_format(values->writer, "Yc%" PRIXPTR ":%zX:%zX", (uintptr_t)shared, (size_t)(bits.bytes - shared->bytes),
                      bits.size / 8);
    }
}

static void write_small_map(struct values *values, term map) {
    writer_format(values->writer, "Mf%zX:", map_size(map));
    values_word(values, boxed(map)[1]);
    writer_format(values->writer, ":");
    write_words(values, small_values(map), map_size(map));
}

static void write_node(struct values *values, term node) {
    if (header_kind(*boxed(node)) == KIND_MAP_ROOT)
        writer_format(values->writer, "Mh%zX:%zX:", map_size(node), node_count(node));
    else
        writer_format(values->writer, "Mn%zX:", node_count(node));
    write_words(values, node_children(node), node_count(node));
}

static void write_boxed(struct values *values, term value) {
    switch (header_kind(*boxed(value))) {
    case KIND_TUPLE:
        writer_format(values->writer, "t%zX:", tuple_arity(value));
        write_words(values, boxed(value) + 1, tuple_arity(value));
        break;
    case KIND_MAP:
        write_small_map(values, value);
        break;
    case KIND_MAP_ROOT:
    case KIND_MAP_BRANCH:
        write_node(values, value);
        break;
    case KIND_BIGNUM:
        write_bignum(values->writer, value);
        break;
    case KIND_FLOAT:
        write_float(values->writer, float_value(value));
        break;
    case KIND_BITSTRING:
    case KIND_SLICE:
        write_bitstring(values, value);
        break;
    case KIND_EXTERNAL_PID:
        write_identifier(values->writer, 'P', value);
        break;
    case KIND_EXTERNAL_PORT:
        write_identifier(values->writer, 'p', value);
        break;
    default:
        write_external(values->writer, value);
    }
}

static void write_line(struct values *values, term value) {
    struct writer *writer = values->writer;
    writer_hex(writer, address_of(value));
    writer_character(writer, ':');
    if (is_flonum(value)) {
        write_float(writer, flonum_value(value));
    } else if (is_list(value)) {
        writer_character(writer, 'l');
        values_word(values, list_head(value));
        writer_character(writer, '|');
        values_word(values, list_tail(value));
    } else {
        write_boxed(values, value);
    }
    writer_character(writer, '\n');
}

static void write_set(struct values *values, struct address_set *set) {
    for (size_t i = 0; i < set->count && values->writer->left > 0; i++)
        write_line(values, set->items[i]);
}

void values_write_found(struct values *values) {
    write_set(values, &values->found);
    address_set_clear(&values->found);
}

// The floats among them are found like those of a heap.
void values_write_literals(struct values *values) {
    write_set(values, &values->literals);
    values_write_found(values);
}

void values_write_binaries(struct values *values) {
    for (size_t i = 0; i < values->binaries.count && values->writer->left > 0; i++) {
        const struct shared_binary *shared = (const struct shared_binary *)values->binaries.items[i];
        writer_format(values->writer, "=binary:%" PRIXPTR "\n", (uintptr_t)shared);
        write_bytes(values->writer, "", shared->bytes, shared->capacity);
        writer_format(values->writer, "\n");
    }
}

void values_free(struct values *values) {
    address_set_free(&values->found);
    address_set_free(&values->literals);
    address_set_free(&values->binaries);
    heap_free(&values->decoded);
}
