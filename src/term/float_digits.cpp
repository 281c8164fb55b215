// The one place that speaks to double-conversion, which is C++.

#include <double-conversion/double-conversion.h>

extern "C" int float_shortest_digits(double magnitude, char *digits, int *point);

int float_shortest_digits(double magnitude, char *digits, int *point) {
    using double_conversion::DoubleToStringConverter;
    bool negative;
    int length;
    DoubleToStringConverter::DoubleToAscii(magnitude, DoubleToStringConverter::SHORTEST, 0, digits,
                                           DoubleToStringConverter::kBase10MaximalLength + 1, &negative, &length,
                                           point);
    return length;
}
