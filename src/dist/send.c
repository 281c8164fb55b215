// What goes out of a channel.
//
//     channel_post ->  postings (while pending: terms)
//                  ->  queue (parcels) -> channel_pull -> packets
//                        |                    ^
//                        +-> lanes -----------+   by turns
//
// A large parcel that has come to the head of the queue moves to a lane of its sender, and with it all that the same
// sender queues until it is gone. Lanes and queue take turns, a packet each: so the order of a sender's signals is
// kept, and nobody waits for another's large message longer than for one fragment of it.

#include "dist/dist.h"
#include "dist/parcel.h"
#include "dist/port_channel.h"
#include "io/port.h"
#include "options.h"
#include "proc/signal.h"
#include "proc/system_monitor.h"
#include "sched/sched.h"
#include "sys/sys.h"

// What a parcel costs beside its bytes, for the limit of what may wait.
#define PARCEL_OVERHEAD 64
#define GATHERED_MAX (16 << 10) // bytes that wait for more to go out with them

struct posting {
    struct posting *next;
    struct heap heap; // of the fields
    struct control control;
    term sender;
    size_t bytes;
};

struct lane {
    struct lane *next;
    term sender;
    struct parcel *parcels, **parcels_end;
};

// ---- busy ---------------------------------------------------------------------------------------------------------

// The signal that wakes has nothing else to do.
static void woken(struct process *owner, struct signal *signal) {
}

static void wake_waiting(struct channel *channel) {
    for (size_t i = 0; i < channel->waiting.room; i++) {
        struct process *process = channel->waiting.slots[i] ? proc_lookup(channel->waiting.slots[i]) : NULL;
        if (!process)
            continue;
        struct signal *signal = proc_signal_new(SIGNAL_CALL, NONE, NONE, NONE);
        signal->call = woken;
        proc_signal(process, signal);
    }
    pid_set_free(&channel->waiting);
}

static void queued(struct channel *channel, size_t bytes) {
    channel->queued += bytes;
    channel->busy |= channel->queued >= vm.options->distribution_buffer_limit;
}

static void unqueued(struct channel *channel, size_t bytes) {
    channel->queued -= bytes;
    if (channel->busy && channel->queued < vm.options->distribution_buffer_limit / 2) {
        channel->busy = false;
        wake_waiting(channel);
    }
}

static bool begin_waiting(struct process *self, struct channel *channel) {
    mutex_lock(&channel->node->lock);
    bool wait = channel->busy;
    if (wait)
        pid_set_add(&channel->waiting, self->pid);
    mutex_unlock(&channel->node->lock);
    return wait;
}

static bool is_waiting(struct process *self, struct channel *channel) {
    mutex_lock(&channel->node->lock);
    bool waiting = pid_set_has(&channel->waiting, self->pid);
    mutex_unlock(&channel->node->lock);
    return waiting;
}

// Until there was room once: somebody else may have filled it already, and would again and again.
void channel_wait(struct process *self, struct channel *channel) {
    channel_reference(&self->heap, channel); // holds it, also if we are killed while we wait
    if (!begin_waiting(self, channel))
        return;
    if (system_monitor_watches(MONITOR_BUSY_DIST_PORT))
        system_monitor_tell(MONITOR_BUSY_DIST_PORT, self->pid, channel->controller);
    do
        proc_wait(self);
    while (is_waiting(self, channel));
}

bool channel_is_busy(struct channel *channel) {
    mutex_lock(&channel->node->lock);
    bool busy = channel->busy;
    mutex_unlock(&channel->node->lock);
    return busy;
}

// ---- postings -----------------------------------------------------------------------------------------------------

static term copy_field(struct posting *posting, term value) {
    if (!is_pointer(value))
        return value;
    posting->bytes += heap_size_of_all(value) * sizeof(term);
    return heap_copy_all(&posting->heap, value);
}

static void add_posting(struct channel *channel, const struct control *control, term sender) {
    struct posting *posting = sys_alloc_zero(sizeof *posting);
    posting->sender = sender;
    posting->bytes = PARCEL_OVERHEAD;
    posting->control = *control;
    struct control *copy = &posting->control;
    term *fields[] = {&copy->from,    &copy->to,     &copy->reference, &copy->identifier,
                      &copy->token,   &copy->reason, &copy->leader,    &copy->function,
                      &copy->options, &copy->flags,  &copy->result,    &copy->payload};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        *fields[i] = copy_field(posting, *fields[i]);
    *channel->postings_end = posting;
    channel->postings_end = &posting->next;
    queued(channel, posting->bytes);
}

static struct posting *take_posting(struct channel *channel) {
    struct posting *posting = channel->postings;
    channel->postings = posting->next;
    if (!channel->postings)
        channel->postings_end = &channel->postings;
    unqueued(channel, posting->bytes);
    return posting;
}

static void posting_free(struct posting *posting) {
    heap_free(&posting->heap);
    sys_free(posting);
}

// ---- the queue ----------------------------------------------------------------------------------------------------

static void add_parcel(struct channel *channel, struct parcel *parcel) {
    *channel->queue_end = parcel;
    channel->queue_end = &parcel->next;
    queued(channel, parcel->size + PARCEL_OVERHEAD);
    if (channel->notify && is_local_pid(channel->controller)) {
        channel->notify = false;
        struct process *controller = proc_lookup(channel->controller);
        if (controller)
            proc_signal(controller, proc_signal_new(SIGNAL_MESSAGE, NONE, ATOM_dist_data, NONE));
    }
}

static struct parcel *take_parcel(struct channel *channel) {
    struct parcel *parcel = channel->queue;
    channel->queue = parcel->next;
    if (!channel->queue)
        channel->queue_end = &channel->queue;
    parcel->next = NULL;
    return parcel;
}

// Controls for what the peer does not understand are not sent at all.
static bool is_understood(const struct control *control, uint64_t flags) {
    uint64_t needed = 0;
    switch (control->operation) {
    case CONTROL_ALIAS_SEND:
    case CONTROL_ALIAS_SEND_TT:
        needed = DIST_ALIAS;
        break;
    case CONTROL_SPAWN_REQUEST:
    case CONTROL_SPAWN_REQUEST_TT:
        needed = DIST_SPAWN;
        break;
    case CONTROL_MONITOR_P:
        needed = is_atom(control->to) ? DIST_MONITOR_NAME : DIST_MONITOR;
        break;
    }
    return (flags & needed) == needed;
}

// The older form of a control for a peer that lacks the newer.
static void adapt(struct control *control, uint64_t flags) {
    static const uint8_t without_payload[CONTROL_OPERATIONS] = {
        [CONTROL_PAYLOAD_EXIT] = CONTROL_EXIT,
        [CONTROL_PAYLOAD_EXIT_TT] = CONTROL_EXIT_TT,
        [CONTROL_PAYLOAD_EXIT2] = CONTROL_EXIT2,
        [CONTROL_PAYLOAD_EXIT2_TT] = CONTROL_EXIT2_TT,
        [CONTROL_PAYLOAD_MONITOR_P_EXIT] = CONTROL_MONITOR_P_EXIT,
    };
    if (!(flags & DIST_EXIT_PAYLOAD) && without_payload[control->operation]) {
        control->operation = without_payload[control->operation];
        control->reason = control->payload;
        control->has_payload = false;
    } else if (!(flags & DIST_SEND_SENDER) && control->operation == CONTROL_SEND_SENDER) {
        control->operation = CONTROL_SEND;
    } else if (!(flags & DIST_SEND_SENDER) && control->operation == CONTROL_SEND_SENDER_TT) {
        control->operation = CONTROL_SEND_TT;
    } else if (!(flags & DIST_UNLINK_ID) && control->operation == CONTROL_UNLINK_ID) {
        control->operation = CONTROL_UNLINK;
    }
}

static struct parcel *encode(struct process *self, const struct control *control, term sender, uint64_t flags) {
    struct control adapted = *control;
    adapt(&adapted, flags);
    return parcel_new(self, &adapted, sender, flags);
}

// The next posting, whose values become the process's own: it may give way, and be killed, while it encodes them.
static bool next_posting(struct process *self, struct channel *channel, struct posting *next) {
    mutex_lock(&channel->node->lock);
    struct posting *posting = channel->postings ? take_posting(channel) : NULL;
    mutex_unlock(&channel->node->lock);
    if (!posting)
        return false;
    *next = *posting;
    heap_adopt(&self->heap, &posting->heap);
    posting_free(posting);
    return true;
}

void channel_encode_postings(struct process *self, struct channel *channel, uint64_t flags) {
    struct posting posting;
    while (next_posting(self, channel, &posting)) {
        if (!is_understood(&posting.control, flags))
            continue;
        struct parcel *parcel = encode(self, &posting.control, posting.sender, flags);
        mutex_lock(&channel->node->lock);
        bool down = atomic_load(&channel->state) == CHANNEL_DOWN;
        if (!down)
            add_parcel(channel, parcel);
        mutex_unlock(&channel->node->lock);
        if (down)
            parcel_free(parcel);
    }
}

bool channel_has_postings(struct channel *channel) {
    mutex_lock(&channel->node->lock);
    bool has = channel->postings != NULL;
    mutex_unlock(&channel->node->lock);
    return has;
}

void channel_watch(struct channel *channel, term pid) {
    pid_set_add(&channel->watchers, pid);
}

// Lets the controlling port know. While the port is putting a packet in, it holds its lock, and looks afterwards.
// Otherwise little waits for what the process may send next: a call of the system for each is what sending costs most.
static void flush(struct channel *channel) {
    mutex_lock(&channel->node->lock);
    bool later = channel->receiving, much = channel->queued >= GATHERED_MAX;
    channel->flush_wanted |= later;
    mutex_unlock(&channel->node->lock);
    if (later || !is_local_port(channel->controller))
        return;
    if (much)
        port_channel_flush(channel->controller);
    else
        sched_put_off(port_channel_flush, channel->controller);
}

bool channel_post(struct process *self, struct channel *channel, const struct control *control, term sender) {
    struct node *node = channel->node;
    struct parcel *parcel = NULL;
    for (;;) {
        if (!parcel && atomic_load(&channel->state) == CHANNEL_UP) {
            if (!is_understood(control, channel->flags))
                return true;
            parcel = encode(self, control, sender, channel->flags);
        }
        mutex_lock(&node->lock);
        enum channel_state state = atomic_load(&channel->state);
        if (state == CHANNEL_PENDING)
            add_posting(channel, control, sender);
        else if (state == CHANNEL_UP && parcel)
            add_parcel(channel, parcel);
        mutex_unlock(&node->lock);
        if (state == CHANNEL_UP && !parcel)
            continue; // it came up meanwhile
        if (state == CHANNEL_UP)
            flush(channel);
        else if (parcel)
            parcel_free(parcel);
        return state != CHANNEL_DOWN;
    }
}

// ---- packets ------------------------------------------------------------------------------------------------------

static struct lane *lane_of(const struct channel *channel, term sender) {
    struct lane *lane = sender == NONE ? NULL : channel->lanes;
    while (lane && lane->sender != sender)
        lane = lane->next;
    return lane;
}

static void add_lane(struct channel *channel, struct lane *lane) {
    lane->next = NULL;
    *channel->lanes_end = lane;
    channel->lanes_end = &lane->next;
}

static struct lane *take_lane(struct channel *channel) {
    struct lane *lane = channel->lanes;
    channel->lanes = lane->next;
    if (!channel->lanes)
        channel->lanes_end = &channel->lanes;
    return lane;
}

// Moves from the queue to lanes until its head may go out as it is.
static void sort_queue(struct channel *channel) {
    while (channel->queue) {
        struct lane *lane = lane_of(channel, channel->queue->sender);
        if (!lane) {
            if (!parcel_is_large(channel->queue))
                return;
            lane = sys_alloc(sizeof *lane);
            *lane = (struct lane){.sender = channel->queue->sender};
            lane->parcels_end = &lane->parcels;
            add_lane(channel, lane);
        }
        struct parcel *parcel = take_parcel(channel);
        *lane->parcels_end = parcel;
        lane->parcels_end = &parcel->next;
    }
}

static struct chunk *packet_of(struct channel *channel, struct parcel *parcel, size_t prefix) {
    size_t before = parcel->sent;
    if (before == 0 && parcel_is_large(parcel))
        channel->sequence++;
    struct chunk *chunk = parcel_packet(parcel, channel->atoms_out, channel->sequence, prefix);
    bool done = parcel->sent == parcel->size;
    unqueued(channel, parcel->sent - before + (done ? PARCEL_OVERHEAD : 0));
    return chunk;
}

static struct chunk *pull_from_lane(struct channel *channel, size_t prefix) {
    struct lane *lane = take_lane(channel);
    struct parcel *parcel = lane->parcels;
    struct chunk *chunk = packet_of(channel, parcel, prefix);
    if (parcel->sent == parcel->size) {
        lane->parcels = parcel->next;
        parcel_free(parcel);
    }
    if (lane->parcels)
        add_lane(channel, lane);
    else
        sys_free(lane);
    return chunk;
}

static struct chunk *pull_from_queue(struct channel *channel, size_t prefix) {
    struct parcel *parcel = take_parcel(channel);
    struct chunk *chunk = packet_of(channel, parcel, prefix);
    parcel_free(parcel);
    return chunk;
}

struct chunk *channel_pull(struct channel *channel, size_t prefix) {
    struct chunk *chunk = NULL;
    mutex_lock(&channel->node->lock);
    if (atomic_load(&channel->state) == CHANNEL_UP) {
        sort_queue(channel);
        bool lane = channel->lanes && (channel->lane_next || !channel->queue);
        channel->lane_next = !lane;
        if (lane)
            chunk = pull_from_lane(channel, prefix);
        else if (channel->queue)
            chunk = pull_from_queue(channel, prefix);
    }
    mutex_unlock(&channel->node->lock);
    if (chunk)
        atomic_fetch_add(&channel->packets_out, 1);
    return chunk;
}

void channel_notify(struct channel *channel) {
    mutex_lock(&channel->node->lock);
    bool now = channel->queue || channel->lanes;
    channel->notify = !now;
    mutex_unlock(&channel->node->lock);
    struct process *controller = now ? proc_lookup(channel->controller) : NULL;
    if (controller)
        proc_signal(controller, proc_signal_new(SIGNAL_MESSAGE, NONE, ATOM_dist_data, NONE));
}

size_t channel_pending(struct channel *channel) {
    size_t count = 0;
    mutex_lock(&channel->node->lock);
    for (const struct parcel *parcel = channel->queue; parcel; parcel = parcel->next)
        count++;
    for (const struct lane *lane = channel->lanes; lane; lane = lane->next)
        for (const struct parcel *parcel = lane->parcels; parcel; parcel = parcel->next)
            count++;
    mutex_unlock(&channel->node->lock);
    return count;
}

static void free_parcels(struct parcel *parcel) {
    for (struct parcel *next; parcel; parcel = next) {
        next = parcel->next;
        parcel_free(parcel);
    }
}

void channel_drop_output(struct channel *channel) {
    while (channel->postings)
        posting_free(take_posting(channel));
    free_parcels(channel->queue);
    channel->queue = NULL;
    channel->queue_end = &channel->queue;
    while (channel->lanes) {
        struct lane *lane = take_lane(channel);
        free_parcels(lane->parcels);
        sys_free(lane);
    }
    channel->queued = 0;
    channel->busy = false;
    wake_waiting(channel);
}
