// Timers: a hierarchical wheel. Level 0 has a slot for each of the next 64 ticks, each higher level slots 64 times as
// long; a timer lies at the level of the highest digit (base 64) in which its tick differs from now, and moves down as
// that comes near. So starting, stopping and firing cost the same however many timers there are.

#include "sched/scheduler.h"
#include "sys/sys.h"
#include "vm.h"

#define TICK_NS ((int64_t)1 << WHEEL_TICK_BITS)
#define TICK_MAX (((uint64_t)1 << (WHEEL_BITS * WHEEL_LEVELS)) - 1)

void wheel_init(struct wheel *wheel) {
    mutex_init(&wheel->lock);
    wheel->now = (uint64_t)sys_monotonic_time() >> WHEEL_TICK_BITS;
}

// The first tick that begins at or after the time: a timer never fires early.
static uint64_t tick_of(int64_t deadline) {
    return deadline <= 0 ? 0 : (uint64_t)(deadline - 1) / TICK_NS + 1;
}

static void link_in(struct wheel *wheel, struct timer *timer) {
    uint64_t tick = tick_of(timer->deadline);
    if (tick < wheel->now)
        tick = wheel->now;
    if ((tick ^ wheel->now) > TICK_MAX)
        tick = wheel->now | TICK_MAX; // in centuries; it will be put in again
    uint64_t difference = tick ^ wheel->now;
    unsigned level = difference ? (63 - (unsigned)__builtin_clzll(difference)) / WHEEL_BITS : 0;
    unsigned slot = (tick >> (level * WHEEL_BITS)) & (WHEEL_SLOTS - 1);
    struct timer **head = &wheel->slots[level][slot];
    timer->next = *head;
    if (timer->next)
        timer->next->previous = &timer->next;
    timer->previous = head;
    *head = timer;
    wheel->occupied[level] |= (uint64_t)1 << slot;
}

// The slot's bit in `occupied` stays; wheel_advance finds the slot empty and clears it.
static void link_out(struct timer *timer) {
    *timer->previous = timer->next;
    if (timer->next)
        timer->next->previous = timer->previous;
}

void timers_until(struct scheduler *scheduler, int64_t deadline) {
    int64_t next = atomic_load(&scheduler->next_timer);
    while (deadline < next && !atomic_compare_exchange_weak(&scheduler->next_timer, &next, deadline))
        ;
}

void timer_start(struct timer *timer, int64_t deadline, void (*fire)(struct timer *)) {
    struct scheduler *own = scheduler_current(), *scheduler = own ? own : &vm.schedulers->all[0];
    struct wheel *wheel = &scheduler->wheel;
    timer->deadline = deadline;
    timer->fire = fire;
    mutex_lock(&wheel->lock);
    atomic_store(&timer->wheel, wheel);
    link_in(wheel, timer);
    atomic_fetch_add(&wheel->count, 1);
    timers_until(scheduler, deadline);
    mutex_unlock(&wheel->lock);
    if (!own)
        wake_all(); // it may sleep past this deadline
}

bool timer_cancel(struct timer *timer) {
    struct wheel *wheel = atomic_load(&timer->wheel);
    if (!wheel)
        return false;
    mutex_lock(&wheel->lock);
    bool runs = atomic_load(&timer->wheel) == wheel;
    if (runs) {
        link_out(timer);
        atomic_store(&timer->wheel, NULL);
        atomic_fetch_sub(&wheel->count, 1);
    }
    mutex_unlock(&wheel->lock);
    return runs;
}

// The next tick at which a slot is due: the nearest occupied slot, on the lowest level that has one. UINT64_MAX when
// the wheel is empty.
static uint64_t next_tick(const struct wheel *wheel) {
    uint64_t best = UINT64_MAX;
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        unsigned shift = level * WHEEL_BITS;
        uint64_t position = wheel->now >> shift;
        unsigned slot = position & (WHEEL_SLOTS - 1);
        uint64_t ahead = wheel->occupied[level] >> slot; // a timer never lies in a slot that is past
        if (!ahead)
            continue;
        uint64_t tick = (position + (unsigned)__builtin_ctzll(ahead)) << shift;
        if (tick < wheel->now)
            tick = wheel->now;
        if (tick < best)
            best = tick;
    }
    return best;
}

// Takes out all of a slot.
static struct timer *empty_slot(struct wheel *wheel, unsigned level, unsigned slot) {
    struct timer *timers = wheel->slots[level][slot];
    wheel->slots[level][slot] = NULL;
    wheel->occupied[level] &= ~((uint64_t)1 << slot);
    if (timers)
        timers->previous = &timers;
    return timers;
}

// Fires the timers due at wheel->now, one at a time because `fire` runs without the lock and others may be stopped
// meanwhile.
static void fire_due(struct wheel *wheel) {
    unsigned slot = wheel->now & (WHEEL_SLOTS - 1);
    struct timer *timer;
    while ((timer = wheel->slots[0][slot])) {
        link_out(timer);
        atomic_store(&timer->wheel, NULL);
        atomic_fetch_sub(&wheel->count, 1);
        mutex_unlock(&wheel->lock);
        timer->fire(timer);
        mutex_lock(&wheel->lock);
    }
    wheel->occupied[0] &= ~((uint64_t)1 << slot);
}

// Moves the timers of the higher levels whose slot begins at wheel->now down.
static void cascade(struct wheel *wheel) {
    for (unsigned level = WHEEL_LEVELS - 1; level > 0; level--) {
        unsigned slot = (wheel->now >> (level * WHEEL_BITS)) & (WHEEL_SLOTS - 1);
        if (!(wheel->occupied[level] >> slot & 1))
            continue;
        struct timer *timer = empty_slot(wheel, level, slot), *next;
        for (; timer; timer = next) {
            next = timer->next;
            link_in(wheel, timer);
        }
    }
}

int64_t wheel_advance(struct wheel *wheel, int64_t now) {
    if (atomic_load_explicit(&wheel->count, memory_order_relaxed) == 0)
        return INT64_MAX;
    uint64_t target = (uint64_t)now >> WHEEL_TICK_BITS;
    mutex_lock(&wheel->lock);
    uint64_t tick;
    while ((tick = next_tick(wheel)) <= target) {
        wheel->now = tick;
        cascade(wheel);
        fire_due(wheel);
    }
    if (target > wheel->now)
        wheel->now = target; // no slot begins in between
    mutex_unlock(&wheel->lock);
    return tick == UINT64_MAX ? INT64_MAX : (int64_t)(tick << WHEEL_TICK_BITS);
}
