// Which messages that are sent and received are told: erlang:trace_pattern(send | 'receive', ...).
//
// A pattern is never changed where others can see it: another takes its place, and epochs free the old one.

#include "exec/operation.h"
#include "proc/trace.h"
#include "sys/sys.h"
#include "trace/trace.h"
#include "vm.h"

// A slice of its own for what a match specification computes: it must not give way, for the pattern may go.
#define MATCH_REDUCTIONS ((int64_t)1 << 40)

struct message_pattern {
    struct match_program *program; // one reference; NULL: no message is told
};

struct trace_messages {
    _Atomic(struct message_pattern *) patterns[TRACE_DIRECTIONS]; // NULL: every message is told
};

static void free_pattern(void *memory) {
    struct message_pattern *pattern = memory;
    if (pattern->program)
        match_release(pattern->program);
    sys_free(pattern);
}

void trace_messages_set(enum trace_direction direction, bool told, struct match_program *program) {
    struct message_pattern *pattern = NULL;
    if (program || !told) {
        pattern = sys_alloc(sizeof *pattern);
        pattern->program = program;
        if (program)
            match_retain(program);
    }
    struct trace_messages *messages = vm.trace_messages;
    struct message_pattern *old = atomic_exchange(&messages->patterns[direction], pattern);
    atomic_store(&vm.traces_messages_by_pattern,
                 atomic_load(&messages->patterns[0]) || atomic_load(&messages->patterns[1]));
    if (old)
        vm.hooks.retire(old, free_pattern);
}

term trace_messages_get(enum trace_direction direction, struct heap *heap) {
    const struct message_pattern *pattern = atomic_load(&vm.trace_messages->patterns[direction]);
    if (!pattern)
        return ATOM_true;
    return pattern->program ? heap_copy_all(heap, match_specification(pattern->program)) : ATOM_false;
}

// The hook: see vm.h.
static bool is_told(struct process *self, bool received, size_t count, const term *arguments, term *extra) {
    const struct message_pattern *pattern =
        atomic_load(&vm.trace_messages->patterns[received ? TRACE_RECEIVING : TRACE_SENDING]);
    if (!pattern)
        return true;
    if (!pattern->program)
        return false;
    struct call_actions call = {
        .actions = {.message = NONE, .perform = trace_perform}, .self = self, .tracer = self->extra->tracer};
    struct match_run run;
    self->work.reductions += MATCH_REDUCTIONS;
    match_begin(&run, self, pattern->program);
    run.actions = &call.actions;
    bool matches = match_object(&run, heap_list_of(&self->heap, count, arguments, NIL)) != NONE;
    self->work.reductions -= MATCH_REDUCTIONS;
    term message = call.actions.message;
    *extra = message == ATOM_true ? NONE : message;
    return matches && message != ATOM_false;
}

void trace_messages_start(void) {
    vm.trace_messages = sys_alloc_zero(sizeof *vm.trace_messages);
    vm.hooks.trace_message = is_told;
}
