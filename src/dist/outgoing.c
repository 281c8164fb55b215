// Signals of local processes for other nodes: the hooks behind proc/remote.h.

#include "dist/outgoing.h"
#include "dist/control.h"
#include "dist/dist.h"
#include "dist/packet.h"
#include "proc/link.h"
#include "proc/sequence.h"
#include "proc/signal.h"

// ---- connecting ---------------------------------------------------------------------------------------------------

// {auto_connect, Node, ConnectionId} to net_kernel. False when there is none.
static bool ask_for_connection(struct channel *channel) {
    struct heap builder = {0};
    term id = channel_handle(&builder, channel);
    term request = heap_tuple_of(&builder, 3, ATOM_auto_connect, channel->node->name, id);
    return proc_send_built(ATOM_net_kernel, &builder, request);
}

struct channel *channel_to(term name, bool connect) {
    if (name == NONE || !dist_is_alive())
        return NULL;
    if (!connect) {
        struct node *node = dist_node_find(name);
        return node ? channel_get(node) : NULL;
    }
    bool made;
    struct channel *channel = channel_make(dist_node(name), &made);
    if (made && !ask_for_connection(channel)) {
        channel_down(channel, ATOM_noconnection);
        channel_release(channel);
        return NULL;
    }
    return channel;
}

// ---- messages -----------------------------------------------------------------------------------------------------

static void describe_message(struct control *control, term from, term to, term message, term token) {
    bool traced = token != NIL;
    *control = (struct control){
        .has_payload = true, .from = from, .to = to, .reference = NONE, .token = token, .payload = message};
    if (is_reference(to)) {
        control->operation = traced ? CONTROL_ALIAS_SEND_TT : CONTROL_ALIAS_SEND;
    } else if (is_tuple(to)) {
        control->operation = traced ? CONTROL_REG_SEND_TT : CONTROL_REG_SEND;
        control->to = tuple_element(to, 1);
    } else {
        control->operation = traced ? CONTROL_SEND_SENDER_TT : CONTROL_SEND_SENDER;
    }
}

static term hook_send(struct process *from, term to, term message, unsigned options) {
    if (is_port(to) || remote_node(to) == atomic_load(&vm.node_name)) // of an earlier incarnation of this node
        return ATOM_ok;
    struct channel *channel = channel_to(remote_node(to), !(options & REMOTE_NO_CONNECT));
    if (!channel)
        return options & REMOTE_NO_CONNECT ? ATOM_noconnect : ATOM_ok;
    if ((options & REMOTE_NO_SUSPEND) && channel_is_busy(channel)) {
        channel_release(channel);
        return ATOM_nosuspend;
    }
    channel_reference(&from->heap, channel); // holds it, also if we are killed in between
    channel_release(channel);
    struct control control;
    term token = from->flags & FLAG_SEQUENCED ? sequence_sent_remote(from, to, message) : NIL;
    describe_message(&control, from->pid, to, message, token);
    channel_post(from, channel, &control, from->pid);
    if (!(from->flags & FLAG_ASYNC_DIST) && !(options & REMOTE_NO_SUSPEND) && channel_is_busy(channel))
        channel_wait(from, channel);
    return ATOM_ok;
}

// ---- other signals ------------------------------------------------------------------------------------------------

static bool describe_signal(struct control *control, term to, const struct signal *signal) {
    *control = (struct control){.from = signal->from, .to = to, .reference = signal->reference, .token = NIL};
    switch (signal->kind) {
    case SIGNAL_LINK:
        control->operation = CONTROL_LINK;
        return true;
    case SIGNAL_UNLINK:
        control->operation = CONTROL_UNLINK_ID;
        control->identifier = signal->value;
        return true;
    case SIGNAL_UNLINK_ACK:
        control->operation = CONTROL_UNLINK_ID_ACK;
        control->identifier = signal->value;
        return true;
    case SIGNAL_EXIT:
    case SIGNAL_EXIT_LINK:
        control->operation = signal->kind == SIGNAL_EXIT ? CONTROL_PAYLOAD_EXIT2 : CONTROL_PAYLOAD_EXIT;
        control->has_payload = true;
        control->payload = signal_exit_reason(signal);
        return true;
    case SIGNAL_MONITOR:
    case SIGNAL_DEMONITOR:
        control->operation = signal->kind == SIGNAL_MONITOR ? CONTROL_MONITOR_P : CONTROL_DEMONITOR_P;
        control->to = is_tuple(to) ? tuple_element(to, 1) : to;
        return true;
    case SIGNAL_MONITOR_DOWN: {
        const term *down = boxed(signal->value); // {'DOWN', Reference, process, Item, Reason}
        control->operation = CONTROL_PAYLOAD_MONITOR_P_EXIT;
        control->from = is_tuple(down[4]) ? tuple_element(down[4], 1) : down[4];
        control->has_payload = true;
        control->payload = down[5];
        return true;
    }
    case SIGNAL_GROUP_LEADER:
        control->operation = CONTROL_GROUP_LEADER;
        control->leader = signal->value;
        return true;
    case SIGNAL_SPAWN_REQUEST: {
        const term *request = boxed(signal->value); // {Leader, {Module, Function, Arity}, Options, Arguments}
        control->operation = CONTROL_SPAWN_REQUEST;
        control->leader = request[1];
        control->function = request[2];
        control->options = request[3];
        control->has_payload = true;
        control->payload = request[4];
        return true;
    }
    default:
        return false;
    }
}

static bool makes_bond(enum signal_kind kind) {
    return kind == SIGNAL_LINK || kind == SIGNAL_MONITOR || kind == SIGNAL_SPAWN_REQUEST;
}

// The end of a monitor by name, which the channel knew.
static void forget_name(struct channel *channel, const struct signal *signal) {
    mutex_lock(&channel->node->lock);
    name_monitors_take(&channel->names, signal->reference);
    mutex_unlock(&channel->node->lock);
}

// Whether the sender, if it asks for a bond, is known to the channel now.
static bool note_sender(struct process *self, struct channel *channel, enum signal_kind kind) {
    if (!makes_bond(kind))
        return true;
    mutex_lock(&channel->node->lock);
    bool alive = atomic_load(&channel->state) != CHANNEL_DOWN;
    if (alive)
        channel_watch(channel, self->pid);
    mutex_unlock(&channel->node->lock);
    return alive;
}

static uint32_t hook_signal(struct process *self, term to, struct signal *signal, uint32_t id) {
    uint32_t sent = 0;
    struct control control;
    struct channel *channel = channel_to(remote_node(to), id == 0);
    if (channel && (id == 0 || channel->id == id) && describe_signal(&control, to, signal) &&
        note_sender(self, channel, signal->kind)) {
        if (signal->kind == SIGNAL_MONITOR_DOWN && is_atom(control.from))
            forget_name(channel, signal);
        term sender = is_local_pid(signal->from) ? signal->from : self ? self->pid : NONE;
        // A link or monitor through a channel that goes down meanwhile is told of by its end.
        if (channel_post(NULL, channel, &control, sender) || makes_bond(signal->kind))
            sent = channel->id;
    }
    if (channel)
        channel_release(channel);
    signal_free(signal);
    return sent;
}

// ---- controllers that end -----------------------------------------------------------------------------------------

static void hook_controller_gone(struct process *self, term reference, term reason) {
    if (!is_nil(reference)) {
        channel_down(channel_of_reference(reference), reason);
        return;
    }
    dist_stop(ATOM_net_kernel_terminated);
    atomic_store(&vm.node_name, ATOM_nonode_nohost);
    atomic_store(&vm.creation, 0);
}

void dist_set_hooks(struct vm_hooks *hooks) {
    hooks->remote_send = hook_send;
    hooks->remote_signal = hook_signal;
    hooks->unpack = channel_unpack;
    hooks->packed_free = packed_free;
    hooks->controller_gone = hook_controller_gone;
}
