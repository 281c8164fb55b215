// Between the files of this room, and for built-in functions.

#ifndef PURLIN_DIST_OUTGOING_H
#define PURLIN_DIST_OUTGOING_H

#include "dist/dist.h"

// The channel to a node, with a reference. With `connect` one is made if need be, and net_kernel asked to connect; NULL
// when there is none and none to be had.
struct channel *channel_to(term name, bool connect);

// Decodes the payload of a signal, in the process that gets it (hook).
bool channel_unpack(struct process *self, struct signal *signal);

#endif
