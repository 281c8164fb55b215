// Integers as digits.

#include "term/bignum.h"

#include <math.h>

#include "sys/sys.h"

void integer_view(struct integer *integer, term t) {
    mp_int *view = &integer->view;
    if (is_small(t)) {
        int64_t value = small_value(t);
        uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
        integer->place[0] = magnitude & MP_MASK;
        integer->place[1] = magnitude >> DIGIT_BITS;
        view->dp = integer->place;
        view->used = magnitude == 0 ? 0 : magnitude > MP_MASK ? 2 : 1;
        view->sign = value < 0 ? MP_NEG : MP_ZPOS;
    } else {
        term *words = boxed(t);
        view->dp = (mp_digit *)(words + 1);
        view->used = (int)header_size(words[0]);
        view->sign = header_aux(words[0]) ? MP_NEG : MP_ZPOS;
    }
    view->alloc = view->used;
}

void integer_view_double(struct integer *integer, double whole, mp_digit place[DOUBLE_DIGITS]) {
    int exponent;
    uint64_t mantissa = (uint64_t)ldexp(frexp(fabs(whole), &exponent), 53);
    exponent -= 53; // |whole| = mantissa * 2^exponent
    if (exponent < 0) {
        mantissa >>= -exponent < 64 ? -exponent : 63;
        exponent = 0;
    }
    int at = exponent / DIGIT_BITS, shift = exponent % DIGIT_BITS;
    memset(place, 0, DOUBLE_DIGITS * sizeof *place);
    place[at] = mantissa << shift & MP_MASK;
    place[at + 1] = mantissa >> (DIGIT_BITS - shift);
    int used = at + 2;
    while (used > 0 && place[used - 1] == 0)
        used--;
    integer->view = (mp_int){.used = used, .alloc = used, .sign = whole < 0 ? MP_NEG : MP_ZPOS, .dp = place};
}

void digits_begin(struct digits *digits, size_t room) {
    digits->room = room;
    if (room <= sizeof digits->place / sizeof *digits->place) {
        digits->at = digits->place;
        memset(digits->at, 0, room * sizeof *digits->at);
    } else {
        digits->at = sys_alloc_zero(room * sizeof *digits->at);
    }
}

void digits_end(struct digits *digits) {
    if (digits->at != digits->place)
        sys_free(digits->at);
}

term integer_make(struct heap *heap, const mp_digit *digits, size_t used, bool negative) {
    while (used > 0 && digits[used - 1] == 0)
        used--;
    if (used <= 2) {
        uint128 magnitude = used == 0 ? 0 : digits[0];
        if (used == 2)
            magnitude |= (uint128)digits[1] << DIGIT_BITS;
        int128 value = negative ? -(int128)magnitude : (int128)magnitude;
        if (value >= SMALL_MIN && value <= SMALL_MAX)
            return SMALL((int64_t)value);
    }
    if (used >= INTEGER_DIGITS_MAX) {
        size_t bits = used * DIGIT_BITS - (size_t)(__builtin_clzll(digits[used - 1]) - (64 - DIGIT_BITS));
        if (bits > INTEGER_BITS_MAX)
            return NONE;
    }
    term *words = heap_alloc(heap, 1 + used);
    words[0] = HEADER(KIND_BIGNUM, negative, used);
    memcpy(words + 1, digits, used * sizeof *digits);
    return boxed_make(words);
}

term integer_from_int128(struct heap *heap, int128 value) {
    if (value >= SMALL_MIN && value <= SMALL_MAX)
        return SMALL((int64_t)value);
    uint128 magnitude = value < 0 ? -(uint128)value : (uint128)value;
    mp_digit digits[3] = {(uint64_t)magnitude & MP_MASK, (uint64_t)(magnitude >> DIGIT_BITS) & MP_MASK,
                          (uint64_t)(magnitude >> 2 * DIGIT_BITS)};
    return integer_make(heap, digits, 3, value < 0);
}

bool integer_to_int128(term t, int128 *value) {
    if (is_small(t)) {
        *value = small_value(t);
        return true;
    }
    if (!is_bignum(t) || header_size(*boxed(t)) > 2)
        return false;
    const term *words = boxed(t);
    int128 magnitude = words[1];
    if (header_size(words[0]) == 2)
        magnitude |= (int128)words[2] << DIGIT_BITS;
    *value = header_aux(words[0]) ? -magnitude : magnitude;
    return true;
}

size_t integer_words(const struct integer *integer) {
    size_t used = (size_t)integer->view.used;
    if (used == 0)
        return 1;
    size_t bits = used * DIGIT_BITS - (size_t)(__builtin_clzll(integer->view.dp[used - 1]) - (64 - DIGIT_BITS));
    return (bits + 63) / 64;
}

uint64_t integer_word(const struct integer *integer, size_t index) {
    const mp_digit *digits = integer->view.dp;
    size_t used = (size_t)integer->view.used, at = index * 64 / DIGIT_BITS, shift = index * 64 % DIGIT_BITS;
    uint64_t word = at < used ? digits[at] >> shift : 0;
    if (at + 1 < used)
        word |= digits[at + 1] << (DIGIT_BITS - shift);
    // 60 - shift + 60 bits are there: a third digit is needed when that is less than 64.
    if (at + 2 < used && shift > 2 * DIGIT_BITS - 64)
        word |= digits[at + 2] << (2 * DIGIT_BITS - shift);
    return word;
}
