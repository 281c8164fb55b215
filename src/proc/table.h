// The process table: pid -> process, looked up without a lock.
//
// A pid's payload is a slot's number in its low bits and, above, how often the slot has been used before. Slots are
// handed out first in, first out, so that the pids of a young VM count up from <0.0.0>, and a pid comes back late.

#ifndef PURLIN_PROC_TABLE_H
#define PURLIN_PROC_TABLE_H

#include "proc/proc.h"

void process_table_init(size_t limit); // rounded up to a power of two
size_t process_table_limit(void);
// Gives the process a pid, under which nobody finds it yet; false when the table is full.
bool process_table_reserve(struct process *process);
void process_table_publish(struct process *process);
void process_table_remove(struct process *process);
// Walks the table: the next process at or after *position, which moves on; NULL at the end.
struct process *process_table_next(size_t *position);

#endif
