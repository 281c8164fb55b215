// Persistent terms: a table that is read very often and changed rarely.
//
// Reading takes no lock and copies nothing: values are literals. What is replaced or erased is handed to the literal
// area collector, since processes may still refer to it.

#ifndef PURLIN_ETS_PERSISTENT_H
#define PURLIN_ETS_PERSISTENT_H

#include "heap/heap.h"

void persistent_init(void);
term persistent_get(term key); // NONE when there is none
// The next three return true when an old value went to the collector, which must be told (code/collector.h).
bool persistent_put(term key, term value);
bool persistent_erase(term key);
bool persistent_erase_all(void);

size_t persistent_count(void);
size_t persistent_memory(void); // bytes
// Calls `visit` for each pair.
void persistent_each(void (*visit)(void *argument, term key, term value), void *argument);

#endif
