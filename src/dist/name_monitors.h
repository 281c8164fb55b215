// Whom the peer monitors by name: its monitor stays with the process that had the name then, whoever has it later.

#ifndef PURLIN_DIST_NAME_MONITORS_H
#define PURLIN_DIST_NAME_MONITORS_H

#include "term/term.h"

struct name_monitor;

// From the peer's references to local pids: open addressing.
struct name_monitors {
    struct name_monitor *slots; // room is a power of two
    size_t count, room;
};

void name_monitors_add(struct name_monitors *monitors, term reference, term pid);
// Forgets the monitor and returns whom it watches; NONE when there is none of that reference.
term name_monitors_take(struct name_monitors *monitors, term reference);
void name_monitors_free(struct name_monitors *monitors);

#endif
