// Literal areas that are no longer needed, but that processes may still point into.
//
// A process of Erlang code (erts_literal_area_collector) takes them, some thousand at a time: while areas are being
// collected every process is asked to move what it holds of them to its own heap; after that nothing refers to them,
// and they are freed.

#ifndef PURLIN_CODE_COLLECTOR_H
#define PURLIN_CODE_COLLECTOR_H

#include "heap/heap.h"

// Hands an area over. The caller must then send `copy_literals` to the collector process.
void collector_add(struct literal_area *area);
// The purge under way, if any, has ended: every process has answered. It is the caller's, who frees it after an epoch.
struct literal_purge *collector_end(void);
// Begins with the next areas; false when none wait. Otherwise the caller waits for an epoch to pass before it asks
// processes: those in a slice may be copying by the earlier rule.
bool collector_begin(void);

void collector_set_process(term pid);
term collector_process(void); // NIL while there is none

#endif
