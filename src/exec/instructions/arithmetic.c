// Arithmetic on small integers, with everything else behind a call; guard built-ins.
//
// Operands: label or 0, two values, live registers, destination, site. A small integer is its value times four, so that
// sums and comparisons need no untagging.

#include "exec/exception.h"
#include "exec/instruction_table.h"
#include "exec/operation.h"
#include "term/number.h"

// The result of operands that are not both small, or do not fit: any numbers, or a failure.
#define BINARY_SLOW(operation)                                                                                         \
    do {                                                                                                               \
        SAVE;                                                                                                          \
        if (unlikely(exec_wants_collection(process))) {                                                                \
            exec_collect(process, 0, x, NUMBER(4));                                                                    \
            RESTORE;                                                                                                   \
        }                                                                                                              \
        process->instruction = AFTER;                                                                                  \
        process->link = link;                                                                                          \
        term a_ = READ(2), b_ = READ(3);                                                                               \
        term slow_result = exec_binary(process, number_##operation, a_, b_);                                           \
        RESTORE;                                                                                                       \
        if (unlikely(slow_result == NONE)) {                                                                           \
            FAIL_IF_GUARD(1);                                                                                          \
            exception_capture_operator(process, AFTER, link, exec_operator_##operation, a_, b_);                       \
            RAISE;                                                                                                     \
        }                                                                                                              \
        WRITE(5, slow_result);                                                                                         \
        NEXT;                                                                                                          \
    } while (0)

// The same of two floats, when the result is one that needs no box.
#define BINARY_FLOAT(operator)                                                                                         \
    do {                                                                                                               \
        term a = READ(2), b = READ(3);                                                                                 \
        if (is_flonum(a) && is_flonum(b)) {                                                                            \
            term float_result = flonum_make(flonum_value(a) operator flonum_value(b));                                 \
            if (likely(float_result != NONE)) {                                                                        \
                WRITE(5, float_result);                                                                                \
                NEXT;                                                                                                  \
            }                                                                                                          \
        }                                                                                                              \
    } while (0)

INSTRUCTION(add, f, xys, xyns, u, xyd, e) {
    term a = READ(2), b = READ(3);
    int64_t sum;
    if (likely(are_small(a, b)) && likely(!__builtin_add_overflow((int64_t)a, (int64_t)b, &sum))) {
        WRITE(5, (term)sum);
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(add) {
    BINARY_FLOAT(+);
    BINARY_SLOW(add);
}

INSTRUCTION(subtract, f, xys, xyns, u, xyd, e) {
    term a = READ(2), b = READ(3);
    int64_t difference;
    if (likely(are_small(a, b)) && likely(!__builtin_sub_overflow((int64_t)a, (int64_t)b, &difference))) {
        WRITE(5, (term)difference);
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(subtract) {
    BINARY_FLOAT(-);
    BINARY_SLOW(subtract);
}

// value, small constant, live, destination
INSTRUCTION(increment, xy, u, u, xyd, e) {
    term value = READ(1);
    int64_t sum;
    if (likely(is_small(value)) && likely(!__builtin_add_overflow((int64_t)value, (int64_t)NUMBER(2), &sum))) {
        WRITE(4, (term)sum);
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(increment) {
    SAVE;
    if (unlikely(exec_wants_collection(process)))
        exec_collect(process, 0, x, NUMBER(3));
    RESTORE;
    term result = exec_binary(process, number_add, READ(1), NUMBER(2));
    RESTORE;
    if (unlikely(result == NONE))
        RAISE;
    WRITE(4, result);
    NEXT;
}

INSTRUCTION(multiply, f, xys, xyns, u, xd, e) {
    term a = READ(2), b = READ(3);
    int64_t product;
    if (likely(are_small(a, b)) && likely(!__builtin_mul_overflow((int64_t)a >> 2, (int64_t)b, &product))) {
        WRITE(5, (term)product);
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(multiply) {
    BINARY_FLOAT(*);
    BINARY_SLOW(multiply);
}

INSTRUCTION(divide, f, s, s, u, d, e) {
    BINARY_FLOAT(/);
    TAIL(SLOW);
}

SLOW_PATH(divide) {
    BINARY_SLOW(divide);
}

INSTRUCTION(div, f, xs, xns, u, xd, e) {
    term a = READ(2), b = READ(3);
    // The one quotient that does not fit is SMALL_MIN / -1.
    if (likely(are_small(a, b)) && likely(b != 0) && likely(b != SMALL(-1))) {
        WRITE(5, SMALL((int64_t)a / (int64_t)b));
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(div) {
    BINARY_SLOW(div);
}

INSTRUCTION(rem, f, xs, xns, u, xd, e) {
    term a = READ(2), b = READ(3);
    if (likely(are_small(a, b)) && likely(b != 0) && likely(b != SMALL(-1))) {
        WRITE(5, (term)((int64_t)a % (int64_t)b));
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(rem) {
    BINARY_SLOW(rem);
}

INSTRUCTION(band, f, xs, xns, u, xd, e) {
    term a = READ(2), b = READ(3);
    if (likely(are_small(a, b))) {
        WRITE(5, a & b);
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(band) {
    BINARY_SLOW(band);
}

INSTRUCTION(bor, f, xs, xns, u, xd, e) {
    term a = READ(2), b = READ(3);
    if (likely(are_small(a, b))) {
        WRITE(5, a | b);
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(bor) {
    BINARY_SLOW(bor);
}

INSTRUCTION(bxor, f, xs, xns, u, xd, e) {
    term a = READ(2), b = READ(3);
    if (likely(are_small(a, b))) {
        WRITE(5, a ^ b);
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(bxor) {
    BINARY_SLOW(bxor);
}

INSTRUCTION(bsl, f, xs, xns, u, xd, e) {
    term a = READ(2), b = READ(3);
    int64_t shift = small_value(b);
    if (likely(are_small(a, b)) && likely(shift >= 0 && shift < 62)) {
        int64_t shifted = (int64_t)(a << shift);
        if (likely(shifted >> shift == (int64_t)a)) {
            WRITE(5, (term)shifted);
            NEXT;
        }
    }
    TAIL(SLOW);
}

SLOW_PATH(bsl) {
    BINARY_SLOW(bsl);
}

INSTRUCTION(bsr, f, xs, xns, u, xd, e) {
    term a = READ(2), b = READ(3);
    int64_t shift = small_value(b);
    if (likely(are_small(a, b)) && likely(shift >= 0)) {
        WRITE(5, (term)((int64_t)a >> (shift < 62 ? shift : 62)) & ~(term)3);
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(bsr) {
    BINARY_SLOW(bsr);
}

// ---- built-ins in guards and bodies that are not calls ------------------------------------------------------------
// The arguments are gathered for the C function; in a guard its failure is a jump.

#define GUARD_BIF(count, destination)                                                                                  \
    SAVE;                                                                                                              \
    process->instruction = AFTER;                                                                                      \
    process->link = link;                                                                                              \
    term result = export->bif(process, arguments);                                                                     \
    RESTORE;                                                                                                           \
    if (unlikely(process->scratch))                                                                                    \
        proc_scratch_release(process);                                                                                 \
    if (unlikely(result == NONE)) {                                                                                    \
        FAIL_IF_GUARD(1);                                                                                              \
        exception_capture_bif(process, AFTER, link, export, arguments);                                                \
        RAISE;                                                                                                         \
    }                                                                                                                  \
    WRITE(destination, result);                                                                                        \
    NEXT

// Collecting for what former ones left in fragments happens here: the number of live registers is known.
#define GUARD_COLLECT(live)                                                                                            \
    do {                                                                                                               \
        if (unlikely(exec_wants_collection(process)) && (live) != EXEC_LIVE_UNKNOWN) {                                 \
            SAVE;                                                                                                      \
            exec_collect(process, 0, x, live);                                                                         \
            RESTORE;                                                                                                   \
        }                                                                                                              \
    } while (0)

// label or 0, export, live registers, destination
INSTRUCTION(bif0, f, u, u, d, e) {
    struct export *export = (struct export *)NUMBER(2);
    term *arguments = NULL;
    GUARD_BIF(0, 4);
}

INSTRUCTION(bif1, f, u, u, xs, xd, e) {
    struct export *export = (struct export *)NUMBER(2);
    GUARD_COLLECT(NUMBER(3));
    term arguments[1] = {READ(4)};
    GUARD_BIF(1, 5);
}

INSTRUCTION(bif2, f, u, u, xs, xs, xd, e) {
    struct export *export = (struct export *)NUMBER(2);
    GUARD_COLLECT(NUMBER(3));
    term arguments[2] = {READ(4), READ(5)};
    GUARD_BIF(2, 6);
}

INSTRUCTION(bif3, f, u, u, s, s, s, d, e) {
    struct export *export = (struct export *)NUMBER(2);
    GUARD_COLLECT(NUMBER(3));
    term arguments[3] = {READ(4), READ(5), READ(6)};
    GUARD_BIF(3, 7);
}

// Guard built-ins that are worth an instruction of their own. label or 0, export, value, destination

INSTRUCTION(tuple_size, f, u, u, xs, xd, e) {
    term t = READ(4);
    if (likely(is_tuple(t))) {
        WRITE(5, SMALL(tuple_arity(t)));
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(tuple_size) {
    struct export *export = (struct export *)NUMBER(2);
    term arguments[1] = {READ(4)};
    GUARD_BIF(1, 5);
}

INSTRUCTION(abs, f, u, u, xs, xd, e) {
    term t = READ(4);
    if (likely(is_small(t) && t != SMALL(SMALL_MIN))) {
        WRITE(5, (int64_t)t < 0 ? -t : t);
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(abs) {
    struct export *export = (struct export *)NUMBER(2);
    GUARD_COLLECT(NUMBER(3));
    term arguments[1] = {READ(4)};
    GUARD_BIF(1, 5);
}

INSTRUCTION(byte_size, f, u, u, xs, xd, e) {
    term t = READ(4);
    if (likely(is_bitstring(t))) {
        WRITE(5, SMALL((bitstring_size(t) + 7) >> 3));
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(byte_size) {
    struct export *export = (struct export *)NUMBER(2);
    term arguments[1] = {READ(4)};
    GUARD_BIF(1, 5);
}

INSTRUCTION(hd, f, u, u, xs, xd, e) {
    term t = READ(4);
    if (likely(is_list(t))) {
        WRITE(5, list_head(t));
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(hd) {
    struct export *export = (struct export *)NUMBER(2);
    term arguments[1] = {READ(4)};
    GUARD_BIF(1, 5);
}

INSTRUCTION(tl, f, u, u, xs, xd, e) {
    term t = READ(4);
    if (likely(is_list(t))) {
        WRITE(5, list_tail(t));
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(tl) {
    struct export *export = (struct export *)NUMBER(2);
    term arguments[1] = {READ(4)};
    GUARD_BIF(1, 5);
}

INSTRUCTION(element, f, u, u, xns, xs, xd, e) {
    term index = READ(4), tuple = READ(5);
    if (likely(is_small(index) && is_tuple(tuple)) && likely((uint64_t)(small_value(index) - 1) < tuple_arity(tuple))) {
        WRITE(6, tuple_element(tuple, (size_t)small_value(index)));
        NEXT;
    }
    TAIL(SLOW);
}

SLOW_PATH(element) {
    struct export *export = (struct export *)NUMBER(2);
    term arguments[2] = {READ(4), READ(5)};
    GUARD_BIF(2, 6);
}

INSTRUCTION(self, d) {
    WRITE(1, process->pid);
    NEXT;
}
