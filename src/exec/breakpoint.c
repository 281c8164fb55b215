// Breakpoints, and the frames that tell of a call's end.

#include "exec/breakpoint.h"

#include "exec/frames.h"
#include "exec/instruction_table.h"
#include "exec/link.h"
#include "exec/native.h"
#include "exec/saving.h"
#include "proc/trace.h"
#include "vm.h"

// ---- breakpoints --------------------------------------------------------------------------------------------------

static struct breakpoint *breakpoint_at(const word *entry) {
    return entry && entry[0] == (word)instruction_stub_trace_u ? (struct breakpoint *)entry[1] : NULL;
}

struct breakpoint *breakpoint_of_function(const struct function *function) {
    return breakpoint_at(atomic_load(&function->entry));
}

struct breakpoint *breakpoint_of_export(const struct export *export) {
    return breakpoint_at(export_entry(export));
}

// Calls by name lead to this function, or to the built-in that stands for it.
static bool is_exported(const struct breakpoint *breakpoint) {
    return breakpoint->export->code == breakpoint->function;
}

void breakpoint_set(struct breakpoint *breakpoint) {
    breakpoint->stub[0] = (word)instruction_stub_trace_u;
    breakpoint->stub[1] = (word)breakpoint;
    struct export *export = breakpoint->export;
    if (breakpoint->function)
        atomic_store(&breakpoint->function->entry, breakpoint->stub);
    if (!breakpoint->function || is_exported(breakpoint)) {
        export_lead(export, breakpoint->stub);
        export_set_traced(export, true);
    }
}

static const word *function_target(const struct function *function) {
    const word *prepared = atomic_load(&function->prepared);
    const struct native *native = atomic_load(&function->native);
    if (native)
        return native->stub;
    return prepared ? prepared + PREPARED_HEADER : function->stub;
}

const word *breakpoint_target(const struct breakpoint *breakpoint) {
    const struct export *export = breakpoint->export;
    if (breakpoint->function)
        return function_target(breakpoint->function);
    const struct function *code = export->code;
    if (code && !export->bif && !exec_is_special(export->module, export->function, export->arity))
        return atomic_load(&code->entry);
    return export->stub;
}

void breakpoint_clear(struct breakpoint *breakpoint) {
    struct export *export = breakpoint->export;
    const word *target = breakpoint_target(breakpoint);
    if (breakpoint->function)
        atomic_store(&breakpoint->function->entry, target);
    if (breakpoint_of_export(export) == breakpoint) {
        bool special = export->bif || exec_is_special(export->module, export->function, export->arity);
        export_lead(export, special ? export->stub : target);
        export_set_traced(export, false);
    }
}

void breakpoint_forget_export(struct export *export) {
    struct breakpoint *breakpoint = breakpoint_of_export(export);
    export_set_traced(export, false);
    if (breakpoint && !breakpoint->function)
        vm.hooks.breakpoint_gone(breakpoint);
}

void breakpoint_forget_function(struct function *function) {
    struct breakpoint *breakpoint = breakpoint_of_function(function);
    if (breakpoint)
        vm.hooks.breakpoint_gone(breakpoint);
}

// ---- frames -------------------------------------------------------------------------------------------------------

enum { FRAME_FLAGS, FRAME_EXPORT, FRAME_TRACER, FRAME_LINK = TRACE_FRAME_SIZE, FRAME_WORDS };

static const word trace_return_code[] = {0, (word)instruction_trace_return};
#define TRACE_RETURN (trace_return_code + 1)

void trace_frame_push(struct process *process, term *x, size_t live, struct export *export, uint32_t flags,
                      term tracer) {
    struct heap *heap = &process->heap;
    if (heap->stack - heap->top < FRAME_WORDS)
        exec_collect(process, FRAME_WORDS, x, live);
    heap->stack -= FRAME_WORDS;
    heap->stack[FRAME_FLAGS] = SMALL(flags);
    heap->stack[FRAME_EXPORT] = (term) export;
    heap->stack[FRAME_TRACER] = tracer;
    heap->stack[FRAME_LINK] = return_make(process->link);
    process->link = TRACE_RETURN;
}

bool trace_frame_returns_to(const struct process *process) {
    const word *link = process->link;
    const term *frame = process->heap.stack;
    for (; link == TRACE_RETURN; link = return_address(frame[FRAME_LINK]), frame += FRAME_WORDS)
        if (small_value(frame[FRAME_FLAGS]) & FRAME_RETURN_TO)
            return true;
    return false;
}

bool trace_frame_is_timed(const struct process *process) {
    return process->link == TRACE_RETURN && small_value(process->heap.stack[FRAME_FLAGS]) & FRAME_TIME;
}

bool trace_caller(const struct process *process, term mfa[3], term *file, uint32_t *line) {
    struct frames frames = frames_begin(process, process->link, NULL);
    if (!frames_next(&frames))
        return false;
    const struct function *function = frames.function;
    mfa[0] = function->code->name;
    mfa[1] = function->name;
    mfa[2] = SMALL(function->arity);
    *file = NIL;
    *line = 0;
    code_line(function->code, site_line(frames.address[-1]), file, line);
    return true;
}

// ---- the end of a call --------------------------------------------------------------------------------------------

// {return_from, {M, F, Arity}, Value} and the like, to the frame's tracer or the process's.
static void tell_end(struct process *process, const term *frame, term name, term value) {
    bool meta = frame[FRAME_TRACER] != NIL;
    if (!meta && !trace_wants(process, TRACE_CALL))
        return;
    const struct export *export = (struct export *)frame[FRAME_EXPORT];
    struct heap builder = {0};
    term mfa = heap_tuple_of(&builder, 3, export->module, export->function, SMALL(export->arity));
    term elements[] = {name, mfa, value};
    if (meta)
        trace_message(frame[FRAME_TRACER], TRACE_TIMESTAMP, process->pid, 3, elements);
    else
        trace_event(process, 3, elements);
    heap_free(&builder);
}

static void tell_return_to(struct process *process, const struct function *function) {
    if (!trace_wants(process, TRACE_CALL) || !trace_wants(process, TRACE_RETURN_TO))
        return;
    struct heap builder = {0};
    term mfa = function ? heap_tuple_of(&builder, 3, function->code->name, function->name, SMALL(function->arity))
                        : ATOM_undefined;
    trace_event(process, 2, (term[]){ATOM_return_to, mfa});
    heap_free(&builder);
}

void trace_returned(struct process *process, term value) {
    const term *frame = process->heap.stack;
    int64_t flags = small_value(frame[FRAME_FLAGS]);
    if (flags & FRAME_TIME)
        vm.hooks.call_time_goes_to(process, frame[FRAME_TRACER]);
    if (flags & FRAME_RETURN_FROM)
        tell_end(process, frame, ATOM_return_from, value);
    if (flags & FRAME_RETURN_TO) {
        struct frames frames = frames_begin(process, NULL, NULL);
        tell_return_to(process, frames_next(&frames) ? frames.function : NULL);
    }
}

static bool has_handler(const struct process *process, const term *frame) {
    while (frame < process->heap.end)
        if (is_immediate(*frame++, IMMEDIATE_CATCH))
            return true;
    return false;
}

// {Class, Reason}; what nobody is there to catch is an error.
static term describe_exception(struct process *process, struct heap *builder, const term *frame) {
    term reason = process->exception_reason;
    if (process->exception_class == CLASS_EXIT)
        return heap_tuple_of(builder, 2, ATOM_exit, reason);
    if (process->exception_class == CLASS_THROW && has_handler(process, frame))
        return heap_tuple_of(builder, 2, ATOM_throw, reason);
    if (process->exception_class == CLASS_THROW)
        reason = heap_tuple_of(builder, 2, ATOM_nocatch, reason);
    return heap_tuple_of(builder, 2, ATOM_error, reason);
}

void trace_unwind(struct process *process, struct trace_unwinding *unwinding, const word *address, const term *frame) {
    if (address != TRACE_RETURN) {
        unwinding->where = address;
        return;
    }
    int64_t flags = small_value(frame[FRAME_FLAGS]);
    if (flags & FRAME_TIME)
        vm.hooks.call_time_goes_to(process, frame[FRAME_TRACER]);
    unwinding->return_to |= (flags & FRAME_RETURN_TO) != 0;
    if (!(flags & FRAME_EXCEPTION_FROM))
        return;
    struct heap builder = {0};
    tell_end(process, frame, ATOM_exception_from, describe_exception(process, &builder, frame));
    heap_free(&builder);
}

void trace_unwound(struct process *process, const struct trace_unwinding *unwinding) {
    if (unwinding->return_to)
        tell_return_to(process, unwinding->where ? site_function(unwinding->where) : NULL);
}
