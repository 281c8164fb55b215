// Operands as they stand in the Code chunk: the compact term encoding.
//
//   first byte   7 6 5 4   3   2..0
//                value     0   tag      values 0..15
//                high  0   1   tag      11 bits, the low 8 in the next byte
//                n   1 1   1   tag      n + 2 bytes follow (n < 7), two's complement, big-endian;
//                                       n = 7: an unsigned operand follows, that many + 9 bytes
//
// Tag 7 has extended forms, told apart by the value: 1 a list (an unsigned operand with its length, then the elements),
// 2 a float register, 3 an allocation list, 4 a literal, 5 a register with a type.

#ifndef PURLIN_CODE_OPERAND_H
#define PURLIN_CODE_OPERAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum raw_tag { // the first ones are the encoding's
    RAW_UNSIGNED,
    RAW_INTEGER,
    RAW_ATOM,
    RAW_X,
    RAW_Y,
    RAW_LABEL,
    RAW_CHARACTER, // not used any more
    RAW_LIST,      // value: its length; the elements follow
    RAW_FLOAT_REGISTER,
    RAW_WORDS,   // an allocation list as the words that its values take
    RAW_LITERAL, // value: its index
    RAW_BIG,     // an integer that is not small; value: its size in bytes, `digits` where they are
};

struct raw_operand {
    uint8_t tag;
    uint32_t type;  // of a register: index + 1 into the Type chunk, or 0
    uint64_t value; // an integer's is signed
    const uint8_t *digits;
};

struct cursor {
    const uint8_t *at, *end;
};

bool operand_read_long(struct cursor *cursor, struct raw_operand *operand);

// Reads one operand; false when the bytes end or make none.
static inline bool operand_read(struct cursor *cursor, struct raw_operand *operand) {
    if (cursor->at == cursor->end)
        return false;
    unsigned first = *cursor->at;
    if ((first & 8) || (first & 7) == 7)
        return operand_read_long(cursor, operand);
    cursor->at++;
    operand->tag = first & 7;
    operand->type = 0;
    operand->value = first >> 4;
    return true;
}

#endif
