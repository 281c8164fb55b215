// Equality and the order of terms:
// number < atom < reference < fun < port < pid < tuple < map < nil < list < bitstring.

#ifndef PURLIN_TERM_COMPARE_H
#define PURLIN_TERM_COMPARE_H

#include "term/term.h"

bool term_same_slow(term a, term b);
bool term_equal_slow(term a, term b);
int term_order(term a, term b, bool exact);

// =:=. Of two equal terms that are not the same word at least one is a pointer (0.0 and -0.0 are equal, and only one of
// them is immediate).
static inline bool term_same(term a, term b) {
    return a == b || ((is_pointer(a) || is_pointer(b)) && term_same_slow(a, b));
}
// < == >: negative, zero, positive. Integers and floats are compared by value.
static inline int term_compare(term a, term b) {
    if (a == b)
        return 0;
    if (are_small(a, b))
        return (int64_t)a < (int64_t)b ? -1 : 1;
    return term_order(a, b, false);
}
// The order that map keys have: as term_compare, but all integers come before all floats.
static inline int term_compare_exact(term a, term b) {
    return a == b ? 0 : term_order(a, b, true);
}
static inline bool term_equal(term a, term b) { // ==
    return a == b || ((is_pointer(a) || is_pointer(b) || is_flonum(a) || is_flonum(b)) && term_equal_slow(a, b));
}

#endif
