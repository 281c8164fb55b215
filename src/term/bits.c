// Bits: see bits.h. Everything works on whole bytes where the offsets allow.

#include "term/bits.h"

#include "heap/heap.h"
#include "sys/sys.h"
#include "term/number.h"

// ---- copying and comparing ----------------------------------------------------------------------------------------

static uint64_t load_big_endian(const uint8_t *bytes, size_t count) { // at most 8
    uint64_t value = 0;
    if (count == 8) {
        memcpy(&value, bytes, 8);
        return __builtin_bswap64(value);
    }
    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

uint64_t bits_get_unsigned(struct bits from) {
    if (from.size == 0)
        return 0;
    assert_debug(from.size <= 64);
    size_t end = from.offset + from.size; // at most 71
    if (end <= 64) {
        size_t count = bits_to_bytes(end);
        uint64_t value = load_big_endian(from.bytes, count) >> (8 * count - end);
        return from.size == 64 ? value : value & (((uint64_t)1 << from.size) - 1);
    }
    // Nine bytes: the first eight hold all but the last `rest` bits.
    size_t rest = end - 64;
    uint64_t value = load_big_endian(from.bytes, 8) << rest | from.bytes[8] >> (8 - rest);
    return from.size == 64 ? value : value & (((uint64_t)1 << from.size) - 1);
}

void bits_put_unsigned(uint8_t *to, size_t offset, uint64_t value, size_t size) {
    to += offset >> 3;
    offset &= 7;
    if (offset == 0 && size % 8 == 0) {
        if (size > 0)
            bytes_put(to, __builtin_bswap64(value << (64 - size)), size / 8);
        return;
    }
    while (size > 0) {
        size_t room = 8 - offset, count = size < room ? size : room;
        unsigned piece = (unsigned)(value >> (size - count)) & ((1u << count) - 1); // NOLINT(*BitwiseShift): 8 at most
        unsigned mask = ((1u << count) - 1) << (room - count);
        *to = (uint8_t)((*to & ~mask) | piece << (room - count));
        to++;
        offset = 0;
        size -= count;
    }
}

void bits_copy(uint8_t *to, size_t to_offset, struct bits from) {
    to += to_offset >> 3;
    to_offset &= 7;
    if (to_offset > 0 && from.size > 0) { // up to the next whole byte of the destination
        size_t count = from.size < 8 - to_offset ? from.size : 8 - to_offset;
        bits_put_unsigned(to, to_offset, bits_get_unsigned(bits_part(from, 0, count)), count);
        from = bits_part(from, count, from.size - count);
        if (to_offset + count < 8)
            return;
        to++;
    }
    size_t whole = from.size >> 3;
    if (from.offset == 0) {
        memcpy(to, from.bytes, whole);
    } else {
        size_t i = 0;
        for (; i + 8 <= whole; i += 8) {
            uint64_t word = __builtin_bswap64(load_big_endian(from.bytes + i, 8) << from.offset |
                                              from.bytes[i + 8] >> (8 - from.offset));
            memcpy(to + i, &word, 8);
        }
        for (; i < whole; i++)
            to[i] = (uint8_t)(from.bytes[i] << from.offset | from.bytes[i + 1] >> (8 - from.offset));
    }
    size_t rest = from.size & 7;
    if (rest)
        bits_put_unsigned(to + whole, 0, bits_get_unsigned(bits_part(from, whole << 3, rest)), rest);
}

int bits_compare(struct bits a, struct bits b) {
    size_t common = a.size < b.size ? a.size : b.size, at = 0;
    if (a.offset == 0 && b.offset == 0) {
        int order = memcmp(a.bytes, b.bytes, common >> 3);
        if (order)
            return order;
        at = common & ~(size_t)7;
    }
    while (at < common) {
        size_t count = common - at < 64 ? common - at : 64;
        uint64_t x = bits_get_unsigned(bits_part(a, at, count)), y = bits_get_unsigned(bits_part(b, at, count));
        if (x != y)
            return x < y ? -1 : 1;
        at += count;
    }
    return a.size < b.size ? -1 : a.size > b.size;
}

bool bits_equal(struct bits a, struct bits b) {
    return a.size == b.size && bits_compare(a, b) == 0;
}

const uint8_t *binary_bytes(term binary, uint8_t *room) {
    struct bits bits = bitstring_bits(binary);
    if (bits.offset == 0)
        return bits.bytes;
    bits_copy(room, 0, bits);
    return room;
}

// ---- integers -----------------------------------------------------------------------------------------------------

// A little-endian segment is a row of bytes, lowest first, of which the last may have fewer than eight bits.
static uint64_t swap_segment(uint64_t value, size_t size, bool from_little) {
    size_t whole = size >> 3, rest = size & 7;
    uint64_t result = 0;
    if (from_little) { // value: the segment read first bit highest
        for (size_t i = 0; i < whole; i++)
            result |= (value >> (size - 8 * (i + 1)) & 255) << 8 * i;
        if (rest)
            result |= (value & ((1u << rest) - 1)) << 8 * whole;
    } else {
        for (size_t i = 0; i < whole; i++)
            result |= (value >> 8 * i & 255) << (size - 8 * (i + 1));
        if (rest)
            result |= value >> 8 * whole & ((1u << rest) - 1);
    }
    return result;
}

enum { BUFFER_BYTES = 256 }; // larger integers go through allocated memory

term bits_get_integer(struct heap *heap, struct bits from, bool is_signed, bool little) {
    if (from.size == 0)
        return SMALL(0);
    if (from.size <= 64) {
        uint64_t value = bits_get_unsigned(from);
        if (little)
            value = swap_segment(value, from.size, true);
        if (!is_signed)
            return heap_unsigned(heap, value);
        unsigned shift = 64 - (unsigned)from.size;
        return heap_integer(heap, (int64_t)(value << shift) >> shift);
    }
    size_t size = bits_to_bytes(from.size), rest = from.size & 7, whole = from.size >> 3;
    uint8_t buffer[BUFFER_BYTES], *bytes = size <= BUFFER_BYTES ? buffer : sys_alloc(size);
    // Make whole bytes of it: the byte with the highest bits gets the `rest` of them, extended by the sign.
    uint8_t *top = little ? bytes + size - 1 : bytes;
    *top = 0;
    if (little && rest) {
        bits_copy(bytes, 0, bits_part(from, 0, 8 * whole));
        bits_copy(top, 8 - rest, bits_part(from, 8 * whole, rest));
    } else {
        bits_copy(bytes, rest ? 8 - rest : 0, from);
    }
    if (is_signed && rest && *top >> (rest - 1))
        *top |= (uint8_t)(0xff << rest);
    term result = integer_from_bytes(heap, bytes, size, is_signed, little);
    if (bytes != buffer)
        sys_free(bytes);
    return result;
}

void bits_put_integer(uint8_t *to, size_t offset, term value, size_t size, bool little) {
    if (size <= 64) {
        uint64_t low = is_small(value) ? (uint64_t)small_value(value) : integer_low_bits(value);
        bits_put_unsigned(to, offset, little ? swap_segment(low, size, false) : low, size);
        return;
    }
    size_t count = bits_to_bytes(size), rest = size & 7, whole = size >> 3;
    uint8_t buffer[BUFFER_BYTES], *bytes = count <= BUFFER_BYTES ? buffer : sys_alloc(count);
    integer_to_bytes(value, bytes, count, little);
    if (little) {
        bits_copy(to, offset, bits_at(bytes, 0, 8 * whole));
        if (rest)
            bits_copy(to, offset + 8 * whole, bits_at(bytes, 8 * whole + 8 - rest, rest));
    } else {
        bits_copy(to, offset, bits_at(bytes, 8 * count - size, size));
    }
    if (bytes != buffer)
        sys_free(bytes);
}

// ---- floats: IEEE 754 binary16, binary32, binary64 ----------------------------------------------------------------

bool bits_get_float(struct bits from, bool little, double *value) {
    *value = 0.0;
    if (from.size == 0)
        return true;
    if (from.size != 16 && from.size != 32 && from.size != 64)
        return false;
    uint64_t raw = bits_get_unsigned(from);
    if (little)
        raw = swap_segment(raw, from.size, true);
    if (from.size == 64) {
        memcpy(value, &raw, 8);
    } else if (from.size == 32) {
        float single;
        memcpy(&single, &(uint32_t){(uint32_t)raw}, 4);
        *value = single;
    } else {
        _Float16 half;
        memcpy(&half, &(uint16_t){(uint16_t)raw}, 2);
        *value = (double)half;
    }
    return __builtin_isfinite(*value);
}

bool bits_put_float(uint8_t *to, size_t offset, term value, size_t size, bool little) {
    double number;
    if (is_float(value))
        number = float_value(value);
    else if (!is_integer(value) || !number_to_double(value, &number))
        return false;
    uint64_t raw = 0;
    if (size == 64) {
        memcpy(&raw, &number, 8);
    } else if (size == 32 || size == 16) {
        float single = (float)number; // what is too large becomes an infinity, as on OTP
        _Float16 half = (_Float16)single;
        if (size == 32)
            memcpy(&raw, &single, 4);
        else
            memcpy(&raw, &half, 2);
    } else {
        return false;
    }
    bits_put_unsigned(to, offset, little ? swap_segment(raw, size, false) : raw, size);
    return true;
}

// ---- characters ---------------------------------------------------------------------------------------------------

size_t utf8_decode(const uint8_t *bytes, size_t size, uint32_t *character) {
    if (size == 0)
        return 0;
    uint32_t first = bytes[0];
    if (first < 0x80) {
        *character = first;
        return 1;
    }
    size_t count = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (count == 0 || count > size)
        return 0;
    uint32_t value = first & (0x7f >> count);
    for (size_t i = 1; i < count; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (bytes[i] & 0x3f);
    }
    if (8 * count != bits_utf8_size(value) || !character_is_valid(value)) // a longer form than needed, or no character
        return 0;
    *character = value;
    return count;
}

size_t utf8_encode(uint8_t *bytes, uint32_t character) {
    size_t count = bits_utf8_size(character) / 8;
    if (count == 1) {
        bytes[0] = (uint8_t)character;
        return 1;
    }
    for (size_t i = count - 1; i > 0; i--, character >>= 6)
        bytes[i] = (uint8_t)(0x80 | (character & 0x3f));
    bytes[0] = (uint8_t)(0xf00u >> count | character); // as many ones as there are bytes, then a zero
    return count;
}

size_t bits_get_utf8(struct bits from, uint32_t *character) {
    if (from.offset == 0)
        return 8 * utf8_decode(from.bytes, from.size >> 3, character);
    uint8_t bytes[4];
    size_t size = from.size >> 3 < 4 ? from.size >> 3 : 4;
    bits_copy(bytes, 0, bits_part(from, 0, 8 * size));
    return 8 * utf8_decode(bytes, size, character);
}

static uint32_t get_unit(struct bits from, size_t at, size_t size, bool little) {
    uint64_t value = bits_get_unsigned(bits_part(from, at, size));
    return (uint32_t)(little ? swap_segment(value, size, true) : value);
}

size_t bits_get_utf16(struct bits from, bool little, uint32_t *character) {
    if (from.size < 16)
        return 0;
    uint32_t high = get_unit(from, 0, 16, little);
    if (high < 0xd800 || high >= 0xe000) {
        *character = high;
        return 16;
    }
    if (high >= 0xdc00 || from.size < 32)
        return 0;
    uint32_t low = get_unit(from, 16, 16, little);
    if (low < 0xdc00 || low >= 0xe000)
        return 0;
    *character = 0x10000 + ((high - 0xd800) << 10 | (low - 0xdc00));
    return 32;
}

size_t bits_get_utf32(struct bits from, bool little, uint32_t *character) {
    if (from.size < 32)
        return 0;
    *character = get_unit(from, 0, 32, little);
    return character_is_valid(*character) ? 32 : 0;
}

size_t bits_put_utf8(uint8_t *to, size_t offset, uint32_t character) {
    uint8_t bytes[4];
    size_t size = 8 * utf8_encode(bytes, character);
    bits_copy(to, offset, bits_at(bytes, 0, size));
    return size;
}

static void put_unit(uint8_t *to, size_t offset, uint32_t value, size_t size, bool little) {
    bits_put_unsigned(to, offset, little ? swap_segment(value, size, false) : value, size);
}

size_t bits_put_utf16(uint8_t *to, size_t offset, uint32_t character, bool little) {
    if (character < 0x10000) {
        put_unit(to, offset, character, 16, little);
        return 16;
    }
    character -= 0x10000;
    put_unit(to, offset, 0xd800 | character >> 10, 16, little);
    put_unit(to, offset + 16, 0xdc00 | (character & 0x3ff), 16, little);
    return 32;
}

size_t bits_put_utf32(uint8_t *to, size_t offset, uint32_t character, bool little) {
    put_unit(to, offset, character, 32, little);
    return 32;
}

// ---- building -----------------------------------------------------------------------------------------------------

term bits_new(struct heap *heap, size_t size, struct bits_builder *builder) {
    uint8_t *bytes;
    term result = heap_bitstring_new(heap, size, &bytes);
    if (size & 7)
        bytes[size >> 3] = 0; // the bits after the last one
    *builder = (struct bits_builder){bytes, 0, size};
    return result;
}

enum { APPEND_BYTES_MIN = 256 };

term bits_append(struct heap *heap, term prefix, size_t extra, struct bits_builder *builder) {
    size_t size = bitstring_size(prefix);
    if (is_kind(prefix, KIND_SLICE)) {
        struct shared_binary *shared = (struct shared_binary *)boxed(prefix)[2];
        size_t offset = boxed(prefix)[3], end = offset + size;
        if (shared_binary_extend(shared, end, extra)) {
            size_t binary_bytes = heap->binary_bytes;
            heap_retain_ahead(heap, shared);
            term result = heap_slice(heap, shared, offset, size + extra);
            heap->binary_bytes = binary_bytes + bits_to_bytes(extra); // the rest has been counted with `prefix`
            *builder = (struct bits_builder){shared_binary_bytes(shared), end, end + extra};
            return result;
        }
    }
    size_t capacity = 2 * bits_to_bytes(size + extra);
    if (capacity < APPEND_BYTES_MIN)
        capacity = APPEND_BYTES_MIN;
    struct shared_binary *shared = shared_binary_new(capacity);
    atomic_store_explicit(&shared->used, size + extra, memory_order_relaxed);
    uint8_t *bytes = shared_binary_bytes(shared);
    bits_copy(bytes, 0, bitstring_bits(prefix));
    *builder = (struct bits_builder){bytes, size, size + extra};
    return heap_slice(heap, shared, 0, size + extra);
}
