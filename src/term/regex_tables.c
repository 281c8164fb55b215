// PCRE2's tables, extended from ASCII to ISO 8859-1.
//
// The library makes tables for the C locale; what their bits mean is its own affair. So each byte from 128 up is made
// to look like an ASCII byte of its kind. Only the layout must be known:
//
//   0     lower case of each byte
//   256   other case of each byte
//   512   ten classes, each a set of 256 bits
//   832   the types of each byte, a byte of flags each

#include "term/regex_tables.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "sys/assert.h"

enum {
    LOWER = 0,
    OTHER = 256,
    CLASSES = 512,
    CLASS_COUNT = 10,
    TYPES = CLASSES + CLASS_COUNT * 32,
    SIZE = TYPES + 256
};

enum { MICRO_SIGN = 0xb5, MULTIPLICATION = 0xd7, SHARP_S = 0xdf, DIVISION = 0xf7 };

static bool in_class(const uint8_t *tables, unsigned class, unsigned byte) {
    return tables[CLASSES + 32 * class + byte / 8] >> byte % 8 & 1;
}

static void set_class(uint8_t *tables, unsigned class, unsigned byte, bool value) {
    uint8_t *at = tables + CLASSES + 32 * class + byte / 8;
    *at = (uint8_t)((*at & ~(1u << byte % 8)) | (unsigned)value << byte % 8);
}

// An ASCII byte of the same kind.
static uint8_t relative(unsigned byte) {
    if (byte < 0xa0)
        return 1; // a control character
    if (byte == 0xaa || byte == 0xba || byte == MICRO_SIGN)
        return 'z';
    if (byte < 0xc0 || byte == MULTIPLICATION || byte == DIVISION)
        return '!';
    return byte < SHARP_S ? 'Z' : 'z';
}

static void extend(uint8_t *tables, unsigned byte) {
    uint8_t like = relative(byte);
    for (unsigned class = 0; class < CLASS_COUNT; class ++) {
        bool member = in_class(tables, class, like);
        // The micro sign is a letter, but neither an upper nor a lower case one: what only 'z' and not 'Z' is.
        if (byte == MICRO_SIGN && member != in_class(tables, class, 'Z'))
            member = false;
        set_class(tables, class, byte, member);
    }
    tables[TYPES + byte] = tables[TYPES + like];
    if (like == 'Z') {
        tables[LOWER + byte] = tables[OTHER + byte] = (uint8_t)(byte + 0x20);
        tables[OTHER + byte + 0x20] = (uint8_t)byte;
    }
}

const uint8_t *regex_tables_new(void) {
    uint32_t size;
    pcre2_config(PCRE2_CONFIG_TABLES_LENGTH, &size);
    assert_always(size == SIZE);
    uint8_t *tables = (uint8_t *)pcre2_maketables(NULL);
    for (unsigned byte = 0x80; byte <= 0xff; byte++)
        extend(tables, byte);
    return tables;
}
