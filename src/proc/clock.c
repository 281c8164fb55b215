// The timers of erlang:start_timer and erlang:send_after: a hash table by the number of the reference, in parts with a
// lock each.
//
// A timer in the table belongs to whoever takes it out: the one who cancels it, or the scheduler that fires it.

#include "proc/clock.h"

#include <stdlib.h>

#include "proc/signal.h"
#include "proc/timer.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "vm.h"

#define PARTS 16
#define BUCKETS_FIRST 16

struct clock_timer {
    struct timer timer;
    struct clock_timer *next;
    uint64_t number[2];       // of the reference
    term to;                  // immediate
    struct signal *message;   // ready to be sent
    _Atomic bool to_be_freed; // `fire` found it taken out, and has let go of it
};

struct clock_part {
    alignas(64) mutex lock;
    struct clock_timer **buckets; // bucket_count is a power of two
    size_t bucket_count, count;
};

struct clock {
    struct clock_part parts[PARTS];
};

void clock_init(void) {
    vm.clock = sys_alloc_aligned(64, sizeof *vm.clock);
    for (size_t i = 0; i < PARTS; i++) {
        struct clock_part *part = &vm.clock->parts[i];
        mutex_init(&part->lock);
        part->bucket_count = BUCKETS_FIRST;
        part->buckets = sys_alloc_zero(part->bucket_count * sizeof *part->buckets);
    }
}

static uint64_t mix(const uint64_t number[2]) {
    return ((number[0] ^ (number[1] << 32)) * 0x9e3779b97f4a7c15u) >> 20;
}
static struct clock_part *part_of(const uint64_t number[2]) {
    return &vm.clock->parts[mix(number) % PARTS];
}
// The link to the timer of that number, or the end of its chain.
static struct clock_timer **place(struct clock_part *part, const uint64_t number[2]) {
    struct clock_timer **link = &part->buckets[(mix(number) / PARTS) & (part->bucket_count - 1)];
    while (*link && ((*link)->number[0] != number[0] || (*link)->number[1] != number[1]))
        link = &(*link)->next;
    return link;
}

static void grow(struct clock_part *part) {
    size_t old_count = part->bucket_count;
    struct clock_timer **old = part->buckets;
    part->bucket_count *= 2;
    part->buckets = sys_alloc_zero(part->bucket_count * sizeof *part->buckets);
    for (size_t i = 0; i < old_count; i++) {
        for (struct clock_timer *timer = old[i], *next; timer; timer = next) {
            next = timer->next;
            struct clock_timer **link = place(part, timer->number);
            timer->next = NULL;
            *link = timer;
        }
    }
    sys_free(old);
}

static void insert(struct clock_timer *timer) {
    struct clock_part *part = part_of(timer->number);
    mutex_lock(&part->lock);
    if (part->count++ >= part->bucket_count)
        grow(part);
    *place(part, timer->number) = timer;
    mutex_unlock(&part->lock);
}

// Takes the timer out of the table; false when somebody else has.
static bool take_out(const uint64_t number[2], struct clock_timer **taken) {
    struct clock_part *part = part_of(number);
    mutex_lock(&part->lock);
    struct clock_timer **link = place(part, number);
    *taken = *link;
    if (*taken) {
        *link = (*taken)->next;
        part->count--;
    }
    mutex_unlock(&part->lock);
    return *taken != NULL;
}

static struct process *receiver(const struct clock_timer *timer) {
    return proc_lookup(is_atom(timer->to) ? proc_whereis(timer->to) : timer->to);
}

static void fire(struct timer *wheel_timer) {
    struct clock_timer *timer = (struct clock_timer *)wheel_timer, *taken;
    // The one who cancels has the timer and waits until we have let go of it.
    if (!take_out(timer->number, &taken)) {
        atomic_store(&timer->to_be_freed, true);
        return;
    }
    struct process *process = receiver(timer);
    if (process)
        proc_signal(process, timer->message);
    else
        signal_free(timer->message);
    sys_free(timer);
}

term clock_start(struct process *self, int64_t deadline, term to, term message, bool tagged) {
    struct clock_timer *timer = sys_alloc_zero(sizeof *timer);
    term reference = heap_reference(&self->heap);
    timer->number[0] = boxed(reference)[1];
    timer->number[1] = boxed(reference)[2];
    timer->to = to;
    if (tagged)
        message = heap_tuple_of(&self->heap, 3, ATOM_timeout, reference, message);
    timer->message = signal_lasting(SIGNAL_MESSAGE, ATOM_clock_service, message);
    insert(timer);
    vm.hooks.timer_start(&timer->timer, deadline, fire);
    return reference;
}

static bool number_of(term reference, uint64_t number[2]) {
    if (!is_kind(reference, KIND_REFERENCE))
        return false;
    number[0] = boxed(reference)[1];
    number[1] = boxed(reference)[2];
    return true;
}

// A timer whose receiver is gone counts as cancelled.
static int64_t left(const struct clock_timer *timer) {
    if (is_local_pid(timer->to) && !receiver(timer))
        return -1;
    int64_t rest = timer->timer.deadline - sys_monotonic_time();
    return rest > 0 ? rest : 0;
}

void clock_each(void (*visit)(void *argument, term to, term message, int64_t left), void *argument) {
    for (size_t i = 0; i < PARTS; i++) {
        const struct clock_part *part = &vm.clock->parts[i];
        for (size_t bucket = 0; bucket < part->bucket_count; bucket++) {
            for (const struct clock_timer *timer = part->buckets[bucket]; timer; timer = timer->next) {
                int64_t rest = left(timer);
                if (rest >= 0)
                    visit(argument, timer->to, timer->message->value, rest);
            }
        }
    }
}

int64_t clock_cancel(term reference) {
    uint64_t number[2];
    struct clock_timer *timer;
    if (!number_of(reference, number) || !take_out(number, &timer))
        return -1;
    int64_t rest = left(timer);
    signal_free(timer->message);
    if (!vm.hooks.timer_cancel(&timer->timer)) {
        while (!atomic_load(&timer->to_be_freed)) // `fire` is on its way to find it taken
            thread_relax();
    }
    sys_free(timer);
    return rest;
}

int64_t clock_read(term reference) {
    uint64_t number[2];
    if (!number_of(reference, number))
        return -1;
    struct clock_part *part = part_of(number);
    mutex_lock(&part->lock);
    struct clock_timer *timer = *place(part, number);
    int64_t rest = timer ? left(timer) : -1;
    mutex_unlock(&part->lock);
    return rest;
}
