// What processes hold: dictionary, messages, stack, and the values that these lead to.

#include "report/sections.h"

#include <inttypes.h>

#include "proc/dictionary.h"
#include "proc/table.h"

static void write_message(void *argument, term value, term token, size_t number) {
    struct values *values = argument;
    values_word(values, value);
    writer_format(values->writer, ":");
    values_word(values, token);
    writer_format(values->writer, "\n");
}

static void write_messages(struct values *values, const struct process *process) {
    writer_section(values->writer, "proc_messages", process->pid);
    report_messages(process, &values->decoded, write_message, values);
}

static uintptr_t pair_address(const struct process *process, uint32_t number) {
    return (uintptr_t)&process->dictionary->pairs[2 * number];
}

// Each pair as a tuple, whose line stands in the section of the heap: the two words lie side by side, with no header.
static void write_dictionary(struct values *values, const struct process *process) {
    writer_section(values->writer, "proc_dictionary", process->pid);
    for (uint32_t i = 0; i < dictionary_count(process); i++)
        writer_format(values->writer, "H%" PRIXPTR "\n", pair_address(process, i));
}

static void write_pairs(struct values *values, const struct process *process) {
    for (uint32_t i = 0; i < dictionary_count(process); i++) {
        const term *pair = &process->dictionary->pairs[2 * i];
        writer_format(values->writer, "%" PRIXPTR ":t2:", pair_address(process, i));
        values_word(values, pair[0]);
        writer_format(values->writer, ",");
        values_word(values, pair[1]);
        writer_format(values->writer, "\n");
    }
}

static void write_process(struct values *values, const struct process *process) {
    if (process->flags & FLAG_SENSITIVE)
        return;
    if (report_message_count(process) > 0)
        write_messages(values, process);
    if (dictionary_count(process))
        write_dictionary(values, process);
    writer_section(values->writer, "proc_stack", process->pid);
    report_stack(values, process);
    writer_section(values->writer, "proc_heap", process->pid);
    write_pairs(values, process);
    values_write_found(values);
}

void report_process_heaps(struct values *values) {
    size_t position = 0;
    for (struct process *process; values->writer->left > 0 && (process = process_table_next(&position));) {
        if (report_may_read(process))
            write_process(values, process);
    }
}
