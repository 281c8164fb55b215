// Registered names: name -> local pid or port, looked up without a lock.

#ifndef PURLIN_PROC_NAME_H
#define PURLIN_PROC_NAME_H

#include "proc/proc.h"
#include "term/hash_numbers.h"

void name_table_init(void);
// Takes away the name of a process that ends.
void name_forget(struct process *process);
// Calls visit(argument, name) for each name there is.
void name_each(void (*visit)(void *argument, term name), void *argument);

struct hash_numbers name_table_numbers(void);

#endif
