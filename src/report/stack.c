// Where a process stands: program counter, return addresses, what its functions hold.

#include "report/sections.h"

#include <inttypes.h>

#include "code/code.h"
#include "exec/frames.h"
#include "exec/operation.h"

static void write_function(struct writer *writer, const struct function *function, const word *address) {
    if (!function) {
        writer_format(writer, "(<terminate process normally>)");
        return;
    }
    const word *start = atomic_load(&function->prepared);
    writer_format(writer, "(");
    writer_mfa(writer, function->code->name, function->name, function->arity);
    writer_format(writer, " + %td)", (address - start) * (ptrdiff_t)sizeof(word));
}

static void write_address(struct writer *writer, const word *address, const struct function *function) {
    writer_format(writer, "0x%016" PRIxPTR " ", (uintptr_t)address);
    write_function(writer, function, address);
}

// The export that it will call first, or hibernates in; NULL when it is in the midst of something.
static const struct export *call_to_come(const struct process *process) {
    const struct export *first = exec_first_call(process);
    return !first && exec_is_hibernating(process) ? code_export_find(ATOM_erlang, ATOM_hibernate, 3) : first;
}

void report_program_counter(struct writer *writer, const struct process *process) {
    const struct export *call = call_to_come(process);
    struct frames frames = frames_of(process);
    writer_format(writer, "Program counter: ");
    if (call) {
        writer_format(writer, "0x%016" PRIxPTR " (", (uintptr_t)process->instruction);
        writer_mfa(writer, call->module, call->function, call->arity);
        writer_format(writer, " + 0)");
    } else if (frames_next(&frames)) {
        write_address(writer, frames.address, frames.function);
    } else {
        writer_format(writer, "0x%016x (unknown function)", 0);
    }
    writer_format(writer, "\n");
}

// ---- the stack's words, from the top ------------------------------------------------------------------------------

struct walk {
    struct values *values;
    const struct function *function; // whose frame it is in
    unsigned register_number;
};

static void write_label(struct walk *walk, char kind, unsigned number) {
    if (walk->values->writer->for_menu)
        writer_format(walk->values->writer, "%c(%u)     ", kind, number);
    else
        writer_format(walk->values->writer, "%c%u:", kind, number);
}

static void write_value(struct walk *walk, term value) {
    bool holds_nothing = is_immediate(value, IMMEDIATE_MARK);
    if (walk->values->writer->for_menu)
        writer_term(walk->values->writer, holds_nothing ? NIL : value);
    else
        values_word(walk->values, value);
    writer_format(walk->values->writer, "\n");
}

static void write_catch(struct walk *walk, term value) {
    const word *handler = (const word *)immediate_payload(value);
    writer_format(walk->values->writer, walk->values->writer->for_menu ? "Catch " : "SCatch ");
    write_address(walk->values->writer, handler, walk->function);
    writer_format(walk->values->writer, "\n");
}

static void write_return(struct writer *writer, const term *place, const word *address) {
    writer_format(writer, writer->for_menu ? "\n0x%016" PRIxPTR " Return addr " : "0x%016" PRIxPTR ":SReturn addr ",
                  (uintptr_t)place);
    write_address(writer, address, site_function(address));
    writer_format(writer, "\n");
}

static void write_stack_word(struct walk *walk, const term *place) {
    if (is_immediate(*place, IMMEDIATE_RETURN)) {
        const word *address = return_address(*place);
        write_return(walk->values->writer, place, address);
        walk->function = site_function(address);
        walk->register_number = 0;
        return;
    }
    write_label(walk, 'y', walk->register_number++);
    if (is_immediate(*place, IMMEDIATE_CATCH))
        write_catch(walk, *place);
    else
        write_value(walk, *place);
}

void report_stack(struct values *values, const struct process *process) {
    struct walk walk = {.values = values};
    const term *at = process->heap.stack, *registers_end = at + process->live;
    at += exec_first_call(process) != NULL; // the first saved word is no value
    for (unsigned number = 0; at < registers_end; at++) {
        write_label(&walk, 'x', number++);
        write_value(&walk, *at);
    }
    struct frames frames = frames_of(process);
    if (frames_next(&frames)) {
        walk.function = frames.function;
        if (frames.link)
            write_return(values->writer, registers_end, frames.link);
    }
    for (at = registers_end; at < process->heap.end && values->writer->left > 0; at++)
        write_stack_word(&walk, at);
}

void report_return_addresses(struct writer *writer, const struct process *process, unsigned limit) {
    const term *at = process->heap.stack + process->live;
    for (; at < process->heap.end && limit > 0; at++) {
        if (is_immediate(*at, IMMEDIATE_RETURN)) {
            write_return(writer, at, return_address(*at));
            limit--;
        }
    }
}
