// Monitors and aliases.

#include "bif/bif.h"
#include "proc/link.h"
#include "proc/signal.h"
#include "vm.h"

// Reads [{tag, Term}, {alias, Mode}]; false when it is no list of those.
bool monitor_options_read(term list, struct monitor_options *options) {
    *options = (struct monitor_options){.tag = NONE};
    for (; is_list(list); list = list_tail(list)) {
        term option = list_head(list);
        if (!is_tuple_of(option, 2))
            return false;
        term value = tuple_element(option, 2);
        if (tuple_element(option, 1) == ATOM_tag)
            options->tag = value;
        else if (tuple_element(option, 1) != ATOM_alias)
            return false;
        else if (value == ATOM_explicit_unalias)
            options->alias = ALIAS_EXPLICIT;
        else if (value == ATOM_demonitor)
            options->alias = ALIAS_DEMONITOR;
        else if (value == ATOM_reply_demonitor)
            options->alias = ALIAS_REPLY;
        else
            return false;
    }
    return is_nil(list);
}

// A name as {Name, Node}, and what it stands for.
static term by_name(struct process *self, term name, term *target) {
    *target = heap_tuple_of(&self->heap, 2, name, atomic_load(&vm.node_name));
    return proc_whereis(name);
}

static term monitor(struct process *self, term type, term item, const struct monitor_options *options) {
    term node = atomic_load(&vm.node_name), target = item, owner = item;
    if (type == ATOM_time_offset)
        return item == ATOM_clock_service ? monitor_add(self, type, item, NONE, options) : raise_badarg(self);
    if (type != ATOM_process && type != ATOM_port)
        return raise_badarg(self);
    if (is_atom(item)) {
        owner = by_name(self, item, &target);
    } else if (is_tuple_of(item, 2) && is_atom(tuple_element(item, 1)) && is_atom(tuple_element(item, 2))) {
        if (tuple_element(item, 2) == node)
            owner = by_name(self, tuple_element(item, 1), &target);
        else if (node == ATOM_nonode_nohost || type == ATOM_port)
            return raise_badarg(self);
    } else if (type == ATOM_process ? !is_pid(item) : !is_local_port(item)) {
        return raise_badarg(self);
    }
    return monitor_add(self, type, target, owner, options);
}

BIF(erlang, monitor, 2) {
    struct monitor_options options = {.tag = NONE};
    return monitor(self, arguments[0], arguments[1], &options);
}

BIF(erlang, monitor, 3) {
    struct monitor_options options;
    if (!monitor_options_read(arguments[2], &options))
        return raise_badarg(self);
    return monitor(self, arguments[0], arguments[1], &options);
}

BIF(erlang, demonitor, 1) {
    if (!is_reference(arguments[0]))
        return raise_badarg(self);
    monitor_remove(self, arguments[0]);
    return ATOM_true;
}

BIF(erlang, demonitor, 2) {
    bool info = false, flush = false;
    term options = arguments[1];
    for (; is_list(options); options = list_tail(options)) {
        info |= list_head(options) == ATOM_info;
        flush |= list_head(options) == ATOM_flush;
        if (list_head(options) != ATOM_info && list_head(options) != ATOM_flush)
            return raise_badarg(self);
    }
    if (!is_nil(options) || !is_reference(arguments[0]))
        return raise_badarg(self);
    bool found = monitor_remove(self, arguments[0]);
    term result = term_boolean(found || !info);
    if (!flush || found) // a monitor that was there has sent nothing yet that we would still take
        return result;
    arguments[1] = ATOM_false;
    arguments[2] = result;
    return bif_call(self, ATOM_erts_internal, ATOM_flush_monitor_messages, 3);
}

BIF(erlang, alias, 1) {
    enum alias_mode mode = ALIAS_EXPLICIT;
    term options = arguments[0];
    for (; is_list(options); options = list_tail(options)) {
        if (list_head(options) == ATOM_reply)
            mode = ALIAS_REPLY;
        else if (list_head(options) == ATOM_explicit_unalias)
            mode = ALIAS_EXPLICIT;
        else
            return raise_badarg(self);
    }
    return is_nil(options) ? alias_add(self, mode) : raise_badarg(self);
}

BIF(erlang, unalias, 1) {
    if (!is_reference(arguments[0]))
        return raise_badarg(self);
    return term_boolean(alias_remove(self, arguments[0]));
}
