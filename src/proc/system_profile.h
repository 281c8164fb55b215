// Who wants to know when processes, ports and schedulers have work and when they have none: erlang:system_profile.
//
// One process or port gets the messages {profile, Subject, active | inactive, Details, Timestamp}, but none of those
// about itself.

#ifndef PURLIN_PROC_SYSTEM_PROFILE_H
#define PURLIN_PROC_SYSTEM_PROFILE_H

#include "proc/proc.h"
#include "vm.h"

void system_profile_init(void);
// `undefined` or {Profiler, Options}.
term system_profile_get(struct heap *heap);
// Sets it and returns what was set before, or NONE when the options are bad or there is no such profiler. No options
// at all, or ATOM_undefined: nobody.
term system_profile_set(struct heap *heap, term profiler, term options);

// The process or port that gets the messages; NONE: nobody.
term system_profile_profiler(void);
// Sends {profile, Elements..., Timestamp}. To a profiler that is a port it goes when somebody delivers it: whoever
// tells may have a port locked.
void system_profile_tell(size_t count, const term *elements);
void system_profile_deliver_notes(void);
// With no port locked. One look, where there is nothing to deliver.
static inline void system_profile_deliver(void) {
    if (vm_watches(WATCH_PROFILE_NOTES))
        system_profile_deliver_notes();
}
// {profile, Pid, active | inactive, Function, Timestamp}; `mfa` NULL: there is none.
void system_profile_process(term pid, bool active, const term *mfa);

#endif
