// Integers of any size, and arithmetic on numbers.
//
// Results are built in `heap`. An operation on what is no number (or division by zero) returns NONE and leaves it to
// the caller to raise badarith; a result above OTP's limit returns NONE with *limit set where the signature has it.

#ifndef PURLIN_TERM_NUMBER_H
#define PURLIN_TERM_NUMBER_H

#include "term/term.h"

struct heap;

enum number_error { NUMBER_OK, NUMBER_BADARITH, NUMBER_LIMIT };

// The slow paths of the instructions: any terms at all.
term number_add(struct heap *heap, term a, term b, enum number_error *error);
term number_subtract(struct heap *heap, term a, term b, enum number_error *error);
term number_multiply(struct heap *heap, term a, term b, enum number_error *error);
term number_divide(struct heap *heap, term a, term b, enum number_error *error); // '/'
term number_div(struct heap *heap, term a, term b, enum number_error *error);
term number_rem(struct heap *heap, term a, term b, enum number_error *error);
term number_negate(struct heap *heap, term a, enum number_error *error);
term number_abs(struct heap *heap, term a, enum number_error *error);
term number_band(struct heap *heap, term a, term b, enum number_error *error);
term number_bor(struct heap *heap, term a, term b, enum number_error *error);
term number_bxor(struct heap *heap, term a, term b, enum number_error *error);
term number_bnot(struct heap *heap, term a, enum number_error *error);
term number_bsl(struct heap *heap, term a, term b, enum number_error *error);
term number_bsr(struct heap *heap, term a, term b, enum number_error *error);

// Whether multiplying or dividing these may take more than about a millisecond.
bool number_is_long_work(term a, term b);

int number_compare(term a, term b); // of two numbers, by value, exactly

// Between integers and the machine. False when the value does not fit (or is no integer).
bool integer_to_int64(term t, int64_t *value);
bool integer_to_uint64(term t, uint64_t *value);
bool integer_to_int(term t, int *value);
// The same of what must lie within bounds, which are included.
bool integer_within(term t, int64_t lowest, int64_t highest, int64_t *value);
// The low 64 bits of any integer, as two's complement.
uint64_t integer_low_bits(term t);
bool integer_is_negative(term t);
size_t integer_bit_length(term t); // of the magnitude

// Between integers and bytes: unsigned or two's complement, either byte order, `size` bytes.
term integer_from_bytes(struct heap *heap, const uint8_t *bytes, size_t size, bool is_signed, bool little);
// Writes the low `size` bytes of the two's complement.
void integer_to_bytes(term t, uint8_t *bytes, size_t size, bool little);
// Magnitude, little-endian: how the external format has it.
size_t integer_magnitude_size(term t);
void integer_magnitude(term t, uint8_t *bytes);
term integer_from_magnitude(struct heap *heap, const uint8_t *bytes, size_t size, bool negative);

// Text. integer_parse takes [+-]digits in the base, whole text; NONE when it is no integer (limit: system_limit).
term integer_parse(struct heap *heap, const char *text, size_t size, int base, enum number_error *error);
// Whether text of so many characters, or that of this integer, may take more than about a millisecond: the work grows
// with the square.
bool integer_text_is_long_work(size_t size);
bool integer_is_long_text(term t);
// Returns a scratch buffer's length; writes into *text memory from sys_alloc that the caller frees.
size_t integer_format(term t, int base, char **text); // upper-case digits, as integer_to_list/2

// Floats as text: the shortest form that reads back the same, as float_to_list(F, [short]) prints it; 32 bytes suffice.
size_t float_format_short(double d, char *text);
// As float_to_list(F, [{scientific, N}]) and [{decimals, N}] ([compact]), terminated; false when it does not fit
// `room`.
bool float_format_scientific(double d, int digits, char *text, size_t room);
bool float_format_decimals(double d, int decimals, bool compact, char *text, size_t room);
// Erlang's float syntax: a sign perhaps, digits, a point, digits, perhaps an exponent. (OTP takes a comma for the
// point, and so do these.) How many bytes at the front of the text are a float; 0 when there is none.
size_t float_scan(const char *text, size_t size);
// The whole text; false when malformed or not finite.
bool float_parse(const char *text, size_t size, double *value);

// The integer nearest (trunc, round, floor, ceil have been applied to d already; d is finite).
term integer_from_double(struct heap *heap, double d);
// False when the integer is too large for a double.
bool number_to_double(term t, double *value);

#endif
