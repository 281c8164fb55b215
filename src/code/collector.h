// Literal areas that are no longer needed, but that processes may still point into.
//
// A process of Erlang code (erts_literal_area_collector) takes them one by one: while an area is being collected every
// process is asked to move what it holds of it to its own heap; after that nothing refers to the area, and it is freed.

#ifndef PURLIN_CODE_COLLECTOR_H
#define PURLIN_CODE_COLLECTOR_H

#include "heap/heap.h"

// Hands an area over. The caller must then send `copy_literals` to the collector process.
void collector_add(struct literal_area *area);
// Frees the area that was being collected, and begins with the next; false when there is none. After a true one the
// caller waits for an epoch to pass before it asks processes: those in a slice may be copying by the earlier rule.
bool collector_switch(void);

void collector_set_process(term pid);
term collector_process(void); // NIL while there is none

#endif
