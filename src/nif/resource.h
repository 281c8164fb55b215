// Resources: a library's objects, to which Erlang code has references.
//
// A resource lies in a shared binary whose destructor ends it. Erlang code has it as a reference, which is the same in
// all terms for one object, or as a binary whose bytes the library chose (enif_make_resource_binary).
//
// A type is known by the module and its name. It is counted by being open (until its library's code is purged, or
// another library takes it over) and by each object; it counts its library while it has callbacks.

#ifndef PURLIN_NIF_RESOURCE_H
#define PURLIN_NIF_RESOURCE_H

#include <pthread.h>

#include "nif/library.h"

struct enif_resource_type_t {
    struct enif_resource_type_t *next; // open ones, in vm.nif
    _Atomic size_t references;
    term module, name;
    struct nif_library *owner; // NULL once its code is gone; counted in `library` while that is set
    struct nif_library *nif_library;
    ErlNifResourceTypeInit callbacks; // absent ones are NULL
};

struct resource {
    struct enif_resource_type_t *type;
    uint32_t ids[3]; // of its references
    size_t size;
    struct nif_monitor *monitors; // under the lock of monitor.c
    alignas(16) unsigned char data[];
};

static inline struct resource *resource_of(void *object) {
    return (struct resource *)((unsigned char *)object - offsetof(struct resource, data));
}
static inline struct shared_binary *resource_shared(struct resource *resource) {
    return (struct shared_binary *)((unsigned char *)resource - SHARED_BINARY_HEAD);
}
// The resource of a reference or a binary, or NULL.
struct resource *resource_of_term(term t);
term resource_reference(struct heap *heap, struct resource *resource);

// A type that a load or upgrade callback opened: valid when that succeeds.
struct opened_type {
    struct opened_type *next;
    struct enif_resource_type_t *type;
    bool is_new;
    ErlNifResourceTypeInit callbacks;
};
void resource_types_finish(ErlNifEnv *env, bool loaded);
// The library's code is gone: its types are no longer open.
void resource_types_orphan(struct nif_library *library);

// The resource ends: so do its monitors (monitor.c).
void resource_monitors_end(struct resource *resource);

#endif
