// What the C interface says of terms and makes of arguments: each function shows one family. The Erlang side is
// nif_probe.erl; OTP's answers are the expected ones.

#include <erl_nif.h>
#include <string.h>

#define NIF(name) static ERL_NIF_TERM name(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
#define ATOM(text) enif_make_atom(env, text)
#define INT(value) enif_make_int(env, (int)(value))
#define PAIR(a, b) enif_make_tuple2(env, a, b)

// ---- inspecting

NIF(kinds) {
    ERL_NIF_TERM t = argv[0];
    return enif_make_list(env, 12, INT(enif_is_atom(env, t)), INT(enif_is_binary(env, t)), INT(enif_is_ref(env, t)),
                          INT(enif_is_fun(env, t)), INT(enif_is_pid(env, t)), INT(enif_is_port(env, t)),
                          INT(enif_is_tuple(env, t)), INT(enif_is_list(env, t)), INT(enif_is_empty_list(env, t)),
                          INT(enif_is_number(env, t)), INT(enif_is_map(env, t)), INT(enif_term_type(env, t)));
}

NIF(numbers) {
    int i = 0;
    unsigned u = 0;
    long l = 0;
    unsigned long ul = 0;
    double d = 0;
    ERL_NIF_TERM list = enif_make_list(env, 0), none = ATOM("none");
    list = enif_make_list_cell(env, enif_get_double(env, argv[0], &d) ? enif_make_double(env, d) : none, list);
    list = enif_make_list_cell(env, enif_get_ulong(env, argv[0], &ul) ? enif_make_ulong(env, ul) : none, list);
    list = enif_make_list_cell(env, enif_get_long(env, argv[0], &l) ? enif_make_long(env, l) : none, list);
    list = enif_make_list_cell(env, enif_get_uint(env, argv[0], &u) ? enif_make_uint(env, u) : none, list);
    return enif_make_list_cell(env, enif_get_int(env, argv[0], &i) ? enif_make_int(env, i) : none, list);
}

// string(List, Size): what enif_get_string writes to a buffer of that size.
NIF(string) {
    char buffer[300];
    unsigned size;
    memset(buffer, '#', sizeof buffer);
    if (!enif_get_uint(env, argv[1], &size) || size > sizeof buffer)
        return enif_make_badarg(env);
    int result = enif_get_string(env, argv[0], buffer, size, ERL_NIF_LATIN1);
    return PAIR(INT(result), result > 0 ? enif_make_string(env, buffer, ERL_NIF_LATIN1) : ATOM("none"));
}

NIF(atom_text) {
    char buffer[300];
    unsigned size, length = 0;
    if (!enif_get_uint(env, argv[1], &size) || size > sizeof buffer)
        return enif_make_badarg(env);
    int known = enif_get_atom_length(env, argv[0], &length, ERL_NIF_LATIN1);
    int result = enif_get_atom(env, argv[0], buffer, size, ERL_NIF_LATIN1);
    return enif_make_tuple4(env, INT(known), INT(length), INT(result),
                            result > 0 ? enif_make_string_len(env, buffer, result - 1, ERL_NIF_LATIN1) : ATOM("none"));
}

NIF(list) {
    unsigned length = 0;
    ERL_NIF_TERM head = INT(0), tail = INT(0), reversed = ATOM("none");
    int is_cell = enif_get_list_cell(env, argv[0], &head, &tail),
        has_length = enif_get_list_length(env, argv[0], &length);
    int reverses = enif_make_reverse_list(env, argv[0], &reversed);
    return enif_make_list7(env, INT(is_cell), head, tail, INT(has_length), INT(length), INT(reverses),
                           reverses ? reversed : ATOM("none"));
}

NIF(tuple) {
    int arity;
    const ERL_NIF_TERM *elements;
    if (!enif_get_tuple(env, argv[0], &arity, &elements))
        return ATOM("none");
    return PAIR(INT(arity), enif_make_list_from_array(env, elements, (unsigned)arity));
}

NIF(compare) {
    return enif_make_tuple2(env, INT(enif_compare(argv[0], argv[1])), INT(enif_is_identical(argv[0], argv[1])));
}

NIF(hash) {
    ErlNifUInt64 a = enif_hash(ERL_NIF_INTERNAL_HASH, argv[0], 1), b = enif_hash(ERL_NIF_INTERNAL_HASH, argv[0], 1);
    return PAIR(enif_make_uint64(env, enif_hash(ERL_NIF_PHASH2, argv[0], 77)), INT(a == b));
}

// ---- making

NIF(atoms) {
    ErlNifBinary name;
    ERL_NIF_TERM existing = ATOM("none");
    if (!enif_inspect_binary(env, argv[0], &name))
        return enif_make_badarg(env);
    int exists = enif_make_existing_atom_len(env, (char *)name.data, name.size, &existing, ERL_NIF_LATIN1);
    return enif_make_tuple3(env, INT(exists), exists ? existing : ATOM("none"),
                            enif_make_atom_len(env, (char *)name.data, name.size));
}

NIF(make_double) {
    double value = 1e308;
    int times;
    enif_get_int(env, argv[0], &times);
    while (times-- > 0)
        value *= 10;
    ERL_NIF_TERM made = enif_make_double(env, value);
    return enif_is_exception(env, made) ? made : PAIR(ATOM("ok"), made);
}

NIF(tuples) {
    ERL_NIF_TERM array[3] = {INT(1), INT(2), argv[0]};
    return enif_make_list4(env, enif_make_tuple(env, 0), enif_make_tuple1(env, argv[0]),
                           enif_make_tuple_from_array(env, array, 3), enif_make_tuple_from_array(env, array, 0));
}

NIF(unique) {
    ERL_NIF_TERM a = enif_make_unique_integer(env, ERL_NIF_UNIQUE_POSITIVE | ERL_NIF_UNIQUE_MONOTONIC);
    ERL_NIF_TERM b = enif_make_unique_integer(env, ERL_NIF_UNIQUE_POSITIVE | ERL_NIF_UNIQUE_MONOTONIC);
    ERL_NIF_TERM r = enif_make_ref(env), s = enif_make_ref(env);
    return enif_make_list3(env, INT(enif_compare(a, b)), INT(enif_is_ref(env, r)), INT(enif_is_identical(r, s)));
}

NIF(copy) {
    ErlNifEnv *other = enif_alloc_env();
    ERL_NIF_TERM there = enif_make_copy(other, argv[0]), here = enif_make_copy(env, there);
    int same = enif_is_identical(there, argv[0]);
    enif_clear_env(other);
    enif_free_env(other);
    return PAIR(INT(same), here);
}

NIF(print) {
    char text[400], small[8];
    int length = enif_snprintf(text, sizeof text, "%T|%d|%5s|%-5s|%lu|%c|%x|%%|%.2f|%.*s|%*d|%lld", argv[0], -7, "ab",
                               "cd", 123456789012345ul, 'z', 255, 3.14159, 3, "abcdef", 6, 42, 1ll << 60);
    int cut = enif_snprintf(small, sizeof small, "%s", "0123456789");
    return enif_make_tuple4(env, INT(length), enif_make_string(env, text, ERL_NIF_LATIN1), INT(cut),
                            enif_make_string(env, small, ERL_NIF_LATIN1));
}

// ---- binaries

NIF(bytes) {
    ErlNifBinary binary = {0}, io = {0};
    int is_binary = enif_inspect_binary(env, argv[0], &binary),
        is_io = enif_inspect_iolist_as_binary(env, argv[0], &io);
    ERL_NIF_TERM list = enif_make_list(env, 0);
    if (is_binary)
        list =
            enif_make_list_cell(env, enif_make_string_len(env, (char *)binary.data, binary.size, ERL_NIF_LATIN1), list);
    if (is_io)
        list = enif_make_list_cell(env, enif_make_string_len(env, (char *)io.data, io.size, ERL_NIF_LATIN1), list);
    return enif_make_tuple3(env, INT(is_binary), INT(is_io), list);
}

// grow(Size, ...): allocates, fills, reallocates twice, makes a term.
NIF(grow) {
    ErlNifBinary binary;
    unsigned size;
    if (!enif_get_uint(env, argv[0], &size) || !enif_alloc_binary(size, &binary))
        return enif_make_badarg(env);
    memset(binary.data, 'a', size);
    enif_realloc_binary(&binary, 2 * size + 1);
    memset(binary.data + size, 'b', size + 1);
    enif_realloc_binary(&binary, size + size / 2);
    return enif_make_binary(env, &binary);
}

NIF(new_binary) {
    ERL_NIF_TERM term;
    unsigned size;
    enif_get_uint(env, argv[0], &size);
    unsigned char *bytes = enif_make_new_binary(env, size, &term);
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (unsigned char)i;
    return term;
}

NIF(edited) { // an inspected binary becomes one's own when it is reallocated
    ErlNifBinary binary;
    if (!enif_inspect_binary(env, argv[0], &binary))
        return enif_make_badarg(env);
    enif_realloc_binary(&binary, binary.size + 1);
    binary.data[binary.size - 1] = '!';
    ERL_NIF_TERM made = enif_make_binary(env, &binary);
    return PAIR(argv[0], made);
}

NIF(part) {
    unsigned position, size;
    enif_get_uint(env, argv[1], &position);
    enif_get_uint(env, argv[2], &size);
    return enif_make_sub_binary(env, argv[0], position, size);
}

NIF(huge) {
    ErlNifBinary binary;
    void *memory = enif_alloc((size_t)1 << 60);
    return PAIR(INT(memory != NULL), INT(enif_alloc_binary((size_t)1 << 60, &binary)));
}

NIF(external) {
    ErlNifBinary binary;
    ERL_NIF_TERM decoded = ATOM("none");
    if (!enif_term_to_binary(env, argv[0], &binary))
        return enif_make_badarg(env);
    size_t used = enif_binary_to_term(env, binary.data, binary.size, &decoded, 0);
    int all = used == binary.size;
    ERL_NIF_TERM nothing;
    size_t cut = enif_binary_to_term(env, binary.data, binary.size - 1, &nothing, 0);
    return enif_make_tuple4(env, INT(all), INT(cut), decoded, enif_make_binary(env, &binary));
}

NIF(decode) {
    ErlNifBinary binary;
    unsigned options;
    ERL_NIF_TERM decoded = ATOM("none");
    enif_get_uint(env, argv[1], &options);
    if (!enif_inspect_binary(env, argv[0], &binary))
        return enif_make_badarg(env);
    size_t used = enif_binary_to_term(env, binary.data, binary.size, &decoded, options);
    return PAIR(enif_make_uint64(env, used), used > 0 ? decoded : ATOM("none"));
}

// ---- maps

NIF(map) {
    size_t size = 99;
    ERL_NIF_TERM value = ATOM("none"), put = ATOM("none"), update = ATOM("none"), removed = ATOM("none");
    int results[5] = {enif_get_map_size(env, argv[0], &size), enif_get_map_value(env, argv[0], argv[1], &value),
                      enif_make_map_put(env, argv[0], argv[1], argv[2], &put),
                      enif_make_map_update(env, argv[0], argv[1], argv[2], &update),
                      enif_make_map_remove(env, argv[0], argv[1], &removed)};
    ERL_NIF_TERM list = enif_make_list(env, 0), values[5] = {INT(size), value, put, update, removed};
    for (int i = 5; i-- > 0;)
        list = enif_make_list_cell(env, results[i] ? values[i] : ATOM("none"), list);
    return list;
}

NIF(map_of) {
    ERL_NIF_TERM keys[100], values[100], map = ATOM("none"), list = argv[0], head;
    size_t count = 0;
    for (; count < 100 && enif_get_list_cell(env, list, &head, &list); count++) {
        keys[count] = head;
        values[count] = INT(count);
    }
    int result = enif_make_map_from_arrays(env, keys, values, count, &map);
    return PAIR(INT(result), result ? map : ATOM("none"));
}

NIF(walk) { // forwards, then backwards, then over the ends
    ErlNifMapIterator iterator;
    ERL_NIF_TERM forwards = enif_make_list(env, 0), backwards = forwards, key, value, ends;
    if (!enif_map_iterator_create(env, argv[0], &iterator, ERL_NIF_MAP_ITERATOR_FIRST))
        return enif_make_badarg(env);
    while (enif_map_iterator_get_pair(env, &iterator, &key, &value)) {
        forwards = enif_make_list_cell(env, PAIR(key, value), forwards);
        enif_map_iterator_next(env, &iterator);
    }
    ends = enif_make_list4(env, INT(enif_map_iterator_is_tail(env, &iterator)),
                           INT(enif_map_iterator_is_head(env, &iterator)), INT(enif_map_iterator_next(env, &iterator)),
                           INT(enif_map_iterator_get_pair(env, &iterator, &key, &value)));
    while (enif_map_iterator_prev(env, &iterator)) {
        enif_map_iterator_get_pair(env, &iterator, &key, &value);
        backwards = enif_make_list_cell(env, PAIR(key, value), backwards);
    }
    int head = enif_map_iterator_is_head(env, &iterator), again = enif_map_iterator_next(env, &iterator);
    enif_map_iterator_destroy(env, &iterator);
    enif_map_iterator_create(env, argv[0], &iterator, ERL_NIF_MAP_ITERATOR_LAST);
    int last = enif_map_iterator_next(env, &iterator);
    enif_map_iterator_destroy(env, &iterator);
    return enif_make_tuple(env, 6, forwards, ends, backwards, INT(head), INT(again), INT(last));
}

// ---- exceptions

NIF(raise) {
    return enif_raise_exception(env, argv[0]);
}
NIF(raise_and_return) { // what it returns does not count
    ERL_NIF_TERM reason = ATOM("none");
    int before = enif_has_pending_exception(env, NULL);
    ERL_NIF_TERM exception = enif_make_badarg(env);
    int after = enif_has_pending_exception(env, &reason);
    (void)exception;
    return before + after > 5 ? reason : ATOM("no_exception");
}
NIF(is_exception) {
    return PAIR(INT(enif_is_exception(env, argv[0])), INT(enif_is_exception(env, enif_make_badarg(env))));
}

// ---- vectors and queues

static ERL_NIF_TERM queue_text(ErlNifEnv *env, ErlNifIOQueue *queue) {
    int count;
    SysIOVec *parts = enif_ioq_peek(queue, &count);
    ERL_NIF_TERM list = enif_make_list(env, 0);
    for (int i = count; i-- > 0;)
        list = enif_make_list_cell(env, enif_make_string_len(env, parts[i].iov_base, parts[i].iov_len, ERL_NIF_LATIN1),
                                   list);
    return PAIR(enif_make_uint64(env, enif_ioq_size(queue)), list);
}

NIF(vector) {
    ErlNifIOVec *vector = NULL;
    ERL_NIF_TERM tail = ATOM("none"), list = enif_make_list(env, 0);
    unsigned limit;
    enif_get_uint(env, argv[1], &limit);
    if (!enif_inspect_iovec(env, limit, argv[0], &tail, &vector))
        return enif_make_badarg(env);
    for (int i = vector->iovcnt; i-- > 0;)
        list = enif_make_list_cell(
            env, enif_make_string_len(env, vector->iov[i].iov_base, vector->iov[i].iov_len, ERL_NIF_LATIN1), list);
    return enif_make_tuple4(env, INT(vector->iovcnt), INT(vector->size), list, tail);
}

// queue(Binaries, Skip, Dequeue)
NIF(queue) {
    ErlNifIOQueue *queue = enif_ioq_create(ERL_NIF_IOQ_NORMAL);
    ErlNifIOVec on_stack, *vector = &on_stack, *kept = NULL;
    ERL_NIF_TERM tail, head = ATOM("none"), states = enif_make_list(env, 0);
    unsigned skip, count;
    size_t left = 0, head_size = 0;
    ErlNifBinary binary;
    enif_get_uint(env, argv[1], &skip);
    enif_get_uint(env, argv[2], &count);
    if (!enif_inspect_iovec(env, 100, argv[0], &tail, &vector) ||
        !enif_inspect_iovec(NULL, 100, argv[0], &tail, &kept)) {
        enif_ioq_destroy(queue);
        return enif_make_badarg(env);
    }
    int enqueued = enif_ioq_enqv(queue, vector, skip), more = enif_ioq_enqv(queue, kept, 0);
    enif_free_iovec(kept);
    states = enif_make_list_cell(env, queue_text(env, queue), states);
    enif_alloc_binary(5, &binary);
    memcpy(binary.data, "12345", 5);
    int whole = enif_ioq_enq_binary(queue, &binary, 2);
    states = enif_make_list_cell(env, queue_text(env, queue), states);
    int dequeued = enif_ioq_deq(queue, count, &left);
    states = enif_make_list_cell(env, queue_text(env, queue), states);
    int has_head = enif_ioq_peek_head(env, queue, &head_size, &head);
    int too_many = enif_ioq_deq(queue, 1000000, NULL);
    enif_ioq_destroy(queue);
    return enif_make_tuple(env, 10, INT(enqueued), INT(more), INT(whole), INT(dequeued), enif_make_uint64(env, left),
                           INT(has_head), INT(head_size), head, INT(too_many), states);
}

// ---- time and surroundings

NIF(convert) {
    int from, to;
    ErlNifSInt64 time;
    enif_get_int64(env, argv[0], &time);
    enif_get_int(env, argv[1], &from);
    enif_get_int(env, argv[2], &to);
    ErlNifTime result = enif_convert_time_unit(time, (ErlNifTimeUnit)from, (ErlNifTimeUnit)to);
    return result == ERL_NIF_TIME_ERROR ? ATOM("error") : enif_make_int64(env, result);
}

NIF(times) {
    ErlNifTime a = enif_monotonic_time(ERL_NIF_NSEC), b = enif_monotonic_time(ERL_NIF_NSEC);
    return enif_make_tuple(env, 6, INT(b >= a), enif_make_int64(env, enif_monotonic_time(ERL_NIF_MSEC)),
                           enif_make_int64(env, enif_time_offset(ERL_NIF_SEC)),
                           INT(enif_monotonic_time((ErlNifTimeUnit)9) == ERL_NIF_TIME_ERROR), enif_now_time(env),
                           enif_cpu_time(env));
}

NIF(variable) {
    char name[64], value[16];
    size_t size = sizeof value;
    enif_get_string(env, argv[0], name, sizeof name, ERL_NIF_LATIN1);
    int result = enif_getenv(name, value, &size);
    return enif_make_tuple3(env, INT(result), INT(result == 0 ? (int)size : 0),
                            result == 0 ? enif_make_string(env, value, ERL_NIF_LATIN1) : ATOM("none"));
}

NIF(info) {
    ErlNifSysInfo info;
    memset(&info, 0, sizeof info);
    enif_system_info(&info, sizeof info);
    return enif_make_tuple(env, 7, INT(info.driver_major_version), INT(info.driver_minor_version),
                           INT(info.nif_major_version), INT(info.nif_minor_version), INT(info.thread_support),
                           INT(info.smp_support), INT(info.dirty_scheduler_support));
}

NIF(whereis) {
    ErlNifPid pid;
    ErlNifPort port;
    int is_pid = enif_whereis_pid(env, argv[0], &pid), is_port = enif_whereis_port(env, argv[0], &port);
    return enif_make_tuple3(env, INT(is_pid), INT(is_port), is_pid ? enif_make_pid(env, &pid) : ATOM("none"));
}

NIF(local) {
    ErlNifPid pid, self, none;
    ErlNifPort port;
    enif_self(env, &self);
    enif_set_pid_undefined(&none);
    int is_pid = enif_get_local_pid(env, argv[0], &pid), is_port = enif_get_local_port(env, argv[0], &port);
    return enif_make_list7(env, INT(is_pid), INT(is_port), INT(is_pid ? enif_is_process_alive(env, &pid) : -1),
                           INT(is_port ? enif_is_port_alive(env, &port) : -1), INT(enif_is_current_process_alive(env)),
                           INT(enif_is_pid_undefined(&none)), INT(is_pid ? enif_compare_pids(&pid, &self) == 0 : -1));
}

NIF(slice) {
    int percent;
    enif_get_int(env, argv[0], &percent);
    return INT(enif_consume_timeslice(env, percent));
}

NIF(command) {
    ErlNifPort port;
    if (!enif_get_local_port(env, argv[0], &port))
        return enif_make_badarg(env);
    ErlNifEnv *message = enif_alloc_env();
    int result = enif_port_command(env, &port, message, enif_make_copy(message, argv[1]));
    enif_free_env(message);
    return INT(result);
}

static ErlNifFunc functions[] = {
    {"kinds", 1, kinds},
    {"numbers", 1, numbers},
    {"string", 2, string},
    {"atom_text", 2, atom_text},
    {"list", 1, list},
    {"tuple", 1, tuple},
    {"compare", 2, compare},
    {"hash", 1, hash},
    {"atoms", 1, atoms},
    {"make_double", 1, make_double},
    {"tuples", 1, tuples},
    {"unique", 0, unique},
    {"copy", 1, copy},
    {"print", 1, print},
    {"bytes", 1, bytes},
    {"grow", 1, grow},
    {"new_binary", 1, new_binary},
    {"edited", 1, edited},
    {"part", 3, part},
    {"huge", 0, huge},
    {"external", 1, external},
    {"decode", 2, decode},
    {"map", 3, map},
    {"map_of", 1, map_of},
    {"walk", 1, walk},
    {"raise", 1, raise},
    {"raise_and_return", 0, raise_and_return},
    {"is_exception", 1, is_exception},
    {"vector", 2, vector},
    {"queue", 3, queue},
    {"convert", 3, convert},
    {"times", 0, times},
    {"variable", 1, variable},
    {"info", 0, info},
    {"whereis", 1, whereis},
    {"local", 1, local},
    {"slice", 1, slice},
    {"command", 2, command},
};

ERL_NIF_INIT(nif_probe, functions, NULL, NULL, NULL, NULL)
