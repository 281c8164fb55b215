// Links, monitors and aliases, from the side of the process that makes them.

#include "proc/link.h"

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
        bond_add(self, BOND_LINK, other, NONE, NONE);
    trace_event_if(self, TRACE_PROCS, ATOM_link, other);
    if (is_local_port(other)) {
        if (!vm.hooks.port_link || !vm.hooks.port_link(self->pid, other))
            signal_no_process(self, other, ATOM_noproc);
        return;
    }
    if (!is_local_pid(other)) {
        signal_no_process(self, other, ATOM_noconnection);
        return;
    }
    struct process *process = proc_lookup(other);
    if (!process || !proc_signal(process, proc_signal_new(SIGNAL_LINK, self->pid, NONE, NONE)))
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
    struct process *process = proc_lookup(other);
    link->value = SMALL(++self->links->unlinks);
    if (!process || !proc_signal(process, proc_signal_new(SIGNAL_UNLINK, self->pid, link->value, NONE)))
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
            signal_down(self->pid, reference, type, target, ATOM_noproc);
        return reference;
    }
    struct process *process = proc_lookup(owner);
    if (is_kind(owner, KIND_EXTERNAL_PID))
        signal_down(self->pid, reference, type, target, ATOM_noconnection);
    else if (owner == self->pid && target == owner)
        ; // never fires while there is anybody to tell
    else if (!process || !proc_signal(process, proc_signal_new(SIGNAL_MONITOR, self->pid,
                                                               is_tuple(target) ? target : NONE, reference)))
        signal_down(self->pid, reference, type, target, ATOM_noproc);
    return reference;
}

void monitor_ended(struct process *self, struct bond *monitor) {
    if (monitor->alias == ALIAS_EXPLICIT)
        bond_add(self, BOND_ALIAS, NONE, monitor->reference, NONE)->alias = ALIAS_EXPLICIT;
    bond_remove(self, monitor);
}

// Tells the other side that we no longer watch.
static void send_demonitor(struct process *self, const struct bond *monitor) {
    term watched = monitor->watched;
    if (is_local_port(watched)) {
        if (vm.hooks.port_demonitor)
            vm.hooks.port_demonitor(self->pid, watched, monitor->reference);
        return;
    }
    struct process *process = proc_lookup(watched);
    if (process)
        proc_signal(process, proc_signal_new(SIGNAL_DEMONITOR, self->pid, NONE, monitor->reference));
}

bool monitor_remove(struct process *self, term reference) {
    struct bond *monitor = bond_find(self, BOND_MONITOR, reference);
    if (!monitor)
        return false;
    send_demonitor(self, monitor);
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
    if (!bond || bond->alias == ALIAS_NONE)
        return false;
    if (bond->alias == ALIAS_REPLY) {
        send_demonitor(self, bond);
        bond_remove(self, bond);
    }
    return true;
}
