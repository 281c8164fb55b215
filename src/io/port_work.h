// Ports at work, for those who watch: microstate accounting, system_profile, and system_monitor's long_schedule.
//
// Work begins when a command is given to the port or something happens to what is behind it, and ends when the port is
// unlocked.

#ifndef PURLIN_IO_PORT_WORK_H
#define PURLIN_IO_PORT_WORK_H

#include "io/port.h"
#include "proc/system_monitor.h"

#define WATCH_PORT_WORK (WATCH_MICROSTATES | WATCH_PORTS | WATCH_EXCLUSIVELY | 1 << MONITOR_LONG_SCHEDULE)

void port_work_watch(struct port *port, term callback);
// (locked) `callback`: what of a driver is called for something that has happened outside, ATOM_input, ATOM_output or
// ATOM_timeout; NONE for the command of a process.
static inline void port_work_begin(struct port *port, term callback) {
    if (vm_watches(WATCH_PORT_WORK) && !port->work.watched)
        port_work_watch(port, callback);
}
// (not locked) It was work on that port.
void port_work_end(term port, const struct port_work *work);

#endif
