// What the body of a match specification does to tracing: the functions of the trace dialect.

#include "code/code.h"
#include "exec/exception.h"
#include "proc/ask.h"
#include "proc/trace.h"
#include "proc/tracer.h"
#include "term/print.h"
#include "trace/trace.h"
#include "vm.h"

// ---- flags of processes -------------------------------------------------------------------------------------------

static bool read_flags(term list, uint32_t *flags, term *tracer) {
    *flags = 0;
    for (; is_list(list); list = list_tail(list)) {
        term item = list_head(list);
        uint32_t flag = is_atom(item) ? trace_flag_find(item) : 0;
        if (is_tuple_of(item, 2) && tuple_element(item, 1) == ATOM_tracer && is_local_pid(tuple_element(item, 2)))
            *tracer = tuple_element(item, 2);
        else if (is_tuple_of(item, 3) && tuple_element(item, 1) == ATOM_tracer && is_atom(tuple_element(item, 2)))
            *tracer = tracer_of_module(tuple_element(item, 2), tuple_element(item, 3));
        else if (flag)
            *flags |= flag;
        else
            return false;
    }
    return is_nil(list);
}

// Runs in another process: {Clear, Set, Tracer}. Nobody waits for an answer.
static void change_other(struct process *owner, struct signal *signal) {
    if (!owner)
        return;
    const term *words = boxed(signal->value);
    trace_change(owner, (uint32_t)small_value(words[1]), (uint32_t)small_value(words[2]), words[3]);
}

static term change(struct call_actions *call, term who, uint32_t clear, uint32_t set, term tracer) {
    struct process *self = call->self;
    if (set && tracer == NONE)
        return ATOM_false;
    if (!set)
        tracer = NONE;
    if (who == self->pid)
        return term_boolean(trace_change(self, clear, set, tracer));
    struct process *process = is_atom(who)        ? proc_lookup(proc_whereis(who))
                              : is_local_pid(who) ? proc_lookup(who)
                                                  : NULL;
    if (!process)
        return ATOM_false;
    struct heap builder = {0};
    term change = heap_tuple_of(&builder, 3, SMALL(clear), SMALL(set), tracer);
    struct signal *signal = proc_signal_built(SIGNAL_QUESTION, &builder, change);
    signal->call = change_other;
    proc_signal(process, signal);
    return ATOM_true;
}

// {enable_trace, [Pid,] Flag}, {disable_trace, [Pid,] Flag}
static term enable(struct call_actions *call, bool on, const term *arguments, size_t count) {
    term name = arguments[count - 1];
    uint32_t flag = is_atom(name) && name != ATOM_all ? trace_flag_find(name) : 0;
    if (flag)
        change(call, count == 2 ? arguments[0] : call->self->pid, on ? 0 : flag, on ? flag : 0, call->tracer);
    return term_boolean(flag);
}

// {trace, [Pid,] Disable, Enable}
static term trace(struct call_actions *call, const term *arguments, size_t count) {
    uint32_t clear, set;
    term tracer = call->tracer;
    if (!read_flags(arguments[count - 2], &clear, &tracer) || !read_flags(arguments[count - 1], &set, &tracer))
        return ATOM_false;
    return change(call, count == 3 ? arguments[0] : call->self->pid, clear, set, tracer);
}

static term silence(struct process *self, term on) {
    if (on != ATOM_true && on != ATOM_false)
        return ATOM_false;
    term tracer = trace_tracer(self);
    if (tracer != NONE)
        trace_change(self, TRACE_SILENT, on == ATOM_true ? TRACE_SILENT : 0, tracer);
    return ATOM_true;
}

// ---- what is told -------------------------------------------------------------------------------------------------

static term caller(struct process *self, bool with_line) {
    term mfa[3], file;
    uint32_t line;
    if (!trace_caller(self, mfa, &file, &line))
        return ATOM_undefined;
    struct heap *heap = &self->heap;
    if (!with_line)
        return heap_tuple_of(heap, 3, mfa[0], mfa[1], mfa[2]);
    term location = ATOM_undefined;
    if (file != NIL) {
        term pairs = exec_location(heap, file, line, NIL); // [{file, File}, {line, Line}]
        location = heap_tuple_of(heap, 2, tuple_element(list_head(pairs), 2), SMALL(line));
    }
    return heap_tuple_of(heap, 4, mfa[0], mfa[1], mfa[2], location);
}

// The stack, as text in a binary.
static term process_dump(struct process *self) {
    struct text text = {0};
    term_print(&text, self->pid);
    struct heap builder = {0};
    term trace = exec_stacktrace(self, &builder, 100);
    for (; is_list(trace); trace = list_tail(trace)) {
        text_append(&text, "\n", 1);
        term_print(&text, list_head(trace));
    }
    heap_free(&builder);
    term binary = heap_binary(&self->heap, text.bytes, text.size);
    text_free(&text);
    return binary;
}

static term display(struct process *self, term value) {
    struct export *export = code_export_find(ATOM_erlang, ATOM_display, 1);
    if (export && export->bif)
        export->bif(self, &value);
    return ATOM_true;
}

static term set_control_word(struct process *self, term value) {
    uint32_t old = atomic_load(&vm.trace_control_word);
    if (is_small(value) && small_value(value) >= 0 && small_value(value) <= UINT32_MAX)
        atomic_store(&vm.trace_control_word, (uint32_t)small_value(value));
    return heap_unsigned(&self->heap, old);
}

// {set_seq_token, Part, Value}: the built-in function does it.
static term set_sequence(struct process *self, const term *arguments) {
    struct export *export = code_export_find(ATOM_erlang, ATOM_seq_trace, 2);
    term call[] = {arguments[0], arguments[1]};
    term old = export && export->bif ? export->bif(self, call) : NONE;
    return old == NONE ? ATOM_false : old;
}

term trace_perform(struct match_actions *actions, term action, const term *arguments, size_t count) {
    struct call_actions *call = (struct call_actions *)actions;
    struct process *self = call->self;
    switch (action) {
    case ATOM_caller:
        return caller(self, false);
    case ATOM_caller_line:
        return caller(self, true);
    case ATOM_process_dump:
        return process_dump(self);
    case ATOM_display:
        return display(self, arguments[0]);
    case ATOM_silent:
        return silence(self, arguments[0]);
    case ATOM_enable_trace:
        return enable(call, true, arguments, count);
    case ATOM_disable_trace:
        return enable(call, false, arguments, count);
    case ATOM_trace:
        return trace(call, arguments, count);
    case ATOM_get_tcw:
        return heap_unsigned(&self->heap, atomic_load(&vm.trace_control_word));
    case ATOM_set_tcw:
        return set_control_word(self, arguments[0]);
    case ATOM_is_seq_trace:
        return term_boolean(self->flags & FLAG_SEQUENCED);
    case ATOM_get_seq_token:
        return sequence_token(self, &self->heap);
    case ATOM_set_seq_token:
        return set_sequence(self, arguments);
    default:
        return NIL;
    }
}
