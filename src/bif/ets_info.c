// ets: facts about tables.

#include "bif/bif.h"
#include "code/code.h"
#include "ets/ets.h"

static const term info_items[] = {
    ATOM_protection,
    ATOM_keypos,
    ATOM_type,
    ATOM_named_table,
    ATOM_node,
    ATOM_size,
    ATOM_name,
    ATOM_heir,
    ATOM_owner,
    ATOM_memory,
    ATOM_compressed,
    ATOM_write_concurrency,
    ATOM_read_concurrency,
    ATOM_decentralized_counters,
    ATOM_id,
};

BIF(ets, info, 1) {
    bool valid;
    struct table *table = ets_find(arguments[0], &valid);
    if (!valid)
        return raise_badarg_cause(self, ATOM_type);
    term list = NIL;
    for (size_t i = 0; table && i < sizeof info_items / sizeof *info_items; i++) {
        term value = ets_info(self, table, info_items[i]);
        if (value == ATOM_undefined) // the table has gone
            return ATOM_undefined;
        list = heap_cons(&self->heap, heap_tuple_of(&self->heap, 2, info_items[i], value), list);
    }
    return table ? list : ATOM_undefined;
}

BIF(ets, info, 2) {
    bool valid;
    struct table *table = ets_find(arguments[0], &valid);
    if (!valid)
        return raise_badarg_cause(self, ATOM_type);
    if (!table)
        return ATOM_undefined;
    term value = NONE;
    if (arguments[1] == ATOM_binary)
        value = ets_binary_info(self, table, NONE);
    else if (is_atom(arguments[1]))
        value = ets_info(self, table, arguments[1]);
    return value == NONE ? raise_badarg(self) : value;
}

// ets:all/0 waits for one message {Reference, Tables} from each scheduler: the first has them all.
BIF(ets, internal_request_all, 0) {
    struct export *system_info = code_export(ATOM_erlang, ATOM_system_info, 1);
    term schedulers = system_info->bif(self, (term[]){ATOM_schedulers});
    if (schedulers == NONE)
        return NONE;
    term reference = heap_reference(&self->heap), tables = ets_all(&self->heap);
    for (int64_t i = 0; i < small_value(schedulers); i++) {
        proc_send(self, self->pid, heap_tuple_of(&self->heap, 2, reference, tables));
        tables = NIL;
    }
    return reference;
}

// ---- for debuggers

BIF(erts_internal, ets_super_user, 1) {
    if (arguments[0] != ATOM_true && arguments[0] != ATOM_false)
        return raise_badarg(self);
    ets_super_user(self, arguments[0] == ATOM_true);
    return ATOM_ok;
}

BIF(erts_internal, ets_lookup_binary_info, 2) {
    struct table *table = ets_open(self, arguments[0], NEED_READ);
    return table ? ets_binary_info(self, table, arguments[1]) : NONE;
}

BIF(erts_internal, ets_raw_first, 1) {
    struct table *table = ets_open(self, arguments[0], NEED_READ);
    term key;
    if (!table)
        return NONE;
    return ets_first(table, &self->heap, &key) ? key : ets_raise_dead(self);
}

BIF(erts_internal, ets_raw_next, 2) {
    struct table *table = ets_open(self, arguments[0], NEED_READ);
    term key;
    if (!table)
        return NONE;
    if (!ets_next(table, &self->heap, arguments[1], &key))
        return ets_raise_dead(self);
    return key == NONE ? raise_badarg(self) : key;
}
