// Who wants to know of long collections, busy ports and the like: erlang:system_monitor.

#ifndef PURLIN_PROC_SYSTEM_MONITOR_H
#define PURLIN_PROC_SYSTEM_MONITOR_H

#include "proc/proc.h"

void system_monitor_init(void);
// `undefined` or {Pid, Options}.
term system_monitor_get(struct heap *heap);
bool system_monitor_valid(term pid, term options);
// Sets it (pid NONE: nobody) and returns what was set before.
term system_monitor_set(struct heap *heap, term pid, term options);

#endif
