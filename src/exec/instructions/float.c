// Floats in float registers. A result that is not finite is badarith.

#include "exec/exception.h"
#include "exec/instruction_table.h"
#include "exec/operation.h"

#include <float.h>
#include <math.h>

#include "term/number.h"

// To a float register: what is known to be a float, and any number.
INSTRUCTION(float_load, xyis, u) {
    FLOAT_REGISTER(2) = float_value(READ(1));
    NEXT;
}

INSTRUCTION(float_convert, xys, u, e) {
    term t = READ(1);
    double value;
    if (is_small(t))
        value = (double)small_value(t);
    else if (is_flonum(t))
        value = flonum_value(t);
    else if (!number_to_double(t, &value)) {
        SAVE;
        raise_badarith(process);
        RAISE;
    }
    FLOAT_REGISTER(2) = value;
    NEXT;
}

INSTRUCTION(float_move, u, u) {
    FLOAT_REGISTER(2) = FLOAT_REGISTER(1);
    NEXT;
}

// test_heap has made room for the boxed form.
INSTRUCTION(float_store, u, xyd) {
    double value = FLOAT_REGISTER(1);
    term t = flonum_make(value);
    if (likely(t != NONE)) {
        WRITE(2, t);
    } else {
        top[0] = HEADER(KIND_FLOAT, 0, 1);
        memcpy(top + 1, &value, sizeof(value));
        WRITE(2, boxed_make(top));
        top += 2;
    }
    NEXT;
}

#define FLOAT_RESULT(n, expression)                                                                                    \
    do {                                                                                                               \
        double value = (expression);                                                                                   \
        if (unlikely(!(fabs(value) <= DBL_MAX))) { /* not finite */                                                    \
            SAVE;                                                                                                      \
            raise_badarith(process);                                                                                   \
            RAISE;                                                                                                     \
        }                                                                                                              \
        FLOAT_REGISTER(n) = value;                                                                                     \
        NEXT;                                                                                                          \
    } while (0)

INSTRUCTION(float_add, u, u, u, e) {
    FLOAT_RESULT(3, FLOAT_REGISTER(1) + FLOAT_REGISTER(2));
}

INSTRUCTION(float_subtract, u, u, u, e) {
    FLOAT_RESULT(3, FLOAT_REGISTER(1) - FLOAT_REGISTER(2));
}

INSTRUCTION(float_multiply, u, u, u, e) {
    FLOAT_RESULT(3, FLOAT_REGISTER(1) * FLOAT_REGISTER(2));
}

INSTRUCTION(float_divide, u, u, u, e) {
    FLOAT_RESULT(3, FLOAT_REGISTER(1) / FLOAT_REGISTER(2));
}

// Operations whose operands are loaded right before: both, or one. The float registers are set, too, but the result
// does not wait for them.
#define WITH_BOTH(operator)                                                                                            \
    do {                                                                                                               \
        double a = float_value(READ(1)), b = float_value(READ(3));                                                     \
        FLOAT_REGISTER(2) = a;                                                                                         \
        FLOAT_REGISTER(4) = b;                                                                                         \
        FLOAT_RESULT(5, a operator b);                                                                                 \
    } while (0)
#define WITH_FIRST(operator)                                                                                           \
    do {                                                                                                               \
        double a = float_value(READ(1)), b = FLOAT_REGISTER(3);                                                        \
        FLOAT_REGISTER(2) = a;                                                                                         \
        FLOAT_RESULT(4, a operator b);                                                                                 \
    } while (0)
#define WITH_SECOND(operator)                                                                                          \
    do {                                                                                                               \
        double a = FLOAT_REGISTER(3), b = float_value(READ(1));                                                        \
        FLOAT_REGISTER(2) = b;                                                                                         \
        FLOAT_RESULT(4, a operator b);                                                                                 \
    } while (0)

// value, its register, value, its register, result
INSTRUCTION(float_add_both, xyi, u, xyi, u, u, e) {
    WITH_BOTH(+);
}

INSTRUCTION(float_subtract_both, xyi, u, xyi, u, u, e) {
    WITH_BOTH(-);
}

INSTRUCTION(float_multiply_both, xyi, u, xyi, u, u, e) {
    WITH_BOTH(*);
}

INSTRUCTION(float_divide_both, xyi, u, xyi, u, u, e) {
    WITH_BOTH(/);
}

// value, its register, the other operand's, result
INSTRUCTION(float_add_first, xyi, u, u, u, e) {
    WITH_FIRST(+);
}

INSTRUCTION(float_subtract_first, xyi, u, u, u, e) {
    WITH_FIRST(-);
}

INSTRUCTION(float_subtract_second, xyi, u, u, u, e) {
    WITH_SECOND(-);
}

INSTRUCTION(float_multiply_first, xyi, u, u, u, e) {
    WITH_FIRST(*);
}

INSTRUCTION(float_divide_first, xyi, u, u, u, e) {
    WITH_FIRST(/);
}

INSTRUCTION(float_divide_second, xyi, u, u, u, e) {
    WITH_SECOND(/);
}

INSTRUCTION(float_negate, u, u, e) {
    FLOAT_RESULT(2, -FLOAT_REGISTER(1));
}
