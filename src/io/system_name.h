// Tables of the system's numbers and the names that OTP gives them. The last row's name is NONE.

#ifndef PURLIN_IO_SYSTEM_NAME_H
#define PURLIN_IO_SYSTEM_NAME_H

#include "heap/heap.h"

struct system_name {
    int number;
    term name;
};
#define SYSTEM_NAMES_END {0, NONE}

// The name of a number, or else the number.
term system_name(const struct system_name *names, int number);
// The number of a name, or an integer that an int holds; false when the term is neither.
bool system_number(const struct system_name *names, term t, int *number);
// The names of the flags that are set, in the table's order, before `tail`.
term system_flags(struct heap *heap, const struct system_name *flags, unsigned set, term tail);

#endif
