// Other nodes: which there are, and hearing of their end.

#include "bif/bif.h"
#include "dist/outgoing.h"
#include "proc/bond.h"
#include "term/map.h"

// ---- nodes --------------------------------------------------------------------------------------------------------

struct wanted {
    bool visible, hidden, this, known;
};

// visible, hidden, connected, this, known, or a list of them.
static bool wanted_read(term types, struct wanted *wanted) {
    if (is_atom(types)) {
        wanted->visible |= types == ATOM_visible || types == ATOM_connected || types == ATOM_known;
        wanted->hidden |= types == ATOM_hidden || types == ATOM_connected || types == ATOM_known;
        wanted->this |= types == ATOM_this || types == ATOM_known;
        wanted->known |= types == ATOM_known;
        return types == ATOM_visible || types == ATOM_hidden || types == ATOM_connected || types == ATOM_this ||
               types == ATOM_known;
    }
    for (; is_list(types); types = list_tail(types)) {
        if (!is_atom(list_head(types)) || !wanted_read(list_head(types), wanted))
            return false;
    }
    return is_nil(types);
}

// What nodes/2 tells beside the name; `type` and `id` NONE: not asked for, else as they are.
struct info {
    bool wanted, type, id;
};

static term describe(struct heap *heap, const struct info *info, term name, term type, term id) {
    if (!info->wanted)
        return name;
    term pairs[4];
    size_t count = 0;
    if (info->id) {
        pairs[2 * count] = ATOM_connection_id;
        pairs[2 * count++ + 1] = id;
    }
    if (info->type) {
        pairs[2 * count] = ATOM_node_type;
        pairs[2 * count++ + 1] = type;
    }
    return heap_tuple_of(heap, 2, name, count ? map_from_pairs(heap, pairs, count) : map_empty(heap));
}

static term describe_node(struct heap *heap, struct node *node, const struct wanted *wanted, const struct info *info) {
    struct channel *channel = channel_get(node);
    bool up = channel && atomic_load(&channel->state) == CHANNEL_UP;
    term entry = NONE;
    if (up && (channel->hidden ? wanted->hidden : wanted->visible))
        entry = describe(heap, info, node->name, channel->hidden ? ATOM_hidden : ATOM_visible, SMALL(channel->id));
    else if (!up && wanted->known)
        entry = describe(heap, info, node->name, ATOM_known, ATOM_undefined);
    if (channel)
        channel_release(channel);
    return entry;
}

static term list_nodes(struct heap *heap, const struct wanted *wanted, const struct info *info) {
    term list = NIL;
    size_t bucket = 0;
    for (struct node *node = NULL; (node = dist_node_next(&bucket, node));) {
        term entry = describe_node(heap, node, wanted, info);
        if (entry != NONE)
            list = heap_cons(heap, entry, list);
    }
    if (wanted->this)
        list = heap_cons(heap, describe(heap, info, atomic_load(&vm.node_name), ATOM_this, ATOM_undefined), list);
    return list;
}

BIF(erlang, nodes, 0) {
    return list_nodes(&self->heap, &(struct wanted){.visible = true}, &(struct info){0});
}

BIF(erlang, nodes, 1) {
    struct wanted wanted = {0};
    if (!wanted_read(arguments[0], &wanted))
        return raise_badarg(self);
    return list_nodes(&self->heap, &wanted, &(struct info){0});
}

BIF(erlang, nodes, 2) {
    struct wanted wanted = {0};
    struct info info = {.wanted = true};
    if (!wanted_read(arguments[0], &wanted) || !is_map(arguments[1]))
        return raise_badarg(self);
    for (struct map_iterator it = map_iterate(arguments[1]); map_next(&it);) {
        if ((it.key != ATOM_connection_id && it.key != ATOM_node_type) ||
            (it.value != ATOM_true && it.value != ATOM_false))
            return raise_badarg(self);
        *(it.key == ATOM_node_type ? &info.type : &info.id) = it.value == ATOM_true;
    }
    return list_nodes(&self->heap, &wanted, &info);
}

// ---- monitor_node -------------------------------------------------------------------------------------------------

// Counts one more; false when the channel is down.
static bool add_monitor(struct process *self, struct channel *channel) {
    mutex_lock(&channel->node->lock);
    bool alive = atomic_load(&channel->state) != CHANNEL_DOWN;
    if (alive)
        channel_watch(channel, self->pid);
    mutex_unlock(&channel->node->lock);
    if (!alive)
        return false;
    struct bond *bond = bond_find(self, BOND_NODE, channel->node->name);
    int64_t count = bond ? small_value(bond->value) : 0;
    if (!bond)
        bond = bond_add(self, BOND_NODE, channel->node->name, NONE, SMALL(0));
    bond->value = SMALL(count + 1);
    bond->channel = channel->id;
    return true;
}

static void remove_monitor(struct process *self, term node) {
    struct bond *bond = bond_find(self, BOND_NODE, node);
    if (!bond)
        return;
    bond->value = SMALL(small_value(bond->value) - 1);
    if (bond->value == SMALL(0))
        bond_remove(self, bond);
}

// Without a connection, and none to be had, erlang:dmonitor_node/3 goes on.
static term monitor_node(struct process *self, term *arguments, bool passive) {
    term node = arguments[0], on = arguments[1];
    if (!is_atom(node) || (on != ATOM_true && on != ATOM_false))
        return raise_badarg(self);
    if (node == atomic_load(&vm.node_name))
        return ATOM_true;
    if (!dist_is_alive())
        return raise_error(self, ATOM_notalive);
    if (atomic_load(&self->inbox))
        proc_handle_own_signals(self); // the end of an earlier connection is told first
    if (on == ATOM_false) {
        remove_monitor(self, node);
        return ATOM_true;
    }
    struct channel *channel = channel_to(node, !passive);
    bool usable = channel && (!passive || atomic_load(&channel->state) == CHANNEL_UP);
    bool added = usable && add_monitor(self, channel);
    if (channel)
        channel_release(channel);
    return added ? ATOM_true : bif_call(self, ATOM_erlang, ATOM_dmonitor_node, 3);
}

BIF(erlang, monitor_node, 2) {
    term all[] = {arguments[0], arguments[1], NIL};
    term result = monitor_node(self, all, false);
    if (result == NONE)
        arguments[2] = NIL;
    return result;
}

BIF(erlang, monitor_node, 3) {
    term options = arguments[2];
    for (; is_list(options); options = list_tail(options)) {
        if (list_head(options) != ATOM_allow_passive_connect)
            return raise_badarg(self);
    }
    return is_nil(options) ? monitor_node(self, arguments, is_list(arguments[2])) : raise_badarg(self);
}

// Whether the node of a process takes Unicode in io requests: all that are old enough to be connected do.
BIF(net_kernel, dflag_unicode_io, 1) {
    return is_pid(arguments[0]) ? ATOM_true : raise_badarg(self);
}
