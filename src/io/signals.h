// Unix signals: noticed in a handler, acted upon on a scheduler.

#ifndef PURLIN_IO_SIGNALS_H
#define PURLIN_IO_SIGNALS_H

#include "term/term.h"

enum signal_disposition { SIGNAL_DEFAULT, SIGNAL_IGNORE, SIGNAL_HANDLE };

// Handles those that a node handles from the start. The schedulers must be there.
void signals_init(void);
// False when the atom names no signal that Erlang code may set.
bool signals_set(term name, enum signal_disposition disposition);
// `continued` is called on a scheduler when the VM goes on after a stop; NULL: never.
void signals_watch_terminal(void (*continued)(void));

#endif
