// Moving, building and taking apart values.

#include "exec/instruction_table.h"

INSTRUCTION(move, xyc, xy) {
    WRITE(2, READ(1));
    NEXT;
}

// Two moves in a row.
INSTRUCTION(move_two, xyc, xy, xyc, xy) {
    WRITE(2, READ(1));
    WRITE(4, READ(3));
    NEXT;
}

INSTRUCTION(swap, xy, xy) {
    term first = READ(1);
    WRITE(1, READ(2));
    WRITE(2, first);
    NEXT;
}

INSTRUCTION(jump, f) {
    JUMP(1);
}

// count, then registers (as in d)
INSTRUCTION(init_registers, u) {
    const word *registers = AFTER;
    for (word i = 0; i < NUMBER(1); i++)
        *operand_place(x, stack, registers[i]) = NIL;
    ip = registers + NUMBER(1);
    DISPATCH;
}

INSTRUCTION(init, y) {
    WRITE(1, NIL);
    NEXT;
}

INSTRUCTION(init_two, y, y) {
    WRITE(1, NIL);
    WRITE(2, NIL);
    NEXT;
}

// ---- lists --------------------------------------------------------------------------------------------------------

INSTRUCTION(get_list, xys, xyd, xyd) {
    const term *cell = list_cell(READ(1));
    term head = cell[0], tail = cell[1];
    WRITE(2, head);
    WRITE(3, tail);
    NEXT;
}

INSTRUCTION(get_hd, xys, xyd) {
    WRITE(2, list_head(READ(1)));
    NEXT;
}

INSTRUCTION(get_tl, xys, xyd) {
    WRITE(2, list_tail(READ(1)));
    NEXT;
}

INSTRUCTION(put_list, xyc, xyc, xy) {
    top[0] = READ(1);
    top[1] = READ(2);
    WRITE(3, list_make(top));
    top += 2;
    NEXT;
}

// ---- tuples -------------------------------------------------------------------------------------------------------

INSTRUCTION(get_tuple_element, xys, u, xy) {
    WRITE(3, boxed(READ(1))[NUMBER(2)]);
    NEXT;
}

// Two elements of the same tuple.
INSTRUCTION(get_tuple_element_two, xys, u, xy, u, xy) {
    const term *words = boxed(READ(1));
    term first = words[NUMBER(2)], second = words[NUMBER(4)];
    WRITE(3, first);
    WRITE(5, second);
    NEXT;
}

// value, tuple, index
INSTRUCTION(set_tuple_element, s, s, u) {
    boxed(READ(2))[NUMBER(3)] = READ(1);
    NEXT;
}

// destination, arity, then the elements (as in s)
INSTRUCTION(put_tuple, d, u) {
    size_t arity = NUMBER(2);
    const word *elements = AFTER;
    top[0] = HEADER(KIND_TUPLE, 0, arity);
    for (size_t i = 0; i < arity; i++)
        top[1 + i] = operand_read(x, stack, elements[i]);
    WRITE(1, boxed_make(top));
    top += 1 + arity;
    ip = elements + arity;
    DISPATCH;
}

INSTRUCTION(put_tuple_two, xy, xyc, xyc) {
    top[0] = HEADER(KIND_TUPLE, 0, 2);
    top[1] = READ(2);
    top[2] = READ(3);
    WRITE(1, boxed_make(top));
    top += 3;
    NEXT;
}

INSTRUCTION(put_tuple_three, xy, xyc, xyc, xyc) {
    top[0] = HEADER(KIND_TUPLE, 0, 3);
    top[1] = READ(2);
    top[2] = READ(3);
    top[3] = READ(4);
    WRITE(1, boxed_make(top));
    top += 4;
    NEXT;
}

// update_record of OTP 26: source, destination, number of pairs, then pairs of index and value
INSTRUCTION(update_record, s, d, u) {
    const term *old = boxed(READ(1));
    size_t words = 1 + header_size(old[0]), count = NUMBER(3);
    const word *pairs = AFTER;
    memcpy(top, old, words * sizeof(term));
    for (size_t i = 0; i < count; i++)
        top[pairs[2 * i]] = operand_read(x, stack, pairs[2 * i + 1]);
    WRITE(2, boxed_make(top));
    top += words;
    ip = pairs + 2 * count;
    DISPATCH;
}
