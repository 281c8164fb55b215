// Other nodes: there are none while this one has no name.

#include "bif/bif.h"
#include "term/map.h"
#include "vm.h"

// visible, hidden, connected, this, known, or a list of them: true when they are valid, *this_node when this one is
// among them.
static bool types_read(term types, bool *this_node) {
    if (is_atom(types)) {
        *this_node |= types == ATOM_this || types == ATOM_known;
        return types == ATOM_visible || types == ATOM_hidden || types == ATOM_connected || types == ATOM_this ||
               types == ATOM_known;
    }
    for (; is_list(types); types = list_tail(types)) {
        if (!is_atom(list_head(types)) || !types_read(list_head(types), this_node))
            return false;
    }
    return is_nil(types);
}

BIF(erlang, nodes, 0) {
    return NIL;
}

BIF(erlang, nodes, 1) {
    bool this_node = false;
    if (!types_read(arguments[0], &this_node))
        return raise_badarg(self);
    return this_node ? heap_cons(&self->heap, atomic_load(&vm.node_name), NIL) : NIL;
}

BIF(erlang, nodes, 2) {
    bool this_node = false;
    if (!types_read(arguments[0], &this_node) || !is_map(arguments[1]))
        return raise_badarg(self);
    term info = map_empty(&self->heap);
    for (struct map_iterator it = map_iterate(arguments[1]); map_next(&it);) {
        if ((it.key != ATOM_connection_id && it.key != ATOM_node_type) ||
            (it.value != ATOM_true && it.value != ATOM_false))
            return raise_badarg(self);
        if (it.value == ATOM_true)
            info = map_put(&self->heap, info, it.key, it.key == ATOM_node_type ? ATOM_this : ATOM_undefined);
    }
    if (!this_node)
        return NIL;
    return heap_cons(&self->heap, heap_tuple_of(&self->heap, 2, atomic_load(&vm.node_name), info), NIL);
}

static term monitor_node(struct process *self, term node, term on) {
    if (!is_atom(node) || (on != ATOM_true && on != ATOM_false))
        return raise_badarg(self);
    return node == atomic_load(&vm.node_name) ? ATOM_true : raise_error(self, ATOM_notalive);
}

BIF(erlang, monitor_node, 2) {
    return monitor_node(self, arguments[0], arguments[1]);
}

BIF(erlang, monitor_node, 3) {
    term options = arguments[2];
    for (; is_list(options); options = list_tail(options)) {
        if (list_head(options) != ATOM_allow_passive_connect)
            return raise_badarg(self);
    }
    return is_nil(options) ? monitor_node(self, arguments[0], arguments[1]) : raise_badarg(self);
}

// Whether the node of a process takes Unicode in io requests: all that are old enough to be connected do.
BIF(net_kernel, dflag_unicode_io, 1) {
    return is_pid(arguments[0]) ? ATOM_true : raise_badarg(self);
}
