// Between the system's numbers and OTP's names.

#include "io/system_name.h"

#include "term/number.h"

term system_name(const struct system_name *names, int number) {
    for (; names->name != NONE; names++)
        if (names->number == number)
            return names->name;
    return SMALL(number);
}

bool system_number(const struct system_name *names, term t, int *number) {
    for (; names->name != NONE; names++) {
        if (names->name == t) {
            *number = names->number;
            return true;
        }
    }
    return integer_to_int(t, number);
}

term system_flags(struct heap *heap, const struct system_name *flags, unsigned set, term tail) {
    size_t count = 0;
    while (flags[count].name != NONE)
        count++;
    while (count-- > 0)
        if (set & (unsigned)flags[count].number)
            tail = heap_cons(heap, flags[count].name, tail);
    return tail;
}
