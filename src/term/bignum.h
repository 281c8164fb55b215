// Inside of numbers: an integer's digits, and integers made from digits. Private to number*.c and the hashes.
//
// Digits are libtommath's: 60 bits each, least significant first, in an unsigned magnitude with a sign beside it.
// Results are computed in scratch digits and copied to the heap once their size is known, since a result may turn out
// smaller than its room, even small. (libtommath may also reallocate what it is given to write into.)

#ifndef PURLIN_TERM_BIGNUM_H
#define PURLIN_TERM_BIGNUM_H

#include <tommath.h>

#include "heap/heap.h"
#include "term/number.h"

#define DIGIT_BITS MP_DIGIT_BIT
static_assert(DIGIT_BITS == 60, "the layout of KIND_BIGNUM is libtommath's with 60-bit digits");

// OTP 25 ends at 524,287 words of 64 bits; what needs more is system_limit.
#define INTEGER_BITS_MAX ((size_t)524287 * 64)
#define INTEGER_DIGITS_MAX ((INTEGER_BITS_MAX + DIGIT_BITS - 1) / DIGIT_BITS)

typedef __int128 int128;
typedef unsigned __int128 uint128;

// An integer of any size seen as libtommath's. Valid while the term is, and in place: dp may point into it.
struct integer {
    mp_int view;
    mp_digit place[2]; // the digits of a small
};
void integer_view(struct integer *integer, term t);
// The same of a double without fraction; its digits go to `place`.
#define DOUBLE_DIGITS (1024 / DIGIT_BITS + 2)
void integer_view_double(struct integer *integer, double whole, mp_digit place[DOUBLE_DIGITS]);

// Room for digits, from sys_alloc when it is more than a few.
struct digits {
    mp_digit *at;
    size_t room;
    mp_digit place[32];
};
void digits_begin(struct digits *digits, size_t room); // zeros
void digits_end(struct digits *digits);

// The integer of these digits (leading zeros allowed), small when it fits; NONE above the limit.
term integer_make(struct heap *heap, const mp_digit *digits, size_t used, bool negative);
term integer_from_int128(struct heap *heap, int128 value);
// False when it has more than two digits, which leaves enough room that a sum of two such cannot overflow.
bool integer_to_int128(term t, int128 *value);

size_t integer_words(const struct integer *integer); // 64-bit words of the magnitude, at least 1
uint64_t integer_word(const struct integer *integer, size_t index);

// libtommath fails only for want of memory.
static inline void bignum_check(mp_err error) {
    assert_always(error == MP_OKAY);
}

#endif
