// A port as a channel's controller.

#ifndef PURLIN_DIST_PORT_CHANNEL_H
#define PURLIN_DIST_PORT_CHANNEL_H

#include "dist/dist.h"

// Takes the channel up with that port as its controller. False when the port is closed or controls another channel, or
// channel_up says so.
bool port_channel_attach(term id, struct channel *channel, uint64_t flags, uint32_t creation);
// Gives the port what waits to be sent.
void port_channel_flush(term id);

#endif
