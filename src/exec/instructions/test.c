// Tests of type and value, and choices. The first operand is where to go on when the test fails.

#include "exec/instruction_table.h"
#include "term/compare.h"

#define TEST(condition)                                                                                                \
    do {                                                                                                               \
        if (condition)                                                                                                 \
            NEXT;                                                                                                      \
        JUMP(1);                                                                                                       \
    } while (0)

INSTRUCTION(is_integer, f, xys) {
    TEST(is_integer(READ(2)));
}

INSTRUCTION(is_float, f, xys) {
    TEST(is_float(READ(2)));
}

INSTRUCTION(is_number, f, xys) {
    TEST(is_number(READ(2)));
}

INSTRUCTION(is_atom, f, xys) {
    TEST(is_atom(READ(2)));
}

INSTRUCTION(is_boolean, f, xys) {
    term t = READ(2);
    TEST(t == ATOM_true || t == ATOM_false);
}

INSTRUCTION(is_pid, f, xys) {
    TEST(is_pid(READ(2)));
}

INSTRUCTION(is_reference, f, xys) {
    TEST(is_reference(READ(2)));
}

INSTRUCTION(is_port, f, xys) {
    TEST(is_port(READ(2)));
}

INSTRUCTION(is_nil, f, xys) {
    TEST(READ(2) == NIL);
}

INSTRUCTION(is_list, f, xys) {
    term t = READ(2);
    TEST(is_list(t) || is_nil(t));
}

INSTRUCTION(is_nonempty_list, f, xys) {
    TEST(is_list(READ(2)));
}

// The commonest start of a function over a list.
INSTRUCTION(is_nonempty_list_get_list, f, xy, xy, xy) {
    term t = READ(2);
    if (!is_list(t))
        JUMP(1);
    const term *cell = list_cell(t);
    term head = cell[0], tail = cell[1];
    WRITE(3, head);
    WRITE(4, tail);
    NEXT;
}

INSTRUCTION(is_binary, f, xys) {
    TEST(is_binary(READ(2)));
}

INSTRUCTION(is_bitstring, f, xys) {
    TEST(is_bitstring(READ(2)));
}

INSTRUCTION(is_map, f, xys) {
    TEST(is_map(READ(2)));
}

INSTRUCTION(is_function, f, xys) {
    TEST(is_fun(READ(2)));
}

INSTRUCTION(is_function_of, f, s, s) {
    term fun = READ(2), arity = READ(3);
    if (!is_small(arity) || !is_fun(fun))
        JUMP(1);
    int64_t has = is_kind(fun, KIND_FUN) ? header_aux(*boxed(fun)) : fun_export(fun)->arity;
    TEST(has == small_value(arity));
}

// ---- tuples -------------------------------------------------------------------------------------------------------

INSTRUCTION(is_tuple, f, xys) {
    TEST(is_tuple(READ(2)));
}

// of a tuple; the operand is the header
INSTRUCTION(test_arity, f, xys, u) {
    TEST(*boxed(READ(2)) == NUMBER(3));
}

INSTRUCTION(is_tuple_of, f, xys, u) {
    term t = READ(2);
    TEST(is_boxed(t) && *boxed(t) == NUMBER(3));
}

// header, tag
INSTRUCTION(is_tagged_tuple, f, xys, u, i) {
    term t = READ(2);
    TEST(is_boxed(t) && boxed(t)[0] == NUMBER(3) && boxed(t)[1] == READ(4));
}

// ---- equality and order -------------------------------------------------------------------------------------------

INSTRUCTION(is_eq_exact, f, xys, ixys) {
    term a = READ(2), b = READ(3);
    if (a == b)
        NEXT;
    if (!is_pointer(a) && !is_pointer(b))
        JUMP(1);
    TAIL(SLOW);
}

SLOW_PATH(is_eq_exact) {
    TEST(term_same(READ(2), READ(3)));
}

INSTRUCTION(is_ne_exact, f, xys, ixys) {
    term a = READ(2), b = READ(3);
    if (a == b)
        JUMP(1);
    if (!is_pointer(a) && !is_pointer(b))
        NEXT;
    TAIL(SLOW);
}

SLOW_PATH(is_ne_exact) {
    TEST(!term_same(READ(2), READ(3)));
}

// with an immediate: equal words are equal values
INSTRUCTION(is_same, f, xys, i) {
    TEST(READ(2) == READ(3));
}

INSTRUCTION(is_not_same, f, xys, i) {
    TEST(READ(2) != READ(3));
}

INSTRUCTION(is_eq, f, s, s) {
    TEST(term_equal(READ(2), READ(3)));
}

INSTRUCTION(is_ne, f, s, s) {
    TEST(!term_equal(READ(2), READ(3)));
}

INSTRUCTION(is_lt, f, xys, xyns) {
    term a = READ(2), b = READ(3);
    if (likely(are_small(a, b)))
        TEST((int64_t)a < (int64_t)b);
    TAIL(SLOW);
}

SLOW_PATH(is_lt) {
    term a = READ(2), b = READ(3);
    if (is_flonum(a) && is_flonum(b))
        TEST(flonum_value(a) < flonum_value(b));
    TEST(term_compare(a, b) < 0);
}

INSTRUCTION(is_ge, f, xys, xyns) {
    term a = READ(2), b = READ(3);
    if (likely(are_small(a, b)))
        TEST((int64_t)a >= (int64_t)b);
    TAIL(SLOW);
}

SLOW_PATH(is_ge) {
    term a = READ(2), b = READ(3);
    if (is_flonum(a) && is_flonum(b))
        TEST(flonum_value(a) >= flonum_value(b));
    TEST(term_compare(a, b) >= 0);
}

// ---- choices: source, otherwise -----------------------------------------------------------------------------------

// first value, count, then a label for each value
INSTRUCTION(select_range, xys, f, u, u) {
    term value = READ(1);
    const word *labels = AFTER;
    uint64_t index = (uint64_t)(small_value(value) - small_value(NUMBER(3)));
    if (!is_small(value) || index >= NUMBER(4))
        JUMP(2);
    ip = (const word *)labels[index];
    DISPATCH;
}

// count, the values in ascending order (the words as signed numbers), the labels in the same order
INSTRUCTION(select_sorted, xys, f, u) {
    term value = READ(1);
    size_t count = NUMBER(3);
    const word *values = AFTER, *base = values;
    for (size_t n = count; n > 1; n -= n / 2)
        base = (int64_t)base[n / 2] <= (int64_t)value ? base + n / 2 : base;
    if (*base != value)
        JUMP(2);
    ip = (const word *)base[count];
    DISPATCH;
}

// The same for so few that looking at each is cheapest.
INSTRUCTION(select_few, xys, f, u) {
    term value = READ(1);
    size_t count = NUMBER(3);
    const word *values = AFTER;
    for (size_t i = 0; i < count; i++)
        if (values[i] == value) {
            ip = (const word *)values[count + i];
            DISPATCH;
        }
    JUMP(2);
}

// As select_sorted, by a tuple's header.
INSTRUCTION(select_arity, xys, f, u) {
    term tuple = READ(1);
    if (!is_tuple(tuple))
        JUMP(2);
    term header = *boxed(tuple);
    size_t count = NUMBER(3);
    const word *values = AFTER;
    for (size_t i = 0; i < count; i++)
        if (values[i] == header) {
            ip = (const word *)values[count + i];
            DISPATCH;
        }
    JUMP(2);
}

// Goes to the label in operand 2 when equal: what a choice among values that are no immediates is made of.
INSTRUCTION(jump_if_same, f, s, c) {
    if (term_same(READ(2), READ(3)))
        JUMP(1);
    NEXT;
}
