// Integers as text, in any base from 2 to 36.
//
// Long ones go a digit of 60 bits at a time: as many characters at once as fit in one.

#include "sys/sys.h"
#include "term/bignum.h"
#include "term/number.h"

// The largest power of the base that is below 2^60, and its exponent.
struct chunk {
    mp_digit power;
    int characters;
};

static struct chunk chunk_of(int base) {
    struct chunk chunk = {1, 0};
    while (chunk.power <= MP_MASK / (mp_digit)base) {
        chunk.power *= (mp_digit)base;
        chunk.characters++;
    }
    return chunk;
}

// Steps through all digits, a chunk at a time.
#define LONG_TEXT (HARD_TEST ? 200 : 10000) // characters

bool integer_text_is_long_work(size_t size) {
    return size > LONG_TEXT;
}

bool integer_is_long_text(term t) {
    return is_bignum(t) && header_size(*boxed(t)) > LONG_TEXT / 20; // about as many characters as a digit has
}

// A character's value as a digit; 36 or more when it is none.
static int character_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 36;
}

// The first `size` characters as a number; false when one is no digit.
static bool parse_chunk(const char *text, size_t size, int base, mp_digit *value) {
    *value = 0;
    for (size_t i = 0; i < size; i++) {
        int digit = character_value(text[i]);
        if (digit >= base)
            return false;
        *value = *value * (mp_digit)base + (mp_digit)digit;
    }
    return true;
}

static int bits_per_character(int base) { // rounded down
    return 63 - __builtin_clzll((unsigned long long)base);
}

static term parse_long(struct heap *heap, const char *text, size_t size, int base, bool negative,
                       enum number_error *error) {
    if (size > INTEGER_BITS_MAX || size * (size_t)bits_per_character(base) > INTEGER_BITS_MAX + 64) {
        *error = NUMBER_LIMIT;
        return NONE;
    }
    struct chunk chunk = chunk_of(base);
    struct digits r;
    digits_begin(&r, size / (size_t)chunk.characters + 2);
    size_t used = 0, first = size % (size_t)chunk.characters;
    term result = NONE;
    *error = NUMBER_BADARITH;
    for (size_t at = 0; at < size;) {
        size_t count = at == 0 && first ? first : (size_t)chunk.characters;
        mp_digit carry;
        if (!parse_chunk(text + at, count, base, &carry))
            goto end;
        for (size_t i = 0; i < used; i++) { // r = r * power + carry
            uint128 sum = (uint128)r.at[i] * chunk.power + carry;
            r.at[i] = (mp_digit)sum & MP_MASK;
            carry = (mp_digit)(sum >> DIGIT_BITS);
        }
        if (carry)
            r.at[used++] = carry;
        at += count;
    }
    result = integer_make(heap, r.at, used, negative);
    if (result == NONE)
        *error = NUMBER_LIMIT;
end:
    digits_end(&r);
    return result;
}

term integer_parse(struct heap *heap, const char *text, size_t size, int base, enum number_error *error) {
    bool negative = size > 0 && text[0] == '-';
    if (size > 0 && (text[0] == '-' || text[0] == '+')) {
        text++;
        size--;
    }
    if (size == 0 || size > 11)
        return size == 0 ? (*error = NUMBER_BADARITH, NONE) : parse_long(heap, text, size, base, negative, error);
    mp_digit value; // 36^11 < 2^60
    if (!parse_chunk(text, size, base, &value)) {
        *error = NUMBER_BADARITH;
        return NONE;
    }
    return heap_integer(heap, negative ? -(int64_t)value : (int64_t)value);
}

// Writes the digits of `value` backwards from `end`, at least `width` of them; returns the first one's place.
static char *format_chunk(char *end, mp_digit value, int base, int width) {
    for (; value > 0 || width > 0; width--) {
        *--end = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[value % (mp_digit)base];
        value /= (mp_digit)base;
    }
    return end;
}

size_t integer_format(term t, int base, char **text) {
    struct integer integer;
    integer_view(&integer, t);
    struct chunk chunk = chunk_of(base);
    size_t used = (size_t)integer.view.used;
    size_t room = used * DIGIT_BITS / (size_t)bits_per_character(base) + 3;
    struct digits rest;
    digits_begin(&rest, used + 1);
    memcpy(rest.at, integer.view.dp, used * sizeof *rest.at);
    char *start = sys_alloc(room), *end = start + room, *at = end;
    while (used > 1) { // divide by the power, the remainder is a chunk
        mp_digit remainder = 0;
        for (size_t i = used; i-- > 0;) {
            uint128 part = (uint128)remainder << DIGIT_BITS | rest.at[i];
            rest.at[i] = (mp_digit)(part / chunk.power);
            remainder = (mp_digit)(part % chunk.power);
        }
        at = format_chunk(at, remainder, base, chunk.characters);
        while (used > 0 && rest.at[used - 1] == 0)
            used--;
    }
    at = format_chunk(at, used ? rest.at[0] : 0, base, at == end);
    if (integer.view.sign == MP_NEG)
        *--at = '-';
    digits_end(&rest);
    memmove(start, at, (size_t)(end - at));
    *text = start;
    return (size_t)(end - at);
}
