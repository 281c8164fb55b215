// Operators on numbers and booleans.

#include <math.h>

#include "bif/bif.h"
#include "exec/operation.h"
#include "term/compare.h"
#include "term/number.h"

static term raise_number(struct process *self, enum number_error error) {
    return error == NUMBER_LIMIT ? raise_system_limit(self) : raise_badarith(self);
}

typedef term unary(struct heap *heap, term a, enum number_error *error);

static inline term apply_unary(struct process *self, unary *operation, const term *arguments) {
    enum number_error error;
    term result = operation(&self->heap, arguments[0], &error);
    return result == NONE ? raise_number(self, error) : result;
}

// ---- arithmetic

BIF_NAMED(erlang_plus, "erlang", "+", 2) {
    return exec_binary(self, number_add, arguments[0], arguments[1]);
}

BIF_NAMED(erlang_minus, "erlang", "-", 2) {
    return exec_binary(self, number_subtract, arguments[0], arguments[1]);
}

BIF_NAMED(erlang_times, "erlang", "*", 2) {
    return exec_binary(self, number_multiply, arguments[0], arguments[1]);
}

BIF_NAMED(erlang_divide, "erlang", "/", 2) {
    return exec_binary(self, number_divide, arguments[0], arguments[1]);
}

BIF(erlang, div, 2) {
    return exec_binary(self, number_div, arguments[0], arguments[1]);
}

BIF(erlang, rem, 2) {
    return exec_binary(self, number_rem, arguments[0], arguments[1]);
}

BIF_NAMED(erlang_unary_plus, "erlang", "+", 1) {
    return is_number(arguments[0]) ? arguments[0] : raise_badarith(self);
}

BIF_NAMED(erlang_unary_minus, "erlang", "-", 1) {
    return apply_unary(self, number_negate, arguments);
}

BIF(erlang, abs, 1) {
    return is_number(arguments[0]) ? apply_unary(self, number_abs, arguments) : raise_badarg(self);
}

// ---- bits

BIF(erlang, band, 2) {
    return exec_binary(self, number_band, arguments[0], arguments[1]);
}

BIF(erlang, bor, 2) {
    return exec_binary(self, number_bor, arguments[0], arguments[1]);
}

BIF(erlang, bxor, 2) {
    return exec_binary(self, number_bxor, arguments[0], arguments[1]);
}

BIF(erlang, bnot, 1) {
    return apply_unary(self, number_bnot, arguments);
}

BIF(erlang, bsl, 2) {
    return exec_binary(self, number_bsl, arguments[0], arguments[1]);
}

BIF(erlang, bsr, 2) {
    return exec_binary(self, number_bsr, arguments[0], arguments[1]);
}

// ---- floats to integers and back

// `rounding` applied to a float; an integer is its own result.
static inline term to_integer(struct process *self, term number, double (*rounding)(double)) {
    if (is_float(number))
        return integer_from_double(&self->heap, rounding(float_value(number)));
    return is_integer(number) ? number : raise_badarg(self);
}

BIF(erlang, trunc, 1) {
    return to_integer(self, arguments[0], trunc);
}

BIF(erlang, round, 1) {
    return to_integer(self, arguments[0], round);
}

BIF(erlang, floor, 1) {
    return to_integer(self, arguments[0], floor);
}

BIF(erlang, ceil, 1) {
    return to_integer(self, arguments[0], ceil);
}

BIF(erlang, float, 1) {
    double value;
    if (is_float(arguments[0]))
        return arguments[0];
    return number_to_double(arguments[0], &value) ? heap_float(&self->heap, value) : raise_badarg(self);
}

// ---- booleans

static bool is_boolean(term t) {
    return t == ATOM_true || t == ATOM_false;
}

static inline bool are_booleans(const term *arguments) {
    return is_boolean(arguments[0]) && is_boolean(arguments[1]);
}

BIF(erlang, not, 1) {
    return is_boolean(arguments[0]) ? term_boolean(arguments[0] == ATOM_false) : raise_badarg(self);
}

BIF(erlang, and, 2) {
    if (!are_booleans(arguments))
        return raise_badarg(self);
    return term_boolean(arguments[0] == ATOM_true && arguments[1] == ATOM_true);
}

BIF(erlang, or, 2) {
    if (!are_booleans(arguments))
        return raise_badarg(self);
    return term_boolean(arguments[0] == ATOM_true || arguments[1] == ATOM_true);
}

BIF(erlang, xor, 2) {
    return are_booleans(arguments) ? term_boolean(arguments[0] != arguments[1]) : raise_badarg(self);
}

// ---- comparison

BIF_NAMED(erlang_equal, "erlang", "==", 2) {
    return term_boolean(term_equal(arguments[0], arguments[1]));
}

BIF_NAMED(erlang_not_equal, "erlang", "/=", 2) {
    return term_boolean(!term_equal(arguments[0], arguments[1]));
}

BIF_NAMED(erlang_same, "erlang", "=:=", 2) {
    return term_boolean(term_same(arguments[0], arguments[1]));
}

BIF_NAMED(erlang_not_same, "erlang", "=/=", 2) {
    return term_boolean(!term_same(arguments[0], arguments[1]));
}

BIF_NAMED(erlang_less, "erlang", "<", 2) {
    return term_boolean(term_compare(arguments[0], arguments[1]) < 0);
}

BIF_NAMED(erlang_greater, "erlang", ">", 2) {
    return term_boolean(term_compare(arguments[0], arguments[1]) > 0);
}

BIF_NAMED(erlang_at_most, "erlang", "=<", 2) {
    return term_boolean(term_compare(arguments[0], arguments[1]) <= 0);
}

BIF_NAMED(erlang_at_least, "erlang", ">=", 2) {
    return term_boolean(term_compare(arguments[0], arguments[1]) >= 0);
}

// The order that map keys have, as -1, 0 or 1.
BIF(erts_internal, cmp_term, 2) {
    int order = term_compare_exact(arguments[0], arguments[1]);
    return SMALL((order > 0) - (order < 0));
}
