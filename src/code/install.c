// Makes code that was read the current one of its module, and old again.

#include "code/literal.h"
#include "code/table.h"
#include "sys/sys.h"
#include "vm.h"

static void link_functions(struct code *code) {
    if (vm.hooks.function_link)
        for (uint32_t i = 0; i < code->function_count; i++)
            vm.hooks.function_link(&code->functions[i]);
}

// A lambda belongs to the newest code that has it. Old code keeps those that the current code lacks.
static void take_lambdas(struct code *code) {
    for (uint32_t i = 0; i < code->lambda_count; i++)
        atomic_store_explicit(&code->lambdas[i]->function, code->lambda_functions[i], memory_order_release);
}

// So that take_exports need not make them, which takes the lock.
static void make_exports(const struct code *code) {
    for (uint32_t i = 0; i < code->export_count; i++)
        code_export(code->name, code->exports[i]->name, code->exports[i]->arity);
}

// ---- where exports lead; the lock is held
//
// Others call while a version takes the place of another. Once one of them has come to the new code, it must not come
// to the old one by a call of another export: hence they are closed in between.

static struct export *export_of(const struct code *code, uint32_t index) {
    const struct function *function = code->exports[index];
    return code_export_find(code->name, function->name, function->arity);
}

static void close_exports(const struct code *code) {
    if (vm.hooks.export_close)
        for (uint32_t i = 0; i < code->export_count; i++)
            vm.hooks.export_close(export_of(code, i));
}

static void take_exports(const struct code *code) {
    for (uint32_t i = 0; i < code->export_count; i++)
        export_of(code, i)->code = code->exports[i];
}

// Those exports that still belong to `code` belong to nobody: calling them calls error_handler.
static void drop_exports(const struct code *code) {
    for (uint32_t i = 0; i < code->export_count; i++) {
        struct export *export = export_of(code, i);
        if (export->code == code->exports[i])
            export->code = NULL;
    }
}

static void link_export(struct export *export) {
    if (vm.hooks.export_link)
        vm.hooks.export_link(export);
}

static void link_exports(const struct code *code) {
    for (uint32_t i = 0; i < code->export_count; i++)
        link_export(export_of(code, i));
}

static void link_dropped_exports(const struct code *code) {
    for (uint32_t i = 0; i < code->export_count; i++)
        if (!export_of(code, i)->code)
            link_export(export_of(code, i));
}

// The lock is held.
static bool has_current_and_old(term name) {
    struct module *module = code_module(name);
    return module && atomic_load(&module->current) && atomic_load(&module->old);
}

// The lock is held.
//
// Whoever runs the new code finds the module loaded (get_module_info), and whoever finds the module loaded
// (error_handler, by code:ensure_loaded) finds its functions exported. A first version need not be closed: what is not
// linked yet leads to error_handler, which calls again. Lambdas come before that: a fun that loaded code does not have
// is a bad one.
static void make_current(struct code *code) {
    struct module *module = code_module_make(code->name);
    struct code *previous = atomic_load(&module->current);
    code->module = module;
    if (previous) {
        close_exports(previous);
        close_exports(code);
    }
    take_lambdas(code);
    take_exports(code);
    if (previous) {
        drop_exports(previous);
        atomic_store(&module->old, previous);
    }
    atomic_store(&module->current, code);
    link_exports(code);
    if (previous)
        link_dropped_exports(previous);
}

static void announce(struct code *code) {
    if (vm.hooks.code_loaded)
        vm.hooks.code_loaded(code);
}

bool code_install(struct code *const *codes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        link_functions(codes[i]);
        make_exports(codes[i]);
    }
    code_lock();
    bool ok = true;
    for (size_t i = 0; i < count; i++)
        ok = ok && !has_current_and_old(codes[i]->name);
    for (size_t i = 0; ok && i < count; i++)
        make_current(codes[i]);
    code_unlock();
    for (size_t i = 0; ok && i < count; i++)
        announce(codes[i]);
    return ok;
}

// ---- on_load

static struct export *private_export(struct function *function) {
    struct export *export = sys_alloc_zero(sizeof *export);
    export->module = function->code->name;
    export->function = function->name;
    export->arity = function->arity;
    export->code = function;
    link_export(export);
    return export;
}

bool code_install_on_load(struct code *code) {
    link_functions(code);
    code->on_load_call = private_export(code->on_load);
    code_lock();
    bool ok = !has_current_and_old(code->name);
    if (ok) {
        code->module = code_module_make(code->name);
        // What waited there may be running: it is not freed.
        atomic_store(&code->module->on_load, code);
    }
    code_unlock();
    if (ok)
        take_lambdas(code);
    return ok;
}

bool code_finish_on_load(term name, bool keep) {
    struct module *module = code_module(name);
    struct code *code = module ? atomic_load(&module->on_load) : NULL;
    if (!code || !keep)
        return code;
    make_exports(code);
    code_lock();
    make_current(code);
    atomic_store(&module->on_load, NULL);
    code_unlock();
    announce(code);
    return true;
}

// ---- deletion

enum code_delete_result code_delete(term name) {
    struct module *module = code_module(name);
    if (!module)
        return CODE_UNKNOWN;
    code_lock();
    struct code *current = atomic_load(&module->current);
    bool has_old = atomic_load(&module->old);
    if (!has_old && current) {
        close_exports(current);
        atomic_store(&module->old, current);
        atomic_store(&module->current, NULL);
        drop_exports(current);
        link_dropped_exports(current); // before others load it anew
    }
    code_unlock();
    return has_old ? CODE_HAS_OLD : CODE_DELETED;
}
