// Resources, threads, messages, dirty functions and descriptors. What callbacks have seen is told by messages to the
// process that register() named. The version that a library is compiled with (see nif_object_2.c) tells upgrades apart.

#include <erl_nif.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#ifndef VERSION
#define VERSION 1
#endif

#define NIF(name) static ERL_NIF_TERM name(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
#define ATOM(text) enif_make_atom(env, text)
#define INT(value) enif_make_int(env, (int)(value))

struct object {
    int number;
    ErlNifPid watcher;
    ErlNifMonitor monitor;
    int has_monitor;
    int descriptors[2];
    char text[64];
};

struct private_data {
    int version, loads;
    ErlNifPid teller; // who is told of unload
    ErlNifMutex *lock;
};

static ErlNifResourceType *type, *plain_type;

// Sends {Tag, Number} to the object's watcher.
static void tell(ErlNifEnv *env, struct object *object, const char *tag) {
    ErlNifEnv *message = enif_alloc_env();
    ERL_NIF_TERM term = enif_make_tuple3(message, enif_make_atom(message, tag), enif_make_int(message, object->number),
                                         enif_make_int(message, VERSION));
    enif_send(env, &object->watcher, message, term);
    enif_free_env(message);
}

static void object_end(ErlNifEnv *env, void *memory) {
    tell(env, memory, "ended");
}
static void object_stop(ErlNifEnv *env, void *memory, ErlNifEvent descriptor, int is_direct) {
    struct object *object = memory;
    tell(env, object, descriptor == object->descriptors[0] ? "stopped_read" : "stopped_write");
    close(descriptor);
}
static void object_down(ErlNifEnv *env, void *memory, ErlNifPid *pid, ErlNifMonitor *monitor) {
    struct object *object = memory;
    tell(env, object, enif_compare_monitors(monitor, &object->monitor) == 0 ? "down" : "other_down");
}
static void object_call(ErlNifEnv *env, void *memory, void *data) {
    *(int *)data += ((struct object *)memory)->number;
}

static struct object *object_of(ErlNifEnv *env, ERL_NIF_TERM term) {
    void *object;
    return enif_get_resource(env, term, type, &object) ? object : NULL;
}

// ---- resources

NIF(make) { // make(Number)
    int number;
    if (!enif_get_int(env, argv[0], &number))
        return enif_make_badarg(env);
    struct object *object = enif_alloc_resource(type, sizeof *object);
    memset(object, 0, sizeof *object);
    object->number = number;
    enif_self(env, &object->watcher);
    strcpy(object->text, "bytes that belong to a resource, more than sixty-three of them");
    ERL_NIF_TERM term = enif_make_resource(env, object);
    enif_release_resource(object);
    return term;
}

NIF(number) {
    struct object *object = object_of(env, argv[0]);
    return object ? INT(object->number) : enif_make_badarg(env);
}

NIF(size) {
    struct object *object = object_of(env, argv[0]);
    return object ? INT(enif_sizeof_resource(object) == sizeof *object) : enif_make_badarg(env);
}

NIF(again) { // another term for the same object
    struct object *object = object_of(env, argv[0]);
    return object ? enif_make_resource(env, object) : enif_make_badarg(env);
}

NIF(keep) {
    struct object *object = object_of(env, argv[0]);
    if (!object)
        return enif_make_badarg(env);
    enif_keep_resource(object);
    return ATOM("ok");
}

NIF(release) {
    struct object *object = object_of(env, argv[0]);
    if (!object)
        return enif_make_badarg(env);
    enif_release_resource(object);
    return ATOM("ok");
}

static const char far_away[] = "constant bytes in the library, which are no part of the resource at all, far away";

NIF(bytes) { // bytes(Object, inside | outside)
    struct object *object = object_of(env, argv[0]);
    if (!object)
        return enif_make_badarg(env);
    if (enif_is_identical(argv[1], ATOM("inside")))
        return enif_make_resource_binary(env, object, object->text, strlen(object->text));
    return enif_make_resource_binary(env, object, far_away, strlen(far_away));
}

NIF(plain) { // of a type without callbacks
    void *object = enif_alloc_resource(plain_type, 8), *found = NULL;
    ERL_NIF_TERM term = enif_make_resource(env, object);
    int mine = enif_get_resource(env, term, plain_type, &found), other = enif_get_resource(env, term, type, &found);
    enif_release_resource(object);
    return enif_make_tuple3(env, INT(mine), INT(other), INT(found == object));
}

// ---- monitors

NIF(monitor) { // monitor(Object, Pid)
    struct object *object = object_of(env, argv[0]);
    ErlNifPid pid;
    if (!object || !enif_get_local_pid(env, argv[1], &pid))
        return enif_make_badarg(env);
    int result = enif_monitor_process(env, object, &pid, &object->monitor);
    if (result == 0 && !enif_is_ref(env, enif_make_monitor_term(env, &object->monitor)))
        return ATOM("no_reference");
    return INT(result > 0 ? 1 : result);
}

NIF(demonitor) {
    struct object *object = object_of(env, argv[0]);
    return object ? INT(enif_demonitor_process(env, object, &object->monitor)) : enif_make_badarg(env);
}

NIF(monitor_plain) {
    ErlNifPid pid;
    void *object = enif_alloc_resource(plain_type, 8);
    int result = enif_monitor_process(env, object, enif_self(env, &pid), NULL);
    enif_release_resource(object);
    return INT(result < 0);
}

NIF(call) { // call(Module, TypeName, Object)
    int sum = 1000;
    int result = enif_dynamic_resource_call(env, argv[0], argv[1], argv[2], &sum);
    return enif_make_tuple2(env, INT(result != 0), INT(sum));
}

// ---- descriptors

NIF(pipes) {
    struct object *object = object_of(env, argv[0]);
    if (!object || pipe(object->descriptors) != 0)
        return enif_make_badarg(env);
    return ATOM("ok");
}

static int descriptor_of(ErlNifEnv *env, struct object *object, ERL_NIF_TERM way) {
    return object->descriptors[enif_is_identical(way, ATOM("read")) ? 0 : 1];
}
static enum ErlNifSelectFlags flag_of(ErlNifEnv *env, ERL_NIF_TERM way) {
    if (enif_is_identical(way, ATOM("error"))) // of the end that is written to
        return ERL_NIF_SELECT_ERROR;
    return enif_is_identical(way, ATOM("read")) ? ERL_NIF_SELECT_READ : ERL_NIF_SELECT_WRITE;
}

// The bits that say what happened; that a stop was called now or is to be is the same to us.
static ERL_NIF_TERM outcome(ErlNifEnv *env, int result) {
    if (result < 0)
        return enif_make_tuple2(
            env, ATOM("error"),
            INT(result & ~(1 << 31) & (ERL_NIF_SELECT_INVALID_EVENT | ERL_NIF_SELECT_FAILED | ERL_NIF_SELECT_NOTSUP)));
    int stopped = (result & (ERL_NIF_SELECT_STOP_CALLED | ERL_NIF_SELECT_STOP_SCHEDULED)) != 0;
    return enif_make_tuple4(env, INT(stopped), INT((result & ERL_NIF_SELECT_READ_CANCELLED) != 0),
                            INT((result & ERL_NIF_SELECT_WRITE_CANCELLED) != 0),
                            INT((result & ERL_NIF_SELECT_ERROR_CANCELLED) != 0));
}

NIF(select_event) { // select_event(Object, read | write, Reference)
    struct object *object = object_of(env, argv[0]);
    if (!object)
        return enif_make_badarg(env);
    return outcome(env,
                   enif_select(env, descriptor_of(env, object, argv[1]), flag_of(env, argv[1]), object, NULL, argv[2]));
}

NIF(select_message) { // select_message(Object, read | write, Message)
    struct object *object = object_of(env, argv[0]);
    if (!object)
        return enif_make_badarg(env);
    ErlNifEnv *message = enif_alloc_env();
    ERL_NIF_TERM term = enif_make_copy(message, argv[2]);
    int result = flag_of(env, argv[1]) == ERL_NIF_SELECT_READ
                     ? enif_select_read(env, descriptor_of(env, object, argv[1]), object, NULL, term, message)
                     : enif_select_write(env, descriptor_of(env, object, argv[1]), object, NULL, argv[2], NULL);
    enif_free_env(message);
    return outcome(env, result);
}

NIF(select_error_message) { // select_error_message(Object, Message)
    struct object *object = object_of(env, argv[0]);
    if (!object)
        return enif_make_badarg(env);
    return outcome(env, enif_select_error(env, object->descriptors[1], object, NULL, argv[1], NULL));
}

NIF(close_reader) {
    struct object *object = object_of(env, argv[0]);
    if (!object)
        return enif_make_badarg(env);
    return INT(close(object->descriptors[0]));
}

NIF(cancel) {
    struct object *object = object_of(env, argv[0]);
    if (!object)
        return enif_make_badarg(env);
    return outcome(env, enif_select(env, descriptor_of(env, object, argv[1]),
                                    ERL_NIF_SELECT_CANCEL | flag_of(env, argv[1]), object, NULL, ATOM("undefined")));
}

NIF(stop) {
    struct object *object = object_of(env, argv[0]);
    if (!object)
        return enif_make_badarg(env);
    return outcome(env, enif_select(env, descriptor_of(env, object, argv[1]), ERL_NIF_SELECT_STOP, object, NULL,
                                    ATOM("undefined")));
}

NIF(select_bad) {
    struct object *object = object_of(env, argv[0]);
    if (!object)
        return enif_make_badarg(env);
    return outcome(env, enif_select(env, -1, ERL_NIF_SELECT_READ, object, NULL, ATOM("undefined")));
}

NIF(transfer) { // transfer(Object, read | write): one byte
    struct object *object = object_of(env, argv[0]);
    char byte = 'x';
    if (!object)
        return enif_make_badarg(env);
    int read_end = enif_is_identical(argv[1], ATOM("read"));
    return INT(read_end ? read(object->descriptors[0], &byte, 1) : write(object->descriptors[1], &byte, 1));
}

// ---- threads

struct work {
    ErlNifPid to;
    int count;
    ErlNifMutex *lock;
    ErlNifCond *condition;
    ErlNifRWLock *rwlock;
    ErlNifTSDKey key;
    int ready, sum;
};

static void *work_thread(void *argument) {
    struct work *work = argument;
    int mine = 7;
    enif_tsd_set(work->key, &mine);
    enif_mutex_lock(work->lock);
    work->ready = 1;
    enif_cond_broadcast(work->condition);
    enif_mutex_unlock(work->lock);
    for (int i = 0; i < work->count; i++) {
        ErlNifEnv *message = enif_alloc_env();
        ERL_NIF_TERM text = enif_make_string(message, "from a thread", ERL_NIF_LATIN1);
        enif_send(
            NULL, &work->to, message,
            enif_make_tuple3(message, enif_make_int(message, i), text, enif_make_int(message, enif_thread_type())));
        enif_free_env(message);
    }
    enif_rwlock_rwlock(work->rwlock);
    work->sum += *(int *)enif_tsd_get(work->key) + (enif_monotonic_time(ERL_NIF_SEC) == ERL_NIF_TIME_ERROR ? 100 : 0);
    enif_rwlock_rwunlock(work->rwlock);
    enif_thread_exit((void *)42);
    return NULL;
}

NIF(threads) { // threads(Pid, Messages)
    struct work work = {0};
    ErlNifTid ids[3];
    void *results[3] = {0};
    if (!enif_get_local_pid(env, argv[0], &work.to) || !enif_get_int(env, argv[1], &work.count))
        return enif_make_badarg(env);
    work.lock = enif_mutex_create("a lock");
    work.condition = enif_cond_create("a condition");
    work.rwlock = enif_rwlock_create("a rwlock");
    enif_tsd_key_create("a key", &work.key);
    ErlNifThreadOpts *options = enif_thread_opts_create("options");
    options->suggested_stack_size = 100;
    for (int i = 0; i < 3; i++)
        if (enif_thread_create("a thread", &ids[i], work_thread, &work, i ? NULL : options) != 0)
            return ATOM("no_thread");
    enif_mutex_lock(work.lock);
    while (!work.ready)
        enif_cond_wait(work.condition, work.lock);
    enif_mutex_unlock(work.lock);
    int busy = enif_equal_tids(ids[0], ids[1]) + enif_equal_tids(enif_thread_self(), ids[0]);
    char name[64];
    strcpy(name, enif_thread_name(ids[0]));
    for (int i = 0; i < 3; i++)
        enif_thread_join(ids[i], &results[i]);
    int free_lock = enif_mutex_trylock(work.lock), taken = enif_mutex_trylock(work.lock);
    enif_mutex_unlock(work.lock);
    int reads = enif_rwlock_tryrlock(work.rwlock), again = enif_rwlock_tryrlock(work.rwlock),
        writes = enif_rwlock_tryrwlock(work.rwlock);
    enif_rwlock_runlock(work.rwlock);
    enif_rwlock_runlock(work.rwlock);
    ERL_NIF_TERM names = enif_make_list4(env, enif_make_string(env, enif_mutex_name(work.lock), ERL_NIF_LATIN1),
                                         enif_make_string(env, enif_cond_name(work.condition), ERL_NIF_LATIN1),
                                         enif_make_string(env, enif_rwlock_name(work.rwlock), ERL_NIF_LATIN1),
                                         enif_make_string(env, name, ERL_NIF_LATIN1));
    enif_thread_opts_destroy(options);
    enif_tsd_key_destroy(work.key);
    enif_rwlock_destroy(work.rwlock);
    enif_cond_destroy(work.condition);
    enif_mutex_destroy(work.lock);
    return enif_make_tuple(env, 9, INT((long)results[2]), INT(work.sum), INT(busy), INT(free_lock), INT(taken == EBUSY),
                           INT(reads), INT(again), INT(writes == EBUSY), names);
}

NIF(send) { // send(Pid, Message, copied | moved)
    ErlNifPid pid;
    if (!enif_get_local_pid(env, argv[0], &pid))
        return enif_make_badarg(env);
    if (enif_is_identical(argv[2], ATOM("copied")))
        return INT(enif_send(env, &pid, NULL, argv[1]));
    ErlNifEnv *message = enif_alloc_env();
    int sent = enif_send(env, &pid, message, enif_make_copy(message, argv[1]));
    int again = enif_send(env, &pid, message, enif_make_atom(message, "again"));
    enif_free_env(message);
    return INT(sent + again);
}

// ---- dirty functions, and functions in the place of others

NIF(thread_type) {
    return INT(enif_thread_type());
}

NIF(slow) { // slow(Milliseconds)
    int milliseconds;
    if (!enif_get_int(env, argv[0], &milliseconds))
        return enif_make_badarg(env);
    usleep((useconds_t)milliseconds * 1000);
    return enif_make_tuple2(env, INT(enif_thread_type()), enif_make_copy(env, argv[1]));
}

NIF(count_down) { // count_down(N, Seen): calls itself
    int n;
    if (!enif_get_int(env, argv[0], &n))
        return enif_make_badarg(env);
    ERL_NIF_TERM next[2] = {INT(n - 1), enif_make_list_cell(env, INT(enif_thread_type()), argv[1])};
    if (n == 0)
        return argv[1];
    enif_consume_timeslice(env, 10);
    return enif_schedule_nif(env, "count_down",
                             n % 4 == 3   ? ERL_NIF_DIRTY_JOB_CPU_BOUND
                             : n % 4 == 2 ? ERL_NIF_DIRTY_JOB_IO_BOUND
                                          : 0,
                             count_down, 2, next);
}

NIF(with_more) {
    return enif_make_tuple4(env, argv[0], argv[1], argv[2], INT(argc));
}
NIF(more) { // goes on as a function of more arguments
    ERL_NIF_TERM next[3] = {argv[0], ATOM("more"), ATOM("still_more")};
    return enif_schedule_nif(env, "with_more", 0, with_more, 3, next);
}
NIF(failing) {
    return enif_make_badarg(env);
}
NIF(fail_later) {
    ERL_NIF_TERM next[2] = {ATOM("other"), argv[0]};
    return enif_schedule_nif(env, "failing", ERL_NIF_DIRTY_JOB_IO_BOUND, failing, 2, next);
}
NIF(fail_now) {
    ERL_NIF_TERM next[2] = {ATOM("other"), argv[0]};
    return enif_schedule_nif(env, "failing", 0, failing, 2, next);
}
NIF(bad_schedule) {
    return enif_schedule_nif(env, "failing", 17, failing, 1, argv);
}
// Dirty: tells that it runs, and goes on when a byte has come through the object's pipe.
NIF(at_gate) { // at_gate(Object, Pid)
    struct object *object = object_of(env, argv[0]);
    ErlNifPid to;
    char byte;
    if (!object || !enif_get_local_pid(env, argv[1], &to))
        return enif_make_badarg(env);
    ErlNifEnv *message = enif_alloc_env();
    enif_send(env, &to, message, enif_make_atom(message, "running"));
    ssize_t got = read(object->descriptors[0], &byte, 1);
    // Its heap is still there.
    ERL_NIF_TERM list = enif_make_list(env, 0);
    for (int i = 0; i < 1000; i++)
        list = enif_make_list_cell(env, enif_make_tuple2(env, INT(i), argv[1]), list);
    int alive = enif_is_current_process_alive(env);
    int sent = enif_send(env, &to, NULL, list);
    enif_clear_env(message);
    enif_send(NULL, &to, message,
              enif_make_tuple4(message, enif_make_atom(message, "gate"), enif_make_int(message, (int)got),
                               enif_make_int(message, alive), enif_make_int(message, sent)));
    enif_free_env(message);
    return list;
}

NIF(until_dead) { // until the process is to die: dirty
    ErlNifPid to;
    enif_get_local_pid(env, argv[0], &to);
    ErlNifEnv *message = enif_alloc_env();
    enif_send(env, &to, message, enif_make_atom(message, "running"));
    while (enif_is_current_process_alive(env))
        usleep(1000);
    enif_free_env(message);
    return ATOM("ok");
}

// ---- loading

NIF(version) {
    struct private_data *data = enif_priv_data(env);
    return enif_make_tuple3(env, INT(VERSION), INT(data->version), INT(data->loads));
}

NIF(register_teller) {
    struct private_data *data = enif_priv_data(env);
    return enif_get_local_pid(env, argv[0], &data->teller) ? ATOM("ok") : enif_make_badarg(env);
}

static int open_types(ErlNifEnv *env) {
    ErlNifResourceTypeInit init = {object_end, object_stop, object_down, 4, object_call};
    ErlNifResourceFlags tried;
    type = enif_init_resource_type(env, "object", &init, ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER, &tried);
    plain_type = enif_open_resource_type(env, NULL, "plain", NULL, ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER, NULL);
    return type && plain_type && tried == (VERSION == 1 ? ERL_NIF_RT_CREATE : ERL_NIF_RT_TAKEOVER) ? 0 : 1;
}

static int load(ErlNifEnv *env, void **private_data, ERL_NIF_TERM info) {
    struct private_data *data = enif_alloc(sizeof *data);
    data->version = VERSION;
    data->loads = 1;
    enif_set_pid_undefined(&data->teller);
    *private_data = data;
    return enif_is_identical(info, ATOM("fail")) ? 17 : open_types(env);
}

static int upgrade(ErlNifEnv *env, void **private_data, void **old_private_data, ERL_NIF_TERM info) {
    struct private_data *data = enif_alloc(sizeof *data);
    *data = *(struct private_data *)*old_private_data;
    data->version = VERSION;
    data->loads++;
    *private_data = data;
    return enif_is_identical(info, ATOM("fail")) ? 18 : open_types(env);
}

static void unload(ErlNifEnv *env, void *private_data) {
    struct private_data *data = private_data;
    ErlNifEnv *message = enif_alloc_env();
    if (!enif_is_pid_undefined(&data->teller))
        enif_send(
            env, &data->teller, message,
            enif_make_tuple2(message, enif_make_atom(message, "unloaded"), enif_make_int(message, data->version)));
    enif_free_env(message);
    enif_free(data);
}

static ErlNifFunc functions[] = {
    {"make", 1, make},
    {"number", 1, number},
    {"size", 1, size},
    {"again", 1, again},
    {"keep", 1, keep},
    {"release", 1, release},
    {"bytes", 2, bytes},
    {"plain", 0, plain},
    {"monitor", 2, monitor},
    {"demonitor", 1, demonitor},
    {"monitor_plain", 0, monitor_plain},
    {"call", 3, call},
    {"pipes", 1, pipes},
    {"select_event", 3, select_event},
    {"select_message", 3, select_message},
    {"cancel", 2, cancel},
    {"stop", 2, stop},
    {"select_bad", 1, select_bad},
    {"select_error_message", 2, select_error_message},
    {"close_reader", 1, close_reader},
    {"transfer", 2, transfer},
    {"threads", 2, threads},
    {"send", 3, send},
    {"thread_type", 0, thread_type},
    {"cpu_type", 0, thread_type, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"io_type", 0, thread_type, ERL_NIF_DIRTY_JOB_IO_BOUND},
    {"slow", 2, slow, ERL_NIF_DIRTY_JOB_IO_BOUND},
    {"count_down", 2, count_down},
    {"more", 1, more},
    {"fail_later", 1, fail_later},
    {"fail_now", 1, fail_now},
    {"bad_schedule", 1, bad_schedule},
    {"fail_dirty", 1, failing, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"at_gate", 2, at_gate, ERL_NIF_DIRTY_JOB_IO_BOUND},
    {"until_dead", 1, until_dead, ERL_NIF_DIRTY_JOB_IO_BOUND},
    {"version", 0, version},
    {"register_teller", 1, register_teller},
};

ERL_NIF_INIT(nif_object, functions, load, NULL, upgrade, unload)
