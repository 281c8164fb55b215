// Terms as OTP prints, hashes and orders them; atoms.

#include "oracle.h"

#include <pthread.h>
#include <stdio.h>

#include "expected.h"
#include "seekers.h"
#include "term/bits.h"
#include "term/compare.h"
#include "term/hash.h"
#include "term/map.h"
#include "term/print.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void test_phash2(void **state) {
    struct heap heap = {0};
    for (size_t i = 0; i < COUNT(expected_terms); i++) {
        const struct expected_term *expected = &expected_terms[i];
        uint32_t hash = term_phash2(oracle_term(&heap, expected->term), NULL);
        if (hash != expected->phash2)
            fail_msg("%s (%s): %u, not %u", expected->display, expected->term, hash, expected->phash2);
    }
    heap_free(&heap);
}

static void test_phash(void **state) {
    struct heap heap = {0};
    for (size_t i = 0; i < COUNT(expected_terms); i++) {
        const struct expected_term *expected = &expected_terms[i];
        uint32_t hash = term_phash(oracle_term(&heap, expected->term));
        if (hash != expected->phash)
            fail_msg("%s (%s): %u, not %u", expected->display, expected->term, hash, expected->phash);
    }
    heap_free(&heap);
}

// Slices that begin inside a byte hash and compare as the same bits in place.
static void test_shifted_bits(void **state) {
    struct heap heap = {0};
    for (size_t i = 0; i < COUNT(expected_terms); i++) {
        term t = oracle_term(&heap, expected_terms[i].term);
        if (!is_bitstring(t))
            continue;
        struct bits bits = bitstring_bits(t);
        uint8_t *bytes;
        term longer = heap_bitstring_new(&heap, bits.size + 1000, &bytes);
        memset(bytes, 0, (bits.size + 1007) / 8);
        bits_copy(bytes, 3, bits);
        term slice = heap_bitstring_part(&heap, longer, 3, bits.size);
        assert_true(term_same(t, slice));
        assert_int_equal(term_compare(slice, t), 0);
        assert_int_equal(term_phash2(slice, NULL), expected_terms[i].phash2);
        assert_int_equal(term_phash(slice), expected_terms[i].phash);
        assert_int_equal(term_hash(slice), term_hash(t));
    }
    heap_free(&heap);
}

static void test_print(void **state) {
    struct heap heap = {0};
    for (size_t i = 0; i < COUNT(expected_terms); i++) {
        const struct expected_term *expected = &expected_terms[i];
        if (expected->display[0] == '\0')
            continue;
        term t = oracle_term(&heap, expected->term);
        struct text text = {0};
        term_print(&text, t);
        text_append(&text, "", 1);
        assert_string_equal(text.bytes, expected->display);
        text_free(&text);
    }
    heap_free(&heap);
}

static void test_print_limited(void **state) {
    struct heap heap = {0};
    struct text text = {0};
    term list = NIL;
    for (int i = 0; i < 100000; i++)
        list = heap_cons(&heap, heap_cons(&heap, list, NIL), NIL); // deep
    text_append(&text, "x", 1);
    term_print_limited(&text, list, 10);
    text_append(&text, "", 1);
    assert_string_equal(text.bytes, "x[[[[[[[[[[...");
    text_free(&text);
    heap_free(&heap);
}

static char sign(int order) {
    return order < 0 ? '<' : order > 0 ? '>' : '=';
}

static void test_order(void **state) {
    struct heap heap = {0};
    for (size_t i = 0; i < COUNT(ordered_terms); i++) {
        for (size_t j = 0; j < COUNT(ordered_terms); j++) {
            // Decoded apart, so that they share nothing.
            term a = oracle_term(&heap, ordered_terms[i]), b = oracle_term(&heap, ordered_terms[j]);
            char order = sign(term_compare(a, b)), exact = sign(term_compare_exact(a, b));
            if (order != expected_order[i][j] || exact != expected_exact_order[i][j])
                fail_msg("%s and %s: %c and %c, not %c and %c", ordered_terms[i], ordered_terms[j], order, exact,
                         expected_order[i][j], expected_exact_order[i][j]);
            assert_true(term_same(a, b) == (exact == '='));
            assert_true(term_equal(a, b) == (order == '='));
            if (term_same(a, b))
                assert_int_equal(term_hash(a), term_hash(b));
        }
        heap_free(&heap);
        heap = (struct heap){0};
    }
}

static term nest(struct heap *heap, int depth, int kind) {
    term t = NIL;
    for (int i = 0; i < depth; i++) {
        if (kind == 0)
            t = heap_cons(heap, t, NIL);
        else if (kind == 1)
            t = heap_tuple_of(heap, 2, t, SMALL(i));
        else
            t = map_put(heap, map_empty(heap), t, t == NIL ? ATOM_ok : SMALL(1));
    }
    return t;
}

// A million deep: nothing here may recurse.
static void test_deep(void **state) {
    struct heap heap = {0};
    for (int kind = 0; kind < 3; kind++) {
        term a = nest(&heap, 1000000, kind), b = nest(&heap, 1000000, kind);
        assert_true(term_same(a, b));
        assert_int_equal(term_compare(a, b), 0);
        assert_int_equal(term_hash(a), term_hash(b));
        assert_int_equal(term_phash2(a, NULL), term_phash2(b, NULL));
        struct text text = {0};
        term_print(&text, a);
        text_free(&text);
    }
    heap_free(&heap);
}

// Large maps in large maps; the innermost one is `t`.
static term nest_large(struct heap *heap, int depth, term t) {
    term pairs[2 * (MAP_SMALL_MAX + 1)];
    for (int i = 0; i < depth; i++) {
        for (int j = 0; j <= MAP_SMALL_MAX; j++) {
            pairs[2 * j] = SMALL(j);
            pairs[2 * j + 1] = j == 7 ? t : SMALL(j);
        }
        t = map_from_pairs(heap, pairs, MAP_SMALL_MAX + 1);
    }
    return t;
}

static void test_deep_large_maps(void **state) {
    struct heap heap = {0};
    term one = nest_large(&heap, 20000, SMALL(1)), again = nest_large(&heap, 20000, SMALL(1));
    assert_true(term_same(one, again));
    assert_int_equal(term_compare(one, again), 0);
    assert_int_equal(term_hash(one), term_hash(again));
    term float_one = nest_large(&heap, 200, heap_float(&heap, 1)), small_one = nest_large(&heap, 200, SMALL(1));
    assert_true(term_equal(float_one, small_one) && !term_same(float_one, small_one));
    assert_int_equal(term_compare(float_one, small_one), 0);
    assert_true(term_compare_exact(small_one, float_one) < 0);
    assert_true(term_compare(small_one, nest_large(&heap, 200, SMALL(2))) < 0);
    heap_free(&heap);
}

static void test_zeros(void **state) {
    struct heap heap = {0};
    term plus = heap_float(&heap, 0.0), minus = heap_float(&heap, -0.0);
    assert_true(plus != minus);
    assert_true(term_same(plus, minus));
    assert_true(term_same(minus, plus));
    assert_int_equal(term_hash(plus), term_hash(minus));
    assert_int_equal(term_compare(plus, minus), 0);
    heap_free(&heap);
}

static void test_atoms(void **state) {
    assert_true(atom_from_c("badarg") == ATOM_badarg);
    assert_true(ATOM_false < ATOM_true);
    assert_true(atom_existing_utf8("surely not yet", 14) == NONE);
    term atom = atom_from_c("surely not yet");
    assert_true(atom_existing_utf8("surely not yet", 14) == atom);
    static const char *const malformed[] = {
        "\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
        "a\xff"};
    for (size_t i = 0; i < COUNT(malformed); i++)
        assert_true(atom_from_c(malformed[i]) == NONE);
    uint8_t latin1[256];
    memset(latin1, 0xe9, sizeof latin1);
    term longest = atom_from_latin1(latin1, 255);
    struct atom_text text = atom_text(longest);
    assert_int_equal(text.size, 510);
    assert_int_equal(text.characters, 255);
    assert_true(text.latin1);
    assert_true(atom_from_latin1(latin1, 256) == NONE);
    assert_true(atom_from_latin1(latin1, 0) == atom_from_c(""));
}

enum { RACERS = 4, RACE_ATOMS = 20000 };

static void *race(void *results) {
    for (int i = 0; i < RACE_ATOMS; i++) {
        char name[32];
        snprintf(name, sizeof name, "race %d", i);
        ((term *)results)[i] = atom_from_c(name);
    }
    return NULL;
}

static void test_atom_race(void **state) {
    static term results[RACERS][RACE_ATOMS];
    pthread_t threads[RACERS];
    size_t before = atom_count();
    for (int i = 0; i < RACERS; i++)
        pthread_create(&threads[i], NULL, race, results[i]);
    for (int i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atom_count(), before + RACE_ATOMS);
    for (int i = 1; i < RACERS; i++)
        assert_memory_equal(results[0], results[i], sizeof results[0]);
}

// "aq" and "ba" hash alike.
static size_t twin_text(char text[16], unsigned number, bool absent) {
    char digits[] = "00000000";
    for (size_t i = sizeof digits - 1; i-- > 0; number /= 10)
        digits[i] = (char)('0' + number % 10);
    memcpy(text, digits, sizeof digits - 1);
    memcpy(text + sizeof digits - 1, absent ? "aq" : "ba", 2);
    return sizeof digits + 1;
}

static bool twin_is_found(unsigned number) {
    char text[16];
    return atom_existing_utf8(text, twin_text(text, number, true)) != NONE;
}

static void twin_make(unsigned number) {
    char text[16];
    atom_from_utf8(text, twin_text(text, number, false));
}

static void test_atoms_of_one_hash(void **state) {
    char text[16];
    uint32_t hash = atom_hash(atom_from_utf8(text, twin_text(text, 2 * TWINS, true)));
    assert_int_equal(hash, atom_hash(atom_from_utf8(text, twin_text(text, 2 * TWINS, false))));
    struct seekers seekers = {.is_found = twin_is_found, .make = twin_make};
    assert_int_equal(seekers_run(&seekers), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_phash2), cmocka_unit_test(test_phash),           cmocka_unit_test(test_shifted_bits),
        cmocka_unit_test(test_print),  cmocka_unit_test(test_print_limited),   cmocka_unit_test(test_order),
        cmocka_unit_test(test_deep),   cmocka_unit_test(test_deep_large_maps), cmocka_unit_test(test_zeros),
        cmocka_unit_test(test_atoms),  cmocka_unit_test(test_atom_race),       cmocka_unit_test(test_atoms_of_one_hash),
    };
    return cmocka_run_group_tests(tests, oracle_set_up, NULL);
}
