// For tests that compare with what OTP said: the shapes of the tables in expected.h, and how to read terms in them.

#ifndef PURLIN_TESTS_ORACLE_H
#define PURLIN_TESTS_ORACLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "code/code.h"
#include "ext/ext.h"
#include "term/atom.h"
#include "vm.h"

struct expected_term {
    const char *term; // in the external format, hexadecimal
    uint32_t phash2, phash;
    const char *display; // "" where OTP's text is its own affair
};

struct expected_integer_text {
    const char *integer, *decimal;
    uint32_t all_bases; // phash2 of the list of the texts in base 2 to 36
};

struct expected_float_text {
    uint64_t bits;
    const char *shortest;
    uint32_t formats; // phash2 of the list of the texts in all formats
};

#define EXPECTED_NO_FLOAT 0x7ff8000000000000
struct expected_float {
    const char *text;
    uint64_t bits;
};

static int oracle_set_up(void **state) {
    atom_init(1 << 20);
    literal_init();
    code_init();
    atomic_store(&vm.node_name, atom_from_c("nonode@nohost"));
    return 0;
}

static int hexadecimal(char c) {
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static term oracle_term(struct heap *heap, const char *text) {
    static uint8_t bytes[65536];
    size_t size = strlen(text) / 2, used;
    assert_true(size <= sizeof bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(hexadecimal(text[2 * i]) << 4 | hexadecimal(text[2 * i + 1]));
    term t = ext_decode(heap, bytes, size, false, &used, NULL);
    assert_true(t != NONE);
    assert_int_equal(used, size);
    return t;
}

#endif
