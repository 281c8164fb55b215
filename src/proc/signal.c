// Signals: how they are made, handed over, and answered for the dead.

#include "proc/signal.h"

#include "proc/extra.h"
#include "proc/remote.h"
#include "sys/sys.h"
#include "vm.h"

// The inbox of a process that takes no more signals.
#define INBOX_CLOSED ((struct signal *)1)

static size_t words_for(term value) {
    return is_pointer(value) ? heap_size_of(value) : 0;
}
static term copy(struct heap *builder, term value) {
    return is_pointer(value) ? heap_copy(builder, value) : value;
}

// A signal with `words` words behind it, which *builder stands for until signal_built.
static struct signal *signal_begin(enum signal_kind kind, size_t words, struct heap *builder) {
    struct signal *signal = sys_alloc(sizeof *signal + words * sizeof(term));
    *signal = (struct signal){
        .fragment.words = words, .kind = kind, .from = NONE, .value = NONE, .reference = NONE, .token = NIL};
    term *start = (term *)(signal + 1);
    *builder = (struct heap){.start = start, .top = start, .stack = start + words, .end = start + words};
    return signal;
}
static struct signal *signal_end(struct signal *signal, const struct heap *builder) {
    // A purge of literals may begin or end after the words were counted: then they are too few or too many.
    signal->fragment.next = builder->fragments;
    signal->fragment.off_heap = builder->off_heap;
    return signal;
}

struct signal *proc_signal_new(enum signal_kind kind, term from, term value, term reference) {
    struct heap builder;
    struct signal *signal = signal_begin(kind, words_for(from) + words_for(value) + words_for(reference), &builder);
    signal->from = copy(&builder, from);
    signal->value = copy(&builder, value);
    signal->reference = copy(&builder, reference);
    return signal_end(signal, &builder);
}

struct signal *signal_tuple(enum signal_kind kind, term from, term reference, size_t arity, const term *elements) {
    size_t words = words_for(from) + words_for(reference) + 1 + arity;
    for (size_t i = 0; i < arity; i++)
        words += words_for(elements[i]);
    struct heap builder;
    struct signal *signal = signal_begin(kind, words, &builder);
    signal->from = copy(&builder, from);
    signal->reference = copy(&builder, reference);
    term *tuple = heap_tuple(&builder, arity);
    for (size_t i = 0; i < arity; i++)
        tuple[1 + i] = copy(&builder, elements[i]);
    signal->value = boxed_make(tuple);
    return signal_end(signal, &builder);
}

struct signal *signal_lasting(enum signal_kind kind, term from, term value) {
    struct heap builder;
    struct signal *signal = signal_begin(kind, heap_size_of_all(value), &builder);
    signal->from = from;
    signal->value = heap_copy_all(&builder, value);
    return signal_end(signal, &builder);
}

struct signal *proc_signal_built(enum signal_kind kind, struct heap *builder, term value) {
    assert_debug(!builder->start);
    struct signal *signal = sys_alloc(sizeof *signal);
    *signal = (struct signal){.fragment.next = builder->fragments,
                              .fragment.off_heap = builder->off_heap,
                              .kind = kind,
                              .from = NONE,
                              .value = value,
                              .reference = NONE,
                              .token = NIL};
    *builder = (struct heap){0};
    return signal;
}

struct signal *signal_exit(enum signal_kind kind, term from, term reason) {
    return signal_tuple(kind, from, NONE, 3, (term[]){ATOM_EXIT, from, reason});
}

struct signal *signal_down_new(term from, term reference, term type, term item, term reason) {
    return signal_tuple(SIGNAL_MONITOR_DOWN, from, reference, 5, (term[]){ATOM_DOWN, reference, type, item, reason});
}

void signal_down(term watcher, term from, term reference, term type, term item, term reason) {
    if (watcher == ATOM_resource || watcher == ATOM_socket) {
        (watcher == ATOM_socket ? vm.hooks.socket_owner_gone : vm.hooks.resource_down)(reference, item);
        return;
    }
    if (is_local_port(watcher)) {
        vm.hooks.port_process_down(watcher, reference);
        return;
    }
    struct process *process = proc_lookup(watcher);
    if (process)
        proc_signal(process, signal_down_new(from, reference, type, item, reason));
}

void signal_process_down(struct process *self, term watcher, uint32_t channel, term from, term reference, term item,
                         term reason) {
    if (is_boxed(watcher))
        signal_to(self, watcher, signal_down_new(from, reference, ATOM_process, item, reason), channel);
    else
        signal_down(watcher, from, reference, ATOM_process, item, reason);
}

void signal_reply(term to, term reference, term value) {
    struct process *process = proc_lookup(to);
    if (process)
        proc_signal(process, signal_tuple(SIGNAL_MESSAGE, NONE, NONE, 2, (term[]){reference, value}));
}

void signal_adopt(struct signal *signal, struct heap *builder) {
    assert_debug(!builder->start);
    struct fragment *last = builder->fragments;
    if (!last)
        return;
    while (last->next)
        last = last->next;
    if (builder->off_heap)
        builder->fragments->off_heap = builder->off_heap;
    last->next = signal->fragment.next;
    signal->fragment.next = builder->fragments;
    *builder = (struct heap){0};
}

static bool may_be_packed(enum signal_kind kind) {
    return kind == SIGNAL_MESSAGE || kind == SIGNAL_EXIT || kind == SIGNAL_EXIT_LINK || kind == SIGNAL_MONITOR_DOWN;
}

bool signal_is_packed(const struct signal *signal) {
    return may_be_packed(signal->kind) && signal->packed;
}

void signal_free(struct signal *signal) {
    if (signal_is_packed(signal))
        vm.hooks.packed_free(signal->packed);
    fragment_free(&signal->fragment);
}

bool signal_deliver(struct process *to, struct signal *signal) {
    struct signal *top = atomic_load_explicit(&to->inbox, memory_order_relaxed);
    bool urgent = signal->kind != SIGNAL_MESSAGE;
    do {
        if (top == INBOX_CLOSED)
            return false;
        signal->next = top;
    } while (!atomic_compare_exchange_weak(&to->inbox, &top, signal));
    if (urgent && (atomic_load(&to->state) & STATE_FOREIGN))
        foreign_summon(to);
    proc_wake(to);
    return true;
}

bool proc_signal(struct process *to, struct signal *signal) {
    if (signal_deliver(to, signal))
        return true;
    signal_free(signal);
    return false;
}

static struct signal *reversed(struct signal *signal) {
    struct signal *result = NULL;
    for (struct signal *next; signal; signal = next) {
        next = signal->next;
        signal->next = result;
        result = signal;
    }
    return result;
}

struct signal *signal_take_inbox(struct process *self, bool close) {
    struct signal *newest = atomic_exchange(&self->inbox, close ? INBOX_CLOSED : NULL);
    assert_debug(newest != INBOX_CLOSED);
    return reversed(newest);
}

void signal_give_back(struct process *self, struct signal *oldest) {
    struct signal *newest = reversed(oldest), *later = NULL;
    if (!newest || atomic_compare_exchange_strong(&self->inbox, &later, newest))
        return;
    assert_debug(later != INBOX_CLOSED);
    while (later->next) // whoever sends touches the top alone
        later = later->next;
    later->next = newest;
}

// The state word: from waiting to runnable by the one who wakes (and who then enqueues), from running to waiting by
// the scheduler. The waker has put its signal in the inbox before it reads the state, the sleeper writes the state
// before it reads the inbox: so one of the two sees the other (all of it sequentially consistent).
void proc_wake(struct process *process) {
    uint32_t state = atomic_load(&process->state);
    while ((state & STATE_MASK) == STATE_WAITING) {
        if (atomic_compare_exchange_weak(&process->state, &state, (state & ~STATE_MASK) | STATE_RUNNABLE)) {
            vm.hooks.enqueue(process);
            return;
        }
    }
}

bool proc_sleep(struct process *process) {
    if (process->extra && process->extra->tasks && !process->parked)
        return false; // a receive has taken them in: they are done before the next slice
    uint32_t state = atomic_load(&process->state);
    do {
        if (state & STATE_TIMED_OUT)
            return false;
    } while (!atomic_compare_exchange_weak(&process->state, &state, (state & ~STATE_MASK) | STATE_WAITING));
    if (!atomic_load(&process->inbox))
        return true;
    state = atomic_load(&process->state);
    while ((state & STATE_MASK) == STATE_WAITING) {
        if (atomic_compare_exchange_weak(&process->state, &state, (state & ~STATE_MASK) | STATE_RUNNING))
            return false;
    }
    return true; // woken by the sender
}

void signal_bury(term dead, struct signal *signal) {
    term from = signal->from;
    uint32_t channel = signal->channel;
    switch (signal->kind) {
    case SIGNAL_LINK:
        signal_to(NULL, from, signal_exit(SIGNAL_EXIT_LINK, dead, ATOM_noproc), channel);
        break;
    case SIGNAL_UNLINK:
        if (signal->value != NONE)
            signal_to(NULL, from, proc_signal_new(SIGNAL_UNLINK_ACK, dead, signal->value, NONE), channel);
        break;
    case SIGNAL_MONITOR:
        signal_process_down(NULL, from, channel, dead, signal->reference, signal->value == NONE ? dead : signal->value,
                            ATOM_noproc);
        break;
    case SIGNAL_SPAWN_REPLY:
        remote_spawn_refuse(NULL, dead, signal, ATOM_noproc);
        break;
    case SIGNAL_IS_ALIVE:
        signal_reply(from, signal->reference, ATOM_false);
        break;
    case SIGNAL_SUSPEND:
    case SIGNAL_GROUP_LEADER:
        if (signal->reference != NONE)
            signal_reply(from, signal->reference, ATOM_badarg);
        break;
    case SIGNAL_QUESTION:
    case SIGNAL_CALL:
    case SIGNAL_SYSTEM_TASK:
    case SIGNAL_CODE_CHECK:
        signal->call(NULL, signal);
        break;
    default:
        break;
    }
    signal_free(signal);
}

void signal_bury_all(term dead, struct signal *first) {
    for (struct signal *signal = first, *next; signal; signal = next) {
        next = signal->next;
        signal_bury(dead, signal);
    }
}
