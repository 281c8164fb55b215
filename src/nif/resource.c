// Resource types and resources.

#include "nif/resource.h"

#include "sys/sys.h"
#include "term/atom.h"
#include "vm.h"

// ---- types --------------------------------------------------------------------------------------------------------

static void type_release(ErlNifResourceType *type) {
    if (atomic_fetch_sub_explicit(&type->references, 1, memory_order_acq_rel) != 1)
        return;
    if (type->nif_library)
        library_release(type->nif_library);
    sys_free(type);
}

static ErlNifResourceType *type_find(term module, term name) {
    for (ErlNifResourceType *type = vm.nif->types; type; type = type->next)
        if (type->module == module && type->name == name)
            return type;
    return NULL;
}

static bool has_callbacks(const ErlNifResourceTypeInit *callbacks) {
    return callbacks->dtor || callbacks->stop || callbacks->down || callbacks->dyncall;
}

// As many members as the library's header had.
static ErlNifResourceTypeInit read_callbacks(const ErlNifResourceTypeInit *given, int members) {
    ErlNifResourceTypeInit callbacks = {.members = members};
    callbacks.dtor = members > 0 ? given->dtor : NULL;
    callbacks.stop = members > 1 ? given->stop : NULL;
    callbacks.down = members > 2 ? given->down : NULL;
    callbacks.dyncall = members > 3 ? given->dyncall : NULL;
    return callbacks;
}

static ErlNifResourceType *type_open(ErlNifEnv *env, const char *name_text, const ErlNifResourceTypeInit *callbacks,
                                     ErlNifResourceFlags flags, ErlNifResourceFlags *tried) {
    if (!env->loading)
        return NULL;
    term module = env->nif_library->module, name = enif_make_atom(env, name_text);
    pthread_mutex_lock(&vm.nif->lock);
    ErlNifResourceType *type = type_find(module, name);
    pthread_mutex_unlock(&vm.nif->lock);
    ErlNifResourceFlags way = type ? ERL_NIF_RT_TAKEOVER : ERL_NIF_RT_CREATE;
    if (tried)
        *tried = way;
    if (!(flags & way))
        return NULL;
    if (!type) {
        type = sys_alloc_zero(sizeof *type);
        type->references = 1;
        type->module = module;
        type->name = name;
    }
    struct opened_type *opened = environment_temporary(env, sizeof *opened);
    *opened = (struct opened_type){env->opened, type, way == ERL_NIF_RT_CREATE, *callbacks};
    env->opened = opened;
    return type;
}

// The type is the library's from now on.
static void type_take(ErlNifResourceType *type, struct nif_library *library, const ErlNifResourceTypeInit *callbacks) {
    struct nif_library *before = type->nif_library;
    type->callbacks = *callbacks;
    type->owner = library;
    type->nif_library = has_callbacks(callbacks) ? library : NULL;
    if (type->nif_library)
        library_retain(library);
    if (before)
        library_release(before);
}

void resource_types_finish(ErlNifEnv *env, bool loaded) {
    pthread_mutex_lock(&vm.nif->lock);
    for (struct opened_type *opened = env->opened; opened; opened = opened->next) {
        if (loaded && opened->is_new) {
            opened->type->next = vm.nif->types;
            vm.nif->types = opened->type;
        }
        if (loaded)
            type_take(opened->type, env->nif_library, &opened->callbacks);
        else if (opened->is_new)
            type_release(opened->type);
    }
    pthread_mutex_unlock(&vm.nif->lock);
    env->opened = NULL;
}

void resource_types_orphan(struct nif_library *library) {
    ErlNifResourceType *closed = NULL;
    pthread_mutex_lock(&vm.nif->lock);
    for (ErlNifResourceType **at = &vm.nif->types; *at;) {
        ErlNifResourceType *type = *at;
        if (type->owner != library) {
            at = &type->next;
            continue;
        }
        *at = type->next;
        type->owner = NULL;
        type->next = closed;
        closed = type;
    }
    pthread_mutex_unlock(&vm.nif->lock);
    while (closed) {
        ErlNifResourceType *type = closed;
        closed = type->next;
        type_release(type);
    }
}

ErlNifResourceType *enif_open_resource_type(ErlNifEnv *env, const char *module, const char *name,
                                            ErlNifResourceDtor *dtor, ErlNifResourceFlags flags,
                                            ErlNifResourceFlags *tried) {
    return type_open(env, name, &(ErlNifResourceTypeInit){.dtor = dtor, .members = 1}, flags, tried);
}

ErlNifResourceType *enif_open_resource_type_x(ErlNifEnv *env, const char *name, const ErlNifResourceTypeInit *init,
                                              ErlNifResourceFlags flags, ErlNifResourceFlags *tried) {
    // Libraries of before enif_init_resource_type left `members` unset.
    ErlNifResourceTypeInit callbacks = read_callbacks(init, 3);
    return type_open(env, name, &callbacks, flags, tried);
}

ErlNifResourceType *enif_init_resource_type(ErlNifEnv *env, const char *name, const ErlNifResourceTypeInit *init,
                                            ErlNifResourceFlags flags, ErlNifResourceFlags *tried) {
    ErlNifResourceTypeInit callbacks = read_callbacks(init, init->members);
    return type_open(env, name, &callbacks, flags, tried);
}

// ---- resources ----------------------------------------------------------------------------------------------------

static void resource_destroy(struct shared_binary *shared) {
    struct resource *resource = (struct resource *)shared->bytes;
    ErlNifResourceType *type = resource->type;
    resource_monitors_end(resource);
    if (type->callbacks.dtor) {
        ErlNifEnv env;
        environment_begin(&env, NULL, type->nif_library);
        type->callbacks.dtor(&env, resource->data);
        environment_end(&env);
    }
    type_release(type);
}

void *enif_alloc_resource(ErlNifResourceType *type, size_t size) {
    struct shared_binary *shared = shared_binary_new(sizeof(struct resource) + size);
    struct resource *resource = (struct resource *)shared->bytes;
    *resource = (struct resource){.type = type, .size = size};
    heap_reference_ids(resource->ids);
    shared->destroy = resource_destroy;
    atomic_fetch_add_explicit(&type->references, 1, memory_order_relaxed);
    return resource->data;
}

void enif_release_resource(void *object) {
    shared_binary_release(resource_shared(resource_of(object)));
}

void enif_keep_resource(void *object) {
    shared_binary_retain(resource_shared(resource_of(object)));
}

size_t enif_sizeof_resource(void *object) {
    return resource_of(object)->size;
}

term resource_reference(struct heap *heap, struct resource *resource) {
    struct shared_binary *shared = resource_shared(resource);
    shared_binary_retain(shared);
    return heap_magic_reference_of(heap, shared, resource->ids);
}

ERL_NIF_TERM enif_make_resource(ErlNifEnv *env, void *object) {
    return resource_reference(env->heap, resource_of(object));
}

ERL_NIF_TERM enif_make_resource_binary(ErlNifEnv *env, void *object, const void *data, size_t size) {
    struct shared_binary *shared = resource_shared(resource_of(object));
    shared_binary_retain(shared);
    // The bytes may lie anywhere: their distance from the object's own tells where.
    size_t distance = (size_t)((uintptr_t)data - (uintptr_t)shared->bytes);
    return heap_slice(env->heap, shared, distance * 8, size * 8);
}

struct resource *resource_of_term(term t) {
    if (!is_kind(t, KIND_MAGIC_REFERENCE) && !is_kind(t, KIND_SLICE))
        return NULL;
    struct shared_binary *shared = (struct shared_binary *)boxed(t)[2];
    return shared->destroy == resource_destroy ? (struct resource *)shared->bytes : NULL;
}

int enif_get_resource(ErlNifEnv *env, ERL_NIF_TERM t, ErlNifResourceType *type, void **object) {
    struct resource *resource = resource_of_term(t);
    if (!resource || resource->type != type)
        return 0;
    *object = resource->data;
    return 1;
}

int enif_dynamic_resource_call(ErlNifEnv *env, ERL_NIF_TERM module, ERL_NIF_TERM name, ERL_NIF_TERM reference,
                               void *data) {
    struct resource *resource = resource_of_term(reference);
    if (!resource || resource->type->module != module || resource->type->name != name ||
        !resource->type->callbacks.dyncall)
        return 1;
    resource->type->callbacks.dyncall(env, resource->data, data);
    return 0;
}
