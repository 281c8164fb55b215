// Processes: a section each, with what a line can tell.

#include "report/sections.h"

#include "exec/exec.h"
#include "options.h"
#include "proc/bond.h"
#include "proc/dictionary.h"
#include "proc/memory.h"
#include "proc/saved_calls.h"
#include "proc/table.h"
#include "sched/sched.h"
#include "term/fun.h"
#include "vm.h"

// Of processes that do not stand still: words as they are found.
#define READS_WHAT_CHANGES __attribute__((no_sanitize("thread")))

READS_WHAT_CHANGES bool report_may_read(const struct process *process) {
    return sched_stands(process) && !(process->flags & FLAG_COLLECTING) &&
           !(atomic_load(&process->state) & STATE_EXITING);
}

READS_WHAT_CHANGES static const char *state_name(const struct process *process) {
    uint32_t state = atomic_load(&process->state);
    if (state & STATE_EXITING)
        return "Exiting";
    if (process->flags & FLAG_COLLECTING)
        return "Garbing";
    if (state & STATE_SUSPENDED)
        return "Suspended";
    switch (state & STATE_MASK) {
    case STATE_RUNNING:
        return "Running";
    case STATE_WAITING:
        return "Waiting";
    default:
        return "Scheduled";
    }
}

// Of the flags that OTP's has, those that have a meaning here.
READS_WHAT_CHANGES void report_internal_state(struct writer *writer, const struct process *process) {
    static const char *const priorities[PRIORITY_COUNT] = {"MAX", "HIGH", "NORMAL", "LOW"};
    const char *priority = priorities[process->priority];
    uint32_t state = atomic_load(&process->state);
    writer_format(writer, "ACT_PRIO_%s | USR_PRIO_%s | PRQ_PRIO_%s", priority, priority, priority);
    if (state & STATE_EXITING)
        writer_format(writer, " | EXITING");
    if ((state & STATE_MASK) != STATE_WAITING)
        writer_format(writer, " | ACTIVE");
    if ((state & STATE_MASK) == STATE_RUNNING)
        writer_format(writer, " | RUNNING");
    if (state & STATE_SUSPENDED)
        writer_format(writer, " | SUSPENDED");
    if (process->flags & FLAG_COLLECTING)
        writer_format(writer, " | GC");
    if (process->flags & FLAG_OFF_HEAP_MESSAGES)
        writer_format(writer, " | OFF_HEAP_MSGQ");
    writer_format(writer, "\n");
}

// ---- calls --------------------------------------------------------------------------------------------------------

static void write_current_call(struct writer *writer, struct process *process) {
    term mfa[3];
    if (!exec_current_function(process, mfa))
        return;
    writer_format(writer, "Last scheduled in for: ");
    writer_mfa(writer, mfa[0], mfa[1], (unsigned)small_value(mfa[2]));
    writer_format(writer, "\n");
}

static void write_saved_call(void *argument, uint64_t entry) {
    struct writer *writer = argument;
    const struct export *call = (const struct export *)entry;
    writer_format(writer, " ");
    if (is_atom(entry))
        writer_term(writer, entry);
    else
        writer_mfa(writer, call->module, call->function, call->arity);
    writer_format(writer, "\n");
}

// One a line, and an empty line at the end.
static void write_saved_calls(struct writer *writer, const struct process *process) {
    if (!(process->flags & FLAG_SAVES_CALLS))
        return;
    writer_format(writer, "Last calls:");
    saved_calls_each(process, write_saved_call, writer);
    writer_format(writer, "\n");
}

// ---- links and monitors -------------------------------------------------------------------------------------------

static void write_pair(struct writer *writer, const char *direction, term other, term reference) {
    writer_format(writer, "{%s,", direction);
    writer_term(writer, other);
    writer_format(writer, ",");
    writer_term(writer, reference);
    writer_format(writer, "}");
}

static bool is_told(const struct bond *bond) {
    return (bond->kind == BOND_LINK && bond->value == NONE) || bond->kind == BOND_MONITOR || bond->kind == BOND_NODE ||
           (bond->kind == BOND_WATCHED && bond->other != ATOM_resource);
}

static void write_bond(struct writer *writer, const struct bond *bond) {
    if (bond->kind == BOND_LINK)
        writer_term(writer, bond->other);
    else
        write_pair(writer, bond->kind == BOND_WATCHED ? "from" : "to", bond->other,
                   bond->kind == BOND_NODE ? NIL : bond->reference);
}

static void write_bonds(struct writer *writer, const struct process *process) {
    const char *before = "Link list: [";
    for (const struct bond *bond = bond_first(process); bond; bond = bond->newer) {
        if (!is_told(bond))
            continue;
        writer_format(writer, "%s", before);
        write_bond(writer, bond);
        before = ", ";
    }
    if (before[0] == ',')
        writer_format(writer, "]\n");
}

// ---- what only the menu shows here --------------------------------------------------------------------------------

static void write_message(void *writer, term value, term token, size_t number) {
    writer_format(writer, number ? "," : "Message queue: [");
    writer_term(writer, value);
}

static void write_messages(struct writer *writer, const struct process *process) {
    struct heap decoded = {0};
    if (report_message_count(process) == 0)
        return;
    report_messages(process, &decoded, write_message, writer);
    writer_format(writer, "]\n");
    heap_free(&decoded);
}

static void write_dictionary(struct writer *writer, const struct process *process) {
    writer_format(writer, "Dictionary: [");
    for (uint32_t i = 0; i < dictionary_count(process); i++) {
        const term *pair = &process->dictionary->pairs[2 * i];
        writer_format(writer, i ? ",{" : "{");
        writer_term(writer, pair[0]);
        writer_format(writer, ",");
        writer_term(writer, pair[1]);
        writer_format(writer, "}");
    }
    writer_format(writer, "]\n");
}

// ---- the section --------------------------------------------------------------------------------------------------

// What tells of it without following a pointer that may be on its way elsewhere.
READS_WHAT_CHANGES static void write_origin(struct writer *writer, struct process *process) {
    const struct export *call = process->initial_call;
    term name = atomic_load(&process->registered_name), parent = process->parent;
    bool readable = report_may_read(process);
    writer_section(writer, "proc", process->pid);
    writer_format(writer, "State: %s\n", state_name(process));
    if (name != NIL)
        writer_field(writer, "Name", name);
    if (call) {
        writer_format(writer, "Spawned as: ");
        writer_mfa(writer, call->module, call->function, call->arity);
        writer_format(writer, "\n");
    }
    if (readable && (atomic_load(&process->state) & STATE_MASK) == STATE_RUNNING)
        write_current_call(writer, process);
    writer_field(writer, "Spawned by", is_local_pid(parent) || (readable && is_pid(parent)) ? parent : NIL);
    size_t messages = readable ? report_message_count(process) : process->mailbox_length;
    writer_format(writer, "Message queue length: %zu\n", messages);
}

static size_t between(const term *start, const term *end) {
    return (size_t)(end - start);
}

static void write_sizes(struct writer *writer, const struct process *process) {
    const struct heap *heap = &process->heap;
    size_t room = heap->binary_minimum ? heap->binary_minimum : vm.options->binary_heap_minimum;
    size_t old = heap->old_binary_bytes / sizeof(term), young = heap->binary_bytes / sizeof(term);
    writer_format(writer, "Reductions: %llu\nStack+heap: %zu\nOldHeap: %zu\nHeap unused: %zu\nOldHeap unused: %zu\n",
                  (unsigned long long)process->reductions_total, between(heap->start, heap->end),
                  between(heap->old_start, heap->old_end), between(heap->top, heap->stack),
                  between(heap->old_top, heap->old_end));
    writer_format(writer, "BinVHeap: %zu\nOldBinVHeap: %zu\nBinVHeap unused: %zu\nOldBinVHeap unused: %zu\n", young,
                  old, young < room ? room - young : 0, old < room ? room - old : 0);
    writer_format(writer, "Memory: %zu\n", proc_memory(process));
}

static void write_fragments(struct writer *writer, const struct heap *heap) {
    size_t count = 0;
    for (const struct fragment *fragment = heap->fragments; fragment; fragment = fragment->next)
        count++;
    writer_format(writer, "Number of heap fragments: %zu\nHeap fragment data: %zu\n", count, heap->fragment_words);
}

void report_process(struct writer *writer, struct process *process) {
    write_origin(writer, process);
    if (report_may_read(process)) {
        bool open = writer->for_menu && !(process->flags & FLAG_SENSITIVE);
        if (open)
            write_messages(writer, process);
        write_fragments(writer, &process->heap);
        write_saved_calls(writer, process);
        write_bonds(writer, process);
        if (open && dictionary_count(process))
            write_dictionary(writer, process);
        write_sizes(writer, process);
        if (writer->for_menu)
            writer_format(writer, "Stack dump:\n");
        report_program_counter(writer, process);
        if ((atomic_load(&process->state) & STATE_MASK) != STATE_RUNNING)
            writer_format(writer, "arity = %u\n", (unsigned)process->live);
        if (writer->for_menu)
            report_stack(&(struct values){.writer = writer}, process);
    }
    writer_format(writer, "Internal State: ");
    report_internal_state(writer, process);
}

void report_processes(struct writer *writer) {
    size_t position = 0;
    for (struct process *process; writer->left > 0 && (process = process_table_next(&position));)
        report_process(writer, process);
}
