// Integers as bits: band bor bxor bnot bsl bsr, on two's complement of unlimited length.

#include "term/bignum.h"
#include "term/number.h"

static term fail(enum number_error *error, enum number_error why) {
    *error = why;
    return NONE;
}

static term or_limit(term result, enum number_error *error) {
    if (result == NONE)
        *error = NUMBER_LIMIT;
    return result;
}

// ---- and, or, exclusive or

enum bit_operation { BIT_AND, BIT_OR, BIT_XOR };

static uint64_t apply(enum bit_operation operation, uint64_t a, uint64_t b) {
    return operation == BIT_AND ? a & b : operation == BIT_OR ? a | b : a ^ b;
}

// Digit i of the two's complement: the magnitude's, or for a negative integer its complement plus one. *carry is that
// one on its way up.
static mp_digit complement_digit(const mp_int *a, int i, mp_digit *carry) {
    mp_digit digit = i < a->used ? a->dp[i] : 0;
    if (a->sign != MP_NEG)
        return digit;
    digit = (~digit & MP_MASK) + *carry;
    *carry = digit >> DIGIT_BITS;
    return digit & MP_MASK;
}

static term combine_long(struct heap *heap, term a, term b, enum bit_operation operation) {
    struct integer p, q;
    integer_view(&p, a);
    integer_view(&q, b);
    // One digit more than the longer one: it holds the sign.
    int count = (p.view.used > q.view.used ? p.view.used : q.view.used) + 1;
    struct digits r;
    digits_begin(&r, (size_t)count);
    mp_digit carry_p = 1, carry_q = 1, carry = 1;
    bool negative = apply(operation, p.view.sign == MP_NEG, q.view.sign == MP_NEG);
    for (int i = 0; i < count; i++) {
        mp_digit x = complement_digit(&p.view, i, &carry_p), y = complement_digit(&q.view, i, &carry_q);
        r.at[i] = apply(operation, x, y);
        if (negative) { // back to a magnitude
            mp_digit digit = (~r.at[i] & MP_MASK) + carry;
            carry = digit >> DIGIT_BITS;
            r.at[i] = digit & MP_MASK;
        }
    }
    term result = integer_make(heap, r.at, r.room, negative);
    digits_end(&r);
    return result;
}

static term combine(struct heap *heap, term a, term b, enum bit_operation operation, enum number_error *error) {
    if (are_small(a, b))
        return apply(operation, a, b); // the tag's zeros stay zeros
    if (!is_integer(a) || !is_integer(b))
        return fail(error, NUMBER_BADARITH);
    int128 x, y;
    if (integer_to_int128(a, &x) && integer_to_int128(b, &y)) {
        int128 result = operation == BIT_AND ? (x & y) : operation == BIT_OR ? (x | y) : (x ^ y);
        return integer_from_int128(heap, result);
    }
    return or_limit(combine_long(heap, a, b, operation), error);
}

term number_band(struct heap *heap, term a, term b, enum number_error *error) {
    return combine(heap, a, b, BIT_AND, error);
}

term number_bor(struct heap *heap, term a, term b, enum number_error *error) {
    return combine(heap, a, b, BIT_OR, error);
}

term number_bxor(struct heap *heap, term a, term b, enum number_error *error) {
    return combine(heap, a, b, BIT_XOR, error);
}

term number_bnot(struct heap *heap, term a, enum number_error *error) {
    if (!is_integer(a))
        return fail(error, NUMBER_BADARITH);
    return number_subtract(heap, SMALL(-1), a, error);
}

// ---- shifts

static term shift_left(struct heap *heap, term a, uint64_t count) {
    if (a == SMALL(0))
        return a;
    struct integer p;
    integer_view(&p, a);
    if (count > INTEGER_BITS_MAX || integer_bit_length(a) + count > INTEGER_BITS_MAX)
        return NONE;
    size_t whole = count / DIGIT_BITS;
    unsigned part = (unsigned)(count % DIGIT_BITS);
    struct digits r;
    digits_begin(&r, (size_t)p.view.used + whole + 1);
    for (int i = 0; i < p.view.used; i++) {
        mp_digit digit = p.view.dp[i];
        r.at[whole + (size_t)i] |= digit << part & MP_MASK;
        r.at[whole + (size_t)i + 1] = digit >> (DIGIT_BITS - part);
    }
    term result = integer_make(heap, r.at, r.room, p.view.sign == MP_NEG);
    digits_end(&r);
    return result;
}

// Rounds down: a negative integer that loses a bit has one more in its magnitude.
static term shift_right(struct heap *heap, term a, uint64_t count) {
    if (is_small(a))
        return SMALL(small_value(a) >> (count < 63 ? count : 63));
    struct integer p;
    integer_view(&p, a);
    bool negative = p.view.sign == MP_NEG;
    size_t whole = count / DIGIT_BITS, used = (size_t)p.view.used;
    unsigned part = (unsigned)(count % DIGIT_BITS);
    if (whole >= used)
        return SMALL(negative ? -1 : 0);
    struct digits r;
    digits_begin(&r, used - whole + 1);
    bool lost = (p.view.dp[whole] & (((mp_digit)1 << part) - 1)) != 0;
    for (size_t i = 0; i < whole && !lost; i++)
        lost = p.view.dp[i] != 0;
    for (size_t i = whole; i < used; i++) {
        mp_digit above = i + 1 < used ? p.view.dp[i + 1] : 0;
        r.at[i - whole] = (p.view.dp[i] >> part | above << (DIGIT_BITS - part)) & MP_MASK;
    }
    if (negative && lost) {
        size_t i = 0;
        while (r.at[i] == MP_MASK)
            r.at[i++] = 0;
        r.at[i]++;
    }
    term result = integer_make(heap, r.at, r.room, negative);
    digits_end(&r);
    return result;
}

// Shifts left by b, or right when b is negative. A count that is no machine integer shifts everything out.
static term shift(struct heap *heap, term a, term b, bool left, enum number_error *error) {
    if (!is_integer(a) || !is_integer(b))
        return fail(error, NUMBER_BADARITH);
    if (integer_is_negative(b))
        left = !left;
    uint64_t count = UINT64_MAX;
    if (is_small(b))
        count = (uint64_t)(small_value(b) < 0 ? -small_value(b) : small_value(b));
    return left ? or_limit(shift_left(heap, a, count), error) : shift_right(heap, a, count);
}

term number_bsl(struct heap *heap, term a, term b, enum number_error *error) {
    return shift(heap, a, b, true, error);
}

term number_bsr(struct heap *heap, term a, term b, enum number_error *error) {
    return shift(heap, a, b, false, error);
}
