// Libraries, and the functions that they put in the place of a module's.
//
// A library is counted by the code that loaded it, by each of its resource types that has callbacks, and through those
// types by their objects. So it stays mapped until the last destructor has run, though the module was purged long ago.

#ifndef PURLIN_NIF_LIBRARY_H
#define PURLIN_NIF_LIBRARY_H

#include "exec/native.h"
#include "nif/environment.h"
#include "nif/nif.h"

struct nif_function {
    struct native native; // first
    struct nif_library *nif_library;
    nif_pointer *function;
    unsigned flags; // 0 or one of ErlNifDirtyTaskFlags
};

struct nif_library {
    _Atomic size_t references;
    void *handle; // of dlopen
    const ErlNifEntry *entry;
    void *private_data;
    term module;
    struct nif_function *functions;
    size_t function_count;
};

void library_retain(struct nif_library *library);
void library_release(struct nif_library *library);

// struct native's `call` for all of them (call.c).
term nif_call(struct process *process, struct native *native, term *x);

// vm.hooks.native_call: of the results only immediate values are kept, others are NONE.
bool nif_call_alone(term module, term function, unsigned arity, const term *arguments, term *result);

void nif_monitors_init(void); // monitor.c
void nif_events_init(void);   // select.c

#define ERROR_NAMES 256

// What the room keeps: vm.nif.
struct nif {
    pthread_mutex_t lock; // of resource types, taints
    struct enif_resource_type_t *types;
    term *taints;
    size_t taint_count;
    pthread_mutex_t load_lock; // one library is loaded at a time: dlopen and dlerror
    struct nif_monitors *monitors;
    struct nif_events *events;
    pthread_key_t thread_key;
    _Atomic(char *) error_names[ERROR_NAMES]; // of errno values, made when first asked for (time.c)
};

#endif
