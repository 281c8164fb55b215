// What happens when a function with a breakpoint is called.

#include "exec/operation.h"
#include "proc/trace.h"
#include "trace/trace.h"
#include "vm.h"

// {call, {M, F, Arguments}} with what the match specification adds. `meta`: the tracer is not the process's own.
static void tell_call(const struct call_actions *call, const struct breakpoint *breakpoint, const term *x, bool meta,
                      uint32_t flags) {
    struct process *self = call->self;
    const struct export *export = breakpoint->export;
    term message = call->actions.message;
    struct heap builder = {0};
    term arguments =
        !meta && trace_wants(self, TRACE_ARITY) ? SMALL(export->arity) : heap_list_of(&builder, export->arity, x, NIL);
    term mfa = heap_tuple_of(&builder, 3, export->module, export->function, arguments);
    size_t count = message == NONE || message == ATOM_true ? 2 : 3;
    if (call->tracer != self->pid)
        trace_message(call->tracer, flags, self->pid, count, (term[]){ATOM_call, mfa, message});
    heap_free(&builder);
}

// For one part of a trace point: the flags of the frame that it wants. `tracer` is the meta tracer, or NIL.
static uint32_t run(struct process *self, const struct breakpoint *breakpoint, const struct match_program *program,
                    const term *x, term tracer) {
    bool meta = tracer != NIL;
    struct call_actions call = {.actions = {.message = NONE, .perform = trace_perform}, .self = self};
    call.tracer = meta ? tracer : trace_tracer(self);
    if (call.tracer == NONE)
        return 0;
    uint32_t stamp = meta ? TRACE_TIMESTAMP : trace_flags(self);
    if (program) {
        struct match_run run;
        match_begin(&run, self, program);
        run.actions = &call.actions;
        term arguments = heap_list_of(&self->heap, breakpoint->export->arity, x, NIL);
        if (match_object(&run, arguments) == NONE)
            return 0;
    }
    if (!meta && trace_wants(self, TRACE_SILENT))
        return 0;
    bool told = call.actions.message != ATOM_false;
    if (told)
        tell_call(&call, breakpoint, x, meta, stamp);
    uint32_t flags = 0;
    if (call.actions.return_trace || call.actions.exception_trace)
        flags |= FRAME_RETURN_FROM;
    if (call.actions.exception_trace)
        flags |= FRAME_EXCEPTION_FROM;
    if (told && !meta && breakpoint->function && trace_wants(self, TRACE_RETURN_TO) && !trace_frame_returns_to(self))
        flags |= FRAME_RETURN_TO;
    return flags;
}

// A function that calls itself last keeps the frame that it has.
static void begin_timed_call(struct process *self, struct call_times *times, term *x, struct export *export) {
    bool has_frame = trace_frame_is_timed(self);
    uint64_t previous = trace_time_called(self, times);
    if (!has_frame)
        trace_frame_push(self, x, export->arity, export, FRAME_TIME, previous);
}

// A slice of its own for what a match specification computes: it must not give way, for the breakpoint may go.
#define TRACE_REDUCTIONS ((int64_t)1 << 40)

bool trace_call(struct process *self, struct breakpoint *breakpoint, term *x) {
    struct trace_point *point = (struct trace_point *)breakpoint;
    bool debugged = point->debugged;
    struct export *export = breakpoint->export;
    uint32_t calls = 0, meta = 0;
    if (point->counts && !point->paused)
        atomic_fetch_add_explicit(&point->count, 1, memory_order_relaxed);
    if (self->flags & FLAG_SENSITIVE)
        return debugged;
    self->work.reductions += TRACE_REDUCTIONS;
    if (point->calls && trace_wants(self, TRACE_CALL))
        calls = run(self, breakpoint, point->call_program, x, NIL);
    if (point->meta && point->meta_tracer != self->pid && trace_tracer_exists(point->meta_tracer, self->pid))
        meta = run(self, breakpoint, point->meta_program, x, point->meta_tracer);
    self->work.reductions -= TRACE_REDUCTIONS;
    bool timed = point->timed && trace_wants(self, TRACE_CALL);
    struct call_times *times = point->times;
    term meta_tracer = point->meta_tracer;
    proc_scratch_release(self);
    // Making room for frames collects, which may give way: the breakpoint is not looked at any more.
    if (calls)
        trace_frame_push(self, x, export->arity, export, calls, NIL);
    if (meta)
        trace_frame_push(self, x, export->arity, export, meta, meta_tracer);
    if (timed)
        begin_timed_call(self, times, x, export);
    if (exec_wants_collection(self))
        proc_collect(self, 0, x, export->arity, false);
    return debugged;
}
