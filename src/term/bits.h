// Bits: copying, comparing, and reading and writing the segment types of the bit syntax.
//
// A place is an address and an offset in bits from it (any number); bit 0 is the highest bit of the first byte. Reading
// never touches a byte that holds none of the bits asked for, writing never changes a bit outside the place.

#ifndef PURLIN_TERM_BITS_H
#define PURLIN_TERM_BITS_H

#include "term/term.h"

struct heap;

static inline struct bits bits_at(const uint8_t *bytes, size_t offset, size_t size) {
    return (struct bits){(uint8_t *)bytes + (offset >> 3), offset & 7, size};
}
static inline struct bits bits_part(struct bits whole, size_t offset, size_t size) {
    return bits_at(whole.bytes, whole.offset + offset, size);
}
static inline size_t bits_to_bytes(size_t bits) { // that hold so many
    return (bits >> 3) + ((bits & 7) != 0);
}

// The two places must not overlap.
void bits_copy(uint8_t *to, size_t to_offset, struct bits from);
// By the first bit that differs, then by length: negative, zero, positive.
int bits_compare(struct bits a, struct bits b);
bool bits_equal(struct bits a, struct bits b);

// The bytes of a binary: where they are if they begin at a byte, else copied to `room`, which has the binary's size.
const uint8_t *binary_bytes(term binary, uint8_t *room);

// ---- segments: reading --------------------------------------------------------------------------------------------

// The bits as a number, first bit highest; at most 64.
uint64_t bits_get_unsigned(struct bits from);
// A segment of type integer, of any size.
term bits_get_integer(struct heap *heap, struct bits from, bool is_signed, bool little);
// A segment of type float: 16, 32 or 64 bits (0 bits are 0.0). False for other sizes and for what is not finite.
bool bits_get_float(struct bits from, bool little, double *value);
// A character at the front of `from`; returns its bits, 0 when there is no valid one.
size_t bits_get_utf8(struct bits from, uint32_t *character);
size_t bits_get_utf16(struct bits from, bool little, uint32_t *character);
size_t bits_get_utf32(struct bits from, bool little, uint32_t *character);

// ---- segments: writing --------------------------------------------------------------------------------------------

// The first 1 to 8 bytes of the word as it lies in memory.
static inline void bytes_put(uint8_t *to, uint64_t word, size_t bytes) {
    switch (bytes) {
    case 1:
        *to = (uint8_t)word;
        return;
    case 2:
        memcpy(to, &word, 2);
        return;
    case 4:
        memcpy(to, &word, 4);
        return;
    case 8:
        memcpy(to, &word, 8);
        return;
    default:
        for (size_t i = 0; i < bytes; i++, word >>= 8)
            to[i] = (uint8_t)word;
    }
}
void bits_put_unsigned(uint8_t *to, size_t offset, uint64_t value, size_t size); // the low `size` bits, at most 64
// The low `size` bits of any integer.
void bits_put_integer(uint8_t *to, size_t offset, term value, size_t size, bool little);
// Of a float or an integer. False when `value` is neither, is too large for a double, or the size is not 16, 32 or 64.
bool bits_put_float(uint8_t *to, size_t offset, term value, size_t size, bool little);

// A character is valid when it is no surrogate and at most 16#10ffff.
static inline bool character_is_valid(uint32_t character) {
    return character < 0xd800 || (character >= 0xe000 && character <= 0x10ffff);
}
// Sizes in bits of valid characters. The bits_put functions return the same.
static inline size_t bits_utf8_size(uint32_t character) {
    return character < 0x80 ? 8 : character < 0x800 ? 16 : character < 0x10000 ? 24 : 32;
}
static inline size_t bits_utf16_size(uint32_t character) {
    return character < 0x10000 ? 16 : 32;
}
size_t bits_put_utf8(uint8_t *to, size_t offset, uint32_t character);
size_t bits_put_utf16(uint8_t *to, size_t offset, uint32_t character, bool little);
size_t bits_put_utf32(uint8_t *to, size_t offset, uint32_t character, bool little);
// The same in whole bytes: reads from at most `size` bytes, returns the bytes used or 0; writes at most 4.
size_t utf8_decode(const uint8_t *bytes, size_t size, uint32_t *character);
size_t utf8_encode(uint8_t *bytes, uint32_t character);

// ---- building -----------------------------------------------------------------------------------------------------

// A bitstring being written: the next bit goes to `offset` of `bytes`, the last one is before `end`.
struct bits_builder {
    uint8_t *bytes;
    size_t offset, end;
};

// A new bitstring of `size` bits, all yet to be written.
term bits_new(struct heap *heap, size_t size, struct bits_builder *builder);
// `prefix` followed by `extra` bits, yet to be written. Extends the bytes of `prefix` in place when it is a slice that
// nobody has extended yet; else the result gets bytes with room to grow.
term bits_append(struct heap *heap, term prefix, size_t extra, struct bits_builder *builder);

#endif
