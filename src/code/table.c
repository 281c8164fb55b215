// The tables of exports, modules and lambdas: read without a lock, added to under one, never removed from.

#include "code/table.h"

#include "sys/sys.h"
#include "vm.h"

// ---- how the items are hashed and compared

static uint32_t export_hash(const void *item) {
    const struct export *export = item;
    return index_mix(export->module ^ (uint64_t)export->arity << 40, export->function);
}
static bool export_same(const void *item, const void *key) {
    const struct export *a = item, *b = key;
    return a->module == b->module && a->function == b->function && a->arity == b->arity;
}

static uint32_t module_hash(const void *item) {
    return index_mix(((const struct module *)item)->name, 0);
}
static bool module_same(const void *item, const void *key) {
    return ((const struct module *)item)->name == ((const struct module *)key)->name;
}

static uint32_t lambda_hash(const void *item) {
    const struct lambda *lambda = item;
    return index_mix(lambda->module, lambda->index);
}
static bool lambda_same(const void *item, const void *key) {
    const struct lambda *a = item, *b = key;
    return a->module == b->module && a->index == b->index && a->old_uniq == b->old_uniq && a->arity == b->arity &&
           a->free_count == b->free_count && memcmp(a->uniq, b->uniq, sizeof a->uniq) == 0;
}

void code_init(void) {
    struct code_table *table = sys_alloc_zero(sizeof *table);
    pthread_mutex_init(&table->lock, NULL);
    pthread_mutex_init(&table->line_lock, NULL);
    table->exports.hash = export_hash;
    table->exports.same = export_same;
    table->modules.hash = module_hash;
    table->modules.same = module_same;
    table->lambdas.hash = lambda_hash;
    table->lambdas.same = lambda_same;
    table->collector = NIL;
    vm.code = table;
    vm.hooks.export_make = code_export;
    vm.hooks.export_find = code_export_find;
    vm.hooks.lambda_make = code_lambda;
}

void code_lock(void) {
    pthread_mutex_lock(&vm.code->lock);
}
void code_unlock(void) {
    pthread_mutex_unlock(&vm.code->lock);
}

// Finds the key's item, or makes one by copying it. `link` prepares the copy before others see it.
static void *find_or_make(struct index *index, const void *key, size_t size, void (*link)(void *)) {
    void *item = index_find(index, key);
    if (item)
        return item;
    code_lock();
    item = index_find(index, key);
    if (!item) {
        item = sys_alloc(size);
        memcpy(item, key, size);
        if (link)
            link(item);
        index_insert(index, item);
    }
    code_unlock();
    return item;
}

// ---- exports

static void export_link(void *item) {
    if (vm.hooks.export_link)
        vm.hooks.export_link(item);
}

struct export *code_export(term module, term function, uint32_t arity) {
    struct export key = {.module = module, .function = function, .arity = arity};
    return find_or_make(&vm.code->exports, &key, sizeof key, export_link);
}

struct export *code_export_find(term module, term function, uint32_t arity) {
    struct export key = {.module = module, .function = function, .arity = arity};
    return index_find(&vm.code->exports, &key);
}

size_t code_export_count(void) {
    return index_count(&vm.code->exports);
}
struct export *code_export_at(size_t index) {
    return index_at(&vm.code->exports, (uint32_t)index);
}

bool export_is_callable(const struct export *export) {
    return export->bif || export->code;
}

void code_register_builtin(term module, term function, uint32_t arity, term (*bif)(struct process *, term *)) {
    struct export *export = code_export(module, function, arity);
    export->bif = bif;
    export_link(export);
}

struct export *code_function_builtin(const struct function *function) {
    struct export *export = code_export_find(function->code->name, function->name, function->arity);
    return export && export->bif ? export : NULL;
}

// ---- modules

struct module *code_module(term name) {
    struct module key = {.name = name};
    return index_find(&vm.code->modules, &key);
}

struct module *code_module_make(term name) {
    struct module *module = code_module(name);
    if (!module) {
        module = sys_alloc_zero(sizeof *module);
        module->name = name;
        index_insert(&vm.code->modules, module);
    }
    return module;
}

size_t code_module_count(void) {
    return index_count(&vm.code->modules);
}
struct module *code_module_at(size_t index) {
    return index_at(&vm.code->modules, (uint32_t)index);
}

void code_preload_end(void) {
    vm.code->preload_count = code_module_count();
}
size_t code_preload_count(void) {
    return vm.code->preload_count;
}

// ---- lambdas

struct lambda *code_lambda(term module, uint32_t index, const uint8_t uniq[16], uint32_t old_uniq, uint32_t arity,
                           uint32_t free_count) {
    struct lambda key = {
        .module = module, .name = NIL, .index = index, .old_uniq = old_uniq, .arity = arity, .free_count = free_count};
    memcpy(key.uniq, uniq, sizeof key.uniq);
    return find_or_make(&vm.code->lambdas, &key, sizeof key, NULL);
}
