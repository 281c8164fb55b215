// Who wants to know of long collections, busy ports and the like: erlang:system_monitor.
//
// One process gets the messages {monitor, Subject, Event, Details}, but none of those whose subject is itself.

#ifndef PURLIN_PROC_SYSTEM_MONITOR_H
#define PURLIN_PROC_SYSTEM_MONITOR_H

#include "proc/proc.h"
#include "vm.h"

enum system_monitor_event {
    MONITOR_LONG_GC,
    MONITOR_LONG_SCHEDULE,
    MONITOR_LARGE_HEAP,
    MONITOR_BUSY_PORT,
    MONITOR_BUSY_DIST_PORT,
    MONITOR_EVENTS
};

void system_monitor_init(void);
// `undefined` or {Pid, Options}.
term system_monitor_get(struct heap *heap);
bool system_monitor_valid(term pid, term options);
// Sets it (pid NONE: nobody) and returns what was set before.
term system_monitor_set(struct heap *heap, term pid, term options);

// Whether somebody wants to know of it: asked before the work of finding out.
static inline bool system_monitor_watches(enum system_monitor_event event) {
    return vm_watches(UINT32_C(1) << event);
}
// From how many milliseconds or words on.
int64_t system_monitor_limit(enum system_monitor_event event);
// {monitor, Subject, Event, Value}
void system_monitor_tell(enum system_monitor_event event, term subject, term value);
// After a collection that took so long (ns).
void system_monitor_collected(struct process *self, int64_t duration);

#endif
