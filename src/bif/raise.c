// Exceptions made by programs.

#include "bif/bif.h"
#include "exec/exception.h"

BIF(erlang, error, 1) {
    return raise_error(self, arguments[0]);
}

// The stack trace takes the arguments, and error_info from the options, see exec/exception.c.
BIF(erlang, error, 2) {
    return raise_error(self, arguments[0]);
}

BIF(erlang, error, 3) {
    return raise_error(self, arguments[0]);
}

BIF(erlang, nif_error, 1) {
    return raise_error(self, arguments[0]);
}

BIF(erlang, nif_error, 2) {
    return raise_error(self, arguments[0]);
}

BIF(erlang, exit, 1) {
    return raise_class(self, CLASS_EXIT, arguments[0]);
}

BIF(erlang, throw, 1) {
    return raise_class(self, CLASS_THROW, arguments[0]);
}

// {Module, Function, Arity | Arguments}, the same with a location, or {Fun, Arguments} with or without one.
static bool is_stack_item(term item) {
    if (!is_tuple(item))
        return false;
    size_t arity = tuple_arity(item);
    if (arity < 2 || arity > 4)
        return false;
    if (is_fun(tuple_element(item, 1)))
        return arity <= 3;
    if (arity < 3 || !is_atom(tuple_element(item, 1)) || !is_atom(tuple_element(item, 2)))
        return false;
    term arguments = tuple_element(item, 3);
    return is_small(arguments) || is_list(arguments) || is_nil(arguments);
}

// The trace with a location, be it an empty one, in each item. No item changes in most traces, which are then kept.
static term with_locations(struct heap *heap, term trace) {
    bool complete = true;
    for (term rest = trace; is_list(rest) && complete; rest = list_tail(rest)) {
        term item = list_head(rest);
        complete = tuple_arity(item) == (is_fun(tuple_element(item, 1)) ? 3 : 4);
    }
    if (complete)
        return trace;
    term result = NIL, *last = &result;
    for (; is_list(trace); trace = list_tail(trace)) {
        term item = list_head(trace), first = tuple_element(item, 1), second = tuple_element(item, 2);
        size_t arity = tuple_arity(item);
        if (is_fun(first) && arity == 2)
            item = heap_tuple_of(heap, 3, first, second, NIL);
        else if (!is_fun(first) && arity == 3)
            item = heap_tuple_of(heap, 4, first, second, tuple_element(item, 3), NIL);
        *last = heap_cons(heap, item, NIL);
        last = &list_cell(*last)[1];
    }
    return result;
}

// What is wrong with the call is no exception but the answer `badarg`.
BIF(erlang, raise, 3) {
    term class = arguments[0], trace = arguments[2];
    enum exception_class raised = class == ATOM_error   ? CLASS_ERROR
                                  : class == ATOM_exit  ? CLASS_EXIT
                                  : class == ATOM_throw ? CLASS_THROW
                                                        : CLASS_NONE;
    for (; is_list(trace); trace = list_tail(trace)) {
        if (!is_stack_item(list_head(trace)))
            return ATOM_badarg;
    }
    if (raised == CLASS_NONE || !is_nil(trace))
        return ATOM_badarg;
    raise_class(self, raised, arguments[1]);
    self->exception_trace = exception_given(self, class, with_locations(&self->heap, arguments[2]));
    return NONE;
}
