// Building bitstrings from segments, and the sizes of segments.
//
// A segment of bs_create_bin is SEGMENT_WORDS words behind the instruction:
//   0  kind | unit << 8 | flags << 24 | number of the segment in the source << 32 (for error_info)
//   1  source, as in form s; for a string the address of its bytes
//   2  size, as in form s: a number, or the atom `all`
// Where the code gives the size as a number, FIELD_FIXED is set and `unit` is the size in bits; FIELD_BYTES, too, for
// an integer of one to eight whole bytes. FIELD_WHOLE says that it is `all`.

#ifndef PURLIN_EXEC_BIT_SYNTAX_H
#define PURLIN_EXEC_BIT_SYNTAX_H

#include "code/code.h"
#include "proc/proc.h"
#include "term/bits.h"

enum segment_kind {
    SEGMENT_INTEGER,
    SEGMENT_FLOAT,
    SEGMENT_BINARY,
    SEGMENT_STRING,
    SEGMENT_UTF8,
    SEGMENT_UTF16,
    SEGMENT_UTF32,
    SEGMENT_APPEND, // only the first one: what the others are appended to
};

enum field_flags {
    FIELD_LITTLE = 2,
    FIELD_SIGNED = 4,
    FIELD_NATIVE = 16,
    FIELD_WHOLE = 32,
    FIELD_FIXED = 64,
    FIELD_BYTES = 128,
}; // but for the last three as in the file

static inline bool segment_has(const word *segment, enum field_flags flag) {
    return segment[0] >> 24 & flag;
}
static inline uint64_t segment_fixed_bits(const word *segment) {
    return segment[0] >> 8 & 0xffff;
}

#define SEGMENT_WORDS 3
#define BITS_RESULT_WORDS 12 // most that a new bitstring takes on the heap
#define BITS_MAX ((uint64_t)1 << 48)

// The size of a segment that is not `all`; false when it is no valid one.
static inline bool segment_bits(term size, uint64_t unit, uint64_t *bits) {
    return is_small(size) && small_value(size) >= 0 &&
           !__builtin_mul_overflow((uint64_t)small_value(size), unit, bits) && *bits <= BITS_MAX;
}
// Whole bytes are asked for nearly always, and a division takes long.
static inline bool is_multiple(size_t bits, uint64_t unit) {
    return (unit == 8 ? bits & 7 : bits % unit) == 0;
}
// The size of a part of what has `left` bits; `all` must be a multiple of the unit.
static inline bool part_bits(term size, uint64_t unit, size_t left, uint64_t *bits) {
    if (size == ATOM_all) {
        *bits = left;
        return is_multiple(left, unit);
    }
    return segment_bits(size, unit, bits) && *bits <= left;
}
static inline bool is_character(term t) {
    return is_small(t) && (uint64_t)small_value(t) <= 0x10ffff && character_is_valid((uint32_t)small_value(t));
}

// A field of bs_get_fields: where it goes, as in form d, its bits (at most 60, not 0), and whether its low byte is
// first.
#define FIELD_WORD(destination, bits, little) ((destination) | (word)(bits) << 32 | (word)(little) << 40)
static inline word field_destination(word field) {
    return (uint32_t)field;
}
static inline unsigned field_bits(word field) {
    return field >> 32 & 0xff;
}
static inline bool field_is_little(word field) {
    return field >> 40;
}

// What is known of a bitstring's segments when it is prepared.
struct bits_plan {
    word count;
    word variable;   // so many of them have no fixed size
    word fixed_bits; // size of the others together
};

// The bitstring of the segments; NONE with the exception raised. Takes at most BITS_RESULT_WORDS from the heap's block.
term bits_create(struct process *process, const struct bits_plan *plan, const word *segments, term *x);
// Writes one segment; false with badarg raised.
bool bits_put_segment(struct process *process, struct bits_builder *builder, enum segment_kind kind, uint64_t unit,
                      uint64_t flags, term size, term source);

#endif
