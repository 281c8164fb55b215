// The bit syntax: matching through a match context, and building.
//
// A match context is {header, bitstring, position, end, base}, all small integers but the bitstring; positions are in
// bits. `base` is the address of the first byte where that stays: of a slice that begins at a byte. It is 0 otherwise.

#include "term/bits.h"
#include "exec/bit_syntax.h"
#include "exec/exception.h"
#include "exec/instruction_table.h"
#include "exec/operation.h"

enum { CONTEXT_BITSTRING = 1, CONTEXT_POSITION, CONTEXT_END, CONTEXT_BASE, CONTEXT_WORDS };
#define CONTEXT_HEADER HEADER(KIND_MATCH_CONTEXT, 0, CONTEXT_WORDS - 1)
// All contexts have one size, so half of the header tells them, which an instruction of the machine has room for.
static inline bool is_context(const term *words) {
    return (uint32_t)words[0] == (uint32_t)CONTEXT_HEADER;
}

static inline bool has_bits(const term *context, uint64_t size) {
    return (context[CONTEXT_END] - context[CONTEXT_POSITION]) >> 2 >= size;
}
static inline struct bits bits_ahead(const term *context, size_t size) {
    size_t position = (size_t)small_value(context[CONTEXT_POSITION]);
    uint8_t *base = (uint8_t *)small_value(context[CONTEXT_BASE]);
    if (likely(base))
        return (struct bits){base + (position >> 3), position & 7, size};
    return bits_part(bitstring_bits(context[CONTEXT_BITSTRING]), position, size);
}
static inline const uint8_t *lasting_base(term bitstring) {
    if (!is_kind(bitstring, KIND_SLICE))
        return NULL;
    struct bits bits = bitstring_bits(bitstring);
    return bits.offset ? NULL : bits.bytes;
}
static inline size_t bits_left(const term *context) {
    return (size_t)small_value(context[CONTEXT_END] - context[CONTEXT_POSITION]);
}
static inline size_t size_ahead(term bitstring_or_context) {
    const term *words = boxed(bitstring_or_context);
    return likely(is_context(words)) ? bits_left(words) : bitstring_size(bitstring_or_context);
}
static inline void advance(term *context, size_t size) {
    context[CONTEXT_POSITION] += SMALL(size);
}
// A part of what is matched, from its position on.
static inline term part_ahead(struct process *process, const term *context, size_t size) {
    return heap_bitstring_part(&process->heap, context[CONTEXT_BITSTRING],
                               (size_t)small_value(context[CONTEXT_POSITION]), size);
}

#define COLLECT_IF_DUE(live)                                                                                           \
    do {                                                                                                               \
        if (unlikely(exec_wants_collection(process))) {                                                                \
            SAVE;                                                                                                      \
            exec_collect(process, 0, x, live);                                                                         \
            RESTORE;                                                                                                   \
        }                                                                                                              \
    } while (0)

// ---- matching -----------------------------------------------------------------------------------------------------

// label, bitstring or match context, live, destination
INSTRUCTION(bs_start_match, f, xys, u, xyd) {
    term source = READ(2);
    if (!is_boxed(source))
        JUMP(1);
    if (likely(is_context(boxed(source)))) {
        // It mostly is there already, and who reads it next need not wait for a store. (The barrier keeps the compiler
        // from storing it all the same.)
        if (unlikely(READ(4) != source)) {
            __asm__ volatile("");
            WRITE(4, source);
        }
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(bs_start_match) {
    term source = READ(2);
    enum kind kind = header_kind(*boxed(source));
    if (kind != KIND_BITSTRING && kind != KIND_SLICE)
        JUMP(1);
    if (!ROOM(CONTEXT_WORDS)) {
        size_t live = NUMBER(3); // the source need not be among the live registers: it becomes one
        x[live] = source;
        ENSURE_ROOM(CONTEXT_WORDS, live + 1);
        source = x[live];
    }
    top[0] = CONTEXT_HEADER;
    top[CONTEXT_BITSTRING] = source;
    top[CONTEXT_POSITION] = SMALL(0);
    top[CONTEXT_END] = SMALL(bitstring_size(source));
    top[CONTEXT_BASE] = SMALL((uintptr_t)lasting_base(source));
    WRITE(4, boxed_make(top));
    top += CONTEXT_WORDS;
    NEXT;
}

// The commonest segment: one byte, mostly where a byte begins.
#define GET_BYTE(context, destination)                                                                                 \
    do {                                                                                                               \
        term position = (context)[CONTEXT_POSITION], base = (context)[CONTEXT_BASE];                                   \
        if (unlikely((context)[CONTEXT_END] - position < SMALL(8)))                                                    \
            JUMP(1);                                                                                                   \
        if (unlikely(!base || position & SMALL(7)))                                                                    \
            TAIL(SLOW);                                                                                                \
        (context)[CONTEXT_POSITION] = position + SMALL(8);                                                             \
        WRITE(destination, SMALL(((const uint8_t *)small_value(base))[position / SMALL(8)]));                          \
        NEXT;                                                                                                          \
    } while (0)
#define GET_BYTE_ANYWHERE(context, destination)                                                                        \
    do {                                                                                                               \
        struct bits bits = bits_ahead(context, 8);                                                                     \
        uint64_t byte = likely(bits.offset == 0) ? *bits.bytes : bits_get_unsigned(bits);                              \
        advance(context, 8);                                                                                           \
        WRITE(destination, SMALL(byte));                                                                               \
        NEXT;                                                                                                          \
    } while (0)

// label, context, destination
INSTRUCTION(bs_get_byte, f, xy, xyd) {
    term *context = boxed(READ(2));
    GET_BYTE(context, 3);
}

SLOW_PATH(bs_get_byte) {
    term *context = boxed(READ(2));
    GET_BYTE_ANYWHERE(context, 3);
}

// bs_get_position and bs_get_byte. label, context, destination of the position, that of the byte
INSTRUCTION(bs_get_position_byte, f, xy, xyd, xyd) {
    term *context = boxed(READ(2));
    WRITE(3, context[CONTEXT_POSITION]);
    GET_BYTE(context, 4);
}

SLOW_PATH(bs_get_position_byte) {
    term *context = boxed(READ(2));
    GET_BYTE_ANYWHERE(context, 4);
}

// The bytes from `bits` on as they lie in memory, as far as 64 bits of the context reach: eight, or those of `bits`. No
// call, so no registers to save.
static inline uint64_t load_ahead(const term *context, struct bits bits) {
    uint64_t value = 0;
    if (likely(has_bits(context, 64))) {
        memcpy(&value, bits.bytes, 8);
        return value;
    }
    size_t count = bits_to_bytes(bits.offset + bits.size);
    for (size_t i = 0; i < count; i++)
        value |= (uint64_t)bits.bytes[i] << 8 * i;
    return value;
}

// Unsigned, high bits first, at most 60 bits. label, context, bits, destination
INSTRUCTION(bs_get_unsigned, f, xys, u, xyd) {
    term *context = boxed(READ(2));
    if (!has_bits(context, NUMBER(3)))
        JUMP(1);
    struct bits bits = bits_ahead(context, NUMBER(3));
    if (bits.offset + bits.size > 64 || bits.size == 0)
        TAIL(SLOW);
    uint64_t value = __builtin_bswap64(load_ahead(context, bits)) << bits.offset >> (64 - bits.size);
    advance(context, NUMBER(3));
    WRITE(4, SMALL(value));
    NEXT;
}

SLOW_PATH(bs_get_unsigned) {
    term *context = boxed(READ(2));
    uint64_t value = bits_get_unsigned(bits_ahead(context, NUMBER(3)));
    advance(context, NUMBER(3));
    WRITE(4, SMALL(value));
    NEXT;
}

// Unsigned, low byte first, at most 7 bytes. label, context, bits, destination
INSTRUCTION(bs_get_little, f, xys, u, xyd) {
    term *context = boxed(READ(2));
    if (!has_bits(context, NUMBER(3)))
        JUMP(1);
    struct bits bits = bits_ahead(context, NUMBER(3));
    if (bits.offset)
        TAIL(SLOW);
    uint64_t value = load_ahead(context, bits) & (((uint64_t)1 << NUMBER(3)) - 1);
    advance(context, NUMBER(3));
    WRITE(4, SMALL(value));
    NEXT;
}

SLOW_PATH(bs_get_little) {
    term *context = boxed(READ(2));
    uint64_t value = bits_get_unsigned(bits_ahead(context, NUMBER(3)));
    advance(context, NUMBER(3));
    WRITE(4, SMALL(__builtin_bswap64(value) >> (64 - NUMBER(3))));
    NEXT;
}

// Several integers that follow one another, where one load gets them. In any other case nothing has happened, and what
// gets them one by one follows.
// context, bits together, mask for the number of bits behind that must be 0, count, words to go on after; then the
// fields (exec/bit_syntax.h)
INSTRUCTION(bs_get_fields, xy, u, u, u, u) {
    term *context = boxed(READ(1));
    const word *fields = AFTER;
    size_t size = NUMBER(2), count = NUMBER(4), left = bits_left(context);
    struct bits bits = bits_ahead(context, size);
    if (unlikely(left < 64 || (left - size) & NUMBER(3) || bits.offset + size > 64)) {
        ip = fields + count;
        DISPATCH;
    }
    uint64_t value;
    memcpy(&value, bits.bytes, 8);
    value = __builtin_bswap64(value) << bits.offset;
    advance(context, size);
    ip = fields + NUMBER(5);
    for (const word *end = fields + count; fields < end; fields++) {
        unsigned width = field_bits(*fields);
        uint64_t field = value >> (64 - width);
        if (field_is_little(*fields))
            field = __builtin_bswap64(field << (64 - width));
        *operand_place(x, stack, field_destination(*fields)) = SMALL(field);
        value <<= width;
    }
    DISPATCH;
}

// label, context, live, size, unit, flags, destination
INSTRUCTION(bs_get_integer, f, s, u, s, u, u, d) {
    COLLECT_IF_DUE(NUMBER(3));
    term *context = boxed(READ(2));
    uint64_t size;
    if (!segment_bits(READ(4), NUMBER(5), &size) || !has_bits(context, size))
        JUMP(1);
    SAVE;
    term value =
        bits_get_integer(&process->heap, bits_ahead(context, size), NUMBER(6) & FIELD_SIGNED, NUMBER(6) & FIELD_LITTLE);
    RESTORE;
    advance(context, size);
    WRITE(7, value);
    NEXT;
}

INSTRUCTION(bs_get_float, f, s, u, s, u, u, d) {
    COLLECT_IF_DUE(NUMBER(3));
    term *context = boxed(READ(2));
    uint64_t size;
    double value;
    if (!segment_bits(READ(4), NUMBER(5), &size) || !has_bits(context, size) ||
        !bits_get_float(bits_ahead(context, size), NUMBER(6) & FIELD_LITTLE, &value))
        JUMP(1);
    SAVE;
    term result = heap_float(&process->heap, value);
    RESTORE;
    advance(context, size);
    WRITE(7, result);
    NEXT;
}

// label, context, live, size or `all`, unit, destination
INSTRUCTION(bs_get_binary, f, xys, u, s, u, xyd) {
    COLLECT_IF_DUE(NUMBER(3));
    term *context = boxed(READ(2));
    uint64_t size;
    if (!part_bits(READ(4), NUMBER(5), bits_left(context), &size))
        JUMP(1);
    SAVE;
    term part = part_ahead(process, context, size);
    RESTORE;
    advance(context, size);
    WRITE(6, part);
    NEXT;
}

// context, destination, live
INSTRUCTION(bs_get_tail, xys, xyd, u) {
    COLLECT_IF_DUE(NUMBER(3));
    term *context = boxed(READ(1));
    SAVE;
    term part = part_ahead(process, context, bits_left(context));
    RESTORE;
    WRITE(2, part);
    NEXT;
}

// label, context, size or `all`, unit
INSTRUCTION(bs_skip_bits, f, xys, s, u) {
    term *context = boxed(READ(2));
    uint64_t size;
    if (!part_bits(READ(3), NUMBER(4), bits_left(context), &size))
        JUMP(1);
    advance(context, size);
    NEXT;
}

// label, context, bits
INSTRUCTION(bs_test_tail, f, xys, u) {
    if (bits_left(boxed(READ(2))) != NUMBER(3))
        JUMP(1);
    NEXT;
}

// label, bitstring or context, unit
INSTRUCTION(bs_test_unit, f, xys, u) {
    if (!is_multiple(size_ahead(READ(2)), NUMBER(3)))
        JUMP(1);
    NEXT;
}

// label, bitstring or context
INSTRUCTION(bs_test_bytes, f, xys) {
    if (size_ahead(READ(2)) & 7)
        JUMP(1);
    NEXT;
}

// label, context, bits, address of the bytes
INSTRUCTION(bs_match_string, f, xys, u, u) {
    term *context = boxed(READ(2));
    if (!has_bits(context, NUMBER(3)) ||
        !bits_equal(bits_ahead(context, NUMBER(3)), bits_at((const uint8_t *)NUMBER(4), 0, NUMBER(3))))
        JUMP(1);
    advance(context, NUMBER(3));
    NEXT;
}

INSTRUCTION(bs_get_position, xys, xyd) {
    WRITE(2, boxed(READ(1))[CONTEXT_POSITION]);
    NEXT;
}

INSTRUCTION(bs_set_position, xys, xys) {
    boxed(READ(1))[CONTEXT_POSITION] = READ(2);
    NEXT;
}

#define GET_CHARACTER(...)                                                                                             \
    do {                                                                                                               \
        term *context = boxed(READ(2));                                                                                \
        uint32_t character;                                                                                            \
        size_t size = __VA_ARGS__;                                                                                     \
        if (!size)                                                                                                     \
            JUMP(1);                                                                                                   \
        advance(context, size);                                                                                        \
        WRITE(3, SMALL(character));                                                                                    \
        NEXT;                                                                                                          \
    } while (0)

// label, context, destination, flags
INSTRUCTION(bs_get_utf8, f, xys, xyd, u) {
    GET_CHARACTER(bits_get_utf8(bits_ahead(context, bits_left(context)), &character));
}

INSTRUCTION(bs_get_utf16, f, s, d, u) {
    GET_CHARACTER(bits_get_utf16(bits_ahead(context, bits_left(context)), NUMBER(4) & FIELD_LITTLE, &character));
}

INSTRUCTION(bs_get_utf32, f, s, d, u) {
    GET_CHARACTER(bits_get_utf32(bits_ahead(context, bits_left(context)), NUMBER(4) & FIELD_LITTLE, &character));
}

// ---- building -----------------------------------------------------------------------------------------------------

// label or 0, heap words needed after, live, destination, the three words of a bits_plan, site; then the segments
// (exec/bit_syntax.h)
INSTRUCTION(bs_create_bin, f, u, u, xyd, u, u, u, e) {
    ENSURE_ROOM(NUMBER(2) + BITS_RESULT_WORDS, NUMBER(3));
    COLLECT_IF_DUE(NUMBER(3));
    SAVE;
    term result = bits_create(process, (const struct bits_plan *)(ip + 5), AFTER, x);
    RESTORE;
    if (unlikely(result == NONE))
        FAIL_OR_RAISE(1);
    WRITE(4, result);
    ip = AFTER + NUMBER(5) * SEGMENT_WORDS;
    DISPATCH;
}

// Before OTP 25: the size is known first, then segments are put one by one.
// label or 0, size, unit of the size, heap words needed after, live, destination
INSTRUCTION(bs_init, f, s, u, u, u, d, e) {
    ENSURE_ROOM(NUMBER(4) + BITS_RESULT_WORDS, NUMBER(5));
    uint64_t size;
    SAVE;
    if (!segment_bits(READ(2), NUMBER(3), &size)) {
        raise_badarg(process);
        FAIL_OR_RAISE(1);
    }
    term result = bits_new(&process->heap, size, &CONTEXT->builder);
    RESTORE;
    WRITE(6, result);
    NEXT;
}

// label or 0, size of what is added, unit of it, heap words needed after, live, unit of what is appended to, that,
// destination
INSTRUCTION(bs_append, f, s, u, u, u, u, s, d, e) {
    if (NUMBER(5) != EXEC_LIVE_UNKNOWN)
        ENSURE_ROOM(NUMBER(4) + BITS_RESULT_WORDS, NUMBER(5));
    term prefix = READ(7);
    uint64_t size;
    SAVE;
    if (!segment_bits(READ(2), NUMBER(3), &size) || !is_bitstring(prefix) || bitstring_size(prefix) % NUMBER(6)) {
        raise_badarg(process);
        FAIL_OR_RAISE(1);
    }
    term result = bits_append(&process->heap, prefix, size, &CONTEXT->builder);
    RESTORE;
    WRITE(8, result);
    NEXT;
}

// x0 = size: x0 = an empty binary to append to
INSTRUCTION(bs_init_writable) {
    ENSURE_ROOM(BITS_RESULT_WORDS, 1);
    SAVE;
    struct bits_builder builder;
    x[0] = bits_new(&process->heap, 0, &builder);
    RESTORE;
    NEXT;
}

// A segment into the builder: label or 0, kind, unit, flags, size, source
INSTRUCTION(bs_put, f, u, u, u, s, s, e) {
    SAVE;
    if (!bits_put_segment(process, &CONTEXT->builder, NUMBER(2), NUMBER(3), NUMBER(4), READ(5), READ(6)))
        FAIL_OR_RAISE(1);
    NEXT;
}

// bytes, address
INSTRUCTION(bs_put_string, u, u) {
    struct bits_builder *builder = &CONTEXT->builder;
    bits_copy(builder->bytes, builder->offset, bits_at((const uint8_t *)NUMBER(2), 0, 8 * NUMBER(1)));
    builder->offset += 8 * NUMBER(1);
    NEXT;
}

// label or 0, a, b, unit of b, destination: a + b * unit, all sizes
INSTRUCTION(bs_add, f, s, s, u, d, e) {
    uint64_t a, b, sum;
    SAVE;
    if (!segment_bits(READ(2), 1, &a) || !segment_bits(READ(3), NUMBER(4), &b) || __builtin_add_overflow(a, b, &sum) ||
        sum > (uint64_t)SMALL_MAX) {
        raise_badarg(process);
        FAIL_OR_RAISE(1);
    }
    WRITE(5, SMALL(sum));
    NEXT;
}

// In bytes. What is no character counts 4 and fails when it is put.
INSTRUCTION(bs_utf8_size, s, d) {
    term t = READ(1);
    WRITE(2, SMALL(is_character(t) ? bits_utf8_size((uint32_t)small_value(t)) / 8 : 4));
    NEXT;
}

INSTRUCTION(bs_utf16_size, s, d) {
    term t = READ(1);
    WRITE(2, SMALL(is_character(t) ? bits_utf16_size((uint32_t)small_value(t)) / 8 : 4));
    NEXT;
}
