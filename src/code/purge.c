// Takes old code away.

#include "code/collector.h"
#include "code/literal.h"
#include "code/table.h"
#include "vm.h"

static void drop_lambdas(struct code *code) {
    for (uint32_t i = 0; i < code->lambda_count; i++) {
        struct function *own = code->lambda_functions[i];
        atomic_compare_exchange_strong(&code->lambdas[i]->function, &own, NULL);
    }
}

static void restore_lambdas(struct code *code) {
    for (uint32_t i = 0; i < code->lambda_count; i++) {
        struct function *none = NULL;
        atomic_compare_exchange_strong(&code->lambdas[i]->function, &none, code->lambda_functions[i]);
    }
}

bool code_purge_prepare(term name, bool on_load) {
    struct module *module = code_module(name);
    if (!module)
        return false;
    code_lock();
    struct code *code = atomic_load(on_load ? &module->on_load : &module->old);
    bool ok = code && !atomic_load(&vm.code->purging);
    if (ok)
        atomic_store(&vm.code->purging, code);
    code_unlock();
    if (ok)
        drop_lambdas(code);
    // Code that failed to load may have taken lambdas that the current code has, too.
    struct code *current = atomic_load(&module->current);
    if (ok && current)
        restore_lambdas(current);
    return ok;
}

// The code being purged, when it is that module's.
static struct code *purging(term name) {
    struct code *code = atomic_load(&vm.code->purging);
    return code && code->name == name ? code : NULL;
}

bool code_purge_abort(term name) {
    struct code *code = purging(name);
    if (!code)
        return false;
    restore_lambdas(code);
    atomic_store(&vm.code->purging, NULL);
    return true;
}

static void free_code(void *code) {
    code_free(code);
}

bool code_purge_complete(term name) {
    struct code *code = purging(name);
    if (!code)
        return false;
    struct code *_Atomic *place =
        atomic_load(&code->module->on_load) == code ? &code->module->on_load : &code->module->old;
    atomic_store(place, NULL);
    atomic_store(&vm.code->purging, NULL);
    if (code->nif_library)
        vm.hooks.nif_library_purge(code->nif_library);
    if (vm.hooks.code_free)
        vm.hooks.code_free(code);
    if (code->literal_area)
        collector_add(code->literal_area);
    code->literal_area = NULL;
    if (vm.hooks.retire)
        vm.hooks.retire(code, free_code);
    else
        free_code(code);
    return true;
}

struct code *code_to_check(term name) {
    struct code *code = purging(name);
    struct module *module = code_module(name);
    return code ? code : module ? atomic_load(&module->old) : NULL;
}

bool code_is_purging(term name) {
    return purging(name);
}
