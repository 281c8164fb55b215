// Control messages as tuples.

#include "dist/control.h"

#include "term/number.h"

// The fields behind the operation, a letter each:
//   f from: a pid            t to: a pid            i identifier     l leader: a pid     g flags
//   F from: a pid or a name  T to: a pid or a name  k token          m {Module, Function, Arity}
//   u unused                 n to: a name           v reason         o options: a list
//   r reference              a to: an alias                          x result: a pid or an atom
struct layout {
    const char *fields;
    bool has_payload;
};

static const struct layout layouts[CONTROL_OPERATIONS] = {
    [CONTROL_LINK] = {"ft", false},
    [CONTROL_SEND] = {"ut", true},
    [CONTROL_EXIT] = {"ftv", false},
    [CONTROL_UNLINK] = {"ft", false},
    [CONTROL_REG_SEND] = {"fun", true},
    [CONTROL_GROUP_LEADER] = {"lt", false},
    [CONTROL_EXIT2] = {"ftv", false},
    [CONTROL_SEND_TT] = {"utk", true},
    [CONTROL_EXIT_TT] = {"ftkv", false},
    [CONTROL_REG_SEND_TT] = {"funk", true},
    [CONTROL_EXIT2_TT] = {"ftkv", false},
    [CONTROL_MONITOR_P] = {"fTr", false},
    [CONTROL_DEMONITOR_P] = {"fTr", false},
    [CONTROL_MONITOR_P_EXIT] = {"Ftrv", false},
    [CONTROL_SEND_SENDER] = {"ft", true},
    [CONTROL_SEND_SENDER_TT] = {"ftk", true},
    [CONTROL_PAYLOAD_EXIT] = {"ft", true},
    [CONTROL_PAYLOAD_EXIT_TT] = {"ftk", true},
    [CONTROL_PAYLOAD_EXIT2] = {"ft", true},
    [CONTROL_PAYLOAD_EXIT2_TT] = {"ftk", true},
    [CONTROL_PAYLOAD_MONITOR_P_EXIT] = {"Ftr", true},
    [CONTROL_SPAWN_REQUEST] = {"rflmo", true},
    [CONTROL_SPAWN_REQUEST_TT] = {"rflmok", true},
    [CONTROL_SPAWN_REPLY] = {"rtgx", false},
    [CONTROL_SPAWN_REPLY_TT] = {"rtgxk", false},
    [CONTROL_ALIAS_SEND] = {"fa", true},
    [CONTROL_ALIAS_SEND_TT] = {"fak", true},
    [CONTROL_UNLINK_ID] = {"ift", false},
    [CONTROL_UNLINK_ID_ACK] = {"ift", false},
};

static bool is_function(term value) {
    return is_tuple_of(value, 3) && is_atom(tuple_element(value, 1)) && is_atom(tuple_element(value, 2)) &&
           is_small(tuple_element(value, 3)) && small_value(tuple_element(value, 3)) >= 0;
}

static bool is_identifier(term value) {
    return is_integer(value) && !integer_is_negative(value) && integer_to_uint64(value, &(uint64_t){0});
}

// Where a field's value belongs; NULL for an unused one.
static term *place(struct control *control, char letter) {
    switch (letter) {
    case 'f':
    case 'F':
        return &control->from;
    case 't':
    case 'T':
    case 'n':
    case 'a':
        return &control->to;
    case 'r':
        return &control->reference;
    case 'i':
        return &control->identifier;
    case 'k':
        return &control->token;
    case 'v':
        return &control->reason;
    case 'l':
        return &control->leader;
    case 'm':
        return &control->function;
    case 'o':
        return &control->options;
    case 'g':
        return &control->flags;
    case 'x':
        return &control->result;
    default:
        return NULL;
    }
}

static bool is_valid(char letter, term value) {
    switch (letter) {
    case 'f':
    case 't':
    case 'l':
        return is_pid(value);
    case 'F':
    case 'T':
    case 'x':
        return is_pid(value) || is_atom(value);
    case 'n':
        return is_atom(value);
    case 'r':
    case 'a':
        return is_reference(value);
    case 'i':
        return is_identifier(value);
    case 'm':
        return is_function(value);
    case 'o':
        return is_list(value) || is_nil(value);
    case 'g':
        return is_small(value) && small_value(value) >= 0;
    default:
        return true;
    }
}

bool control_read(term value, struct control *control) {
    if (!is_tuple(value) || tuple_arity(value) == 0 || !is_small(tuple_element(value, 1)))
        return false;
    int64_t operation = small_value(tuple_element(value, 1));
    if (operation < 0 || operation >= CONTROL_OPERATIONS || !layouts[operation].fields)
        return false;
    *control = (struct control){(unsigned)operation,
                                layouts[operation].has_payload,
                                NONE,
                                NONE,
                                NONE,
                                NONE,
                                NONE,
                                NONE,
                                NONE,
                                NONE,
                                NONE,
                                NONE,
                                NONE,
                                NONE};
    const char *fields = layouts[operation].fields;
    if (tuple_arity(value) != 1 + strlen(fields))
        return false;
    for (size_t i = 0; fields[i]; i++) {
        term field = tuple_element(value, 2 + i), *to = place(control, fields[i]);
        if (!is_valid(fields[i], field))
            return false;
        if (to)
            *to = field;
    }
    return true;
}

term control_write(const struct control *control, term words[1 + CONTROL_ARITY_MAX]) {
    const char *fields = layouts[control->operation].fields;
    size_t arity = 1;
    words[1] = SMALL(control->operation);
    for (; fields[arity - 1]; arity++) {
        const term *from = place((struct control *)control, fields[arity - 1]);
        words[1 + arity] = from ? *from : ATOM_undefined; // unused, but an atom
    }
    words[0] = HEADER(KIND_TUPLE, 0, arity);
    return boxed_make(words);
}
