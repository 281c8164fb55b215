// How schedulers without work sleep, and who wakes them.
//
// One sleeper at a time waits in the poller, so that descriptors are watched while nobody runs; the others wait at
// their gates. All of them wake for their own timers. Nobody spins.
//
// No wake-up is lost: a sleeper enters the list before it looks at the queues for the last time; whoever puts a process
// in a queue does so before it looks at the number of sleepers.

#include "sched/scheduler.h"
#include "sys/sys.h"
#include "vm.h"

void sleep_init(void) {
    mutex_init(&vm.schedulers->sleep_lock);
    mutex_init(&vm.schedulers->poll_lock);
    poller_init(&vm.schedulers->descriptors);
}

static bool work_somewhere(void) {
    struct schedulers *schedulers = vm.schedulers;
    for (unsigned i = 0; i < schedulers->options.schedulers; i++) {
        if (run_queue_has_spoils(&schedulers->all[i].queue))
            return true;
    }
    return atomic_load(&schedulers->stopping) || sched_frozen();
}

// Out of the list of sleepers; under sleep_lock.
static void unlist(struct scheduler *scheduler) {
    struct schedulers *schedulers = vm.schedulers;
    struct scheduler **link = &schedulers->sleepers;
    while (*link != scheduler)
        link = &(*link)->next_sleeper;
    *link = scheduler->next_sleeper;
    scheduler->asleep = false;
    atomic_fetch_sub(&schedulers->sleeper_count, 1);
}

static void rouse(struct scheduler *sleeper) {
    unlist(sleeper);
    if (sleeper->polling)
        poller_wake(&vm.schedulers->descriptors);
    else
        gate_open(&sleeper->gate);
}

void wake_one(void) {
    struct schedulers *schedulers = vm.schedulers;
    if (atomic_load(&schedulers->sleeper_count) == 0)
        return;
    mutex_lock(&schedulers->sleep_lock);
    struct scheduler *sleeper = schedulers->sleepers;
    if (sleeper && sleeper->polling && sleeper->next_sleeper)
        sleeper = sleeper->next_sleeper; // leave the poller where it is if another can come
    if (sleeper)
        rouse(sleeper);
    mutex_unlock(&schedulers->sleep_lock);
}

void wake_all(void) {
    struct schedulers *schedulers = vm.schedulers;
    mutex_lock(&schedulers->sleep_lock);
    while (schedulers->sleepers)
        rouse(schedulers->sleepers);
    mutex_unlock(&schedulers->sleep_lock);
}

void scheduler_sleep(struct scheduler *scheduler, bool online) {
    struct schedulers *schedulers = vm.schedulers;
    if (!online) {
        run_queue_give_up(&scheduler->queue);
        wake_one();
        epoch_leave(&scheduler->epoch);
        gate_wait(&scheduler->gate, scheduler->next_timer);
        epoch_return(&scheduler->epoch);
        return;
    }
    mutex_lock(&schedulers->sleep_lock);
    scheduler->next_sleeper = schedulers->sleepers;
    schedulers->sleepers = scheduler;
    scheduler->asleep = true;
    scheduler->polling = !schedulers->poller;
    if (scheduler->polling)
        schedulers->poller = scheduler;
    atomic_fetch_add(&schedulers->sleeper_count, 1);
    mutex_unlock(&schedulers->sleep_lock);

    if (!work_somewhere()) {
        epoch_leave(&scheduler->epoch);
        if (scheduler->polling)
            poll_until(scheduler, scheduler->next_timer);
        else
            gate_wait(&scheduler->gate, scheduler->next_timer);
        epoch_return(&scheduler->epoch);
    }

    mutex_lock(&schedulers->sleep_lock);
    if (scheduler->asleep)
        unlist(scheduler);
    if (scheduler->polling)
        schedulers->poller = NULL;
    scheduler->polling = false;
    mutex_unlock(&schedulers->sleep_lock);
}
