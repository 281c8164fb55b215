// What comes in through a channel: control messages become signals.
//
// A control message is decoded at once, its payload by the process that gets it (channel_unpack): decoding a large
// value then takes that process's time, and no port waits for it. Control messages that name processes which are not
// there are answered as a dead process would.

#include "dist/outgoing.h"
#include "dist/packet.h"
#include "dist/spawn.h"
#include "ext/decode.h"
#include "proc/link.h"
#include "proc/log.h"
#include "proc/sequence.h"
#include "proc/signal.h"
#include "sys/sys.h"

#define CONTROL_WORDS 128 // most control messages fit

// ---- signals ------------------------------------------------------------------------------------------------------

// The local process that is meant, or NULL.
static struct process *target(term to) {
    return proc_lookup(is_atom(to) ? proc_whereis(to) : to);
}

static void hand_over(struct delivery *delivery, term to, struct signal *signal) {
    struct process *process = target(to);
    signal->channel = delivery->channel->id;
    if (!process || !signal_deliver(process, signal))
        signal_bury(to, signal);
}

// The same for what makes a bond through the channel.
static void hand_over_bond(struct delivery *delivery, term to, struct signal *signal) {
    struct channel *channel = delivery->channel;
    struct process *process = target(to);
    signal->channel = channel->id;
    bool taken = false;
    mutex_lock(&channel->node->lock);
    if (process && atomic_load(&channel->state) == CHANNEL_UP) {
        channel_watch(channel, process->pid);
        if (is_atom(to))
            name_monitors_add(&channel->names, signal->reference, process->pid);
        taken = signal_deliver(process, signal);
        if (!taken && is_atom(to))
            name_monitors_take(&channel->names, signal->reference);
    }
    mutex_unlock(&channel->node->lock);
    if (!taken)
        signal_bury(to, signal);
}

// The payload goes with the signal.
static void attach(struct delivery *delivery, struct signal *signal) {
    signal->packed = delivery->packed;
    delivery->packed = NULL;
}

static void add_token(struct signal *signal, term token) {
    if (!sequence_is_token(token))
        return;
    struct heap builder = {0};
    signal->token = heap_copy(&builder, token);
    signal_adopt(signal, &builder);
}

static void message(struct delivery *delivery, const struct control *control) {
    bool is_alias = is_reference(control->to);
    term to = is_alias ? alias_owner(control->to) : control->to;
    if (!target(to))
        return;
    struct signal *signal = proc_signal_new(SIGNAL_MESSAGE, NONE, NONE, is_alias ? control->to : NONE);
    attach(delivery, signal);
    add_token(signal, control->token);
    hand_over(delivery, to, signal);
}

static void exit_signal(struct delivery *delivery, const struct control *control, enum signal_kind kind) {
    struct signal *signal;
    if (control->has_payload) {
        signal = proc_signal_new(kind, control->from, NONE, NONE);
        attach(delivery, signal);
    } else {
        signal = signal_exit(kind, control->from, control->reason);
    }
    add_token(signal, control->token);
    hand_over(delivery, control->to, signal);
}

// A name of the peer as {Name, Node}, and a pid as it is.
static term item_of(struct delivery *delivery, term from) {
    return is_atom(from) ? heap_tuple_of(&delivery->heap, 2, from, delivery->channel->node->name) : from;
}

static void monitor(struct delivery *delivery, const struct control *control) {
    term name =
        is_atom(control->to) ? heap_tuple_of(&delivery->heap, 2, control->to, atomic_load(&vm.node_name)) : NONE;
    hand_over_bond(delivery, control->to, proc_signal_new(SIGNAL_MONITOR, control->from, name, control->reference));
}

static void demonitor(struct delivery *delivery, const struct control *control) {
    struct channel *channel = delivery->channel;
    term to = control->to;
    if (is_atom(to)) {
        mutex_lock(&channel->node->lock);
        to = name_monitors_take(&channel->names, control->reference);
        mutex_unlock(&channel->node->lock);
    }
    if (to != NONE)
        hand_over(delivery, to, proc_signal_new(SIGNAL_DEMONITOR, control->from, NONE, control->reference));
}

static void monitor_exit(struct delivery *delivery, const struct control *control) {
    term item = item_of(delivery, control->from);
    struct signal *signal;
    if (control->has_payload) {
        signal = proc_signal_new(SIGNAL_MONITOR_DOWN, item, NONE, control->reference);
        attach(delivery, signal);
    } else {
        signal = signal_down_new(is_pid(control->from) ? control->from : NONE, control->reference, ATOM_process, item,
                                 control->reason);
    }
    hand_over(delivery, control->to, signal);
}

static void spawn_reply(struct delivery *delivery, const struct control *control) {
    struct signal *signal =
        signal_tuple(SIGNAL_SPAWN_REPLY, NONE, control->reference, 2, (term[]){control->flags, control->result});
    if (is_pid(control->result) && small_value(control->flags))
        hand_over_bond(delivery, control->to, signal);
    else
        hand_over(delivery, control->to, signal);
}

// ---- control messages ---------------------------------------------------------------------------------------------

// Who sends must be of the peer: else a peer could break the links of others, or have us answer them.
static bool is_of_peer(const struct delivery *delivery, term pid) {
    return is_kind(pid, KIND_EXTERNAL_PID) && boxed(pid)[1] == delivery->channel->node->name;
}

static bool is_own_name_or_of_peer(const struct delivery *delivery, term from) {
    return is_atom(from) || is_of_peer(delivery, from);
}

static bool dispatch(struct delivery *delivery, const struct control *control) {
    switch (control->operation) {
    case CONTROL_SEND:
    case CONTROL_SEND_TT:
    case CONTROL_SEND_SENDER:
    case CONTROL_SEND_SENDER_TT:
    case CONTROL_REG_SEND:
    case CONTROL_REG_SEND_TT:
    case CONTROL_ALIAS_SEND:
    case CONTROL_ALIAS_SEND_TT:
        message(delivery, control);
        return true;
    case CONTROL_GROUP_LEADER:
        hand_over(delivery, control->to, proc_signal_new(SIGNAL_GROUP_LEADER, NONE, control->leader, NONE));
        return true;
    case CONTROL_SPAWN_REPLY:
    case CONTROL_SPAWN_REPLY_TT:
        if (is_pid(control->result) && !is_of_peer(delivery, control->result))
            return false;
        spawn_reply(delivery, control);
        return true;
    case CONTROL_MONITOR_P_EXIT:
    case CONTROL_PAYLOAD_MONITOR_P_EXIT:
        if (!is_own_name_or_of_peer(delivery, control->from))
            return false;
        monitor_exit(delivery, control);
        return true;
    }
    if (!is_of_peer(delivery, control->from))
        return false;
    switch (control->operation) {
    case CONTROL_LINK:
        hand_over_bond(delivery, control->to, proc_signal_new(SIGNAL_LINK, control->from, NONE, NONE));
        return true;
    case CONTROL_UNLINK:
    case CONTROL_UNLINK_ID:
        hand_over(delivery, control->to, proc_signal_new(SIGNAL_UNLINK, control->from, control->identifier, NONE));
        return true;
    case CONTROL_UNLINK_ID_ACK:
        hand_over(delivery, control->to, proc_signal_new(SIGNAL_UNLINK_ACK, control->from, control->identifier, NONE));
        return true;
    case CONTROL_EXIT:
    case CONTROL_EXIT_TT:
    case CONTROL_PAYLOAD_EXIT:
    case CONTROL_PAYLOAD_EXIT_TT:
        exit_signal(delivery, control, SIGNAL_EXIT_LINK);
        return true;
    case CONTROL_EXIT2:
    case CONTROL_EXIT2_TT:
    case CONTROL_PAYLOAD_EXIT2:
    case CONTROL_PAYLOAD_EXIT2_TT:
        exit_signal(delivery, control, SIGNAL_EXIT);
        return true;
    case CONTROL_MONITOR_P:
        monitor(delivery, control);
        return true;
    case CONTROL_DEMONITOR_P:
        demonitor(delivery, control);
        return true;
    case CONTROL_SPAWN_REQUEST:
    case CONTROL_SPAWN_REQUEST_TT:
        spawn_request(delivery, control);
        return true;
    default:
        return false;
    }
}

static bool deliver(struct delivery *delivery) {
    struct packed *packed = delivery->packed;
    struct ext_reader reader = {.atoms = packed->atoms, .atom_count = packed->atom_count};
    size_t used;
    const uint8_t *bytes = packed_bytes(packed);
    term value = ext_read(&delivery->heap, &reader, bytes, packed->size, &used, NULL);
    struct control control;
    if (value == NONE || !control_read(value, &control) || control.has_payload == (used == packed->size))
        return false;
    packed->offset = used;
    if (packed->is_plain && control.has_payload && bytes[packed->offset++] != PACKET_VERSION)
        return false;
    return dispatch(delivery, &control);
}

// Decodes a message's control in memory of the C stack: only what must stay is copied.
static bool deliver_packed(struct channel *channel, struct packed *packed) {
    term words[CONTROL_WORDS];
    struct delivery delivery = {.channel = channel, .packed = packed};
    delivery.heap = (struct heap){.start = words, .top = words, .stack = words + CONTROL_WORDS};
    delivery.heap.end = delivery.heap.stack;
    bool valid = deliver(&delivery);
    delivery.heap.start = delivery.heap.end = NULL;
    heap_free(&delivery.heap);
    if (delivery.packed)
        packed_free(delivery.packed);
    return valid;
}

// ---- malformed ones -----------------------------------------------------------------------------------------------

#define OFFENDING_BYTES 32 // of a bad packet, told in the log

static void report(const char *format, const struct channel *channel, const uint8_t *bytes, size_t size) {
    struct heap builder = {0};
    size_t shown = size < OFFENDING_BYTES ? size : OFFENDING_BYTES;
    term arguments[] = {channel->node->name, channel->controller, heap_binary(&builder, bytes, shown),
                        size > shown ? heap_string(&builder, "...", 3) : NIL};
    log_error(NULL, format, &builder, heap_list_of(&builder, 4, arguments, NIL));
}

bool channel_input(struct channel *channel, const uint8_t *bytes, size_t size) {
    struct node *node = channel->node;
    struct packed *message;
    mutex_lock(&channel->input_lock);
    mutex_lock(&node->lock);
    channel->receiving = is_local_port(channel->controller);
    mutex_unlock(&node->lock);
    atomic_fetch_add(&channel->packets_in, 1);
    bool valid = packet_read(channel, bytes, size, &message) && (!message || deliver_packed(channel, message));
    if (!valid)
        report("Invalid packet from node ~p on distribution channel ~p: ~p~s~n", channel, bytes, size);
    mutex_lock(&node->lock);
    channel->receiving = false;
    mutex_unlock(&node->lock);
    mutex_unlock(&channel->input_lock);
    return valid;
}

// ---- payloads, in the process that gets them ----------------------------------------------------------------------

static term read_payload(struct packed *packed, struct heap *heap, bool safe) {
    struct ext_reader reader = {
        .safe = safe, .atoms = packed->atoms, .atom_count = packed->atom_count, .source = packed_shared(packed)};
    size_t size = packed->size - packed->offset, used;
    term value = ext_read(heap, &reader, packed_bytes(packed) + packed->offset, size, &used, NULL);
    return used == size ? value : NONE;
}

term channel_peek(const struct signal *signal, struct heap *heap) {
    return read_payload(signal->packed, heap, true);
}

bool channel_unpack(struct process *self, struct signal *signal) {
    struct packed *packed = signal->packed;
    struct heap builder = {0};
    size_t size = packed->size - packed->offset;
    term value = read_payload(packed, &builder, false);
    self->work.reductions -= (int64_t)(size / 512);
    bool valid = value != NONE;
    if (!valid) {
        report("A term that is malformed came from node ~p on distribution channel ~p: ~p~s~n", packed->channel,
               packed_bytes(packed) + packed->offset, size);
        channel_kill(packed->channel);
        heap_free(&builder);
    } else if (signal->kind == SIGNAL_MONITOR_DOWN) {
        value = heap_tuple_of(&builder, 5, ATOM_DOWN, signal->reference, ATOM_process, signal->from, value);
    } else if (signal->kind != SIGNAL_MESSAGE) {
        value = heap_tuple_of(&builder, 3, ATOM_EXIT, signal->from, value);
    }
    if (valid) {
        signal->value = value;
        signal_adopt(signal, &builder);
    }
    packed_free(packed);
    signal->packed = NULL;
    return valid;
}
