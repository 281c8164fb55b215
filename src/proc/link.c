// Links, monitors and aliases, from the side of the process that makes them.

#include "proc/link.h"

#include "proc/remote.h"
#include "proc/signal.h"
#include "proc/trace.h"
#include "vm.h"

// ---- links --------------------------------------------------------------------------------------------------------

// Exit signal from what is not there (any more), to be taken like any other.
static void signal_no_process(struct process *self, term other, term reason) {
    proc_signal(self, signal_exit(SIGNAL_EXIT_LINK, other, reason));
}

void proc_link_add(struct process *self, term other) {
    if (!bond_find(self, BOND_LINK, other))
        bond_add(self, BOND_LINK, other, NONE, NONE);
}

void link_add(struct process *self, term other) {
    if (other == self->pid)
        return;
    struct bond *link = bond_find(self, BOND_LINK, other);
    if (link && link->value == NONE)
        return;
    if (link)
        link->value = NONE; // takes back the unlink under way: its acknowledgement will find another number, or none
    else
        link = bond_add(self, BOND_LINK, other, NONE, NONE);
    trace_event_if(self, TRACE_PROCS, ATOM_link, other);
    if (is_local_port(other)) {
        if (!vm.hooks.port_link || !vm.hooks.port_link(self->pid, other))
            signal_no_process(self, other, ATOM_noproc);
        return;
    }
    struct signal *signal = proc_signal_new(SIGNAL_LINK, self->pid, NONE, NONE);
    if (!is_local_pid(other)) {
        link->channel = remote_signal(self, other, signal, 0);
        if (!link->channel)
            signal_no_process(self, other, ATOM_noconnection);
        return;
    }
    if (!signal_to(self, other, signal, 0))
        signal_no_process(self, other, ATOM_noproc);
}

void link_remove(struct process *self, term other) {
    trace_event_if(self, TRACE_PROCS, ATOM_unlink, other);
    struct bond *link = bond_find(self, BOND_LINK, other);
    if (!link || link->value != NONE)
        return;
    if (is_local_port(other)) {
        bond_remove(self, link);
        if (vm.hooks.port_unlink)
            vm.hooks.port_unlink(self->pid, other);
        return;
    }
    link->value = SMALL(++self->links->unlinks);
    if (!signal_to(self, other, proc_signal_new(SIGNAL_UNLINK, self->pid, link->value, NONE), link->channel))
        bond_remove(self, link); // nobody is left to acknowledge; an exit signal that came before finds no link
}

// ---- references ---------------------------------------------------------------------------------------------------

term alias_reference(struct process *self) {
    return heap_alias(&self->heap, self->pid);
}

// ---- monitors -----------------------------------------------------------------------------------------------------

term monitor_add(struct process *self, term type, term target, term owner, const struct monitor_options *options) {
    term reference = options->alias == ALIAS_NONE ? heap_reference(&self->heap) : alias_reference(self);
    struct bond *monitor = bond_add(self, BOND_MONITOR, target, reference, options->tag);
    monitor->alias = options->alias;
    monitor->watched = is_local_pid(owner) || is_local_port(owner) ? owner : NONE;
    if (type == ATOM_time_offset)
        return reference;
    if (type == ATOM_port) {
        if (!is_local_port(owner) || !vm.hooks.port_monitor || !vm.hooks.port_monitor(self->pid, owner, reference))
            signal_down(self->pid, NONE, reference, type, target, ATOM_noproc);
        return reference;
    }
    if (owner == self->pid && target == owner)
        return reference; // never fires while there is anybody to tell
    struct signal *signal = proc_signal_new(SIGNAL_MONITOR, self->pid, is_tuple(target) ? target : NONE, reference);
    if (is_boxed(owner)) { // of another node
        monitor->channel = remote_signal(self, target, signal, 0);
        if (!monitor->channel)
            signal_down(self->pid, NONE, reference, type, target, ATOM_noconnection);
    } else if (!signal_to(self, owner, signal, 0)) {
        signal_down(self->pid, NONE, reference, type, target, ATOM_noproc);
    }
    return reference;
}

void monitor_ended(struct process *self, struct bond *monitor) {
    if (monitor->alias == ALIAS_EXPLICIT)
        bond_add(self, BOND_ALIAS, NONE, monitor->reference, NONE)->alias = ALIAS_EXPLICIT;
    bond_remove(self, monitor);
}

void monitor_send_end(struct process *self, const struct bond *monitor) {
    term watched = monitor->watched;
    if (is_local_port(watched)) {
        if (vm.hooks.port_demonitor)
            vm.hooks.port_demonitor(self->pid, watched, monitor->reference);
        return;
    }
    if (watched != NONE || monitor->channel)
        signal_to(self, monitor->channel ? monitor->other : watched,
                  proc_signal_new(SIGNAL_DEMONITOR, self->pid, NONE, monitor->reference), monitor->channel);
}

bool monitor_remove(struct process *self, term reference) {
    struct bond *monitor = bond_find(self, BOND_MONITOR, reference);
    if (!monitor)
        return false;
    monitor_send_end(self, monitor);
    monitor_ended(self, monitor);
    return true;
}

// ---- aliases ------------------------------------------------------------------------------------------------------

term alias_add(struct process *self, enum alias_mode mode) {
    term reference = alias_reference(self);
    bond_add(self, BOND_ALIAS, NONE, reference, NONE)->alias = mode;
    return reference;
}

bool alias_remove(struct process *self, term reference) {
    struct bond *bond = bond_find(self, BOND_ALIAS, reference);
    if (bond) {
        bond_remove(self, bond);
        return true;
    }
    bond = bond_find(self, BOND_MONITOR, reference);
    if (!bond)
        bond = bond_find(self, BOND_SPAWN, reference);
    if (!bond || bond->alias == ALIAS_NONE)
        return false;
    bond->alias = ALIAS_NONE;
    return true;
}

bool alias_accepts(struct process *self, term reference) {
    struct bond *bond = bond_find(self, BOND_ALIAS, reference);
    if (bond) {
        if (bond->alias == ALIAS_REPLY)
            bond_remove(self, bond);
        return true;
    }
    bond = bond_find(self, BOND_MONITOR, reference);
    if (!bond)
        bond = bond_find(self, BOND_SPAWN, reference);
    if (!bond || bond->alias == ALIAS_NONE)
        return false;
    if (bond->alias == ALIAS_REPLY && bond->kind == BOND_SPAWN) {
        bond->alias = ALIAS_NONE;
    } else if (bond->alias == ALIAS_REPLY) {
        monitor_send_end(self, bond);
        bond_remove(self, bond);
    }
    return true;
}
