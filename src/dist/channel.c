// A channel's life.

#include "dist/atom_cache.h"
#include "dist/dist.h"
#include "dist/packet.h"
#include "dist/port_channel.h"
#include "io/port.h"
#include "proc/node_monitor.h"
#include "proc/signal.h"
#include "sys/sys.h"

// A channel lies in a shared binary, so that dist handles own it like any magic reference.
static struct shared_binary *shared_of(struct channel *channel) {
    return (struct shared_binary *)((uint8_t *)channel - SHARED_BINARY_HEAD);
}

void channel_retain(struct channel *channel) {
    shared_binary_retain(shared_of(channel));
}

void channel_release(struct channel *channel) {
    shared_binary_release(shared_of(channel));
}

static void channel_destroy(struct shared_binary *shared) {
    struct channel *channel = (struct channel *)shared_binary_bytes(shared);
    assert_debug(atomic_load(&channel->state) == CHANNEL_DOWN);
    pthread_mutex_destroy(&channel->input_lock);
    pid_set_free(&channel->watchers);
    pid_set_free(&channel->waiting);
    name_monitors_free(&channel->names);
    sys_free(channel->atoms_in);
    sys_free(channel->atoms_out);
}

term channel_reference(struct heap *heap, struct channel *channel) {
    channel_retain(channel);
    return heap_magic_reference_of(heap, shared_of(channel), channel->reference_ids);
}

struct channel *channel_of_reference(term reference) {
    if (!is_kind(reference, KIND_MAGIC_REFERENCE))
        return NULL;
    struct shared_binary *shared = ((struct off_heap *)boxed(reference))->shared;
    return shared->destroy == channel_destroy ? (struct channel *)shared_binary_bytes(shared) : NULL;
}

term channel_handle(struct heap *heap, struct channel *channel) {
    return heap_tuple_of(heap, 2, SMALL(channel->id), channel_reference(heap, channel));
}

struct channel *channel_of_handle(term handle) {
    struct channel *channel = is_tuple_of(handle, 2) ? channel_of_reference(tuple_element(handle, 2)) : NULL;
    return channel && tuple_element(handle, 1) == SMALL(channel->id) ? channel : NULL;
}

static struct channel *channel_new(struct node *node) {
    struct shared_binary *shared = shared_binary_new(sizeof(struct channel));
    struct channel *channel = (struct channel *)shared_binary_bytes(shared);
    *channel = (struct channel){.node = node, .controller = NONE, .input_handler = NONE};
    do
        channel->id = atomic_fetch_add(&vm.channel_id, 1) + 1;
    while (channel->id == 0);
    heap_reference_ids(channel->reference_ids);
    shared->destroy = channel_destroy;
    mutex_init(&channel->input_lock);
    channel->postings_end = &channel->postings;
    channel->queue_end = &channel->queue;
    channel->lanes_end = &channel->lanes;
    return channel;
}

struct channel *channel_get(struct node *node) {
    mutex_lock(&node->lock);
    struct channel *channel = node->channel;
    if (channel)
        channel_retain(channel);
    mutex_unlock(&node->lock);
    return channel;
}

struct channel *channel_make(struct node *node, bool *made) {
    mutex_lock(&node->lock);
    *made = !node->channel;
    if (*made)
        node->channel = channel_new(node);
    struct channel *channel = node->channel;
    channel_retain(channel);
    mutex_unlock(&node->lock);
    return channel;
}

// ---- up -----------------------------------------------------------------------------------------------------------

bool channel_up(struct channel *channel, uint64_t flags, uint32_t creation, term controller) {
    struct node *node = channel->node;
    mutex_lock(&node->lock);
    bool pending = atomic_load(&channel->state) == CHANNEL_PENDING && channel->controller == NONE && !channel->postings;
    if (pending) {
        channel->controller = controller;
        channel->flags = flags;
        channel->hidden = !(flags & DIST_PUBLISHED);
        channel->atoms_in = atom_cache_new();
        channel->atoms_out = atom_cache_new();
        atomic_store(&node->creation, creation);
        atomic_store(&node->was_connected, true);
        atomic_store(&channel->state, CHANNEL_UP);
    }
    mutex_unlock(&node->lock);
    if (pending)
        node_monitor_tell(true, node->name, channel->hidden, channel->id, NONE);
    return pending;
}

// ---- down ---------------------------------------------------------------------------------------------------------

static void tell_watchers(struct channel *channel) {
    for (size_t i = 0; i < channel->watchers.room; i++) {
        struct process *process = channel->watchers.slots[i] ? proc_lookup(channel->watchers.slots[i]) : NULL;
        if (!process)
            continue;
        struct signal *signal = proc_signal_new(SIGNAL_CHANNEL_LOST, NONE, NONE, NONE);
        signal->channel = channel->id;
        proc_signal(process, signal);
    }
}

bool channel_down(struct channel *channel, term reason) {
    struct node *node = channel->node;
    mutex_lock(&node->lock);
    enum channel_state before = atomic_exchange(&channel->state, CHANNEL_DOWN);
    if (before != CHANNEL_DOWN) {
        channel_drop_output(channel);
        tell_watchers(channel);
        pid_set_free(&channel->watchers);
        name_monitors_free(&channel->names);
    }
    bool held = node->channel == channel;
    if (held)
        node->channel = NULL;
    mutex_unlock(&node->lock);
    if (before == CHANNEL_UP)
        node_monitor_tell(false, node->name, channel->hidden, channel->id,
                          reason == ATOM_normal ? ATOM_connection_closed : reason);
    if (before != CHANNEL_DOWN) {
        mutex_lock(&channel->input_lock);
        packet_drop_incomplete(channel);
        mutex_unlock(&channel->input_lock);
    }
    if (held)
        channel_release(channel);
    return before != CHANNEL_DOWN;
}

void channel_kill(struct channel *channel) {
    term controller = channel->controller;
    if (is_local_port(controller)) {
        struct port *port = port_lookup(controller);
        if (port && port_lock(port)) {
            port_end(port, ATOM_killed);
            port_unlock(port);
        }
    } else if (is_local_pid(controller)) {
        struct process *process = proc_lookup(controller);
        if (process)
            proc_signal(process, signal_exit(SIGNAL_EXIT, controller, ATOM_kill));
    } else {
        channel_down(channel, ATOM_killed);
    }
}

void dist_stop(term reason) {
    struct node *node = NULL;
    for (size_t bucket = 0; (node = dist_node_next(&bucket, node));) {
        struct channel *channel = channel_get(node);
        if (!channel)
            continue;
        if (is_local_port(channel->controller))
            port_channel_flush(channel->controller);
        channel_down(channel, reason);
        channel_kill(channel);
        channel_release(channel);
    }
}
