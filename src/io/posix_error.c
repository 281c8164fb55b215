// The system's errno values as atoms: the C library's own names in lower case.

#define _GNU_SOURCE // strerrorname_np

#include "io/posix_error.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "term/atom.h"

term posix_error_atom(int error) {
    if (error == ENOTSUP)
        return ATOM_enotsup; // the same number as EOPNOTSUPP, which is the name the C library prefers
    const char *name = strerrorname_np(error);
    if (!name)
        return ATOM_unknown;
    char text[32];
    size_t size = 0;
    while (name[size] && size < sizeof text) {
        text[size] = (char)tolower((unsigned char)name[size]);
        size++;
    }
    return atom_from_latin1(text, size);
}

term posix_error(struct heap *heap, int error) {
    return heap_tuple_of(heap, 2, ATOM_error, posix_error_atom(error));
}
