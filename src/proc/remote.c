// Processes of other nodes, from this side.

#include "proc/remote.h"

#include "proc/link.h"
#include "proc/mailbox.h"
#include "proc/signal.h"
#include "proc/trace.h"
#include "vm.h"

term remote_node(term to) {
    if (is_kind(to, KIND_EXTERNAL_PID) || is_kind(to, KIND_EXTERNAL_PORT) || is_kind(to, KIND_EXTERNAL_REFERENCE))
        return boxed(to)[1];
    if (is_tuple_of(to, 2) && is_atom(tuple_element(to, 1)) && is_atom(tuple_element(to, 2)))
        return tuple_element(to, 2);
    return NONE;
}

term remote_send(struct process *from, term to, term message, unsigned options) {
    if (from->flags & FLAG_TRACED)
        trace_sent(from, to, message, true);
    return vm.hooks.remote_send ? vm.hooks.remote_send(from, to, message, options) : ATOM_ok;
}

uint32_t remote_signal(struct process *self, term to, struct signal *signal, uint32_t channel) {
    if (vm.hooks.remote_signal)
        return vm.hooks.remote_signal(self, to, signal, channel);
    signal_free(signal);
    return 0;
}

bool signal_to(struct process *self, term to, struct signal *signal, uint32_t channel) {
    if (is_boxed(to)) { // of another node
        if (channel)
            return remote_signal(self, to, signal, channel) != 0;
        signal_free(signal);
        return false;
    }
    struct process *process = proc_lookup(to);
    if (process)
        return proc_signal(process, signal);
    signal_free(signal);
    return false;
}

static void node_down(struct process *self, const struct bond *bond) {
    struct signal *signal;
    for (int64_t count = small_value(bond->value); count > 0; count--) {
        signal = signal_tuple(SIGNAL_MESSAGE, NONE, NONE, 2, (term[]){ATOM_nodedown, bond->other});
        proc_signal(self, signal);
    }
}

// Each bond is ended by the signal that its other side would have sent, or, where none is due, here.
void remote_lost(struct process *self, uint32_t channel) {
    for (struct bond *bond = bond_first(self), *newer; bond; bond = newer) {
        newer = bond->newer;
        if (bond->channel != channel)
            continue;
        bool last = !newer; // removing the last bond frees the table
        switch (bond->kind) {
        case BOND_LINK:
            if (bond->value == NONE)
                proc_signal(self, signal_exit(SIGNAL_EXIT_LINK, bond->other, ATOM_noconnection));
            else
                bond_remove(self, bond);
            break;
        case BOND_MONITOR:
            signal_down(self->pid, NONE, bond->reference, ATOM_process, bond->other, ATOM_noconnection);
            break;
        case BOND_NODE:
            node_down(self, bond);
            bond_remove(self, bond);
            break;
        case BOND_WATCHED:
            bond_remove(self, bond);
            break;
        case BOND_SPAWN:
            proc_signal(self, signal_tuple(SIGNAL_SPAWN_REPLY, NONE, bond->reference, 2,
                                           (term[]){SMALL(0), ATOM_noconnection}));
            break;
        case BOND_ALIAS:
        case BOND_SUSPEND:
        case BOND_CONTROLS:
            break;
        }
        if (last)
            break;
    }
}

// ---- replies to requests to spawn ---------------------------------------------------------------------------------

void remote_spawn_refuse(struct process *self, term requester, struct signal *reply, term reason) {
    term pid = tuple_element(reply->value, 2);
    int64_t flags = small_value(tuple_element(reply->value, 1));
    if (!is_pid(pid))
        return;
    if (flags & REMOTE_SPAWN_MONITOR)
        signal_to(self, pid, proc_signal_new(SIGNAL_DEMONITOR, requester, NONE, reply->reference), reply->channel);
    if (flags & REMOTE_SPAWN_LINK)
        signal_to(self, pid, signal_exit(SIGNAL_EXIT_LINK, requester, reason), reply->channel);
}

// The process is there: what the request asked for becomes a link and a monitor.
static void tie(struct process *self, struct bond *request, struct signal *reply) {
    const term *asked = boxed(request->value);
    term pid = tuple_element(reply->value, 2);
    int64_t flags = small_value(tuple_element(reply->value, 1));
    if (asked[4] == ATOM_true && (flags & REMOTE_SPAWN_LINK) && !bond_find(self, BOND_LINK, pid))
        bond_add(self, BOND_LINK, pid, NONE, NONE)->channel = reply->channel;
    if (asked[5] == ATOM_true && (flags & REMOTE_SPAWN_MONITOR)) {
        struct bond *monitor = bond_add(self, BOND_MONITOR, pid, request->reference, asked[6]);
        monitor->alias = request->alias;
        monitor->channel = reply->channel;
    }
}

void remote_spawn_reply(struct process *self, struct signal *reply) {
    struct bond *request = bond_find(self, BOND_SPAWN, reply->reference);
    if (!request) {
        remote_spawn_refuse(self, self->pid, reply, ATOM_abandoned);
        return;
    }
    const term *asked = boxed(request->value);
    term result = tuple_element(reply->value, 2);
    bool ok = is_pid(result);
    if (ok)
        tie(self, request, reply);
    else if (request->alias == ALIAS_EXPLICIT)
        bond_add(self, BOND_ALIAS, NONE, request->reference, NONE)->alias = ALIAS_EXPLICIT;
    if (asked[ok ? 3 : 2] == ATOM_true)
        mailbox_append(self, signal_tuple(SIGNAL_MESSAGE, NONE, NONE, 4,
                                          (term[]){asked[1], request->reference, ok ? ATOM_ok : ATOM_error, result}));
    bond_remove(self, request);
}
