// The items of erlang:system_info/1 that stand in files of their own.

#ifndef PURLIN_BIF_SYSTEM_INFO_H
#define PURLIN_BIF_SYSTEM_INFO_H

#include "proc/raise.h"

// memory.c
term info_allocators(struct process *self);
term info_allocated_areas(struct process *self);
// {memory_internal | allocator | allocator_sizes, Reference, Allocators}: sends the answer to self.
term info_allocator_message(struct process *self, term reference, term names);

#endif
