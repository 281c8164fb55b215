// Floats as text and back, as OTP writes them.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sys/sys.h"
#include "term/number.h"

// Writes the fewest digits that read back as `magnitude`, at most 17 and a terminator; returns how many. The value is
// 0.DIGITS times ten to the *point.
int float_shortest_digits(double magnitude, char *digits, int *point); // float_digits.cpp

enum { SHORTEST_MAX = 18 };

static size_t format_exponent(char *text, const char *digits, int count, int point) {
    int size = sprintf(text, "%c.%se%d", digits[0], count > 1 ? digits + 1 : "0", point - 1);
    return (size_t)size;
}

// Places are counted from the first digit: the point stands before place `point`, what is no digit is a zero.
static size_t format_plain(char *text, const char *digits, int count, int point) {
    char *out = text;
    for (int place = point <= 0 ? point - 1 : 0; place < count || place <= point; place++) {
        if (place == point)
            *out++ = '.';
        *out++ = place >= 0 && place < count ? digits[place] : '0';
    }
    return (size_t)(out - text);
}

// 0.001 or 1.0e-3: whichever is shorter, the first when they are alike. From 2^53 on, where not every integer is a
// float any more, always with an exponent.
size_t float_format_short(double d, char *text) {
    char digits[SHORTEST_MAX], exponent[32], *out = text;
    double magnitude = fabs(d);
    int point, count = float_shortest_digits(magnitude, digits, &point);
    if (signbit(d))
        *out++ = '-';
    size_t exponent_size = format_exponent(exponent, digits, count, point);
    int plain_size = point <= 0 ? 2 - point + count : point < count ? count + 1 : point + 2;
    if (magnitude >= 0x1p53 || exponent_size < (size_t)plain_size) {
        memcpy(out, exponent, exponent_size);
        return (size_t)(out - text) + exponent_size;
    }
    return (size_t)(out - text) + format_plain(out, digits, count, point);
}

bool float_format_scientific(double d, int digits, char *text, size_t room) {
    int size = snprintf(text, room, "%.*e", digits, d);
    return size >= 0 && (size_t)size < room;
}

static void drop_zeros(char *text) {
    char *end = text + strlen(text);
    while (end[-1] == '0')
        end--;
    if (end[-1] == '.')
        end++;
    *end = '\0';
}

// OTP's own rounding, for up to 18 decimals of what is at most 2^53: the part behind the point is multiplied in
// floating point and rounded half up. So 2.5 with no decimals is 3 while printf says 2.
static int format_rounded(double d, int decimals, char *text, size_t room) {
    double whole, fraction = modf(fabs(d), &whole), unit = pow(10, decimals);
    fraction = round(fraction * unit);
    if (fraction >= unit) {
        whole += 1;
        fraction -= unit;
    }
    const char *sign = signbit(d) ? "-" : "";
    if (decimals == 0)
        return snprintf(text, room, "%s%.0f", sign, whole);
    return snprintf(text, room, "%s%.0f.%0*.0f", sign, whole, decimals, fraction);
}

bool float_format_decimals(double d, int decimals, bool compact, char *text, size_t room) {
    bool exact = decimals > 18 || fabs(d) > 0x1p53;
    int size = exact ? snprintf(text, room, "%.*f", decimals, d) : format_rounded(d, decimals, text, room);
    if (size < 0 || (size_t)size >= room)
        return false;
    // Without decimals OTP drops the zeros of 100000000000000000000 too, once it is above 2^53.
    if (compact && (decimals > 0 || exact))
        drop_zeros(text);
    return true;
}

// ---- reading

static size_t skip_digits(const char *text, size_t size, size_t at) {
    while (at < size && text[at] >= '0' && text[at] <= '9')
        at++;
    return at;
}

size_t float_scan(const char *text, size_t size) {
    size_t at = size > 0 && (text[0] == '+' || text[0] == '-');
    size_t point = skip_digits(text, size, at);
    if (point == at || point == size || (text[point] != '.' && text[point] != ','))
        return 0;
    size_t end = skip_digits(text, size, point + 1);
    if (end == point + 1)
        return 0;
    if (end < size && (text[end] == 'e' || text[end] == 'E')) {
        at = end + 1;
        if (at < size && (text[at] == '+' || text[at] == '-'))
            at++;
        size_t exponent_end = skip_digits(text, size, at);
        if (exponent_end > at)
            end = exponent_end;
    }
    return end;
}

bool float_parse(const char *text, size_t size, double *value) {
    if (float_scan(text, size) != size || size == 0)
        return false;
    char place[64], *copy = size < sizeof place ? place : sys_alloc(size + 1);
    for (size_t i = 0; i < size; i++)
        copy[i] = text[i] == ',' ? '.' : text[i];
    copy[size] = '\0';
    *value = strtod(copy, NULL);
    if (copy != place)
        sys_free(copy);
    return isfinite(*value);
}
