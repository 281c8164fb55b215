// The sections of reports. Each function writes one kind, whole; the schedulers stand still.

#ifndef PURLIN_REPORT_SECTIONS_H
#define PURLIN_REPORT_SECTIONS_H

#include "proc/proc.h"
#include "report/values.h"
#include "report/writer.h"

// Whether all that the process owns may be read.
bool report_may_read(const struct process *process);

void report_schedulers(struct writer *writer); // scheduler.c
void report_memory(struct writer *writer);     // system.c: =memory, =hash_table, =index_table, =allocated_areas
void report_processes(struct writer *writer);  // process.c: =proc
void report_process(struct writer *writer, struct process *process);
void report_internal_state(struct writer *writer, const struct process *process); // the rest of a line
// messages.c: of a process that may be read, also those messages that have arrived and not been taken in yet.
size_t report_message_count(const struct process *process);
// Calls visit(argument, value, token, number) for each message, the oldest first. What came from another node and has
// not been decoded by its receiver is decoded in `heap`.
typedef void report_visit_message(void *argument, term value, term token, size_t number);
void report_messages(const struct process *process, struct heap *heap, report_visit_message *visit, void *argument);
// process_heap.c: =proc_dictionary, =proc_messages, =proc_stack, =proc_heap
void report_process_heaps(struct values *values);
// stack.c: where the process stands, "Program counter: ..." and arity; then its stack, from the top.
void report_program_counter(struct writer *writer, const struct process *process);
void report_stack(struct values *values, const struct process *process);
void report_return_addresses(struct writer *writer, const struct process *process, unsigned limit);
void report_ports(struct writer *writer);            // port.c: =port
void report_tables(struct writer *writer);           // table.c: =ets
void report_timers(struct writer *writer);           // timer.c: =timer
void report_distribution(struct writer *writer);     // node.c: =node, =visible_node, =hidden_node, =not_connected
void report_modules(struct writer *writer);          // module.c: =loaded_modules, =mod
void report_module_sizes(struct writer *writer);     // ... the menu's list of them
void report_funs(struct writer *writer);             // ... =fun
void report_persistent_terms(struct values *values); // literals.c: =persistent_terms, and then =literals
void report_atoms(struct writer *writer);            // atoms.c: =atoms

#endif
