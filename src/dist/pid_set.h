// Sets of local pids, each once, in which dead ones do not pile up.

#ifndef PURLIN_DIST_PID_SET_H
#define PURLIN_DIST_PID_SET_H

#include "term/term.h"

struct pid_set {
    term *slots; // room is a power of two; 0: free
    size_t count, room;
};

void pid_set_add(struct pid_set *set, term pid);
bool pid_set_has(const struct pid_set *set, term pid);
void pid_set_free(struct pid_set *set);

#endif
