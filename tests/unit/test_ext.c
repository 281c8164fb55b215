// The external format: what OTP 25 writes is read and written again byte by byte; damaged bytes are refused.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "code/code.h"
#include "ext/decode.h"
#include "ext/ext.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/compare.h"
#include "term/map.h"
#include "vm.h"

static int set_up(void **state) {
    atom_init(1 << 20);
    literal_init();
    code_init();
    atomic_store(&vm.node_name, atom_from_c("nonode@nohost"));
    return 0;
}

static const struct ext_options local = {EXT_FLAGS_LOCAL, .minor_version = 1};

#define NODE 100, 0, 13, 'n', 'o', 'n', 'o', 'd', 'e', '@', 'n', 'o', 'h', 'o', 's', 't'
#define OTHER 100, 0, 3, 'a', '@', 'b'

// Each as term_to_binary/1 of OTP 25 wrote it, behind its length.
static const uint8_t written[] = {
    2,   97,  255,                                                                // 255
    5,   98,  0,     0,   1,     0,                                               // 256
    5,   98,  128,   0,   0,     0,                                               // -2^31
    7,   110, 4,     0,   0,     0,   0,    128,                                  // 2^31
    7,   110, 4,     1,   1,     0,   0,    128,                                  // -2^31 - 1
    12,  110, 9,     0,   0,     0,   0,    0,   0,   0,   0,   0,   64,          // 2^70
    11,  110, 8,     1,   0,     0,   0,    0,   0,   0,   0,   128,              // -2^63
    9,   70,  63,    248, 0,     0,   0,    0,   0,   0,                          // 1.5
    9,   70,  126,   55,  228,   60,  136,  0,   117, 156,                        // 1.0e300
    9,   70,  128,   0,   0,     0,   0,    0,   0,   0,                          // -0.0
    6,   100, 0,     3,   'a',   'b', 'c',                                        // abc
    4,   100, 0,     1,   233,                                                    // 'é'
    4,   119, 2,     208, 128,                                                    // 'Ѐ'
    3,   100, 0,     0,                                                           // ''
    1,   106,                                                                     // []
    5,   107, 0,     2,   1,     2,                                               // [1, 2]
    11,  108, 0,     0,   0,     2,   97,   1,   97,  2,   97,  3,                // [1, 2 | 3]
    11,  108, 0,     0,   0,     1,   107,  0,   2,   7,   8,   106,              // [[7, 8]]
    2,   104, 0,                                                                  // {}
    6,   104, 2,     97,  1,     97,  2,                                          // {1, 2}
    5,   109, 0,     0,   0,     0,                                               // <<>>
    7,   109, 0,     0,   0,     2,   7,    8,                                    // <<7, 8>>
    9,   77,  0,     0,   0,     3,   3,    1,   2,   96,                         // <<1, 2, 3:3>>
    5,   116, 0,     0,   0,     0,                                               // #{}
    13,  116, 0,     0,   0,     2,   97,   1,   97,  2,   97,  2,   97,  1,      // #{1 => 2, 2 => 1}
    29,  88,  NODE,  0,   0,     0,   9,    0,   0,   0,   0,   0,   0,   0,   0, // <0.9.0>
    19,  88,  OTHER, 0,   0,     128, 9,    0,   0,   0,   7,   1,   2,   3,   4, // a pid of another node
    25,  89,  NODE,  0,   0,     0,   5,    0,   0,   0,   0,                     // #Port<0.5>
    19,  120, OTHER, 1,   0,     0,   0,    0,   0,   0,   5,   1,   2,   3,   4, // a port of another node
    35,  90,  0,     3,   NODE,  0,   0,    0,   0,   0,   2,   216, 70,  129, 136, 0,   2,   55,  249, 89, 69,
    33,  90,  0,     5,   OTHER, 0,   0,    0,   1,   0,   0,   0,   6,   0,   0,   0,   1,   0,   0,   0,  2,
    0,   0,   0,     3,   0,     0,   0,    4,   17,  113, 100, 0,   5,   'l', 'i', 's', 't', 's', 100, 0,  3,
    'm', 'a', 'p',   97,  2,     72,  112,  0,   0,   0,   71,  1,   238, 197, 51,  240, 209, 166, 66,  32, 95,
    226, 36,  204,   169, 148,   9,   141,  0,   0,   0,   0,   0,   0,   0,   1,   100, 0,   1,   'q', 97, 0,
    98,  7,   118,   41,  159,   88,  NODE, 0,   0,   0,   9,   0,   0,   0,   0,   0,   0,   0,   0,   97, 1,
};

static term decode(struct heap *heap, const uint8_t *bytes, size_t size, size_t *used) {
    return ext_decode(heap, bytes, size, false, used, NULL);
}

static void test_written(void **state) {
    struct heap heap = {};
    for (size_t at = 0, size; at < sizeof written; at += 1 + size) {
        size = written[at];
        const uint8_t *bytes = written + at + 1;
        size_t used;
        term value = decode(&heap, bytes, size, &used);
        assert_true(value != NONE);
        assert_int_equal(used, size);
        struct text out = {};
        ext_encode(&out, value, &local, NULL);
        assert_int_equal(out.size, size);
        assert_memory_equal(out.bytes, bytes, size);
        assert_int_equal(ext_encoded_size(value, &local, NULL), size);
        text_free(&out);
        // Cut anywhere, it is refused.
        for (size_t cut = 0; cut < size; cut++)
            assert_true(decode(&heap, bytes, cut, &used) == NONE);
    }
    heap_free(&heap);
}

// Old and odd forms, and what they mean in today's form.
static void test_other_forms(void **state) {
    struct heap heap = {};
    size_t used;
#define DECODE(...) decode(&heap, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), &used)
    term pid = IMMEDIATE_WORD(IMMEDIATE_PID, 2 << 15 | 1);
    assert_true(DECODE(103, NODE, 0, 0, 0, 1, 0, 0, 0, 2, 0) == pid);
    assert_true(DECODE(103, NODE, 0, 0, 128, 1, 0, 0, 0, 2, 0) == NONE);
    assert_true(is_kind(DECODE(103, NODE, 0, 0, 0, 1, 0, 0, 0, 2, 3), KIND_EXTERNAL_PID));
    assert_true(is_kind(DECODE(101, NODE, 0, 0, 0, 1, 0), KIND_REFERENCE));
    assert_true(is_kind(DECODE(114, 0, 0, NODE, 0), KIND_REFERENCE));
    assert_true(is_kind(DECODE(114, 0, 0, OTHER, 0), KIND_EXTERNAL_REFERENCE));
    assert_int_equal(heap_size_of(DECODE(114, 0, 0, OTHER, 0)), 4);
    assert_true(DECODE(114, 0, 5, NODE, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1) == NONE);
    assert_true(DECODE(114, 0, 1, OTHER, 0, 0, 4, 0, 0) == NONE);
    assert_true(DECODE(108, 0, 0, 0, 0, 97, 1) == SMALL(1));
    assert_true(DECODE(107, 0, 0) == NIL);
    assert_true(DECODE(110, 0, 0) == SMALL(0));
    assert_true(DECODE(110, 2, 1, 5, 0) == SMALL(-5));
    assert_true(DECODE(77, 0, 0, 0, 1, 0, 5) == NONE);
    assert_true(DECODE(77, 0, 0, 0, 0, 3) == NONE);
    assert_true(DECODE(77, 0, 0, 0, 1, 9, 255) == NONE);
    assert_true(is_binary(DECODE(77, 0, 0, 0, 1, 8, 255)));
    assert_true(DECODE(70, 127, 240, 0, 0, 0, 0, 0, 0) == NONE);
    assert_true(DECODE(116, 0, 0, 0, 2, 97, 1, 97, 1, 97, 1, 97, 2) == NONE); // equal keys
    term map = DECODE(116, 0, 0, 0, 2, 97, 2, 97, 1, 97, 1, 97, 2);           // keys out of order
    assert_true(map_get(map, SMALL(1)) == SMALL(2) && map_get(map, SMALL(2)) == SMALL(1));
    assert_true(DECODE(119, 2, 255, 255) == NONE);
    assert_true(DECODE(82, 0) == NONE);
    assert_true(DECODE(80, 0, 0, 0, 1, 97) == NONE);
    // Claims that the bytes cannot keep take no memory.
    assert_true(DECODE(105, 255, 255, 255, 255, 97, 1) == NONE);
    assert_true(DECODE(108, 255, 255, 255, 255, 97, 1) == NONE);
    assert_true(DECODE(116, 255, 255, 255, 255, 97, 1) == NONE);
    assert_true(DECODE(104, 4, 104, 4, 97, 1, 97, 1, 97, 1) == NONE);
    assert_true(heap.fragment_words < 1000);
    heap_free(&heap);
}

static void test_alias(void **state) {
    struct heap heap = {};
    term pid = IMMEDIATE_WORD(IMMEDIATE_PID, 77), alias = heap_alias(&heap, pid);
    struct text out = {};
    ext_encode(&out, alias, &local, NULL);
    size_t used;
    term back = decode(&heap, (uint8_t *)out.bytes, out.size, &used);
    assert_true(term_same(alias, back));
    assert_int_equal(boxed(back)[3], pid);
    text_free(&out);
    heap_free(&heap);
}

static void test_safe(void **state) {
    struct heap heap = {};
    size_t used;
    const uint8_t atom[] = {100, 0, 4, 'z', 233, 'z', 'q'};
    assert_true(ext_decode(&heap, atom, sizeof atom, true, &used, NULL) == NONE);
    term made = decode(&heap, atom, sizeof atom, &used);
    assert_true(ext_decode(&heap, atom, sizeof atom, true, &used, NULL) == made);
    const uint8_t export[] = {113, 100, 0, 1, 'q', 100, 0, 1, 'q', 97, 77};
    atom_from_c("q");
    assert_true(ext_decode(&heap, export, sizeof export, true, &used, NULL) == NONE);
    assert_true(decode(&heap, export, sizeof export, &used) != NONE);
    assert_true(ext_decode(&heap, export, sizeof export, true, &used, NULL) != NONE);
    heap_free(&heap);
}

static void test_compressed(void **state) {
    struct heap heap = {};
    const uint8_t expected[] = {131, 80, 0, 0, 0, 103, 120, 156, 203, 102, 72, 73, 164, 3, 0, 0, 204, 203, 38, 180};
    term list = NIL;
    for (int i = 0; i < 100; i++)
        list = heap_cons(&heap, SMALL('a'), list);
    term binary = ext_compress(&heap, ext_encode_binary(&heap, list, &local, NULL), 6);
    struct bits bits = bitstring_bits(binary);
    assert_int_equal(bits.size / 8, sizeof expected);
    assert_memory_equal(bits.bytes, expected, sizeof expected);
    size_t used;
    assert_true(term_same(ext_decode_binary(&heap, expected, sizeof expected, false, &used, NULL), list));
    assert_int_equal(used, sizeof expected);
    for (size_t cut = 0; cut < sizeof expected; cut++)
        assert_true(ext_decode_binary(&heap, expected, cut, false, &used, NULL) == NONE);
    heap_free(&heap);
}

// Nested a million deep, in elements and in heads.
static void test_deep(void **state) {
    struct heap heap = {};
    term value = NIL;
    for (int i = 0; i < 1000000; i++)
        value = heap_cons(&heap, heap_tuple_of(&heap, 1, value), SMALL(1));
    struct text out = {};
    ext_encode(&out, value, &local, NULL);
    size_t used;
    term back = decode(&heap, (uint8_t *)out.bytes, out.size, &used);
    assert_true(back != NONE);
    assert_int_equal(used, out.size);
    assert_int_equal(heap_size_of(back), 4000000);
    text_free(&out);
    heap_free(&heap);
}

static void test_large_map(void **state) {
    struct heap heap = {};
    term *pairs = heap_alloc(&heap, 2000);
    for (int i = 0; i < 1000; i++) {
        pairs[2 * i] = SMALL((i * 7919) % 1000);
        pairs[2 * i + 1] = heap_tuple_of(&heap, 1, SMALL(i));
    }
    term map = map_from_pairs(&heap, pairs, 1000);
    for (int deterministic = 0; deterministic < 2; deterministic++) {
        struct ext_options options = local;
        options.deterministic = deterministic;
        struct text out = {};
        ext_encode(&out, map, &options, NULL);
        size_t used;
        term back = decode(&heap, (uint8_t *)out.bytes, out.size, &used);
        assert_true(back != NONE && term_same(map, back));
        if (deterministic) { // key 0 comes first
            assert_int_equal((uint8_t)out.bytes[5], 97);
            assert_int_equal(out.bytes[6], 0);
        }
        text_free(&out);
    }
    heap_free(&heap);
}

// Bytes changed at random: no crash, and what is accepted can be written and read again.
static void test_damaged(void **state) {
    uint64_t random = 1;
    for (int round = 0; round < 200000; round++) {
        struct heap heap = {};
        uint8_t bytes[256];
        size_t at = 0;
        for (random = random * 6364136223846793005u + 1442695040888963407u, at = 0;;) {
            if (at + 1 + written[at] >= sizeof written || (random >> 40) % 20 == 0)
                break;
            random = random * 6364136223846793005u + 1442695040888963407u;
            at += 1 + (size_t)written[at];
        }
        size_t size = written[at], used;
        memcpy(bytes, written + at + 1, size);
        for (int i = 0; i < 3; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            bytes[(random >> 33) % size] = (uint8_t)(random >> 20);
        }
        term value = decode(&heap, bytes, size, &used);
        if (value != NONE) {
            struct text out = {};
            ext_encode(&out, value, &local, NULL);
            term back = decode(&heap, (uint8_t *)out.bytes, out.size, &used);
            assert_true(term_same(value, back));
            text_free(&out);
        }
        heap_free(&heap);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written),   cmocka_unit_test(test_other_forms), cmocka_unit_test(test_alias),
        cmocka_unit_test(test_safe),      cmocka_unit_test(test_compressed),  cmocka_unit_test(test_deep),
        cmocka_unit_test(test_large_map), cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
