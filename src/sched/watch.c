// What is told when a scheduler takes a process up and puts it away: the trace flag `running`, and system_monitor's
// long_schedule. The clock of call_time (trace/time.c) stands still between the two.

#include "proc/system_monitor.h"
#include "proc/system_profile.h"
#include "proc/trace.h"
#include "sched/scheduler.h"
#include "sys/sys.h"

#define MILLISECOND 1000000

static bool wants_running(const struct process *process) {
    return trace_wants(process, TRACE_RUNNING | TRACE_RUNNING_PROCS);
}

static void tell_scheduler(const struct scheduler *scheduler, bool active) {
    unsigned busy = 0;
    for (unsigned i = 0; i < sched_count(); i++)
        busy += atomic_load(&vm.schedulers->all[i].busy.busy);
    system_profile_tell(
        4, (term[]){ATOM_scheduler, SMALL(scheduler->number), active ? ATOM_active : ATOM_inactive, SMALL(busy)});
}

static void watch_busy(struct scheduler *scheduler, const struct process *process) {
    if (process->pid == system_profile_profiler())
        return;
    scheduler->worked = true;
    if (scheduler->told_idle)
        tell_scheduler(scheduler, true);
    scheduler->told_idle = false;
}

void watch_begin(struct scheduler *scheduler, struct process *process) {
    bool monitored = system_monitor_watches(MONITOR_LONG_SCHEDULE);
    if (process->flags & FLAG_TIMED)
        process->extra->timed_since += sys_monotonic_time() - process->extra->timed_until;
    microstate_enter(MICROSTATE_EMULATOR);
    system_profile_deliver();
    if (vm_watches(WATCH_SCHEDULERS))
        watch_busy(scheduler, process);
    scheduler->taken_up = 0;
    scheduler->told_of = wants_running(process);
    if (!monitored && !scheduler->told_of)
        return;
    term *mfa = scheduler->taken_up_in;
    bool known = exec_current_function(process, mfa);
    if (scheduler->told_of)
        trace_scheduled(process, ATOM_in, known ? mfa : NULL);
    if (!known)
        mfa[0] = NONE;
    if (monitored)
        scheduler->taken_up = sys_monotonic_time();
}

static term function_of(struct heap *builder, const term *mfa) {
    return mfa && mfa[0] != NONE ? heap_tuple_of(builder, 3, mfa[0], mfa[1], mfa[2]) : ATOM_undefined;
}

// [{timeout, Milliseconds}, {in, Function}, {out, Function}]
static void tell_long_schedule(const struct scheduler *scheduler, term pid, const term *out) {
    int64_t milliseconds = (sys_monotonic_time() - scheduler->taken_up) / MILLISECOND;
    if (milliseconds <= system_monitor_limit(MONITOR_LONG_SCHEDULE))
        return;
    struct heap builder = {0};
    term rows[] = {
        heap_tuple_of(&builder, 2, ATOM_timeout, SMALL(milliseconds)),
        heap_tuple_of(&builder, 2, ATOM_in, function_of(&builder, scheduler->taken_up_in)),
        heap_tuple_of(&builder, 2, ATOM_out, function_of(&builder, out)),
    };
    system_monitor_tell(MONITOR_LONG_SCHEDULE, pid, heap_list_of(&builder, 3, rows, NIL));
    heap_free(&builder);
}

void watch_end(struct scheduler *scheduler, struct process *process, bool ran) {
    if (process->flags & FLAG_TIMED)
        process->extra->timed_until = sys_monotonic_time();
    microstate_enter(MICROSTATE_OTHER);
    // Tracing may have begun just now, with one of the signals that were all that it was woken for.
    bool told_of = (ran || scheduler->told_of) && wants_running(process);
    if (!scheduler->taken_up && !told_of)
        return;
    term mfa[3];
    const term *out = exec_current_function(process, mfa) ? mfa : NULL;
    if (told_of)
        trace_scheduled(process, ATOM_out, out);
    if (scheduler->taken_up)
        tell_long_schedule(scheduler, process->pid, out);
}

void watch_exited(struct scheduler *scheduler, term pid) {
    microstate_enter(MICROSTATE_OTHER);
    if (vm_watches(WATCH_PROCESSES))
        system_profile_process(pid, false, NULL);
    if (scheduler->taken_up)
        tell_long_schedule(scheduler, pid, NULL);
}

// ---- system_profile -----------------------------------------------------------------------------------------------

void watch_tell_process(struct process *process, bool active) {
    term mfa[3];
    system_profile_process(process->pid, active, exec_current_function(process, mfa) ? mfa : NULL);
}

void watch_idle(struct scheduler *scheduler, bool online) {
    if (vm_watches(WATCH_SCHEDULERS) && online && scheduler->worked) {
        scheduler->worked = false;
        scheduler->told_idle = true;
        tell_scheduler(scheduler, false);
    }
    system_profile_deliver();
}
