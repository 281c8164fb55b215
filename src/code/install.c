// Makes code that was read the current one, and back.

#include "code/literal.h"
#include "code/table.h"
#include "vm.h"

static void link_export(struct export *export) {
    if (vm.hooks.export_link)
        vm.hooks.export_link(export);
}

// Points the exports of `code` at its functions (or at nothing: they will call error_handler).
static void set_exports(struct code *code, bool present) {
    for (uint32_t i = 0; i < code->export_count; i++) {
        struct function *function = code->exports[i];
        struct export *export = code_export(code->name, function->name, function->arity);
        export->code = present ? function : NULL;
        link_export(export);
    }
}

// A lambda belongs to the newest code that has it. Old code keeps those that the current code lacks.
static void set_lambdas(struct code *code) {
    for (uint32_t i = 0; i < code->lambda_count; i++)
        atomic_store_explicit(&code->lambdas[i]->function, code->lambda_functions[i], memory_order_release);
}

bool code_install(struct code *code) {
    code_lock();
    struct module *module = code_module_make(code->name);
    struct code *previous = atomic_load(&module->current);
    bool ok = !previous || !atomic_load(&module->old);
    if (ok) {
        code->module = module;
        atomic_store(&module->old, previous ? previous : atomic_load(&module->old));
        atomic_store(&module->current, code);
    }
    code_unlock();
    if (!ok)
        return false;
    if (vm.hooks.function_link)
        for (uint32_t i = 0; i < code->function_count; i++)
            vm.hooks.function_link(&code->functions[i]);
    set_lambdas(code);
    if (previous)
        set_exports(previous, false);
    set_exports(code, true);
    return true;
}

bool code_delete(term name) {
    struct module *module = code_module(name);
    struct code *current = module ? atomic_load(&module->current) : NULL;
    if (!current)
        return true;
    code_lock();
    bool ok = !atomic_load(&module->old);
    if (ok) {
        atomic_store(&module->old, current);
        atomic_store(&module->current, NULL);
    }
    code_unlock();
    if (ok)
        set_exports(current, false);
    return ok;
}
