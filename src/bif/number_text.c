// Numbers as lists and binaries of characters, and back.

#include "bif/bif.h"
#include "bif/bytes.h"
#include "sys/sys.h"
#include "term/number.h"

static term make_text(struct process *self, const char *text, size_t size, bool binary) {
    return binary ? heap_binary(&self->heap, text, size) : heap_string(&self->heap, text, size);
}

// ---- integers

// A base given as a term; 0 when it is none.
static int base_of(term t) {
    return is_small(t) && small_value(t) >= 2 && small_value(t) <= 36 ? (int)small_value(t) : 0;
}

static term format_integer(struct process *self, term integer, int base, bool binary) {
    if (!is_integer(integer) || base == 0)
        return raise_badarg(self);
    bool slow = integer_is_long_text(integer);
    if (slow)
        proc_slow_enter(self, SLOW_COMPUTES);
    char *text;
    size_t size = integer_format(integer, base, &text);
    term result = make_text(self, text, size, binary);
    sys_free(text);
    if (slow)
        proc_slow_leave(self);
    return result;
}

BIF(erlang, integer_to_list, 1) {
    return format_integer(self, arguments[0], 10, false);
}

BIF(erlang, integer_to_list, 2) {
    return format_integer(self, arguments[0], base_of(arguments[1]), false);
}

BIF(erlang, integer_to_binary, 1) {
    return format_integer(self, arguments[0], 10, true);
}

BIF(erlang, integer_to_binary, 2) {
    return format_integer(self, arguments[0], base_of(arguments[1]), true);
}

// The work is done in the slow-work pool where it is much: text in scratch memory or in a binary stays where it is.
static term read_integer(struct process *self, const char *text, size_t size, int base, enum number_error *error) {
    bool slow = integer_text_is_long_work(size);
    if (slow)
        proc_slow_enter(self, SLOW_COMPUTES);
    term result = integer_parse(&self->heap, text, size, base, error);
    if (slow)
        proc_slow_leave(self);
    return result;
}

static term parse_integer(struct process *self, const char *text, size_t size, int base) {
    if (!text || base == 0)
        return raise_badarg(self);
    enum number_error error;
    term result = read_integer(self, text, size, base, &error);
    if (result == NONE)
        return error == NUMBER_LIMIT ? raise_system_limit(self) : raise_badarg(self);
    return result;
}

static term parse_list(struct process *self, term list, int base) {
    size_t size = 0;
    const char *text = list_bytes(self, list, &size);
    return parse_integer(self, text, size, base);
}

static term parse_binary(struct process *self, term binary, int base) {
    if (!is_binary(binary))
        return raise_badarg(self);
    size_t size;
    const uint8_t *bytes = bitstring_bytes(self, binary, &size);
    return parse_integer(self, (const char *)bytes, size, base);
}

BIF(erlang, list_to_integer, 1) {
    return parse_list(self, arguments[0], 10);
}

BIF(erlang, list_to_integer, 2) {
    return parse_list(self, arguments[0], base_of(arguments[1]));
}

BIF(erlang, binary_to_integer, 1) {
    return parse_binary(self, arguments[0], 10);
}

BIF(erlang, binary_to_integer, 2) {
    return parse_binary(self, arguments[0], base_of(arguments[1]));
}

// ---- floats

enum { FLOAT_TEXT_MAX = 256, SCIENTIFIC_MAX = 249, DECIMALS_MAX = 253, SCIENTIFIC_DEFAULT = 20 };

struct float_format {
    enum { FLOAT_SCIENTIFIC, FLOAT_DECIMALS, FLOAT_SHORT } form;
    int64_t digits; // below zero: as printf takes it, six in the scientific form
    bool compact;
};

// Reads one option; of several that contradict each other the last one holds.
static bool read_float_option(struct float_format *format, term option) {
    if (option == ATOM_compact) {
        format->compact = true;
        return true;
    }
    if (option == ATOM_short) {
        format->form = FLOAT_SHORT;
        return true;
    }
    if (!is_tuple_of(option, 2) || !is_small(tuple_element(option, 2)))
        return false;
    term name = tuple_element(option, 1);
    int64_t digits = small_value(tuple_element(option, 2));
    if (name != ATOM_decimals && name != ATOM_scientific)
        return false;
    format->form = name == ATOM_decimals ? FLOAT_DECIMALS : FLOAT_SCIENTIFIC;
    format->digits = digits;
    return true;
}

static term format_float(struct process *self, term number, term options, bool binary) {
    struct float_format format = {FLOAT_SCIENTIFIC, SCIENTIFIC_DEFAULT, false};
    for (; is_list(options); options = list_tail(options)) {
        if (!read_float_option(&format, list_head(options)))
            return raise_badarg(self);
    }
    if (!is_nil(options) || !is_float(number))
        return raise_badarg(self);
    double value = float_value(number);
    char text[FLOAT_TEXT_MAX];
    bool fits;
    if (format.form == FLOAT_SHORT)
        return make_text(self, text, float_format_short(value, text), binary);
    if (format.form == FLOAT_DECIMALS)
        fits = format.digits >= 0 && format.digits <= DECIMALS_MAX &&
               float_format_decimals(value, (int)format.digits, format.compact, text, sizeof text);
    else
        fits = format.digits <= SCIENTIFIC_MAX &&
               float_format_scientific(value, format.digits < 0 ? -1 : (int)format.digits, text, sizeof text);
    return fits ? make_text(self, text, strlen(text), binary) : raise_badarg(self);
}

BIF(erlang, float_to_list, 1) {
    return format_float(self, arguments[0], NIL, false);
}

BIF(erlang, float_to_list, 2) {
    return format_float(self, arguments[0], arguments[1], false);
}

BIF(erlang, float_to_binary, 1) {
    return format_float(self, arguments[0], NIL, true);
}

BIF(erlang, float_to_binary, 2) {
    return format_float(self, arguments[0], arguments[1], true);
}

static term parse_float(struct process *self, const char *text, size_t size) {
    double value;
    if (!text || !float_parse(text, size, &value))
        return raise_badarg(self);
    return heap_float(&self->heap, value);
}

BIF(erlang, list_to_float, 1) {
    size_t size = 0;
    const char *text = list_bytes(self, arguments[0], &size);
    return parse_float(self, text, size);
}

BIF(erlang, binary_to_float, 1) {
    if (!is_binary(arguments[0]))
        return raise_badarg(self);
    size_t size;
    const uint8_t *bytes = bitstring_bytes(self, arguments[0], &size);
    return parse_float(self, (const char *)bytes, size);
}

// ---- a number at the front of a list, for the module string

// The elements at the front of a list that are among `characters`, as text. The list may be improper and hold anything.
static char *front_of_list(struct process *self, term list, const char *characters, size_t *size) {
    size_t length = 0;
    for (term rest = list; is_list(rest); rest = list_tail(rest), length++) {
        term head = list_head(rest);
        if (!is_small(head) || small_value(head) < 1 || small_value(head) > 127 ||
            !strchr(characters, (int)small_value(head)))
            break;
    }
    work_charge(&self->work, (int64_t)(length / 64));
    char *text = proc_scratch(self, length + 1);
    *size = length;
    for (size_t i = 0; i < length; i++, list = list_tail(list))
        text[i] = (char)small_value(list_head(list));
    text[length] = '\0';
    return text;
}

static term list_without(term list, size_t count) {
    while (count-- > 0)
        list = list_tail(list);
    return list;
}

BIF(string, list_to_integer, 1) {
    term list = arguments[0];
    if (!is_list(list) && !is_nil(list))
        return error_tuple(self, ATOM_not_a_list);
    size_t size;
    char *text = front_of_list(self, list, "+-0123456789", &size);
    size_t sign = size > 0 && (text[0] == '+' || text[0] == '-');
    size = sign + strspn(text + sign, "0123456789");
    enum number_error error;
    term integer = read_integer(self, text, size, 10, &error);
    if (integer == NONE)
        return error == NUMBER_LIMIT ? raise_system_limit(self) : error_tuple(self, ATOM_no_integer);
    return heap_tuple_of(&self->heap, 2, integer, list_without(list, size));
}

BIF(string, list_to_float, 1) {
    term list = arguments[0];
    if (!is_list(list) && !is_nil(list))
        return error_tuple(self, ATOM_not_a_list);
    size_t size;
    char *text = front_of_list(self, list, "+-0123456789.,eE", &size);
    size = float_scan(text, size);
    double value;
    if (!float_parse(text, size, &value))
        return error_tuple(self, ATOM_no_float);
    return heap_tuple_of(&self->heap, 2, heap_float(&self->heap, value), list_without(list, size));
}
