// What is known of loaded modules: module_info/0,1 of every module, and the questions that the code server asks.

#include "bif/bif.h"
#include "code/code.h"
#include "exec/link.h"
#include "ext/ext.h"

// ---- get_module_info

// In the reverse order of the table of exports, as on OTP: what other modules call already comes last.
static term exports_of(struct heap *heap, const struct code *code) {
    term list = NIL;
    size_t count = code_export_count();
    for (size_t i = 0; i < count; i++) {
        const struct export *export = code_export_at(i);
        if (export->module == code->name && export_is_callable(export))
            list = heap_cons(heap, heap_tuple_of(heap, 2, export->function, SMALL(export->arity)), list);
    }
    return list;
}

static bool is_any(const struct function *function) {
    return true;
}

// In the place of a preloaded module's the VM has put C of its own.
static bool is_native(const struct function *function) {
    return atomic_load(&function->native) || (function->may_be_native && code_function_builtin(function));
}

static term functions_of(struct heap *heap, const struct code *code, bool (*wanted)(const struct function *)) {
    term list = NIL;
    for (uint32_t i = code->function_count; i-- > 0;) {
        const struct function *function = &code->functions[i];
        if (!wanted(function))
            continue;
        list = heap_cons(heap, heap_tuple_of(heap, 2, function->name, SMALL(function->arity)), list);
    }
    return list;
}

// A chunk that holds one term, usually a list of pairs.
static term chunk_term(struct process *self, struct code_span chunk) {
    size_t used;
    term value = NONE;
    if (chunk.size > 0)
        value = ext_decode_binary(&self->heap, chunk.bytes, chunk.size, false, &used, &self->work);
    return value == NONE ? NIL : value;
}

static term module_info(struct process *self, const struct code *code, term item) {
    switch (item) {
    case ATOM_module:
        return code->name;
    case ATOM_exports:
        return exports_of(&self->heap, code);
    case ATOM_functions:
        return functions_of(&self->heap, code, is_any);
    case ATOM_attributes:
        return chunk_term(self, code->attributes);
    case ATOM_compile:
        return chunk_term(self, code->compile_info);
    case ATOM_md5:
        return heap_binary(&self->heap, code->md5, sizeof code->md5);
    case ATOM_native:
        return ATOM_false;
    case ATOM_nifs:
        return functions_of(&self->heap, code, is_native);
    case ATOM_native_addresses:
        return NIL;
    default:
        return NONE;
    }
}

static struct code *current_code(term name) {
    struct module *module = is_atom(name) ? code_module(name) : NULL;
    return module ? atomic_load(&module->current) : NULL;
}

BIF(erlang, get_module_info, 2) {
    struct code *code = current_code(arguments[0]);
    term value = code ? module_info(self, code, arguments[1]) : NONE;
    return value == NONE ? raise_badarg(self) : value;
}

BIF(erlang, get_module_info, 1) {
    static const term items[] = {ATOM_md5, ATOM_compile, ATOM_attributes, ATOM_exports, ATOM_module};
    struct code *code = current_code(arguments[0]);
    if (!code)
        return raise_badarg(self);
    term list = NIL;
    for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
        term value = module_info(self, code, items[i]);
        list = heap_cons(&self->heap, heap_tuple_of(&self->heap, 2, items[i], value), list);
    }
    return list;
}

// ---- which modules and functions are there

BIF(erlang, module_loaded, 1) {
    if (!is_atom(arguments[0]))
        return raise_badarg(self);
    return term_boolean(current_code(arguments[0]));
}

// The newest first.
static term module_names(struct heap *heap, size_t count) {
    term list = NIL;
    for (size_t i = 0; i < count; i++) {
        struct module *module = code_module_at(i);
        if (atomic_load(&module->current))
            list = heap_cons(heap, module->name, list);
    }
    return list;
}

BIF(erlang, loaded, 0) {
    return module_names(&self->heap, code_module_count());
}

BIF(erlang, pre_loaded, 0) {
    return module_names(&self->heap, code_preload_count());
}

BIF(erlang, check_old_code, 1) {
    if (!is_atom(arguments[0]))
        return raise_badarg(self);
    struct module *module = code_module(arguments[0]);
    return term_boolean(module && atomic_load(&module->old));
}

// NULL for what nobody has mentioned; *valid is false when the arguments name no function at all.
static struct export *find_export(const term *mfa, bool *valid) {
    *valid = is_atom(mfa[0]) && is_atom(mfa[1]) && is_small(mfa[2]);
    if (!*valid || small_value(mfa[2]) < 0 || small_value(mfa[2]) > UINT32_MAX)
        return NULL;
    return code_export_find(mfa[0], mfa[1], (uint32_t)small_value(mfa[2]));
}

BIF(erlang, function_exported, 3) {
    bool valid;
    const struct export *export = find_export(arguments, &valid);
    return valid ? term_boolean(export && export_is_callable(export)) : raise_badarg(self);
}

BIF(erlang, is_builtin, 3) {
    bool valid;
    const struct export *export = find_export(arguments, &valid);
    if (!valid)
        return raise_badarg(self);
    return term_boolean(export && (export->bif || exec_is_apply(export) ||
                                   exec_is_special(export->module, export->function, export->arity)));
}
