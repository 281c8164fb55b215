// Environments: their beginning and end.

#include "nif/environment.h"

#include "nif/library.h"
#include "sched/sched.h"
#include "sys/sys.h"

struct nif_temporary {
    struct nif_temporary *next;
    alignas(16) unsigned char bytes[];
};

void environment_begin(ErlNifEnv *env, struct process *process, struct nif_library *library) {
    *env = (ErlNifEnv){.process = process, .nif_library = library};
    env->heap = process ? &process->heap : &env->own;
}

static void free_temporaries(ErlNifEnv *env) {
    while (env->temporaries) {
        struct nif_temporary *temporary = env->temporaries;
        env->temporaries = temporary->next;
        sys_free(temporary);
    }
}

void environment_end(ErlNifEnv *env) {
    free_temporaries(env);
    heap_free(&env->own);
}

void *environment_temporary(ErlNifEnv *env, size_t bytes) {
    struct nif_temporary *temporary = sys_alloc(sizeof *temporary + bytes);
    temporary->next = env->temporaries;
    env->temporaries = temporary;
    return temporary->bytes;
}

// ---- for libraries

ErlNifEnv *enif_alloc_env(void) {
    ErlNifEnv *env = sys_alloc(sizeof *env);
    environment_begin(env, NULL, NULL);
    env->independent = true;
    return env;
}

void enif_clear_env(ErlNifEnv *env) {
    environment_end(env);
    env->raised = false;
}

void enif_free_env(ErlNifEnv *env) {
    environment_end(env);
    sys_free(env);
}

void *enif_priv_data(ErlNifEnv *env) {
    return env->nif_library ? env->nif_library->private_data : NULL;
}

ErlNifPid *enif_self(ErlNifEnv *env, ErlNifPid *pid) {
    if (!env->process)
        return NULL;
    pid->pid = env->process->pid;
    return pid;
}

// An environment of no process outlives modules: nobody asks it for their literals.
ERL_NIF_TERM enif_make_copy(ErlNifEnv *env, ERL_NIF_TERM value) {
    if (!env->process)
        return heap_copy_all(env->heap, value);
    struct epoch_member *visit = epoch_visit();
    term copy = heap_copy(env->heap, value);
    epoch_visit_end(visit);
    return copy;
}

// ---- exceptions

ERL_NIF_TERM enif_raise_exception(ErlNifEnv *env, ERL_NIF_TERM reason) {
    env->raised = true;
    env->reason = reason;
    return NONE;
}

ERL_NIF_TERM enif_make_badarg(ErlNifEnv *env) {
    return enif_raise_exception(env, ATOM_badarg);
}

int enif_has_pending_exception(ErlNifEnv *env, ERL_NIF_TERM *reason) {
    if (env->raised && reason)
        *reason = env->reason;
    return env->raised;
}

int enif_is_exception(ErlNifEnv *env, ERL_NIF_TERM value) {
    return value == NONE;
}
