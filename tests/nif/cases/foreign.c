// Dirty functions that wait at a gate (a pipe), for questions to the process that runs them.

#include <erl_nif.h>
#include <unistd.h>

static ERL_NIF_TERM make_gate(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
    int ends[2];
    if (pipe(ends) != 0)
        return enif_make_badarg(env);
    return enif_make_tuple2(env, enif_make_int(env, ends[0]), enif_make_int(env, ends[1]));
}

static ERL_NIF_TERM open_gate(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
    int end;
    if (!enif_get_int(env, argv[0], &end))
        return enif_make_badarg(env);
    return enif_make_int(env, (int)write(end, "x", 1));
}

static ERL_NIF_TERM close_gate(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
    int ends[2];
    for (int i = 0; i < 2; i++) {
        if (!enif_get_int(env, argv[i], &ends[i]))
            return enif_make_badarg(env);
        close(ends[i]);
    }
    return enif_make_atom(env, "ok");
}

// wait(Gate, Pid, Term): tells Pid that it waits, and when it goes on. Returns a list that it has made meanwhile.
static ERL_NIF_TERM wait_there(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
    int end;
    char byte;
    ErlNifPid to;
    if (!enif_get_int(env, argv[0], &end) || !enif_get_local_pid(env, argv[1], &to))
        return enif_make_badarg(env);
    ERL_NIF_TERM list = enif_make_list(env, 0);
    for (int i = 0; i < 200; i++)
        list = enif_make_list_cell(env, enif_make_tuple2(env, enif_make_int(env, i), argv[2]), list);
    enif_send(env, &to, NULL, enif_make_atom(env, "waits"));
    if (read(end, &byte, 1) != 1)
        return enif_make_badarg(env);
    ErlNifBinary binary;
    enif_alloc_binary(1000, &binary);
    for (int i = 0; i < 1000; i++)
        binary.data[i] = (unsigned char)i;
    list = enif_make_list_cell(env, enif_make_binary(env, &binary), list);
    enif_send(env, &to, NULL, enif_make_tuple2(env, enif_make_atom(env, "goes_on"), list));
    return list;
}

static ERL_NIF_TERM wait_later(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
    return enif_schedule_nif(env, "wait_scheduled", ERL_NIF_DIRTY_JOB_CPU_BOUND, wait_there, argc, argv);
}

// send(Pid, Count, Term): that many messages, from a dirty function.
static ERL_NIF_TERM send_many(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
    int count;
    ErlNifPid to;
    if (!enif_get_local_pid(env, argv[0], &to) || !enif_get_int(env, argv[1], &count))
        return enif_make_badarg(env);
    int sent = 0;
    for (int i = 0; i < count; i++)
        sent += enif_send(env, &to, NULL, enif_make_tuple2(env, enif_make_int(env, i), argv[2]));
    return enif_make_int(env, sent);
}

// Whether it takes any of a scheduler's time.
static ERL_NIF_TERM consume(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
    int used = enif_consume_timeslice(env, 100);
    return enif_make_int(env, used + enif_consume_timeslice(env, 100));
}

static ErlNifFunc functions[] = {{"make_gate", 0, make_gate},
                                 {"open_gate", 1, open_gate},
                                 {"close_gate", 2, close_gate},
                                 {"wait_io", 3, wait_there, ERL_NIF_DIRTY_JOB_IO_BOUND},
                                 {"wait_cpu", 3, wait_there, ERL_NIF_DIRTY_JOB_CPU_BOUND},
                                 {"wait_later", 3, wait_later},
                                 {"send_many", 3, send_many, ERL_NIF_DIRTY_JOB_IO_BOUND},
                                 {"consume", 0, consume, ERL_NIF_DIRTY_JOB_CPU_BOUND}};

ERL_NIF_INIT(foreign, functions, NULL, NULL, NULL, NULL)
