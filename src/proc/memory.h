// What a process takes.

#ifndef PURLIN_PROC_MEMORY_H
#define PURLIN_PROC_MEMORY_H

#include "proc/proc.h"

// Bytes: heap, messages that it has taken in, bonds, dictionary and what holds them. In the process, or while it stands
// still.
size_t proc_memory(const struct process *process);

#endif
