// Funs: making external ones, and looking inside.

#include "term/fun.h"
#include "bif/bif.h"
#include "code/code.h"

#define ARITY_MAX 255
#define CAPTURED_FIRST 3 // word of a KIND_FUN

BIF(erlang, make_fun, 3) {
    if (!is_atom(arguments[0]) || !is_atom(arguments[1]) || !is_small(arguments[2]) || small_value(arguments[2]) < 0 ||
        small_value(arguments[2]) > ARITY_MAX)
        return raise_badarg(self);
    term *words = heap_alloc(&self->heap, 2);
    words[0] = HEADER(KIND_EXPORT, 0, 1);
    words[1] = (term)code_export(arguments[0], arguments[1], (uint32_t)small_value(arguments[2]));
    return boxed_make(words);
}

// NONE for what is no item.
static term external_info(const struct export *export, term item) {
    switch (item) {
    case ATOM_type:
        return ATOM_external;
    case ATOM_module:
        return export->module;
    case ATOM_name:
        return export->function;
    case ATOM_arity:
        return SMALL(export->arity);
    case ATOM_env:
        return NIL;
    case ATOM_pid:
    case ATOM_index:
    case ATOM_new_index:
    case ATOM_uniq:
    case ATOM_new_uniq:
    case ATOM_refc:
        return ATOM_undefined;
    default:
        return NONE;
    }
}

static term local_info(struct heap *heap, term fun, term item) {
    const struct lambda *lambda = fun_lambda(fun);
    switch (item) {
    case ATOM_type:
        return ATOM_local;
    case ATOM_module:
        return lambda->module;
    case ATOM_name:
        return lambda->name;
    case ATOM_arity:
        return SMALL(lambda->arity);
    case ATOM_env:
        return heap_list_of(heap, lambda->free_count, boxed(fun) + CAPTURED_FIRST, NIL);
    case ATOM_pid:
        return boxed(fun)[2];
    case ATOM_index:
    case ATOM_new_index:
        return SMALL(lambda->index);
    case ATOM_uniq:
        return SMALL(lambda->old_uniq);
    case ATOM_new_uniq:
        return heap_binary(heap, lambda->uniq, sizeof lambda->uniq);
    case ATOM_refc: // nobody counts: as if there were the code's and this one
        return SMALL(2);
    default:
        return NONE;
    }
}

BIF(erlang, fun_info, 2) {
    term fun = arguments[0], item = arguments[1], value = NONE;
    if (is_kind(fun, KIND_FUN))
        value = local_info(&self->heap, fun, item);
    else if (is_kind(fun, KIND_EXPORT))
        value = external_info(fun_export(fun), item);
    return value == NONE ? raise_badarg(self) : heap_tuple_of(&self->heap, 2, item, value);
}

BIF(erlang, fun_info_mfa, 1) {
    term fun = arguments[0];
    if (is_kind(fun, KIND_EXPORT)) {
        const struct export *export = fun_export(fun);
        return heap_tuple_of(&self->heap, 3, export->module, export->function, SMALL(export->arity));
    }
    if (!is_kind(fun, KIND_FUN))
        return raise_badarg(self);
    const struct lambda *lambda = fun_lambda(fun);
    return heap_tuple_of(&self->heap, 3, lambda->module, lambda->name, SMALL(lambda->arity));
}
