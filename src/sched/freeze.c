// The VM stands still, to be looked at: every scheduler waits between two slices, and the slow-work pool begins
// nothing.
//
// A scheduler that is in the midst of foreign code, or waits for a lock that the one who freezes holds, does not come.
// So whoever freezes has limited patience, and asks of each process whether it stands.

#include "sched/scheduler.h"
#include "sys/sys.h"
#include "vm.h"

#define LOOK_AGAIN_NS 1000000

bool sched_frozen(void) {
    return atomic_load(&vm.schedulers->frozen) > 0;
}

static void wait_a_little(void) {
    struct gate nobody_opens_it = {0};
    gate_wait(&nobody_opens_it, sys_monotonic_time() + LOOK_AGAIN_NS);
}

void scheduler_stand_still(struct scheduler *scheduler) {
    atomic_store(&scheduler->still, true);
    while (sched_frozen())
        wait_a_little();
    atomic_store(&scheduler->still, false);
}

void slow_begin(struct slow_thread *thread, struct process *process) {
    for (;;) {
        while (sched_frozen())
            wait_a_little();
        atomic_store(&process->slow, thread);
        if (!sched_frozen()) // else whoever froze may not have seen that it runs
            return;
        atomic_store(&process->slow, NULL);
    }
}

static bool all_stand(const struct scheduler *but) {
    for (unsigned i = 0; i < sched_count(); i++) {
        struct scheduler *scheduler = &vm.schedulers->all[i];
        if (scheduler != but && !atomic_load(&scheduler->still))
            return false;
    }
    return true;
}

bool sched_freeze(int64_t patience) {
    int64_t deadline = sys_monotonic_time() + patience;
    atomic_fetch_add(&vm.schedulers->frozen, 1);
    for (unsigned i = 0; i < sched_count(); i++)
        gate_open(&vm.schedulers->all[i].gate);
    wake_all();
    while (!all_stand(scheduler_current())) {
        if (sys_monotonic_time() > deadline)
            return false;
        wait_a_little();
    }
    return true;
}

void sched_thaw(void) {
    atomic_fetch_sub(&vm.schedulers->frozen, 1);
}

bool sched_stands(const struct process *process) {
    const struct scheduler *scheduler = atomic_load(&process->scheduler);
    return !atomic_load(&process->slow) &&
           (!scheduler || scheduler == scheduler_current() || atomic_load(&scheduler->still));
}
