// Between receive.c and spawn.c.

#ifndef PURLIN_DIST_SPAWN_H
#define PURLIN_DIST_SPAWN_H

#include "dist/control.h"
#include "dist/dist.h"

// A control message being delivered.
struct delivery {
    struct channel *channel;
    struct packed *packed; // with the payload; whoever takes it over sets it to NULL
    struct heap heap;      // of the control message
};

// Makes the process that a peer asks for, and answers.
void spawn_request(struct delivery *delivery, const struct control *control);

#endif
