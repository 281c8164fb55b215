// The module math.

#include <math.h>

#include "bif/bif.h"
#include "term/number.h"

// badarg for what is no number; badarith for what the function is not defined for.
static term finish(struct process *self, double result) {
    return isfinite(result) ? heap_float(&self->heap, result) : raise_badarith(self);
}

static term apply(struct process *self, const term *arguments, double (*function)(double)) {
    double x;
    if (!is_number(arguments[0]))
        return raise_badarg(self);
    return number_to_double(arguments[0], &x) ? finish(self, function(x)) : raise_badarith(self);
}

static term apply2(struct process *self, const term *arguments, double (*function)(double, double)) {
    double x, y;
    if (!is_number(arguments[0]) || !is_number(arguments[1]))
        return raise_badarg(self);
    if (!number_to_double(arguments[0], &x) || !number_to_double(arguments[1], &y))
        return raise_badarith(self);
    return finish(self, function(x, y));
}

BIF(math, acos, 1) {
    return apply(self, arguments, acos);
}

BIF(math, acosh, 1) {
    return apply(self, arguments, acosh);
}

BIF(math, asin, 1) {
    return apply(self, arguments, asin);
}

BIF(math, asinh, 1) {
    return apply(self, arguments, asinh);
}

BIF(math, atan, 1) {
    return apply(self, arguments, atan);
}

BIF(math, atan2, 2) {
    return apply2(self, arguments, atan2);
}

BIF(math, atanh, 1) {
    return apply(self, arguments, atanh);
}

BIF(math, ceil, 1) {
    return apply(self, arguments, ceil);
}

BIF(math, cos, 1) {
    return apply(self, arguments, cos);
}

BIF(math, cosh, 1) {
    return apply(self, arguments, cosh);
}

BIF(math, erf, 1) {
    return apply(self, arguments, erf);
}

BIF(math, erfc, 1) {
    return apply(self, arguments, erfc);
}

BIF(math, exp, 1) {
    return apply(self, arguments, exp);
}

BIF(math, floor, 1) {
    return apply(self, arguments, floor);
}

BIF(math, fmod, 2) {
    return apply2(self, arguments, fmod);
}

BIF(math, log, 1) {
    return apply(self, arguments, log);
}

BIF(math, log10, 1) {
    return apply(self, arguments, log10);
}

BIF(math, log2, 1) {
    return apply(self, arguments, log2);
}

BIF(math, pow, 2) {
    return apply2(self, arguments, pow);
}

BIF(math, sin, 1) {
    return apply(self, arguments, sin);
}

BIF(math, sinh, 1) {
    return apply(self, arguments, sinh);
}

BIF(math, sqrt, 1) {
    return apply(self, arguments, sqrt);
}

BIF(math, tan, 1) {
    return apply(self, arguments, tan);
}

BIF(math, tanh, 1) {
    return apply(self, arguments, tanh);
}
