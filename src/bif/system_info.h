// The items of erlang:system_info/1 that stand in files of their own.

#ifndef PURLIN_BIF_SYSTEM_INFO_H
#define PURLIN_BIF_SYSTEM_INFO_H

#include "proc/raise.h"

// The tracer that seq_trace:set_system_tracer has set, or false.
term info_sequential_tracer(struct heap *heap);
// memory.c
term info_allocators(struct process *self);
term info_allocator(struct process *self);
term info_allocated_areas(struct process *self);
// {memory_internal | allocator | allocator_sizes, Reference, Allocators}: sends the answer to self. `whole`: with
// counts, as `allocator` wants it.
term info_allocator_message(struct process *self, bool whole, term reference, term names);
// system_report.c
term info_report(struct process *self);
term info_loaded(struct process *self);
term info_dist(struct process *self);
term info_processes(struct process *self);
// multi_scheduling.c
term info_multi_scheduling(struct process *self);
term info_multi_scheduling_blockers(struct process *self);
term info_normal_multi_scheduling_blockers(struct process *self);
// system_flag(multi_scheduling, _), and system_flag(schedulers_online, _), which says how many were online before.
term set_multi_scheduling(struct process *self, term value);
unsigned multi_scheduling_set_online(unsigned count);
void multi_scheduling_init(void);

#endif
