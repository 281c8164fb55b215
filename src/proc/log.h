// Reports of the VM itself, to the process registered as `logger` (or what erlang:system_flag(system_logger, _) says).

#ifndef PURLIN_PROC_LOG_H
#define PURLIN_PROC_LOG_H

#include "proc/proc.h"

// {log, error, Format, Arguments, Metadata}, the arguments a list in `builder`, which is taken over. `about` is the
// process of the report.
void log_error(struct process *about, const char *format, struct heap *builder, term arguments);
// "Error in process <0.1.0> with exit value: ..."
void log_crash(struct process *process, term reason);
// The process table is full, so that process could not spawn another.
void log_too_many_processes(struct process *parent);
// The process's heap is larger than max_heap_size allows.
void log_heap_maximum(struct process *process);

#endif
