// What a signal does to the process that takes it.

#include "proc/bond.h"
#include "proc/extra.h"
#include "proc/link.h"
#include "proc/mailbox.h"
#include "proc/remote.h"
#include "proc/saved_calls.h"
#include "proc/signal.h"
#include "proc/trace.h"
#include "sys/sys.h"
#include "vm.h"

struct process_extra *process_extra(struct process *self) {
    if (!self->extra) {
        self->extra = sys_alloc_zero(sizeof *self->extra);
        self->extra->tasks_end = &self->extra->tasks;
        self->extra->put_off_end = &self->extra->put_off;
    }
    return self->extra;
}

static void append(struct signal ***end, struct signal *signal) {
    signal->next = NULL;
    **end = signal;
    *end = &signal->next;
}

static struct signal *take_all(struct signal **first, struct signal ***end) {
    struct signal *all = *first;
    *first = NULL;
    *end = first;
    return all;
}

void process_extra_put_off(struct process *self, struct signal *signal) {
    append(&process_extra(self)->put_off_end, signal);
}

void process_extra_bury(struct process *self) {
    struct process_extra *extra = self->extra;
    if (!extra)
        return;
    signal_bury_all(self->pid, take_all(&extra->tasks, &extra->tasks_end));
    signal_bury_all(self->pid, take_all(&extra->put_off, &extra->put_off_end));
}

void process_extra_free(struct process *self) {
    if (!self->extra)
        return;
    process_extra_bury(self);
    saved_calls_set(self, 0);
    sys_free(self->extra);
    self->extra = NULL;
}

// Notes why the process must exit: the reason lies in the signal, which becomes part of the heap. True.
static bool exit_with(struct process *self, struct signal *signal, term reason) {
    heap_adopt_fragment(&self->heap, &signal->fragment);
    self->exception_class = CLASS_EXIT;
    self->exception_reason = reason;
    return true;
}

static void deliver(struct process *self, struct signal *message) {
    trace_received(self, message->from, message->value);
    mailbox_append(self, message);
}

static bool traps_exits(const struct process *self) {
    return (self->flags & FLAG_TRAP_EXIT) != 0;
}

// exit/2: `kill` cannot be trapped and is passed on as `killed`; `normal` is nothing, unless one sent it to oneself.
static bool handle_exit(struct process *self, struct signal *signal) {
    term reason = signal_exit_reason(signal);
    if (reason == ATOM_kill)
        return exit_with(self, signal, ATOM_killed);
    if (traps_exits(self)) {
        deliver(self, signal);
        return false;
    }
    if (reason == ATOM_normal && signal->from != self->pid) {
        signal_free(signal);
        return false;
    }
    return exit_with(self, signal, reason);
}

// A linked process or port ended. Where the link is gone, or an unlink of ours is under way, the signal is void.
static bool handle_exit_link(struct process *self, struct signal *signal) {
    struct bond *link = bond_find(self, BOND_LINK, signal->from);
    bool active = link && link->value == NONE;
    if (link)
        bond_remove(self, link);
    if (active)
        trace_event_if(self, TRACE_PROCS, ATOM_getting_unlinked, signal->from);
    if (active && traps_exits(self)) {
        deliver(self, signal);
        return false;
    }
    if (active && signal_exit_reason(signal) != ATOM_normal)
        return exit_with(self, signal, signal_exit_reason(signal));
    signal_free(signal);
    return false;
}

static void handle_unlink(struct process *self, struct signal *signal) {
    struct bond *link = bond_find(self, BOND_LINK, signal->from);
    if (link && link->value == NONE) {
        trace_event_if(self, TRACE_PROCS, ATOM_getting_unlinked, signal->from);
        bond_remove(self, link);
    }
    if (signal->value != NONE) // nodes of old do not await it
        signal_to(self, signal->from, proc_signal_new(SIGNAL_UNLINK_ACK, self->pid, signal->value, NONE),
                  signal->channel);
}

static void handle_unlink_ack(struct process *self, struct signal *signal) {
    struct bond *link = bond_find(self, BOND_LINK, signal->from);
    if (link && link->value == signal->value)
        bond_remove(self, link);
}

static void handle_link(struct process *self, struct signal *signal) {
    if (bond_find(self, BOND_LINK, signal->from))
        return;
    bond_add(self, BOND_LINK, signal->from, NONE, NONE)->channel = signal->channel;
    trace_event_if(self, TRACE_PROCS, ATOM_getting_linked, signal->from);
}

static void handle_down(struct process *self, struct signal *signal) {
    struct bond *monitor = bond_find(self, BOND_MONITOR, signal->reference);
    if (!monitor) {
        signal_free(signal);
        return;
    }
    if (monitor->value != NONE) { // {tag, Tag}
        const term *down = boxed(signal->value);
        struct signal *tagged = signal_tuple(SIGNAL_MESSAGE, signal->from, NONE, 5,
                                             (term[]){monitor->value, down[2], down[3], down[4], down[5]});
        signal_free(signal);
        signal = tagged;
    }
    monitor_ended(self, monitor);
    signal->reference = NONE;
    deliver(self, signal);
}

static void handle_message(struct process *self, struct signal *signal) {
    if (signal->reference != NONE && !alias_accepts(self, signal->reference))
        signal_free(signal);
    else
        deliver(self, signal);
}

static void handle_group_leader(struct process *self, struct signal *signal) {
    heap_adopt_fragment(&self->heap, &signal->fragment);
    self->group_leader = signal->value;
    if (signal->reference != NONE)
        signal_reply(signal->from, signal->reference, ATOM_true);
}

static void handle_suspend(struct process *self, struct signal *signal) {
    process_extra(self)->suspended++;
    atomic_fetch_or(&self->state, STATE_SUSPENDED);
    self->work.reductions = 0;
    if (signal->reference != NONE) // {Reference, true}, or {Term, suspended}
        signal_reply(signal->from, signal->reference, signal->value);
}

static void handle_resume(struct process *self) {
    struct process_extra *extra = process_extra(self);
    if (extra->suspended == 0)
        return;
    extra->suspended--;
    if (extra->suspended == 0)
        atomic_fetch_and(&self->state, ~(uint32_t)STATE_SUSPENDED);
}

static void handle_task(struct process *self, struct signal *signal) {
    append(&process_extra(self)->tasks_end, signal);
}

// True when the process must exit. Each case frees the signal, keeps it, or leaves that to the end.
bool signal_handle(struct process *self, struct signal *signal) {
    if (signal_is_packed(signal) && !vm.hooks.unpack(self, signal)) {
        signal_free(signal);
        return false;
    }
    switch (signal->kind) {
    case SIGNAL_MESSAGE:
        handle_message(self, signal);
        return false;
    case SIGNAL_EXIT:
        return handle_exit(self, signal);
    case SIGNAL_EXIT_LINK:
        return handle_exit_link(self, signal);
    case SIGNAL_MONITOR_DOWN:
        handle_down(self, signal);
        return false;
    case SIGNAL_GROUP_LEADER:
        handle_group_leader(self, signal);
        return false;
    case SIGNAL_CODE_CHECK:
        if (atomic_load(&self->state) & STATE_FOREIGN) {
            signal->call(self, signal);
            break;
        }
        [[fallthrough]];
    case SIGNAL_SYSTEM_TASK:
        handle_task(self, signal);
        return false;
    case SIGNAL_LINK:
        handle_link(self, signal);
        break;
    case SIGNAL_UNLINK:
        handle_unlink(self, signal);
        break;
    case SIGNAL_UNLINK_ACK:
        handle_unlink_ack(self, signal);
        break;
    case SIGNAL_MONITOR:
        bond_add(self, BOND_WATCHED, signal->from, signal->reference, signal->value)->channel = signal->channel;
        break;
    case SIGNAL_DEMONITOR: {
        struct bond *watched = bond_find(self, BOND_WATCHED, signal->reference);
        if (watched)
            bond_remove(self, watched);
        break;
    }
    case SIGNAL_IS_ALIVE:
        signal_reply(signal->from, signal->reference, ATOM_true);
        break;
    case SIGNAL_SUSPEND:
        handle_suspend(self, signal);
        break;
    case SIGNAL_RESUME:
        handle_resume(self);
        break;
    case SIGNAL_CHANNEL_LOST:
        remote_lost(self, signal->channel);
        break;
    case SIGNAL_SPAWN_REPLY:
        remote_spawn_reply(self, signal);
        break;
    case SIGNAL_SPAWN_REQUEST: // goes to other nodes only
    case SIGNAL_NOTHING:
        break;
    case SIGNAL_QUESTION:
        signal->call(self, signal);
        break;
    case SIGNAL_CALL:
        self->flags &= ~(uint32_t)FLAG_RECEIVING;
        signal->call(self, signal);
        break;
    }
    signal_free(signal);
    return false;
}

bool proc_take_signals(struct process *self) {
    if (!atomic_load_explicit(&self->inbox, memory_order_relaxed))
        return false;
    struct signal *signal = signal_take_inbox(self, false), *next;
    for (; signal; signal = next) {
        next = signal->next;
        if (signal_handle(self, signal)) {
            signal_give_back(self, next);
            return true;
        }
    }
    return false;
}

// A task may park (a long collection does), and the process be killed before it goes on: so it leaves the list when it
// is done.
static void run_tasks(struct process *self) {
    struct process_extra *extra = self->extra;
    struct signal *task;
    self->flags |= FLAG_IN_TASK;
    while ((task = extra->tasks)) {
        task->call(self, task);
        extra->tasks = task->next;
        if (!extra->tasks)
            extra->tasks_end = &extra->tasks;
        signal_free(task);
    }
    self->flags &= ~(uint32_t)FLAG_IN_TASK;
}

static void handle_put_off(struct process *self) {
    struct signal *signal = take_all(&self->extra->put_off, &self->extra->put_off_end);
    for (struct signal *next; signal; signal = next) {
        next = signal->next;
        signal_handle(self, signal);
    }
}

enum proc_next proc_before_run(struct process *self) {
    uint32_t before = atomic_load(&self->state);
    if (before & STATE_EXITING)
        return before & STATE_DEPARTED ? PROC_EXIT : PROC_RUN;
    if (self->extra && self->extra->put_off)
        handle_put_off(self);
    if (proc_take_signals(self))
        return PROC_EXIT;
    if (self->flags & FLAG_IN_TASK)
        return PROC_RUN;
    if (self->extra && self->extra->tasks && !self->parked)
        run_tasks(self);
    uint32_t state = atomic_load(&self->state);
    if (state & STATE_SUSPENDED)
        return PROC_WAIT;
    if ((self->flags & FLAG_RECEIVING) && !(state & STATE_TIMED_OUT))
        return PROC_WAIT;
    self->flags &= ~(uint32_t)FLAG_RECEIVING;
    return PROC_RUN;
}
