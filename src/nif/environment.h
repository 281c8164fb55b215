// Environments: where a library makes terms, and what it has done that must be tidied up after.
//
//   process      the call's process; NULL in callbacks and in environments that the library made itself
//   heap         the process's, or `own`
//   own          a builder (heap/heap.h): its values go along with a message, or become the process's when a dirty
//                function returns, or are freed when it is cleared
//   temporaries  memory that the library may look at until the call returns or the environment is cleared
//
// A library's call may end in an exception, whatever it returns, or in a function that is to be called in its place.

#ifndef PURLIN_NIF_ENVIRONMENT_H
#define PURLIN_NIF_ENVIRONMENT_H

#include <erl_nif.h>

#include "proc/proc.h"

struct nif_library;
struct opened_type;

typedef ERL_NIF_TERM nif_pointer(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]);

// A function that enif_schedule_nif put in the place of the one that runs.
struct scheduled_nif {
    nif_pointer *function; // NULL: none
    unsigned flags, arity;
    term *arguments; // a temporary
    term name;       // as its caller gave it; NONE: of the function that Erlang code called
};

struct enif_environment_t {
    struct process *process;
    struct heap *heap;
    struct heap own;
    struct nif_library *nif_library;
    struct nif_temporary *temporaries;
    bool independent; // made by enif_alloc_env
    bool loading;     // of a load or upgrade callback
    struct opened_type *opened;
    bool raised;
    term reason;
    struct scheduled_nif scheduled;
};

// For a call by the process, or a callback (NULL). The library is whose private data is seen.
void environment_begin(ErlNifEnv *env, struct process *process, struct nif_library *library);
void environment_end(ErlNifEnv *env);
// Until the call returns or the environment is cleared.
void *environment_temporary(ErlNifEnv *env, size_t bytes);

#endif
