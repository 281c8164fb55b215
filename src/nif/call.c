// Calling a library's function, and those that it wants called in its place.

#include "nif/library.h"
#include "nif/thread.h"
#include "proc/raise.h"
#include "sched/sched.h"
#include "term/atom.h"
#include "vm.h"

#define ARGUMENTS_MAX 255
#define SCHEDULED_CALL_COST 20 // a function that splits its work charges what it does by enif_consume_timeslice

// Of the native function that Erlang code called, or one in its place.
static struct foreign_call describe(const struct native *native, const struct scheduled_nif *call) {
    const struct function *function = native->function;
    return (struct foreign_call){.module = function->code->name,
                                 .function = call->name == NONE ? function->name : call->name,
                                 .arity = call->arity,
                                 .code = function->code};
}

// The process is others' meanwhile: what the function makes lies in the environment.
static term call_dirty(ErlNifEnv *env, const struct native *native, const struct scheduled_nif *call, const term *x) {
    struct process *process = env->process;
    struct foreign_call foreign = describe(native, call);
    env->heap = &env->own;
    proc_slow_enter(process, call->flags == ERL_NIF_DIRTY_JOB_CPU_BOUND ? SLOW_COMPUTES : SLOW_BLOCKS);
    nif_thread_set_dirty(call->flags);
    library_retain(env->nif_library); // nobody asks a process that has ended meanwhile whether it uses the code
    proc_foreign_enter(process, &foreign);
    term result = call->function(env, (int)call->arity, x);
    proc_foreign_leave(process);
    library_release(env->nif_library);
    nif_thread_set_dirty(0);
    heap_adopt(&process->heap, &env->own);
    if (!env->scheduled.function || (atomic_load(&process->state) & STATE_EXITING))
        environment_end(env); // a process that ends goes on no more
    proc_slow_leave(process);
    return result;
}

// One function's call. True when another is to follow: then its arguments are in x, and behind them the `kept` ones of
// the function that Erlang code called, which lay behind the last one's.
static bool call_once(struct process *process, struct nif_function *nif, struct scheduled_nif *call, term *x,
                      unsigned kept, term *result) {
    ErlNifEnv env;
    sched_settle();
    environment_begin(&env, process, nif->nif_library);
    *result = call->flags ? call_dirty(&env, &nif->native, call, x) : call->function(&env, (int)call->arity, x);
    bool follows = env.scheduled.function && !env.raised;
    if (env.raised)
        *result = raise_error(process, env.reason);
    if (follows) {
        memmove(x + env.scheduled.arity, x + call->arity, kept * sizeof(term));
        *call = env.scheduled;
        memcpy(x, call->arguments, call->arity * sizeof(term));
    }
    environment_end(&env);
    return follows;
}

term nif_call(struct process *process, struct native *native, term *x) {
    struct nif_function *nif = (struct nif_function *)native;
    unsigned arity = native->function->arity;
    struct scheduled_nif call = {nif->function, nif->flags, arity, NULL, NONE};
    term result;
    memcpy(x + arity, x, arity * sizeof(term));
    while (call_once(process, nif, &call, x, arity, &result)) {
        if (heap_wants_collection(&process->heap) || HARD_TEST)
            proc_collect(process, 0, x, call.arity + arity, false);
        work_charge(&process->work, SCHEDULED_CALL_COST);
    }
    if (result == NONE) {
        if (process->exception_class == CLASS_NONE)
            raise_badarg(process); // it returned what means an exception, and raised none
        native_capture(process, native, x + call.arity);
    }
    return result;
}

// The hook: see vm.h.
bool nif_call_alone(term module_name, term name, unsigned arity, const term *arguments, term *result) {
    struct module *module = code_module(module_name);
    struct code *code = module ? atomic_load(&module->current) : NULL;
    struct nif_library *library = code ? code->nif_library : NULL;
    for (size_t i = 0; library && i < library->function_count; i++) {
        const struct function *function = library->functions[i].native.function;
        if (function->name != name || function->arity != arity)
            continue;
        if (arguments) {
            ErlNifEnv env;
            environment_begin(&env, NULL, library);
            *result = library->functions[i].function(&env, (int)arity, arguments);
            if (env.raised || is_pointer(*result)) // what it has made goes with the environment
                *result = NONE;
            environment_end(&env);
        }
        return true;
    }
    return false;
}

// The name is only that of dirty code while it runs: what goes wrong is told of the function that Erlang code called.
ERL_NIF_TERM enif_schedule_nif(ErlNifEnv *env, const char *name, int flags, nif_pointer *function, int argc,
                               const ERL_NIF_TERM argv[]) {
    if (!env->process || strlen(name) > ATOM_CHARACTERS_MAX || argc < 0 || argc > ARGUMENTS_MAX || flags < 0 ||
        flags > ERL_NIF_DIRTY_JOB_IO_BOUND)
        return enif_make_badarg(env);
    term *arguments = environment_temporary(env, (size_t)argc * sizeof(term));
    if (argc > 0)
        memcpy(arguments, argv, (size_t)argc * sizeof(term));
    term name_atom = atom_from_latin1(name, strlen(name));
    env->scheduled = (struct scheduled_nif){function, (unsigned)flags, (unsigned)argc, arguments, name_atom};
    return NIL; // any value: it is not looked at
}

int enif_consume_timeslice(ErlNifEnv *env, int percent) {
    if (!env->process)
        return 1;
    if (env->heap == &env->own) // dirty: it takes nobody's time
        return 0;
    if (percent < 1)
        percent = 1;
    if (percent > 100)
        percent = 100;
    env->process->work.reductions -= (int64_t)percent * SLICE_REDUCTIONS / 100;
    return env->process->work.reductions <= 0;
}
