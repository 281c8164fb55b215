// What happens when a function with a breakpoint is called.

#include "exec/operation.h"
#include "proc/trace.h"
#include "trace/trace.h"
#include "vm.h"

// {call, {M, F, Arguments}} with what the match specification adds.
static void tell_call(struct process *self, const struct breakpoint *breakpoint, const term *x, term message,
                      term meta_tracer) {
    const struct export *export = breakpoint->export;
    bool arity_only = meta_tracer == NIL && trace_wants(self, TRACE_ARITY);
    struct heap builder = {0};
    term arguments = arity_only ? SMALL(export->arity) : heap_list_of(&builder, export->arity, x, NIL);
    term call = heap_tuple_of(&builder, 3, export->module, export->function, arguments);
    term elements[] = {ATOM_call, call, message};
    size_t count = message == NONE || message == ATOM_true ? 2 : 3;
    if (meta_tracer != NIL)
        trace_message(meta_tracer, TRACE_TIMESTAMP, self->pid, count, elements);
    else
        trace_event(self, count, elements);
    heap_free(&builder);
}

// For one part of a trace point: the flags of the frame that it wants. `tracer` is the meta tracer, or NIL.
static uint32_t run(struct process *self, const struct breakpoint *breakpoint, const struct match_program *program,
                    const term *x, term tracer) {
    struct call_actions call = {.actions = {.message = NONE, .perform = trace_perform}, .self = self};
    call.tracer = tracer != NIL ? tracer : trace_tracer(self);
    if (program) {
        struct match_run run;
        match_begin(&run, self, program);
        run.actions = &call.actions;
        term arguments = heap_list_of(&self->heap, breakpoint->export->arity, x, NIL);
        if (match_object(&run, arguments) == NONE)
            return 0;
    }
    if (tracer == NIL && (trace_wants(self, TRACE_SILENT) || !trace_wants(self, TRACE_CALL)))
        return 0;
    if (call.actions.message != ATOM_false)
        tell_call(self, breakpoint, x, call.actions.message, tracer);
    uint32_t flags = 0;
    if (call.actions.return_trace || call.actions.exception_trace)
        flags |= FRAME_RETURN_FROM;
    if (call.actions.exception_trace)
        flags |= FRAME_EXCEPTION_FROM;
    if (call.actions.message != ATOM_false && tracer == NIL && breakpoint->function &&
        trace_wants(self, TRACE_RETURN_TO) && !trace_frame_returns_to(self))
        flags |= FRAME_RETURN_TO;
    return flags;
}

void trace_call(struct process *self, struct breakpoint *breakpoint, term *x) {
    struct trace_point *point = (struct trace_point *)breakpoint;
    struct export *export = breakpoint->export;
    uint32_t calls = 0, meta = 0;
    if (point->counts && !point->paused)
        atomic_fetch_add_explicit(&point->count, 1, memory_order_relaxed);
    if (self->flags & FLAG_SENSITIVE)
        return;
    if (point->meta && point->meta_tracer != self->pid && proc_lookup(point->meta_tracer))
        meta = run(self, breakpoint, point->meta_program, x, point->meta_tracer);
    if (point->calls && trace_wants(self, TRACE_CALL))
        calls = run(self, breakpoint, point->call_program, x, NIL);
    term meta_tracer = point->meta_tracer;
    proc_scratch_release(self);
    if (meta)
        trace_frame_push(self, x, export->arity, export, meta, meta_tracer);
    if (calls)
        trace_frame_push(self, x, export->arity, export, calls, NIL);
    if (exec_wants_collection(self))
        proc_collect(self, 0, x, export->arity, false);
}
