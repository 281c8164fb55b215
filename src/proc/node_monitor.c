// Who wants to hear of nodes that come and go.

#include "proc/node_monitor.h"

#include "sys/sys.h"
#include "sys/thread.h"
#include "term/map.h"
#include "vm.h"

struct subscription {
    term pid;
    struct node_monitor_options options;
};

struct node_monitors {
    mutex lock;
    struct subscription *subscriptions;
    size_t count, room;
};

void node_monitor_init(void) {
    vm.node_monitors = sys_alloc_zero(sizeof *vm.node_monitors);
    mutex_init(&vm.node_monitors->lock);
}

// ---- options ------------------------------------------------------------------------------------------------------

static bool read_option(term name, term value, struct node_monitor_options *result) {
    if (name == ATOM_node_type) {
        result->node_type = true;
        result->hidden = value == ATOM_hidden || value == ATOM_all;
        result->visible = value == ATOM_visible || value == ATOM_all;
        return result->hidden || result->visible;
    }
    if (name == ATOM_nodedown_reason)
        result->reason = true;
    else if (name == ATOM_connection_id)
        result->connection = true;
    else if (name == ATOM_list)
        result->as_list = true;
    else
        return false;
    return value == ATOM_true || value == ATOM_false;
}

bool node_monitor_options_read(term options, struct node_monitor_options *result) {
    *result = (struct node_monitor_options){.visible = true, .plain = options == NONE};
    if (options == NONE)
        return true;
    if (!is_map(options))
        return false;
    for (struct map_iterator it = map_iterate(options); map_next(&it);)
        if (!read_option(it.key, it.value, result))
            return false;
    return true;
}

// ---- subscriptions ------------------------------------------------------------------------------------------------

static bool same_options(struct node_monitor_options a, struct node_monitor_options b) {
    return a.plain == b.plain && a.hidden == b.hidden && a.visible == b.visible && a.node_type == b.node_type &&
           a.reason == b.reason && a.connection == b.connection && a.as_list == b.as_list;
}

// Drops the subscriptions of processes that are gone.
static void sweep(struct node_monitors *monitors) {
    size_t kept = 0;
    for (size_t i = 0; i < monitors->count; i++)
        if (proc_lookup(monitors->subscriptions[i].pid))
            monitors->subscriptions[kept++] = monitors->subscriptions[i];
    monitors->count = kept;
}

static void add(struct node_monitors *monitors, struct subscription subscription) {
    if (monitors->count == monitors->room) {
        sweep(monitors);
        if (2 * monitors->count >= monitors->room)
            monitors->room = monitors->room ? 2 * monitors->room : 8;
        monitors->subscriptions =
            sys_realloc(monitors->subscriptions, monitors->room * sizeof *monitors->subscriptions);
    }
    monitors->subscriptions[monitors->count++] = subscription;
}

size_t node_monitor_set(term pid, struct node_monitor_options options, bool on) {
    struct node_monitors *monitors = vm.node_monitors;
    mutex_lock(&monitors->lock);
    size_t before = 0, kept = 0;
    for (size_t i = 0; i < monitors->count; i++) {
        struct subscription *subscription = &monitors->subscriptions[i];
        bool same = subscription->pid == pid && same_options(subscription->options, options);
        before += same;
        if (!same || on)
            monitors->subscriptions[kept++] = *subscription;
    }
    monitors->count = kept;
    if (on)
        add(monitors, (struct subscription){pid, options});
    mutex_unlock(&monitors->lock);
    return before;
}

// ---- telling ------------------------------------------------------------------------------------------------------

struct event {
    bool up, hidden;
    term node, reason;
    uint32_t id;
};

// The message's third element: a map or a list of what was asked for.
static term describe(struct heap *heap, const struct event *event, struct node_monitor_options options) {
    term pairs[6];
    size_t count = 0;
    if (options.connection) {
        pairs[2 * count] = ATOM_connection_id;
        pairs[2 * count++ + 1] = SMALL(event->id);
    }
    if (options.node_type) {
        pairs[2 * count] = ATOM_node_type;
        pairs[2 * count++ + 1] = event->hidden ? ATOM_hidden : ATOM_visible;
    }
    if (options.reason && !event->up) {
        pairs[2 * count] = ATOM_nodedown_reason;
        pairs[2 * count++ + 1] = is_pointer(event->reason) ? heap_copy(heap, event->reason) : event->reason;
    }
    if (!options.as_list)
        return count ? map_from_pairs(heap, pairs, count) : map_empty(heap);
    term list = NIL;
    for (size_t i = 0; i < count; i++)
        list = heap_cons(heap, heap_tuple_of(heap, 2, pairs[2 * i], pairs[2 * i + 1]), list);
    return list;
}

static void tell(const struct subscription *subscription, const struct event *event) {
    struct node_monitor_options options = subscription->options;
    if (event->hidden ? !options.hidden : !options.visible)
        return;
    struct heap builder = {0};
    term what = event->up ? ATOM_nodeup : ATOM_nodedown;
    term message = options.plain ? heap_tuple_of(&builder, 2, what, event->node)
                                 : heap_tuple_of(&builder, 3, what, event->node, describe(&builder, event, options));
    proc_send_built(subscription->pid, &builder, message);
}

void node_monitor_tell(bool up, term node, bool hidden, uint32_t id, term reason) {
    struct node_monitors *monitors = vm.node_monitors;
    const struct event event = {up, hidden, node, reason, id};
    mutex_lock(&monitors->lock);
    for (size_t i = 0; i < monitors->count; i++)
        tell(&monitors->subscriptions[i], &event);
    mutex_unlock(&monitors->lock);
}
