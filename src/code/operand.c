// Operands as they stand in the Code chunk.

#include "code/operand.h"

#include "term/term.h"

#define FUN_WORDS 3          // of a fun without what it captures, which the compiler counts as words
#define BOXED_FLOAT_WORDS 2  // of one that is no flonum
#define ALLOCATION_MAX 65536 // of each kind in an allocation list; more is nonsense

enum extended { EXTENDED_LIST = 1, EXTENDED_FLOAT_REGISTER, EXTENDED_ALLOCATION, EXTENDED_LITERAL, EXTENDED_TYPED };

static bool read_plain(struct cursor *cursor, struct raw_operand *operand);

static bool read_unsigned(struct cursor *cursor, uint64_t *value) {
    struct raw_operand operand;
    if (!read_plain(cursor, &operand) || operand.tag != RAW_UNSIGNED)
        return false;
    *value = operand.value;
    return true;
}

// `size` bytes of two's complement.
static bool read_bytes(struct cursor *cursor, struct raw_operand *operand, uint64_t size) {
    if (size > (uint64_t)(cursor->end - cursor->at))
        return false;
    const uint8_t *digits = cursor->at;
    cursor->at += size;
    operand->digits = digits;
    uint64_t value = digits[0] & 0x80 ? UINT64_MAX : 0;
    for (uint64_t i = 0; i < size && i < 8; i++)
        value = value << 8 | digits[i];
    operand->value = value;
    if (operand->tag == RAW_INTEGER && (size > 8 || !small_fits((int64_t)value))) {
        operand->tag = RAW_BIG;
        operand->value = size;
        return true;
    }
    return operand->tag == RAW_INTEGER || (size <= 8 && (int64_t)value >= 0);
}

// An operand of tags 0..6.
static bool read_plain(struct cursor *cursor, struct raw_operand *operand) {
    if (cursor->at == cursor->end)
        return false;
    unsigned first = *cursor->at++;
    operand->tag = first & 7;
    operand->type = 0;
    if (operand->tag == 7)
        return false;
    if (!(first & 8)) {
        operand->value = first >> 4;
        return true;
    }
    if (!(first & 16)) {
        if (cursor->at == cursor->end)
            return false;
        operand->value = (first & 0xe0) << 3 | *cursor->at++;
        return true;
    }
    uint64_t size = (first >> 5) + 2;
    if (size == 9) {
        uint64_t more;
        // The length's own length is never long: this bounds the recursion.
        if (cursor->at == cursor->end || (*cursor->at & 0xf8) == 0xf8 || !read_unsigned(cursor, &more) ||
            more > (uint64_t)(cursor->end - cursor->at))
            return false;
        size += more;
    }
    return read_bytes(cursor, operand, size);
}

static bool read_allocation(struct cursor *cursor, struct raw_operand *operand) {
    static const uint8_t weights[3] = {1, BOXED_FLOAT_WORDS, FUN_WORDS};
    uint64_t count, kind, number;
    if (!read_unsigned(cursor, &count))
        return false;
    operand->tag = RAW_WORDS;
    operand->value = 0;
    for (; count > 0; count--) {
        if (!read_unsigned(cursor, &kind) || !read_unsigned(cursor, &number) || kind > 2 || number > ALLOCATION_MAX)
            return false;
        operand->value += weights[kind] * number;
    }
    return true;
}

bool operand_read_long(struct cursor *cursor, struct raw_operand *operand) {
    unsigned first = *cursor->at;
    if ((first & 7) != 7)
        return read_plain(cursor, operand);
    cursor->at++;
    operand->type = 0;
    switch (first & 8 ? 0 : first >> 4) {
    case EXTENDED_LIST:
        operand->tag = RAW_LIST;
        return read_unsigned(cursor, &operand->value);
    case EXTENDED_FLOAT_REGISTER:
        operand->tag = RAW_FLOAT_REGISTER;
        return read_unsigned(cursor, &operand->value);
    case EXTENDED_LITERAL:
        operand->tag = RAW_LITERAL;
        return read_unsigned(cursor, &operand->value);
    case EXTENDED_ALLOCATION:
        return read_allocation(cursor, operand);
    case EXTENDED_TYPED: {
        uint64_t type;
        if (!read_plain(cursor, operand) || (operand->tag != RAW_X && operand->tag != RAW_Y) ||
            !read_unsigned(cursor, &type) || type >= UINT32_MAX)
            return false;
        operand->type = (uint32_t)type + 1;
        return true;
    }
    default:
        return false;
    }
}
