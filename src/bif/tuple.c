// Tuples.

#include "bif/bif.h"

// The index argument as a number from 1 to `limit`; 0 when it is none.
static size_t tuple_index(term index, size_t limit) {
    if (!is_small(index) || small_value(index) < 1 || (size_t)small_value(index) > limit)
        return 0;
    return (size_t)small_value(index);
}

BIF(erlang, tuple_size, 1) {
    if (!is_tuple(arguments[0]))
        return raise_badarg(self);
    return SMALL(tuple_arity(arguments[0]));
}

BIF(erlang, size, 1) {
    if (is_tuple(arguments[0]))
        return SMALL(tuple_arity(arguments[0]));
    if (is_bitstring(arguments[0]))
        return SMALL(bitstring_size(arguments[0]) / 8);
    return raise_badarg(self);
}

BIF(erlang, element, 2) {
    term tuple = arguments[1];
    size_t index = is_tuple(tuple) ? tuple_index(arguments[0], tuple_arity(tuple)) : 0;
    return index ? tuple_element(tuple, index) : raise_badarg(self);
}

BIF(erlang, setelement, 3) {
    term tuple = arguments[1];
    size_t index = is_tuple(tuple) ? tuple_index(arguments[0], tuple_arity(tuple)) : 0;
    if (index == 0)
        return raise_badarg(self);
    size_t arity = tuple_arity(tuple);
    term *words = heap_tuple(&self->heap, arity);
    memcpy(words + 1, boxed(tuple) + 1, arity * sizeof(term));
    words[index] = arguments[2];
    return boxed_make(words);
}

// A tuple with all elements the same; NULL when the arity is no valid one.
static term *tuple_filled(struct process *self, term arity, term value) {
    if (!is_small(arity) || small_value(arity) < 0 || small_value(arity) > TUPLE_ARITY_MAX)
        return NULL;
    size_t count = (size_t)small_value(arity);
    term *words = heap_tuple(&self->heap, count);
    for (size_t i = 1; i <= count; i++)
        words[i] = value;
    return words;
}

BIF(erlang, make_tuple, 2) {
    term *words = tuple_filled(self, arguments[0], arguments[1]);
    return words ? boxed_make(words) : raise_badarg(self);
}

BIF(erlang, make_tuple, 3) {
    term *words = tuple_filled(self, arguments[0], arguments[1]);
    if (!words)
        return raise_badarg(self);
    term list = arguments[2];
    for (; is_list(list); list = list_tail(list)) { // of {Position, Value}; the last one wins
        term entry = list_head(list);
        size_t index = is_tuple_of(entry, 2) ? tuple_index(tuple_element(entry, 1), header_size(words[0])) : 0;
        if (index == 0)
            return raise_badarg(self);
        words[index] = tuple_element(entry, 2);
    }
    return is_nil(list) ? boxed_make(words) : raise_badarg(self);
}

static term tuple_insert(struct process *self, term tuple, size_t index, term value) {
    size_t arity = tuple_arity(tuple);
    if (arity == TUPLE_ARITY_MAX)
        return raise_badarg(self);
    const term *old = boxed(tuple);
    term *words = heap_tuple(&self->heap, arity + 1);
    memcpy(words + 1, old + 1, (index - 1) * sizeof(term));
    words[index] = value;
    memcpy(words + index + 1, old + index, (arity - index + 1) * sizeof(term));
    return boxed_make(words);
}

BIF(erlang, append_element, 2) {
    term tuple = arguments[0];
    return is_tuple(tuple) ? tuple_insert(self, tuple, tuple_arity(tuple) + 1, arguments[1]) : raise_badarg(self);
}

BIF(erlang, insert_element, 3) {
    term tuple = arguments[1];
    size_t index = is_tuple(tuple) ? tuple_index(arguments[0], tuple_arity(tuple) + 1) : 0;
    return index ? tuple_insert(self, tuple, index, arguments[2]) : raise_badarg(self);
}

BIF(erlang, delete_element, 2) {
    term tuple = arguments[1];
    size_t index = is_tuple(tuple) ? tuple_index(arguments[0], tuple_arity(tuple)) : 0;
    if (index == 0)
        return raise_badarg(self);
    size_t arity = tuple_arity(tuple);
    const term *old = boxed(tuple);
    term *words = heap_tuple(&self->heap, arity - 1);
    memcpy(words + 1, old + 1, (index - 1) * sizeof(term));
    memcpy(words + index, old + index + 1, (arity - index) * sizeof(term));
    return boxed_make(words);
}
