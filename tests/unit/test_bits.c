// Bits against the plainest possible way to do the same: one bit at a time.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "heap/heap.h"
#include "sys/sys.h"
#include "term/bits.h"
#include "term/compare.h"
#include "term/iodata.h"
#include "term/number.h"

#define BYTES 64

static uint64_t random_state = 1;

static unsigned random_below(unsigned limit) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % limit;
}

static void random_bytes(uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)random_below(256);
}

static bool bit(const uint8_t *bytes, size_t at) {
    return bytes[at / 8] >> (7 - at % 8) & 1;
}
static void set_bit(uint8_t *bytes, size_t at, bool value) {
    uint8_t mask = (uint8_t)(0x80 >> at % 8);
    bytes[at / 8] = value ? bytes[at / 8] | mask : bytes[at / 8] & (uint8_t)~mask;
}

// A piece of fresh memory that ends where the bits end, so that reading further is noticed by a memory checker.
static uint8_t *exact_copy(const uint8_t *bytes, size_t bits) {
    return memcpy(sys_alloc(bits_to_bytes(bits) + 1), bytes, bits_to_bytes(bits));
}

static void test_copy(void **state) {
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t from[BYTES], to[BYTES], expected[BYTES];
        random_bytes(from, BYTES);
        random_bytes(to, BYTES);
        memcpy(expected, to, BYTES);
        size_t size = random_below(8 * BYTES - 40), from_at = random_below(40), to_at = random_below(40);
        for (size_t b = 0; b < size; b++)
            set_bit(expected, to_at + b, bit(from, from_at + b));
        uint8_t *exact = exact_copy(from, from_at + size);
        bits_copy(to, to_at, bits_at(exact, from_at, size));
        assert_memory_equal(to, expected, BYTES);
        sys_free(exact);
    }
}

static void test_compare(void **state) {
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t a[BYTES], b[BYTES];
        random_bytes(a, BYTES);
        size_t size_a = random_below(400), size_b = random_below(3) ? size_a : random_below(400);
        size_t at_a = random_below(40), at_b = random_below(40);
        random_bytes(b, BYTES);
        if (random_below(4))
            bits_copy(b, at_b, bits_at(a, at_a, size_a));
        if (size_b > 0 && random_below(2))
            set_bit(b, at_b + random_below((unsigned)size_b), random_below(2));
        int order = 0;
        size_t common = size_a < size_b ? size_a : size_b;
        for (size_t k = 0; k < common && order == 0; k++)
            order = bit(a, at_a + k) - bit(b, at_b + k);
        if (order == 0)
            order = size_a < size_b ? -1 : size_a > size_b;
        int result = bits_compare(bits_at(a, at_a, size_a), bits_at(b, at_b, size_b));
        assert_int_equal((result > 0) - (result < 0), order);
        assert_int_equal(bits_equal(bits_at(a, at_a, size_a), bits_at(b, at_b, size_b)), order == 0);
    }
}

// The value of an integer segment, summed up bit by bit.
static term expected_integer(struct heap *heap, const uint8_t *bytes, size_t at, size_t size, bool is_signed,
                             bool little) {
    enum number_error error;
    term value = SMALL(0);
    size_t whole = size / 8, rest = size % 8;
    for (size_t k = 0; k < size; k++) {
        // weight of the k-th bit read
        size_t weight = size - 1 - k;
        if (little)
            weight = k / 8 < whole ? 8 * (k / 8) + 7 - k % 8 : 8 * whole + rest - 1 - k % 8;
        term part = number_bsl(heap, SMALL(bit(bytes, at + k)), SMALL(weight), &error);
        bool sign = is_signed && weight == size - 1;
        value = sign ? number_subtract(heap, value, part, &error) : number_add(heap, value, part, &error);
    }
    return value;
}

static void test_integers(void **state) {
    for (unsigned i = 0; i < 6000; i++) {
        struct heap heap = {0};
        uint8_t bytes[BYTES], back[BYTES], before[BYTES];
        random_bytes(bytes, BYTES);
        size_t size = random_below(i % 2 ? 300 : 72), at = random_below(20), to_at = random_below(20);
        bool is_signed = random_below(2), little = random_below(2);
        uint8_t *exact = exact_copy(bytes, at + size);
        term value = bits_get_integer(&heap, bits_at(exact, at, size), is_signed, little);
        assert_true(term_same(value, expected_integer(&heap, bytes, at, size, is_signed, little)));
        random_bytes(back, BYTES);
        memcpy(before, back, BYTES);
        bits_put_integer(back, to_at, value, size, little);
        assert_true(bits_equal(bits_at(back, to_at, size), bits_at(bytes, at, size)));
        for (size_t k = 0; k < 8 * BYTES; k++)
            if (k < to_at || k >= to_at + size)
                assert_int_equal(bit(back, k), bit(before, k));
        sys_free(exact);
        heap_free(&heap);
    }
}

static void test_floats(void **state) {
    static const double values[] = {0.0, -0.0, 1.0, -1.5, 65504.0, 0.125, 2049.0};
    static const size_t sizes[] = {16, 32, 64};
    for (unsigned i = 0; i < 7 * 3 * 2 * 8; i++) {
        struct heap heap = {0};
        uint8_t bytes[16] = {0};
        size_t size = sizes[i / 7 % 3], at = i / 42;
        bool little = i / 21 % 2;
        double value = values[i % 7], read;
        assert_true(bits_put_float(bytes, at, heap_float(&heap, value), size, little));
        assert_true(bits_get_float(bits_at(bytes, at, size), little, &read));
        if (size == 16 && value == 2049.0)
            value = 2048.0; // to even
        assert_memory_equal(&read, &value, sizeof read);
        heap_free(&heap);
    }
    uint8_t bytes[8] = {0x7f, 0xf0}; // infinity
    double read;
    assert_false(bits_get_float(bits_at(bytes, 0, 64), false, &read));
    assert_false(bits_get_float(bits_at(bytes, 0, 24), false, &read));
    assert_false(bits_put_float(bytes, 0, SMALL(1), 24, false));
    assert_false(bits_put_float(bytes, 0, ATOM_true, 64, false));
}

static void test_characters(void **state) {
    for (uint32_t c = 0; c <= 0x110000; c += c < 0x11000 || c > 0x10fff0 ? 1 : 257) {
        uint8_t bytes[8] = {0};
        uint32_t read = 0;
        size_t at = c % 8, size;
        if (!character_is_valid(c)) {
            bits_put_utf32(bytes, at, c, false);
            assert_int_equal(bits_get_utf32(bits_at(bytes, at, 32), false, &read), 0);
            continue;
        }
        size = bits_put_utf8(bytes, at, c);
        assert_int_equal(size, bits_utf8_size(c));
        assert_int_equal(bits_get_utf8(bits_at(bytes, at, size + 3), &read), size);
        assert_int_equal(read, c);
        assert_int_equal(bits_get_utf8(bits_at(bytes, at, size - 1), &read), 0);
        for (int little = 0; little < 2; little++) {
            size = bits_put_utf16(bytes, at, c, little);
            assert_int_equal(size, bits_utf16_size(c));
            assert_int_equal(bits_get_utf16(bits_at(bytes, at, 40), little, &read), size);
            assert_int_equal(read, c);
            assert_int_equal(bits_put_utf32(bytes, at, c, little), 32);
            assert_int_equal(bits_get_utf32(bits_at(bytes, at, 32), little, &read), 32);
            assert_int_equal(read, c);
        }
    }
    static const char *const invalid[] = {"\x80",         "\xc0\x80",     "\xc1\xbf",         "\xe0\x9f\xbf",
                                          "\xed\xa0\x80", "\xff",         "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                                          "\xe2\x82",     "\xe2\x28\xa1", "\xf5\x80\x80\x80"};
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++) {
        uint32_t read;
        assert_int_equal(utf8_decode((const uint8_t *)invalid[i], strlen(invalid[i]), &read), 0);
    }
}

// Appending: a bitstring that has been extended does not change, and one can be extended twice.
static void test_append(void **state) {
    struct heap heap = {0};
    struct bits_builder builder;
    for (unsigned round = 0; round < 50; round++) {
        term strings[30];
        uint8_t models[30][BYTES] = {{0}};
        size_t sizes[30] = {0};
        strings[0] = bits_new(&heap, 0, &builder);
        for (unsigned i = 1; i < 30; i++) {
            unsigned from = random_below(i);
            size_t extra = random_below(17);
            sizes[i] = sizes[from] + extra;
            memcpy(models[i], models[from], BYTES);
            strings[i] = bits_append(&heap, strings[from], extra, &builder);
            assert_int_equal(builder.end - builder.offset, extra);
            for (size_t k = 0; k < extra; k++) {
                bool value = random_below(2);
                set_bit(models[i], sizes[from] + k, value);
                set_bit(builder.bytes, builder.offset + k, value);
            }
            for (unsigned j = 0; j <= i; j++)
                assert_true(bits_equal(bitstring_bits(strings[j]), bits_at(models[j], 0, sizes[j])));
        }
    }
    heap_free(&heap);
}

static void test_iodata(void **state) {
    struct heap heap = {0};
    uint8_t expected[BYTES * 8], out[BYTES * 8];
    for (unsigned round = 0; round < 300; round++) {
        size_t bits = 0;
        term parts[20];
        memset(expected, 0, sizeof expected);
        for (unsigned i = 0; i < 20; i++) {
            uint8_t bytes[20];
            size_t size = 8 * random_below(20) + (round % 2 ? random_below(8) : 0), part_bits = size;
            random_bytes(bytes, sizeof bytes);
            if (size == 8) {
                parts[i] = SMALL(bytes[0]);
            } else {
                struct bits_builder builder;
                parts[i] = bits_new(&heap, size, &builder);
                bits_copy(builder.bytes, 0, bits_at(bytes, 0, size));
            }
            bits_copy(expected, bits, bits_at(bytes, 0, part_bits));
            bits += part_bits;
        }
        term data = NIL;
        for (unsigned i = 20; i > 0; i--)
            data = random_below(3) && (is_list(data) || is_nil(data))
                       ? heap_cons(&heap, parts[i - 1], data)
                       : heap_cons(&heap, heap_cons(&heap, parts[i - 1], NIL), heap_cons(&heap, data, NIL));
        size_t size;
        assert_int_equal(iodata_size_bits(data, &size, NULL), IODATA_OK);
        assert_int_equal(size, bits);
        iodata_copy_bits(data, out, NULL);
        assert_memory_equal(out, expected, bits_to_bytes(bits));
        if (round % 2 == 0) {
            assert_int_equal(iodata_size(data, &size, NULL), IODATA_OK);
            assert_int_equal(size, bits / 8);
            iodata_copy(data, out, NULL);
            assert_memory_equal(out, expected, size);
        }
    }
    size_t size;
    assert_int_equal(iodata_size(SMALL(1), &size, NULL), IODATA_BAD);
    assert_int_equal(iodata_size(heap_cons(&heap, SMALL(256), NIL), &size, NULL), IODATA_BAD);
    assert_int_equal(iodata_size(heap_cons(&heap, SMALL(1), SMALL(1)), &size, NULL), IODATA_BAD);
    term deep = NIL;
    for (unsigned i = 0; i < 1000000; i++)
        deep = heap_cons(&heap, deep, heap_cons(&heap, SMALL(1), NIL));
    assert_int_equal(iodata_size(deep, &size, NULL), IODATA_OK);
    assert_int_equal(size, 1000000);
    heap_free(&heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy),   cmocka_unit_test(test_compare),    cmocka_unit_test(test_integers),
        cmocka_unit_test(test_floats), cmocka_unit_test(test_characters), cmocka_unit_test(test_append),
        cmocka_unit_test(test_iodata),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
