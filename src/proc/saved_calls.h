// The last calls of a process: process_flag(save_calls, N), process_info(P, last_calls).
//
// A process that saves has FLAG_SAVES_CALLS, and in its struct process_extra a ring of N entries. Those are calls by
// name (exec/saving.h notes them) and what it does with messages: `send`, 'receive' and `timeout`.

#ifndef PURLIN_PROC_SAVED_CALLS_H
#define PURLIN_PROC_SAVED_CALLS_H

#include "proc/extra.h"

#define SAVED_CALLS_MAX 10000 // OTP's

// Of the running process, or at its end: saves so many from now on, 0 for none; what was saved is forgotten. Returns
// the number before.
uint32_t saved_calls_set(struct process *self, uint32_t size);
// An atom, or the address of a struct export. Does nothing where the process does not save, or is sensitive.
void saved_calls_note(struct process *self, uint64_t entry);
// [{Module, Function, Arity} | Event], the oldest first; false when the process does not save.
term saved_calls_list(const struct process *self, struct heap *heap);
// Calls visit(argument, entry) for each that is saved, the newest first; entries as above.
void saved_calls_each(const struct process *self, void (*visit)(void *argument, uint64_t entry), void *argument);

#endif
