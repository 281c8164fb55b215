// What threads of any kind ask and tell a process: one visit each.

#include "proc/signal.h"
#include "sched/sched.h"

bool visit_is_alive(term pid) {
    struct epoch_member *visit = epoch_visit();
    struct process *process = is_local_pid(pid) ? proc_lookup(pid) : NULL;
    bool alive = process && !(atomic_load(&process->state) & STATE_EXITING);
    epoch_visit_end(visit);
    return alive;
}

static bool tell(enum signal_kind kind, term pid, term watcher, const uint32_t ids[3]) {
    struct heap builder = {0};
    term reference = heap_reference_of(&builder, ids);
    struct epoch_member *visit = epoch_visit();
    struct process *process = is_local_pid(pid) ? proc_lookup(pid) : NULL;
    bool told = process && proc_signal(process, proc_signal_new(kind, watcher, NONE, reference));
    epoch_visit_end(visit);
    heap_free(&builder);
    return told;
}

bool visit_monitor(term pid, term watcher, const uint32_t ids[3]) {
    return tell(SIGNAL_MONITOR, pid, watcher, ids);
}

void visit_demonitor(term pid, term watcher, const uint32_t ids[3]) {
    tell(SIGNAL_DEMONITOR, pid, watcher, ids);
}
