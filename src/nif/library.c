// Loading a library: what is checked, in OTP's order and words, and what is put in place.

#include "nif/library.h"

#include <dlfcn.h>
#include <stdio.h>

#include "nif/resource.h"
#include "nif/thread.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/print.h"
#include "vm.h"

#define OLDEST_MAJOR ERL_NIF_MIN_REQUIRED_MAJOR_VERSION_ON_LOAD
#define VARIANT ERL_NIF_VM_VARIANT

// ---- the end ------------------------------------------------------------------------------------------------------

void library_retain(struct nif_library *library) {
    atomic_fetch_add_explicit(&library->references, 1, memory_order_relaxed);
}

void library_release(struct nif_library *library) {
    if (atomic_fetch_sub_explicit(&library->references, 1, memory_order_acq_rel) != 1)
        return;
    dlclose(library->handle);
    sys_free(library);
}

// The code that used the library is gone. A call that found its way before may still read the stubs.
static void library_purge(struct nif_library *library) {
    ErlNifEnv env;
    environment_begin(&env, NULL, library);
    if (library->entry->unload)
        library->entry->unload(&env, library->private_data);
    environment_end(&env);
    resource_types_orphan(library);
    epoch_retire(library->functions, sys_free);
    library->functions = NULL;
    library_release(library);
}

// ---- what OTP says of a bad one -----------------------------------------------------------------------------------

struct loading {
    struct process *self;
    struct code *code;
    struct nif_library *nif_library;
    term answer; // NONE while nothing is wrong
};

[[gnu::format(printf, 3, 4)]]
static bool refuse(struct loading *loading, term reason, const char *format, ...) {
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    struct heap *heap = &loading->self->heap;
    term text = heap_string(heap, sentence, strlen(sentence));
    loading->answer = heap_tuple_of(heap, 2, ATOM_error, heap_tuple_of(heap, 2, reason, text));
    return false;
}

// An atom as it is printed, for a sentence.
struct printed {
    char text[ATOM_CHARACTERS_MAX * 4 + 3];
};
static struct printed print(term t) {
    struct printed printed;
    struct text text = {0};
    term_print(&text, t);
    snprintf(printed.text, sizeof printed.text, "%.*s", (int)text.size, text.bytes);
    text_free(&text);
    return printed;
}

static void taint(term module) {
    struct nif *nif = vm.nif;
    pthread_mutex_lock(&nif->lock);
    size_t i = 0;
    while (i < nif->taint_count && nif->taints[i] != module)
        i++;
    if (i == nif->taint_count) {
        nif->taints = sys_realloc(nif->taints, (nif->taint_count + 1) * sizeof *nif->taints);
        nif->taints[nif->taint_count++] = module;
    }
    pthread_mutex_unlock(&nif->lock);
}

// ---- the entry ----------------------------------------------------------------------------------------------------

static bool open_library(struct loading *loading, const char *path) {
    struct text file = {0};
    text_format(&file, "%s.so", path);
    text_append(&file, "", 1);
    loading->nif_library->handle = dlopen(file.bytes, RTLD_NOW);
    text_free(&file);
    if (loading->nif_library->handle)
        return true;
    return refuse(loading, ATOM_load_failed, "Failed to load NIF library: '%s'", dlerror());
}

static bool call_init(struct loading *loading) {
    void *found = dlsym(loading->nif_library->handle, "nif_init");
    if (!found)
        found = dlsym(loading->nif_library->handle, "_nif_init");
    if (!found)
        return refuse(loading, ATOM_bad_lib, "Failed to find library init function: '%s'", dlerror());
    taint(loading->code->name);
    ErlNifEntry *(*init)(void) = (ErlNifEntry * (*)(void)) found;
    loading->nif_library->entry = init();
    return loading->nif_library->entry || refuse(loading, ATOM_bad_lib, "Library init-call unsuccessful");
}

// Fields came with versions: those that an old library lacks are not read.
static bool is_since(const ErlNifEntry *entry, int minor) {
    return entry->major > 2 || entry->minor >= minor;
}

static bool check_entry(struct loading *loading) {
    const ErlNifEntry *entry = loading->nif_library->entry;
    if (entry->major > ERL_NIF_MAJOR_VERSION ||
        (entry->major == ERL_NIF_MAJOR_VERSION && entry->minor > ERL_NIF_MINOR_VERSION))
        return refuse(loading, ATOM_bad_lib,
                      "That '%s' NIF library needs %s or newer. Either try to recompile the NIF lib or use a newer "
                      "erts runtime.",
                      print(loading->code->name).text, entry->min_erts);
    if (entry->major < OLDEST_MAJOR)
        return refuse(loading, ATOM_bad_lib,
                      "That old NIF library (%d.%d) is not compatible with this erts runtime (%d.%d). Try recompile "
                      "the NIF lib.",
                      entry->major, entry->minor, ERL_NIF_MAJOR_VERSION, ERL_NIF_MINOR_VERSION);
    if (is_since(entry, 1) && strcmp(entry->vm_variant, VARIANT) != 0)
        return refuse(loading, ATOM_bad_lib, "Library (%s) not compiled for this vm variant (%s).", entry->vm_variant,
                      VARIANT);
    struct atom_text name = atom_text(loading->code->name);
    if (strlen(entry->name) != name.size || memcmp(entry->name, name.bytes, name.size) != 0)
        return refuse(loading, ATOM_bad_lib, "Library module name '%s' does not match calling module '%s'", entry->name,
                      print(loading->code->name).text);
    return true;
}

// ---- its functions ------------------------------------------------------------------------------------------------

// Before version 2.7 a function had no flags.
struct old_function {
    const char *name;
    unsigned arity;
    nif_pointer *fptr;
};

static ErlNifFunc entry_function(const ErlNifEntry *entry, int index) {
    if (is_since(entry, 7))
        return entry->funcs[index];
    const struct old_function *old = (const struct old_function *)entry->funcs + index;
    return (ErlNifFunc){old->name, old->arity, old->fptr, 0};
}

static struct function *code_function(struct code *code, const char *name, unsigned arity) {
    term atom = atom_existing_utf8(name, strlen(name));
    for (uint32_t i = 0; i < code->function_count; i++)
        if (code->functions[i].name == atom && code->functions[i].arity == arity)
            return &code->functions[i];
    return NULL;
}

static bool refuse_function(struct loading *loading, const char *words, const ErlNifFunc *function) {
    return refuse(loading, ATOM_bad_lib, "%s%s:%s/%u", words, print(loading->code->name).text, function->name,
                  function->arity);
}

static bool read_function(struct loading *loading, int index) {
    struct nif_library *library = loading->nif_library;
    ErlNifFunc described = entry_function(library->entry, index);
    struct function *function = code_function(loading->code, described.name, described.arity);
    if (!function)
        return refuse_function(loading, "Function not found ", &described);
    if (loading->code->declares_natives && !function->may_be_native)
        return refuse_function(loading, "Function not declared as nif ", &described);
    if (described.flags > ERL_NIF_DIRTY_JOB_IO_BOUND) {
        char words[64];
        snprintf(words, sizeof words, "Illegal flags field value %d for NIF ", (int)described.flags);
        return refuse_function(loading, words, &described);
    }
    for (size_t i = 0; i < library->function_count; i++)
        if (library->functions[i].native.function == function)
            return refuse_function(loading, "Duplicate NIF entry for ", &described);
    library->functions[library->function_count++] =
        (struct nif_function){{.function = function, .call = nif_call}, library, described.fptr, described.flags};
    return true;
}

static bool read_functions(struct loading *loading) {
    struct nif_library *library = loading->nif_library;
    int count = library->entry->num_of_funcs;
    library->functions = sys_alloc((size_t)(count > 0 ? count : 1) * sizeof *library->functions);
    for (int i = 0; i < count; i++)
        if (!read_function(loading, i))
            return false;
    return true;
}

// ---- its callbacks ------------------------------------------------------------------------------------------------

// The library of the code that this one takes the place of, or NULL.
static struct nif_library *previous_library(struct code *code) {
    struct module *module = code->module;
    struct code *previous =
        code == atomic_load(&module->on_load) ? atomic_load(&module->current) : atomic_load(&module->old);
    return previous && previous != code ? previous->nif_library : NULL;
}

static bool call_back(struct loading *loading, term info) {
    struct nif_library *library = loading->nif_library, *previous = previous_library(loading->code);
    const ErlNifEntry *entry = library->entry;
    int status = 0;
    if (previous && !entry->upgrade)
        return refuse(loading, ATOM_upgrade, "Upgrade not supported by this NIF library.");
    ErlNifEnv env;
    environment_begin(&env, loading->self, library);
    env.loading = true;
    if (previous)
        status = entry->upgrade(&env, &library->private_data, &previous->private_data, info);
    else if (entry->load)
        status = entry->load(&env, &library->private_data, info);
    resource_types_finish(&env, status == 0);
    environment_end(&env);
    if (status == 0)
        return true;
    return previous ? refuse(loading, ATOM_upgrade, "Library upgrade-call unsuccessful (%d).", status)
                    : refuse(loading, ATOM_load, "Library load-call unsuccessful (%d).", status);
}

// ---- the whole ----------------------------------------------------------------------------------------------------

static bool check_module(struct loading *loading) {
    struct code *code = loading->code;
    if (code == atomic_load(&code->module->old))
        return refuse(loading, ATOM_old_code, "Calling load_nif from old module '%s' not allowed",
                      print(code->name).text);
    if (code->nif_library)
        return refuse(loading, ATOM_reload, "NIF library already loaded (reload disallowed since OTP 20).");
    return true;
}

static void put_in_place(struct loading *loading) {
    struct nif_library *library = loading->nif_library;
    loading->code->nif_library = library;
    for (size_t i = 0; i < library->function_count; i++)
        native_link(&library->functions[i].native);
}

term nif_load(struct process *self, struct code *code, const char *path, term info) {
    struct loading loading = {self, code, NULL, NONE};
    if (!code) {
        refuse(&loading, ATOM_bad_lib,
               "load_nif/2 must be explicitly called from the NIF module. It cannot be called through apply/3.");
        return loading.answer;
    }
    struct nif_library *library = loading.nif_library = sys_alloc_zero(sizeof *library);
    library->references = 1;
    library->module = code->name;
    pthread_mutex_lock(&vm.nif->load_lock);
    bool loaded = check_module(&loading) && open_library(&loading, path) && call_init(&loading) &&
                  check_entry(&loading) && read_functions(&loading) && call_back(&loading, info);
    if (loaded)
        put_in_place(&loading);
    pthread_mutex_unlock(&vm.nif->load_lock);
    if (loaded)
        return ATOM_ok;
    sys_free(library->functions);
    if (library->handle)
        library_release(library);
    else
        sys_free(library);
    return loading.answer;
}

term nif_taints(struct heap *heap) {
    struct nif *nif = vm.nif;
    pthread_mutex_lock(&nif->lock);
    term list = heap_list_of(heap, nif->taint_count, nif->taints, NIL);
    pthread_mutex_unlock(&nif->lock);
    return list;
}

term nif_taint(size_t index) {
    return index < vm.nif->taint_count ? vm.nif->taints[index] : NONE;
}

void nif_init(void) {
    struct nif *nif = sys_alloc_zero(sizeof *nif);
    pthread_mutex_init(&nif->lock, NULL);
    pthread_mutex_init(&nif->load_lock, NULL);
    vm.nif = nif;
    nif_threads_init();
    nif_monitors_init();
    nif_events_init();
    vm.hooks.nif_library_purge = library_purge;
    vm.hooks.native_call = nif_call_alone;
}
