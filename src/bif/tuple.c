// Tuples.

#include "bif/bif.h"

BIF(erlang, tuple_size, 1) {
    if (!is_tuple(arguments[0]))
        return raise_badarg(self);
    return SMALL(tuple_arity(arguments[0]));
}

BIF(erlang, element, 2) {
    term index = arguments[0], tuple = arguments[1];
    if (!is_small(index) || !is_tuple(tuple))
        return raise_badarg(self);
    int64_t i = small_value(index);
    if (i < 1 || (size_t)i > tuple_arity(tuple))
        return raise_badarg(self);
    return tuple_element(tuple, (size_t)i);
}

BIF(erlang, setelement, 3) {
    term index = arguments[0], tuple = arguments[1];
    if (!is_small(index) || !is_tuple(tuple))
        return raise_badarg(self);
    int64_t i = small_value(index);
    size_t arity = tuple_arity(tuple);
    if (i < 1 || (size_t)i > arity)
        return raise_badarg(self);
    term *words = heap_tuple(&self->heap, arity);
    memcpy(words + 1, boxed(tuple) + 1, arity * sizeof(term));
    words[i] = arguments[2];
    return boxed_make(words);
}
