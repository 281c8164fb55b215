// Processes that other nodes ask for.
//
// The new process runs erts_internal:dist_spawn_init/1, which takes the list of arguments as its first message: so it
// is the process itself that decodes them.

#include "dist/spawn.h"

#include "code/code.h"
#include "dist/packet.h"
#include "proc/bond.h"
#include "proc/signal.h"

static void answer(struct delivery *delivery, const struct control *control, unsigned flags, term result, term sender) {
    struct control reply = {.operation = CONTROL_SPAWN_REPLY,
                            .from = NONE,
                            .to = control->from,
                            .reference = control->reference,
                            .flags = SMALL(flags),
                            .result = result,
                            .payload = NONE};
    channel_post(NULL, delivery->channel, &reply, sender);
}

// Ties the process to who asked for it. False when the channel is down.
static bool tie(struct channel *channel, struct process *child, const struct control *control,
                const struct spawn_options *options) {
    if (options->link)
        bond_add(child, BOND_LINK, control->from, NONE, NONE)->channel = channel->id;
    if (options->monitor)
        bond_add(child, BOND_WATCHED, control->from, control->reference, NONE)->channel = channel->id;
    mutex_lock(&channel->node->lock);
    bool up = atomic_load(&channel->state) == CHANNEL_UP;
    if (up && (options->link || options->monitor))
        channel_watch(channel, child->pid);
    mutex_unlock(&channel->node->lock);
    return up;
}

void spawn_request(struct delivery *delivery, const struct control *control) {
    struct spawn_options options;
    if (!vm.hooks.spawn_options(control->options, &options)) {
        answer(delivery, control, 0, ATOM_badopt, NONE);
        return;
    }
    options.group_leader = control->leader;
    term arguments = heap_cons(&delivery->heap, control->function, NIL);
    struct process *child =
        proc_spawn_prepare(NULL, ATOM_erts_internal, ATOM_dist_spawn_init, arguments, &options, NULL);
    if (!child) {
        answer(delivery, control, 0, ATOM_system_limit, NONE);
        return;
    }
    const term *function = boxed(control->function);
    int64_t arity = small_value(function[3]);
    if (arity <= UINT8_MAX)
        child->initial_call = code_export(function[1], function[2], (unsigned)arity);
    child->parent = heap_copy(&child->heap, control->from);
    struct signal *message = proc_signal_new(SIGNAL_MESSAGE, NONE, NONE, NONE);
    message->packed = delivery->packed;
    delivery->packed = NULL;
    proc_signal(child, message); // it waits in the inbox, for nobody knows of the process yet
    bool up = tie(delivery->channel, child, control, &options);
    answer(delivery, control, (options.link ? REMOTE_SPAWN_LINK : 0) | (options.monitor ? REMOTE_SPAWN_MONITOR : 0),
           child->pid, child->pid);
    if (!up) { // the channel went down: its end is told here, as nobody else knew of the process
        struct signal *lost = proc_signal_new(SIGNAL_CHANNEL_LOST, NONE, NONE, NONE);
        lost->channel = delivery->channel->id;
        proc_signal(child, lost);
    }
    proc_spawn_launch(child);
}
