// A tracer: sends what it is called with to the process that its state names. The state is that pid, or {Pid, Class},
// when only functions of that class are to say `trace`, or {Pid, remove, Tag}.

#include <erl_nif.h>

static ERL_NIF_TERM atom(ErlNifEnv *env, const char *name) {
    return enif_make_atom(env, name);
}

static int receiver(ErlNifEnv *env, ERL_NIF_TERM state, ErlNifPid *pid) {
    const ERL_NIF_TERM *elements;
    int arity;
    if (enif_get_tuple(env, state, &arity, &elements))
        state = elements[0];
    return enif_get_local_pid(env, state, pid);
}

// (Tag, State, Tracee)
static ERL_NIF_TERM enabled_as(ErlNifEnv *env, const char *class_name, const ERL_NIF_TERM *x) {
    ErlNifPid pid;
    const ERL_NIF_TERM *elements;
    int arity, status = enif_is_identical(x[0], atom(env, "trace_status"));
    if (!receiver(env, x[1], &pid) || !enif_is_process_alive(env, &pid))
        return atom(env, status ? "remove" : "discard");
    if (!enif_get_tuple(env, x[1], &arity, &elements))
        return atom(env, "trace");
    if (arity == 3)
        return atom(env, enif_is_identical(elements[2], x[0]) ? "remove" : "trace");
    if (status)
        return atom(env, "trace");
    return atom(env, enif_is_identical(elements[1], atom(env, class_name)) ? "trace" : "discard");
}

// (Tag, State, Tracee, TraceTerm, Options): {Class, Tag, Tracee, TraceTerm, Options}
static ERL_NIF_TERM trace_as(ErlNifEnv *env, const char *class_name, const ERL_NIF_TERM *x) {
    ErlNifPid pid;
    if (receiver(env, x[1], &pid))
        enif_send(env, &pid, NULL, enif_make_tuple5(env, atom(env, class_name), x[0], x[2], x[3], x[4]));
    return atom(env, "ok");
}

#define CLASS(name)                                                                                                    \
    static ERL_NIF_TERM enabled_##name(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {                          \
        return enabled_as(env, #name, argv);                                                                           \
    }                                                                                                                  \
    static ERL_NIF_TERM trace_##name(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {                            \
        return trace_as(env, #name, argv);                                                                             \
    }
#define FUNCTIONS(name)                                                                                                \
    {"enabled_" #name, 3, enabled_##name}, {                                                                           \
        "trace_" #name, 5, trace_##name                                                                                \
    }

CLASS(any)
#ifndef FEW
CLASS(call)
CLASS(send)
CLASS(receive)
CLASS(procs)
CLASS(ports)
CLASS(running_procs)
CLASS(running_ports)
CLASS(garbage_collection)
#endif

// What a tracer must have, and what it may have.
static ErlNifFunc functions[] = {{"enabled", 3, enabled_any},
                                 {"trace", 5, trace_any},
#ifndef FEW
                                 FUNCTIONS(call),
                                 FUNCTIONS(send),
                                 FUNCTIONS(receive),
                                 FUNCTIONS(procs),
                                 FUNCTIONS(ports),
                                 FUNCTIONS(running_procs),
                                 FUNCTIONS(running_ports),
                                 FUNCTIONS(garbage_collection)
#endif
};

#ifndef FEW
ERL_NIF_INIT(tracers, functions, NULL, NULL, NULL, NULL)
#else
ERL_NIF_INIT(tracers_few, functions, NULL, NULL, NULL, NULL)
#endif
