// Arithmetic on numbers of any kind: + - * / div rem, sign, order.

#include "term/number.h"

#include <math.h>

#include "term/bignum.h"

// From this many digits on (in the shorter factor) libtommath's faster multiplications pay for their set-up.
enum { LONG_FACTOR = 64 };
// Products of two digits that take about a millisecond.
enum { LONG_PRODUCT = HARD_TEST ? 64 : 1 << 20 };

static term fail(enum number_error *error, enum number_error why) {
    *error = why;
    return NONE;
}

static term or_limit(term result, enum number_error *error) {
    if (result == NONE)
        *error = NUMBER_LIMIT;
    return result;
}

// ---- digits

// r = a + b; r has room for one digit more than the longer one.
static void add_magnitudes(mp_digit *r, const mp_int *a, const mp_int *b) {
    if (a->used < b->used) {
        const mp_int *swap = a;
        a = b;
        b = swap;
    }
    mp_digit carry = 0;
    for (int i = 0; i < a->used; i++) {
        mp_digit sum = a->dp[i] + (i < b->used ? b->dp[i] : 0) + carry;
        r[i] = sum & MP_MASK;
        carry = sum >> DIGIT_BITS;
    }
    r[a->used] = carry;
}

// r = a - b, where a >= b.
static void subtract_magnitudes(mp_digit *r, const mp_int *a, const mp_int *b) {
    mp_digit borrow = 0;
    for (int i = 0; i < a->used; i++) {
        mp_digit difference = a->dp[i] - (i < b->used ? b->dp[i] : 0) - borrow;
        r[i] = difference & MP_MASK;
        borrow = difference >> 63;
    }
    assert_debug(borrow == 0);
}

static int compare_magnitudes(const mp_int *a, const mp_int *b) {
    if (a->used != b->used)
        return a->used < b->used ? -1 : 1;
    for (int i = a->used - 1; i >= 0; i--) {
        if (a->dp[i] != b->dp[i])
            return a->dp[i] < b->dp[i] ? -1 : 1;
    }
    return 0;
}

// r = a * b, digit by digit; r is zero and has room for the digits of both.
static void multiply_magnitudes(mp_digit *r, const mp_int *a, const mp_int *b) {
    for (int i = 0; i < a->used; i++) {
        mp_digit carry = 0;
        for (int j = 0; j < b->used; j++) {
            uint128 sum = (uint128)a->dp[i] * b->dp[j] + r[i + j] + carry;
            r[i + j] = (mp_digit)sum & MP_MASK;
            carry = (mp_digit)(sum >> DIGIT_BITS);
        }
        r[i + b->used] = carry;
    }
}

// ---- integers

static term add_integers(struct heap *heap, term a, term b, bool subtract) {
    int128 x, y;
    if (integer_to_int128(a, &x) && integer_to_int128(b, &y))
        return integer_from_int128(heap, subtract ? x - y : x + y);
    struct integer p, q;
    integer_view(&p, a);
    integer_view(&q, b);
    const mp_int *larger = &p.view, *smaller = &q.view;
    bool negative_a = larger->sign == MP_NEG, negative_b = (smaller->sign == MP_NEG) != subtract;
    bool negative = negative_a;
    struct digits r;
    digits_begin(&r, (size_t)(larger->used > smaller->used ? larger->used : smaller->used) + 1);
    if (negative_a == negative_b) {
        add_magnitudes(r.at, larger, smaller);
    } else {
        if (compare_magnitudes(larger, smaller) < 0) {
            larger = &q.view;
            smaller = &p.view;
            negative = negative_b;
        }
        subtract_magnitudes(r.at, larger, smaller);
    }
    term result = integer_make(heap, r.at, r.room, negative);
    digits_end(&r);
    return result;
}

static term multiply_integers(struct heap *heap, term a, term b) {
    struct integer p, q;
    integer_view(&p, a);
    integer_view(&q, b);
    size_t digits = (size_t)p.view.used + (size_t)q.view.used;
    bool negative = p.view.sign != q.view.sign;
    if (digits > INTEGER_DIGITS_MAX + 1)
        return NONE;
    term result;
    if (p.view.used >= LONG_FACTOR && q.view.used >= LONG_FACTOR) {
        mp_int product;
        bignum_check(mp_init(&product));
        bignum_check(mp_mul(&p.view, &q.view, &product));
        result = integer_make(heap, product.dp, (size_t)product.used, negative);
        mp_clear(&product);
    } else {
        struct digits r;
        digits_begin(&r, digits);
        multiply_magnitudes(r.at, &p.view, &q.view);
        result = integer_make(heap, r.at, r.room, negative);
        digits_end(&r);
    }
    return result;
}

// By a single digit, which is what most long divisions are.
static term divide_by_digit(struct heap *heap, const mp_int *a, mp_digit divisor, bool negative, bool remainder) {
    struct digits quotient;
    digits_begin(&quotient, (size_t)a->used);
    mp_digit rest = 0;
    for (int i = a->used - 1; i >= 0; i--) {
        uint128 part = (uint128)rest << DIGIT_BITS | a->dp[i];
        quotient.at[i] = (mp_digit)(part / divisor);
        rest = (mp_digit)(part % divisor);
    }
    term result = remainder ? integer_make(heap, &rest, 1, a->sign == MP_NEG)
                            : integer_make(heap, quotient.at, quotient.room, negative);
    digits_end(&quotient);
    return result;
}

static term divide_integers(struct heap *heap, term a, term b, bool remainder) {
    int128 x, y;
    if (integer_to_int128(a, &x) && integer_to_int128(b, &y))
        return integer_from_int128(heap, remainder ? x % y : x / y);
    struct integer p, q;
    integer_view(&p, a);
    integer_view(&q, b);
    if (compare_magnitudes(&p.view, &q.view) < 0)
        return remainder ? a : SMALL(0);
    bool negative = p.view.sign != q.view.sign;
    if (q.view.used == 1)
        return divide_by_digit(heap, &p.view, q.view.dp[0], negative, remainder);
    mp_int result;
    bignum_check(mp_init(&result));
    bignum_check(remainder ? mp_div(&p.view, &q.view, NULL, &result) : mp_div(&p.view, &q.view, &result, NULL));
    term t = integer_make(heap, result.dp, (size_t)result.used, result.sign == MP_NEG);
    mp_clear(&result);
    return t;
}

static bool is_zero(term t) {
    return t == SMALL(0);
}

// ---- floats

bool number_to_double(term t, double *value) {
    if (is_small(t)) {
        *value = (double)small_value(t);
        return true;
    }
    if (is_float(t)) {
        *value = float_value(t);
        return true;
    }
    if (!is_bignum(t))
        return false;
    // Word by word from the top, each step rounded: that gives the same doubles as OTP, not always the nearest ones.
    struct integer integer;
    integer_view(&integer, t);
    double sum = 0;
    for (size_t i = integer_words(&integer); i > 0 && isfinite(sum); i--)
        sum = sum * 0x1p64 + (double)integer_word(&integer, i - 1);
    *value = integer.view.sign == MP_NEG ? -sum : sum;
    return isfinite(sum);
}

static term float_result(struct heap *heap, double d, enum number_error *error) {
    return isfinite(d) ? heap_float(heap, d) : fail(error, NUMBER_BADARITH);
}

term integer_from_double(struct heap *heap, double d) {
    if (fabs(d) < 0x1p61)
        return SMALL((int64_t)d);
    struct integer integer;
    mp_digit place[DOUBLE_DIGITS];
    integer_view_double(&integer, d, place);
    return integer_make(heap, place, (size_t)integer.view.used, d < 0);
}

// ---- the operations

term number_add(struct heap *heap, term a, term b, enum number_error *error) {
    if (are_small(a, b))
        return heap_integer(heap, small_value(a) + small_value(b));
    if (is_integer(a) && is_integer(b))
        return or_limit(add_integers(heap, a, b, false), error);
    double x, y;
    if (!number_to_double(a, &x) || !number_to_double(b, &y))
        return fail(error, NUMBER_BADARITH);
    return float_result(heap, x + y, error);
}

term number_subtract(struct heap *heap, term a, term b, enum number_error *error) {
    if (are_small(a, b))
        return heap_integer(heap, small_value(a) - small_value(b));
    if (is_integer(a) && is_integer(b))
        return or_limit(add_integers(heap, a, b, true), error);
    double x, y;
    if (!number_to_double(a, &x) || !number_to_double(b, &y))
        return fail(error, NUMBER_BADARITH);
    return float_result(heap, x - y, error);
}

term number_multiply(struct heap *heap, term a, term b, enum number_error *error) {
    if (are_small(a, b))
        return integer_from_int128(heap, (int128)small_value(a) * small_value(b));
    if (is_integer(a) && is_integer(b))
        return or_limit(multiply_integers(heap, a, b), error);
    double x, y;
    if (!number_to_double(a, &x) || !number_to_double(b, &y))
        return fail(error, NUMBER_BADARITH);
    return float_result(heap, x * y, error);
}

term number_divide(struct heap *heap, term a, term b, enum number_error *error) {
    double x, y;
    if (!number_to_double(a, &x) || !number_to_double(b, &y) || y == 0)
        return fail(error, NUMBER_BADARITH);
    return float_result(heap, x / y, error);
}

term number_div(struct heap *heap, term a, term b, enum number_error *error) {
    if (!is_integer(a) || !is_integer(b) || is_zero(b))
        return fail(error, NUMBER_BADARITH);
    if (are_small(a, b))
        return heap_integer(heap, small_value(a) / small_value(b));
    return divide_integers(heap, a, b, false);
}

term number_rem(struct heap *heap, term a, term b, enum number_error *error) {
    if (!is_integer(a) || !is_integer(b) || is_zero(b))
        return fail(error, NUMBER_BADARITH);
    if (are_small(a, b))
        return SMALL(small_value(a) % small_value(b));
    return divide_integers(heap, a, b, true);
}

term number_negate(struct heap *heap, term a, enum number_error *error) {
    if (is_small(a))
        return heap_integer(heap, -small_value(a));
    if (is_float(a))
        return heap_float(heap, -float_value(a));
    if (!is_bignum(a))
        return fail(error, NUMBER_BADARITH);
    struct integer integer;
    integer_view(&integer, a);
    return integer_make(heap, integer.view.dp, (size_t)integer.view.used, integer.view.sign != MP_NEG);
}

term number_abs(struct heap *heap, term a, enum number_error *error) {
    if (is_float(a))
        return float_value(a) < 0 ? heap_float(heap, -float_value(a)) : a; // -0.0 stays as it is
    if (!is_integer(a))
        return fail(error, NUMBER_BADARITH);
    return integer_is_negative(a) ? number_negate(heap, a, error) : a;
}

bool number_is_long_work(term a, term b) {
    if (!is_bignum(a) || !is_bignum(b))
        return false;
    return (size_t)header_size(*boxed(a)) * (size_t)header_size(*boxed(b)) > LONG_PRODUCT;
}

// ---- order

static int compare_views(const mp_int *a, const mp_int *b) {
    if (a->sign != b->sign)
        return a->sign == MP_NEG ? -1 : 1;
    int order = compare_magnitudes(a, b);
    return a->sign == MP_NEG ? -order : order;
}

static int compare_integers(term a, term b) {
    struct integer p, q;
    integer_view(&p, a);
    integer_view(&q, b);
    return compare_views(&p.view, &q.view);
}

// An integer with a float, by their exact values: the float's whole part decides, then what it has behind the point.
static int compare_mixed(term integer, double d) {
    double whole = trunc(d);
    struct integer p, q;
    mp_digit place[DOUBLE_DIGITS];
    integer_view(&p, integer);
    integer_view_double(&q, whole, place);
    int order = compare_views(&p.view, &q.view);
    return order ? order : whole < d ? -1 : whole > d;
}

int number_compare(term a, term b) {
    if (is_integer(a))
        return is_integer(b) ? compare_integers(a, b) : compare_mixed(a, float_value(b));
    if (is_integer(b))
        return -compare_mixed(b, float_value(a));
    double x = float_value(a), y = float_value(b);
    return x < y ? -1 : x > y;
}
