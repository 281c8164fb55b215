// Arithmetic and numbers as text, against what OTP computed.

#include "oracle.h"

#include <math.h>

#include "expected.h"
#include "sys/sys.h"
#include "term/compare.h"
#include "term/hash.h"
#include "term/number.h"
#include "term/print.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static term or_error(term result, enum number_error error) {
    return result != NONE ? result : error == NUMBER_LIMIT ? ATOM_system_limit : ATOM_badarith;
}

typedef term unary(struct heap *heap, term a, enum number_error *error);
typedef term binary(struct heap *heap, term a, term b, enum number_error *error);

static binary *const operations[] = {
    number_add, number_subtract, number_multiply, number_divide, number_div,
    number_rem, number_band,     number_bor,      number_bxor,
};

// The list of `count` results as OTP hashed it.
static uint32_t hash_results(struct heap *heap, const term *results, size_t count) {
    return term_phash2(heap_list_of(heap, count, results, NIL), NULL);
}

static void test_pairs(void **state) {
    struct heap heap = {0};
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        for (size_t j = 0; j < NUMBER_COUNT; j++) {
            term a = oracle_term(&heap, numbers[i]), b = oracle_term(&heap, numbers[j]);
            term results[COUNT(operations) + 3];
            size_t count = 0;
            enum number_error error;
            for (; count < COUNT(operations); count++)
                results[count] = or_error(operations[count](&heap, a, b, &error), error);
            results[count++] = term_boolean(term_compare(a, b) < 0);
            results[count++] = term_boolean(term_equal(a, b));
            results[count++] = term_boolean(term_same(a, b));
            if (hash_results(&heap, results, count) != expected_results[i][j]) {
                struct text text = {0};
                term_print(&text, heap_list_of(&heap, count, results, NIL));
                text_append(&text, "", 1);
                fail_msg("%s with %s: %s", numbers[i], numbers[j], text.bytes);
            }
        }
        heap_free(&heap);
        heap = (struct heap){0};
    }
}

static term rounded(struct heap *heap, term t, double (*rounding)(double)) {
    return is_float(t) ? integer_from_double(heap, rounding(float_value(t))) : t;
}

static void test_singles(void **state) {
    struct heap heap = {0};
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        term a = oracle_term(&heap, numbers[i]);
        enum number_error error;
        double d;
        term results[] = {
            or_error(number_negate(&heap, a, &error), error),
            or_error(number_abs(&heap, a, &error), error),
            or_error(number_bnot(&heap, a, &error), error),
            rounded(&heap, a, trunc),
            rounded(&heap, a, round),
            rounded(&heap, a, floor),
            rounded(&heap, a, ceil),
            number_to_double(a, &d) ? heap_float(&heap, d) : ATOM_badarg,
        };
        if (hash_results(&heap, results, COUNT(results)) != expected_singles[i])
            fail_msg("%s", numbers[i]);
    }
    heap_free(&heap);
}

static void test_shifts(void **state) {
    struct heap heap = {0};
    term counts[] = {SMALL(0),   SMALL(1),   SMALL(-1),   SMALL(7),    SMALL(59),      SMALL(60),           SMALL(61),
                     SMALL(-64), SMALL(120), SMALL(-300), SMALL(1000), ATOM_undefined, heap_float(&heap, 1)};
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        term a = oracle_term(&heap, numbers[i]), results[2 * COUNT(counts)];
        enum number_error error;
        for (size_t j = 0; j < COUNT(counts); j++) {
            results[j] = or_error(number_bsl(&heap, a, counts[j], &error), error);
            results[COUNT(counts) + j] = or_error(number_bsr(&heap, a, counts[j], &error), error);
        }
        if (hash_results(&heap, results, COUNT(results)) != expected_shifts[i])
            fail_msg("%s", numbers[i]);
    }
    heap_free(&heap);
}

// ---- large integers, which need no oracle

static uint64_t next_random(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 11;
}

static term random_integer(struct heap *heap, uint64_t *seed, size_t bits) {
    uint8_t bytes[4096];
    size_t size = bits / 8;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)next_random(seed);
    return integer_from_bytes(heap, bytes, size, true, false);
}

static void test_identities(void **state) {
    static const size_t sizes[] = {16, 64, 72, 128, 192, 240, 600, 3832, 4096, 9000, 30000};
    uint64_t seed = 7;
    struct heap heap = {0};
    enum number_error error;
    for (size_t i = 0; i < COUNT(sizes) * COUNT(sizes); i++) {
        term a = random_integer(&heap, &seed, sizes[i / COUNT(sizes)]);
        term b = random_integer(&heap, &seed, sizes[i % COUNT(sizes)]);
        term sum = number_add(&heap, a, b, &error), product = number_multiply(&heap, a, b, &error);
        assert_true(term_same(number_subtract(&heap, sum, b, &error), a));
        if (b != SMALL(0)) {
            assert_true(term_same(number_div(&heap, product, b, &error), a));
            term quotient = number_div(&heap, a, b, &error), rest = number_rem(&heap, a, b, &error);
            assert_true(term_same(number_add(&heap, number_multiply(&heap, quotient, b, &error), rest, &error), a));
        }
        // a + b = (a xor b) + 2 (a and b) and a or b = (a xor b) + (a and b)
        term both = number_band(&heap, a, b, &error), either = number_bxor(&heap, a, b, &error);
        term twice = number_bsl(&heap, both, SMALL(1), &error);
        assert_true(term_same(number_add(&heap, either, twice, &error), sum));
        assert_true(term_same(number_add(&heap, either, both, &error), number_bor(&heap, a, b, &error)));
        term shifted = number_bsl(&heap, a, SMALL(i), &error);
        assert_true(term_same(number_bsr(&heap, shifted, SMALL(i), &error), a));
        for (int base = 2; base <= 36; base += 7) {
            char *text;
            size_t size = integer_format(product, base, &text);
            assert_true(term_same(integer_parse(&heap, text, size, base, &error), product));
            sys_free(text);
        }
        heap_free(&heap);
        heap = (struct heap){0};
    }
}

static void test_bytes(void **state) {
    struct heap heap = {0};
    for (size_t i = 0; i < NUMBER_COUNT; i++) {
        term a = oracle_term(&heap, numbers[i]);
        if (!is_integer(a))
            continue;
        uint8_t bytes[200];
        for (int little = 0; little < 2; little++) {
            integer_to_bytes(a, bytes, sizeof bytes, little);
            assert_true(term_same(integer_from_bytes(&heap, bytes, sizeof bytes, true, little), a));
            size_t size = integer_bit_length(a) / 8 + 1;
            integer_to_bytes(a, bytes, size, little);
            assert_true(term_same(integer_from_bytes(&heap, bytes, size, true, little), a));
        }
        integer_magnitude(a, bytes);
        term again = integer_from_magnitude(&heap, bytes, integer_magnitude_size(a), integer_is_negative(a));
        assert_true(term_same(again, a));
        uint64_t low;
        integer_to_bytes(a, (uint8_t *)&low, 8, true);
        assert_int_equal(integer_low_bits(a), low);
    }
    heap_free(&heap);
}

static void test_limit(void **state) {
    struct heap heap = {0};
    enum number_error error = NUMBER_OK;
    term most = SMALL(33554367); // 1 bsl this is the largest power of two that OTP has
    term largest = number_bsl(&heap, SMALL(1), most, &error);
    assert_true(largest != NONE);
    assert_true(number_bsl(&heap, SMALL(2), most, &error) == NONE && error == NUMBER_LIMIT);
    error = NUMBER_OK;
    assert_true(number_add(&heap, largest, largest, &error) == NONE && error == NUMBER_LIMIT);
    error = NUMBER_OK;
    assert_true(number_multiply(&heap, largest, largest, &error) == NONE && error == NUMBER_LIMIT);
    term all = number_add(&heap, number_subtract(&heap, largest, SMALL(1), &error), largest, &error);
    assert_true(all != NONE);
    error = NUMBER_OK;
    assert_true(number_bnot(&heap, all, &error) == NONE && error == NUMBER_LIMIT);
    assert_true(number_bsl(&heap, SMALL(0), largest, &error) == SMALL(0));
    assert_true(number_bsr(&heap, SMALL(-5), largest, &error) == SMALL(-1));
    error = NUMBER_OK;
    assert_true(number_bsl(&heap, SMALL(1), largest, &error) == NONE && error == NUMBER_LIMIT);
    heap_free(&heap);
}

// ---- text

static void test_integer_text(void **state) {
    struct heap heap = {0};
    for (size_t i = 0; i < COUNT(expected_integer_texts); i++) {
        const struct expected_integer_text *expected = &expected_integer_texts[i];
        term a = oracle_term(&heap, expected->integer), texts[35];
        enum number_error error;
        for (int base = 2; base <= 36; base++) {
            char *text;
            size_t size = integer_format(a, base, &text);
            texts[base - 2] = heap_string(&heap, text, size);
            assert_true(term_same(integer_parse(&heap, text, size, base, &error), a));
            if (base == 10) {
                assert_int_equal(size, strlen(expected->decimal));
                assert_memory_equal(text, expected->decimal, size);
            }
            sys_free(text);
        }
        assert_int_equal(hash_results(&heap, texts, COUNT(texts)), expected->all_bases);
    }
    heap_free(&heap);
}

static void test_no_integer(void **state) {
    static const char *const texts[] = {
        "", "-", "+", "--1", "+-1", "1 ", " 1", "12a", "1.0", "1234567890123456789012x", "/", ":"};
    struct heap heap = {0};
    for (size_t i = 0; i < COUNT(texts); i++) {
        enum number_error error = NUMBER_OK;
        assert_true(integer_parse(&heap, texts[i], strlen(texts[i]), 10, &error) == NONE);
        assert_int_equal(error, NUMBER_BADARITH);
    }
    enum number_error error;
    assert_true(integer_parse(&heap, "+00000000000000000000000012", 27, 10, &error) == SMALL(12));
    heap_free(&heap);
}

static double from_bits(uint64_t bits) {
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

static term text_or_badarg(struct heap *heap, bool fits, const char *text) {
    return fits ? heap_string(heap, text, strlen(text)) : ATOM_badarg;
}

static void test_float_text(void **state) {
    static const int scientific[] = {0, 1, 5, 17, 20, 40}, decimals[] = {0, 1, 2, 3, 4, 8, 12, 17, 18, 19, 30};
    struct heap heap = {0};
    for (size_t i = 0; i < COUNT(expected_float_texts); i++) {
        const struct expected_float_text *expected = &expected_float_texts[i];
        double d = from_bits(expected->bits), back;
        char text[256];
        text[float_format_short(d, text)] = '\0';
        assert_string_equal(text, expected->shortest);
        assert_true(float_parse(text, strlen(text), &back) && memcmp(&back, &d, sizeof d) == 0);
        term texts[COUNT(scientific) + 2 * COUNT(decimals)];
        size_t count = 0;
        for (size_t j = 0; j < COUNT(scientific); j++)
            texts[count++] = text_or_badarg(&heap, float_format_scientific(d, scientific[j], text, sizeof text), text);
        for (size_t j = 0; j < 2 * COUNT(decimals); j++)
            texts[count++] =
                text_or_badarg(&heap, float_format_decimals(d, decimals[j / 2], j % 2, text, sizeof text), text);
        if (hash_results(&heap, texts, count) != expected->formats) {
            struct text printed = {0};
            term_print(&printed, heap_list_of(&heap, count, texts, NIL));
            text_append(&printed, "", 1);
            fail_msg("%s: %s", expected->shortest, printed.bytes);
        }
    }
    heap_free(&heap);
}

static void test_float_parse(void **state) {
    for (size_t i = 0; i < COUNT(expected_floats); i++) {
        const struct expected_float *expected = &expected_floats[i];
        double d, wanted = from_bits(expected->bits);
        bool parsed = float_parse(expected->text, strlen(expected->text), &d);
        if (parsed != (expected->bits != EXPECTED_NO_FLOAT) || (parsed && memcmp(&d, &wanted, sizeof d) != 0))
            fail_msg("%s", expected->text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),        cmocka_unit_test(test_singles),    cmocka_unit_test(test_shifts),
        cmocka_unit_test(test_identities),   cmocka_unit_test(test_bytes),      cmocka_unit_test(test_limit),
        cmocka_unit_test(test_integer_text), cmocka_unit_test(test_no_integer), cmocka_unit_test(test_float_text),
        cmocka_unit_test(test_float_parse),
    };
    return cmocka_run_group_tests(tests, oracle_set_up, NULL);
}
