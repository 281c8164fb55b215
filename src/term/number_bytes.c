// Integers and the machine's: words, bytes in either order, magnitudes.

#include <limits.h>

#include "term/bignum.h"
#include "term/number.h"

bool integer_to_int64(term t, int64_t *value) {
    int128 wide;
    if (!integer_to_int128(t, &wide) || wide < INT64_MIN || wide > INT64_MAX)
        return false;
    *value = (int64_t)wide;
    return true;
}

bool integer_within(term t, int64_t lowest, int64_t highest, int64_t *value) {
    return integer_to_int64(t, value) && *value >= lowest && *value <= highest;
}

bool integer_to_int(term t, int *value) {
    int64_t wide;
    if (!integer_within(t, INT_MIN, INT_MAX, &wide))
        return false;
    *value = (int)wide;
    return true;
}

bool integer_to_uint64(term t, uint64_t *value) {
    int128 wide;
    if (!integer_to_int128(t, &wide) || wide < 0 || wide > UINT64_MAX)
        return false;
    *value = (uint64_t)wide;
    return true;
}

uint64_t integer_low_bits(term t) {
    if (is_small(t))
        return (uint64_t)small_value(t);
    struct integer integer;
    integer_view(&integer, t);
    uint64_t word = integer_word(&integer, 0);
    return integer.view.sign == MP_NEG ? -word : word;
}

bool integer_is_negative(term t) {
    return is_small(t) ? (int64_t)t < 0 : header_aux(*boxed(t)) != 0;
}

size_t integer_bit_length(term t) {
    struct integer integer;
    integer_view(&integer, t);
    size_t used = (size_t)integer.view.used;
    if (used == 0)
        return 0;
    return used * DIGIT_BITS - (size_t)(__builtin_clzll(integer.view.dp[used - 1]) - (64 - DIGIT_BITS));
}

// ---- bytes

// The integer of these bytes in either order, least significant first once read so. They are its magnitude, or, with
// `complement`, the two's complement of a negative one. Digits collect bits until they are full.
static term from_bytes(struct heap *heap, const uint8_t *bytes, size_t size, bool little, bool complement,
                       bool negative) {
    struct digits r;
    digits_begin(&r, size * 8 / DIGIT_BITS + 1);
    unsigned carry = complement;
    uint128 pending = 0;
    unsigned pending_bits = 0;
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = bytes[little ? i : size - 1 - i];
        unsigned sum = (uint8_t)(complement ? ~byte : byte) + carry;
        carry = sum >> 8;
        pending |= (uint128)(sum & 0xff) << pending_bits;
        pending_bits += 8;
        if (pending_bits >= DIGIT_BITS) {
            r.at[used++] = (mp_digit)pending & MP_MASK;
            pending >>= DIGIT_BITS;
            pending_bits -= DIGIT_BITS;
        }
    }
    pending |= (uint128)carry << pending_bits; // of -2^(8 * size)
    r.at[used++] = (mp_digit)pending;
    term result = integer_make(heap, r.at, used, negative);
    digits_end(&r);
    return result;
}

term integer_from_bytes(struct heap *heap, const uint8_t *bytes, size_t size, bool is_signed, bool little) {
    if (size == 0)
        return SMALL(0);
    bool negative = is_signed && bytes[little ? size - 1 : 0] >= 0x80;
    if (size > 8)
        return from_bytes(heap, bytes, size, little, negative, negative);
    uint64_t value = negative ? UINT64_MAX : 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[little ? size - 1 - i : i];
    return is_signed ? heap_integer(heap, (int64_t)value) : heap_unsigned(heap, value);
}

void integer_to_bytes(term t, uint8_t *bytes, size_t size, bool little) {
    if (is_small(t)) {
        int64_t value = small_value(t);
        for (size_t i = 0; i < size; i++) {
            bytes[little ? i : size - 1 - i] = (uint8_t)value;
            value >>= 8;
        }
        return;
    }
    struct integer integer;
    integer_view(&integer, t);
    bool negative = integer.view.sign == MP_NEG;
    unsigned carry = negative;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(integer_word(&integer, i / 8) >> i % 8 * 8);
        unsigned complement = (uint8_t)(negative ? ~byte : byte) + carry;
        carry = complement >> 8;
        bytes[little ? i : size - 1 - i] = (uint8_t)complement;
    }
}

size_t integer_magnitude_size(term t) {
    return (integer_bit_length(t) + 7) / 8;
}

void integer_magnitude(term t, uint8_t *bytes) {
    struct integer integer;
    integer_view(&integer, t);
    size_t size = integer_magnitude_size(t);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(integer_word(&integer, i / 8) >> i % 8 * 8);
}

term integer_from_magnitude(struct heap *heap, const uint8_t *bytes, size_t size, bool negative) {
    return from_bytes(heap, bytes, size, true, false, negative);
}
