// How long the threads that run processes are busy, and in which microstates they are.

#include "sched/scheduler.h"
#include "sys/sys.h"
#include "vm.h"

// ---- busy or idle -------------------------------------------------------------------------------------------------

void busy_begin(struct busy_time *time) {
    atomic_store(&time->since, sys_monotonic_time());
    atomic_store(&time->busy, true);
}

void busy_end(struct busy_time *time) {
    atomic_store(&time->busy, false);
    atomic_fetch_add(&time->total, sys_monotonic_time() - atomic_load(&time->since));
}

int64_t busy_total(const struct busy_time *time) {
    int64_t total = atomic_load(&time->total);
    return atomic_load(&time->busy) ? total + sys_monotonic_time() - atomic_load(&time->since) : total;
}

// ---- the threads --------------------------------------------------------------------------------------------------

static enum slow_work slow_kind(enum sched_thread kind) {
    return kind == SCHED_DIRTY_CPU ? SLOW_COMPUTES : SLOW_BLOCKS;
}

unsigned sched_thread_count(enum sched_thread kind) {
    return kind == SCHED_NORMAL ? sched_count() : slow_thread_count(slow_kind(kind));
}

static const struct busy_time *busy_of(enum sched_thread kind, unsigned number) {
    return kind == SCHED_NORMAL ? &vm.schedulers->all[number - 1].busy : slow_thread_busy(slow_kind(kind), number);
}

static struct microstates *microstates_of(enum sched_thread kind, unsigned number) {
    return kind == SCHED_NORMAL ? &vm.schedulers->all[number - 1].microstates
                                : slow_thread_microstates(slow_kind(kind), number);
}

int64_t sched_busy_time(enum sched_thread kind, unsigned number) {
    return busy_total(busy_of(kind, number));
}

// ---- microstates --------------------------------------------------------------------------------------------------

static void begin(enum sched_thread kind, unsigned number) {
    enum microstate working = kind == SCHED_NORMAL ? MICROSTATE_OTHER : MICROSTATE_EMULATOR;
    bool works = atomic_load(&busy_of(kind, number)->busy);
    microstates_begin(microstates_of(kind, number), works ? working : MICROSTATE_SLEEP);
}

static void end(enum sched_thread kind, unsigned number) {
    microstates_end(microstates_of(kind, number));
}

static void clear(enum sched_thread kind, unsigned number) {
    microstates_clear(microstates_of(kind, number));
}

static void all(void (*function)(enum sched_thread kind, unsigned number)) {
    for (enum sched_thread kind = 0; kind < SCHED_THREADS; kind++)
        for (unsigned i = 1; i <= sched_thread_count(kind); i++)
            function(kind, i);
}

bool sched_microstates_set(bool on) {
    mutex_lock(&vm.schedulers->account_lock);
    bool was_on = vm_watches(WATCH_MICROSTATES);
    if (on && !was_on) {
        all(begin);
        atomic_fetch_or(&vm.watched, WATCH_MICROSTATES);
        microstate_enter(MICROSTATE_EMULATOR); // this is a process that calls
    } else if (!on && was_on) {
        all(end);
        atomic_fetch_and(&vm.watched, ~(uint32_t)WATCH_MICROSTATES);
    }
    mutex_unlock(&vm.schedulers->account_lock);
    return was_on;
}

bool sched_microstates_clear(void) {
    mutex_lock(&vm.schedulers->account_lock);
    bool is_on = vm_watches(WATCH_MICROSTATES);
    all(clear);
    mutex_unlock(&vm.schedulers->account_lock);
    return is_on;
}

void sched_microstates_read(enum sched_thread kind, unsigned number, uint64_t spent[MICROSTATES]) {
    microstates_read(microstates_of(kind, number), spent);
}
