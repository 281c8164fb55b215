// Drivers of others: OTP's erl_driver.h, for the libraries that erl_ddll loads.
//
//   library.c   loading and unloading, who has loaded what, who waits for it; drivers that libraries add themselves
//   port.c      a port whose driver is such a library's; its timer
//   queue.c     the port's queue and its data lock
//   monitor.c   processes that a port watches
//   event.c     driver_select
//   output.c    what drivers send and how they end a port
//   terms.c     the little language in which they build messages
//   binary.c    memory and binaries
//   async.c     driver_async
//
// The functions of erl_driver.h that concern threads, locks, time and the environment are in nif/, where they are
// erl_nif.h's, too.
//
// A driver's functions run with their port locked; those of one that does not say ERL_DRV_FLAG_USE_PORT_LOCKING one at
// a time.

#ifndef PURLIN_DRIVER_DRIVER_H
#define PURLIN_DRIVER_DRIVER_H

#include "io/port.h"

void driver_init(void);

// open_port of a driver that was loaded; *error is NIL when the command names none. A reference instead of the port:
// whether it has started will come in a message {Reference, Port | Reason}, as an atom.
term driver_open(struct process *self, const char *command, const struct port_options *options, term *error);

// ---- erl_ddll. Strings end in zero; answers lie on the process's heap.

struct driver_request {
    const char *name; // the driver's
    bool kill_ports;
    bool monitor; // tell when what is pending has happened
    bool reload;
    bool reload_shared; // although others have loaded it, too: it waits for them
};
// {ok, Status}, {ok, Status, Reference} or {error, Reason}.
term driver_load(struct process *self, const char *path, const struct driver_request *request);
term driver_unload(struct process *self, const struct driver_request *request);
// Whether a library has added it, so that it can neither be loaded nor unloaded.
bool driver_is_added(const char *name);
// A list of names, as strings, before `tail`.
term driver_names(struct heap *heap, term tail);
// NONE when it is not loaded or there is no such item.
term driver_info(struct heap *heap, const char *name, term item);
// The text for {open_error, Number}; false when there was no such error. A copy that is never freed.
const char *driver_error_text(int64_t number);
// erl_ddll:monitor. `when` is loaded, unloaded or unloaded_only. Returns a reference.
term driver_monitor(struct process *self, const char *name, term when);
bool driver_demonitor(struct process *self, term reference);

#endif
