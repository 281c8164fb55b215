// What is told of ports at work.

#include "io/port_work.h"

#include "exec/exec.h"
#include "io/port_trace.h"
#include "proc/system_profile.h"
#include "sys/microstate.h"
#include "sys/sys.h"

#define MILLISECOND 1000000

static void tell_process(struct process *process, bool active) {
    term mfa[3];
    system_profile_process(process->pid, active, exec_current_function(process, mfa) ? mfa : NULL);
}

void port_work_watch(struct port *port, term callback) {
    struct process *caller = callback == NONE && vm_watches(WATCH_EXCLUSIVELY) ? sched_process() : NULL;
    if (caller)
        tell_process(caller, false);
    port->work = (struct port_work){.watched = true, .callback = callback, .caller = caller};
    if (vm_watches(WATCH_PORTS))
        system_profile_tell(3, (term[]){port->id, ATOM_active, SMALL(0)});
    port->work.state = microstate_enter(MICROSTATE_PORT);
    port->work.began = sys_monotonic_time();
}

// [{timeout, Milliseconds}, {port_op, Callback}]
static void tell_long_schedule(term port, const struct port_work *work, int64_t took) {
    if (took / MILLISECOND <= system_monitor_limit(MONITOR_LONG_SCHEDULE))
        return;
    struct heap builder = {0};
    term rows[] = {heap_tuple_of(&builder, 2, ATOM_timeout, SMALL(took / MILLISECOND)),
                   heap_tuple_of(&builder, 2, ATOM_port_op, work->callback)};
    system_monitor_tell(MONITOR_LONG_SCHEDULE, port, heap_list_of(&builder, 2, rows, NIL));
    heap_free(&builder);
}

void port_work_end(term port, const struct port_work *work) {
    microstate_enter(work->state);
    if (work->callback != NONE && system_monitor_watches(MONITOR_LONG_SCHEDULE))
        tell_long_schedule(port, work, sys_monotonic_time() - work->began);
    if (vm_watches(WATCH_PORTS))
        system_profile_tell(3, (term[]){port, ATOM_inactive, SMALL(0)});
    if (work->caller)
        tell_process(work->caller, true);
}
