// The module persistent_term.

#include "bif/bif.h"
#include "code/collector.h"
#include "ets/persistent.h"
#include "term/map.h"

static void tell_collector(struct process *self, bool dropped) {
    if (dropped && !is_nil(collector_process()))
        proc_send(self, collector_process(), ATOM_copy_literals);
}

BIF(persistent_term, get, 1) {
    term value = persistent_get(arguments[0]);
    return value == NONE ? raise_badarg(self) : value;
}

BIF(persistent_term, get, 2) {
    term value = persistent_get(arguments[0]);
    return value == NONE ? arguments[1] : value;
}

struct pairs {
    struct heap *heap;
    term list;
};

static void add_pair(void *argument, term key, term value) {
    struct pairs *pairs = argument;
    pairs->list = heap_cons(pairs->heap, heap_tuple_of(pairs->heap, 2, key, value), pairs->list);
}

BIF(persistent_term, get, 0) {
    struct pairs pairs = {&self->heap, NIL};
    persistent_each(add_pair, &pairs);
    return pairs.list;
}

BIF(persistent_term, put, 2) {
    tell_collector(self, persistent_put(arguments[0], arguments[1]));
    return ATOM_ok;
}

BIF(persistent_term, erase, 1) {
    bool erased = persistent_erase(arguments[0]);
    tell_collector(self, erased);
    return term_boolean(erased);
}

BIF(erts_internal, erase_persistent_terms, 0) {
    tell_collector(self, persistent_erase_all());
    return ATOM_ok;
}

BIF(persistent_term, info, 0) {
    term pairs[] = {ATOM_count, SMALL(persistent_count()), ATOM_memory, SMALL(persistent_memory())};
    return map_from_pairs(&self->heap, pairs, 2);
}
