// Who is traced, and the messages of tracing.

#include "proc/trace.h"

#include "proc/signal.h"
#include "proc/tracer.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "vm.h"

// ---- flags --------------------------------------------------------------------------------------------------------

const struct trace_flag_name trace_flag_names[TRACE_FLAG_COUNT] = {
    {ATOM_running_procs, TRACE_RUNNING_PROCS},
    {ATOM_running_ports, TRACE_RUNNING_PORTS},
    {ATOM_ports, TRACE_PORTS},
    {ATOM_scheduler_id, TRACE_SCHEDULER_ID},
    {ATOM_silent, TRACE_SILENT},
    {ATOM_return_to, TRACE_RETURN_TO},
    {ATOM_arity, TRACE_ARITY},
    {ATOM_garbage_collection, TRACE_GARBAGE_COLLECTION},
    {ATOM_exiting, TRACE_EXITING},
    {ATOM_running, TRACE_RUNNING},
    {ATOM_set_on_first_link, TRACE_SET_ON_FIRST_LINK},
    {ATOM_set_on_link, TRACE_SET_ON_LINK},
    {ATOM_set_on_first_spawn, TRACE_SET_ON_FIRST_SPAWN},
    {ATOM_procs, TRACE_PROCS},
    {ATOM_call, TRACE_CALL},
    {ATOM_set_on_spawn, TRACE_SET_ON_SPAWN},
    {ATOM_receive, TRACE_RECEIVE},
    {ATOM_send, TRACE_SEND},
    {ATOM_monotonic_timestamp, TRACE_MONOTONIC_TIMESTAMP},
    {ATOM_strict_monotonic_timestamp, TRACE_STRICT_MONOTONIC_TIMESTAMP},
    {ATOM_timestamp, TRACE_TIMESTAMP},
};

uint32_t trace_flag_find(term name) {
    if (name == ATOM_all)
        return ((uint32_t)1 << TRACE_FLAG_COUNT) - 1;
    for (size_t i = 0; i < TRACE_FLAG_COUNT; i++)
        if (trace_flag_names[i].name == name)
            return trace_flag_names[i].flag;
    return 0;
}

static void set_flags(struct process *self, uint32_t flags, term tracer) {
    struct process_extra *extra = process_extra(self);
    extra->trace_flags = flags;
    extra->tracer = flags ? tracer : NONE;
    self->flags = flags ? self->flags | FLAG_TRACED : self->flags & ~(uint32_t)FLAG_TRACED;
}

bool trace_tracer_exists(term tracer, term tracee) {
    if (tracer_is_module(tracer))
        return tracer_module_serves(tracer, tracee);
    return is_local_port(tracer) ? vm.hooks.port_exists(tracer) : proc_lookup(tracer) != NULL;
}

term trace_tracer(struct process *self) {
    if (!(self->flags & FLAG_TRACED))
        return NONE;
    if (trace_tracer_exists(self->extra->tracer, self->pid))
        return self->extra->tracer;
    set_flags(self, 0, NONE);
    return NONE;
}

bool trace_change(struct process *self, uint32_t clear, uint32_t set, term tracer) {
    term current = trace_tracer(self);
    if (tracer != NONE && current != NONE && current != tracer)
        return false;
    if (tracer == NIL)
        return true;
    uint32_t flags = (trace_flags(self) & ~clear) | set;
    if (flags || (self->flags & FLAG_TRACED))
        set_flags(self, flags, set ? tracer : current);
    return true;
}

// ---- processes and ports to come ----------------------------------------------------------------------------------

struct trace_defaults {
    mutex lock;
    struct trace_default values[TRACE_NEWCOMERS];
};

void trace_init(void) {
    vm.trace_defaults = sys_alloc_zero(sizeof *vm.trace_defaults);
    mutex_init(&vm.trace_defaults->lock);
    for (int i = 0; i < TRACE_NEWCOMERS; i++)
        vm.trace_defaults->values[i].tracer = NONE;
}

struct trace_default trace_default_get(enum trace_newcomer which) {
    struct trace_defaults *defaults = vm.trace_defaults;
    struct trace_default *value = &defaults->values[which];
    if (!atomic_load_explicit(&vm.traces_new[which], memory_order_relaxed))
        return (struct trace_default){0, NONE};
    mutex_lock(&defaults->lock);
    if (!trace_tracer_exists(value->tracer, ATOM_undefined))
        *value = (struct trace_default){0, NONE};
    struct trace_default copy = *value;
    mutex_unlock(&defaults->lock);
    return copy;
}

void trace_default_change(enum trace_newcomer which, uint32_t clear, uint32_t set, term tracer) {
    struct trace_defaults *defaults = vm.trace_defaults;
    struct trace_default *value = &defaults->values[which];
    mutex_lock(&defaults->lock);
    value->flags = (value->flags & ~clear) | set;
    if (set)
        value->tracer = tracer;
    if (!value->flags)
        value->tracer = NONE;
    atomic_store(&vm.traces_new[which], value->flags != 0);
    mutex_unlock(&defaults->lock);
}

// ---- messages -----------------------------------------------------------------------------------------------------

#define TIMESTAMPS (TRACE_TIMESTAMP | TRACE_MONOTONIC_TIMESTAMP | TRACE_STRICT_MONOTONIC_TIMESTAMP)

term trace_timestamp(struct heap *heap, uint32_t flags) {
    int64_t monotonic = vm_monotonic_time(sys_monotonic_time());
    if (flags & TRACE_TIMESTAMP) {
        bool of_cpu = atomic_load_explicit(&vm.traces_cpu_time, memory_order_relaxed);
        int64_t micro = (of_cpu ? sys_cpu_time() : monotonic + vm.time_offset) / 1000;
        return heap_tuple_of(heap, 3, SMALL(micro / 1000000000000), SMALL(micro / 1000000 % 1000000),
                             SMALL(micro % 1000000));
    }
    if (flags & TRACE_STRICT_MONOTONIC_TIMESTAMP) {
        term unique = heap_unsigned(heap, atomic_fetch_add(&vm.unique_monotonic, 1));
        return heap_tuple_of(heap, 2, heap_integer(heap, monotonic), unique);
    }
    return heap_integer(heap, monotonic);
}

term trace_build(struct heap *heap, uint32_t flags, term tracee, size_t count, const term *elements) {
    bool stamped = flags & TIMESTAMPS, numbered = flags & TRACE_SCHEDULER_ID;
    term *words = heap_tuple(heap, 2 + count + numbered + stamped), *at = words + 1;
    *at++ = stamped ? ATOM_trace_ts : ATOM_trace;
    *at++ = tracee;
    for (size_t i = 0; i < count; i++)
        *at++ = is_pointer(elements[i]) ? heap_copy(heap, elements[i]) : elements[i];
    if (numbered)
        *at++ = SMALL(vm.hooks.scheduler_number());
    if (stamped)
        *at++ = trace_timestamp(heap, flags);
    return boxed_make(words);
}

bool trace_message(term tracer, uint32_t flags, term tracee, size_t count, const term *elements) {
    if (tracer_is_module(tracer))
        return tracer_module_tell(tracer, flags, tracee, count, elements);
    struct process *receiver = is_local_port(tracer) ? NULL : proc_lookup(tracer);
    if (!receiver && !is_local_port(tracer))
        return false;
    struct heap builder = {0};
    term message = trace_build(&builder, flags, tracee, count, elements);
    if (receiver)
        return proc_signal(receiver, proc_signal_built(SIGNAL_MESSAGE, &builder, message));
    bool told = vm.hooks.port_tell(tracer, message);
    heap_free(&builder);
    return told;
}

void trace_event(struct process *self, size_t count, const term *elements) {
    if (self->extra->tracer != self->pid &&
        !trace_message(self->extra->tracer, self->extra->trace_flags, self->pid, count, elements))
        set_flags(self, 0, NONE);
}

// ---- events -------------------------------------------------------------------------------------------------------

// What trace_pattern(send | 'receive') says of a message: false when it is not told; *extra is what is added, or NONE.
static bool is_told(struct process *self, bool received, size_t count, const term *arguments, term *extra) {
    *extra = NONE;
    return !atomic_load_explicit(&vm.traces_messages_by_pattern, memory_order_relaxed) ||
           vm.hooks.trace_message(self, received, count, arguments, extra);
}

void trace_sent(struct process *self, term to, term message, bool exists) {
    term extra, arguments[] = {to, message};
    if (trace_wants(self, TRACE_SEND) && is_told(self, false, 2, arguments, &extra))
        trace_event(self, extra == NONE ? 3 : 4,
                    (term[]){exists ? ATOM_send : ATOM_send_to_non_existing_process, message, to, extra});
}

void trace_received(struct process *self, term from, term message) {
    if (!trace_wants(self, TRACE_RECEIVE))
        return;
    // Where from: OTP puts the node before a process, and `undefined` after anything else.
    bool from_process = is_local_pid(from);
    term extra,
        node = from_process   ? atomic_load(&vm.node_name)
               : from == NONE ? ATOM_system
                              : from,
        arguments[] = {node, from_process ? from : ATOM_undefined, message};
    // A built-in function may stand in the middle of its work on the heap (proc/ask.h): what is computed lies
    // elsewhere.
    struct heap own = self->heap;
    self->heap = (struct heap){0};
    if (is_told(self, true, 3, arguments, &extra))
        trace_event(self, extra == NONE ? 2 : 3, (term[]){ATOM_receive, message, extra});
    heap_free(&self->heap);
    self->heap = own;
}

void trace_scheduled(struct process *self, term name, const term *mfa) {
    if (!trace_wants(self, TRACE_RUNNING | TRACE_RUNNING_PROCS))
        return;
    struct heap builder = {0};
    term function = mfa ? heap_tuple_of(&builder, 3, mfa[0], mfa[1], mfa[2]) : SMALL(0);
    trace_event(self, 2, (term[]){name, function});
    heap_free(&builder);
}

void trace_exited(struct process *self) {
    trace_event_if(self, TRACE_EXITING, ATOM_out_exited, SMALL(0));
}

// What goes from a process to one that it spawns or links to: all flags when it has `always`, all but `once` when it
// has that, which it then loses.
static bool hand_down(struct process *from, struct process *to, uint32_t always, uint32_t once) {
    uint32_t flags = trace_flags(from);
    if (!(flags & (always | once)) || from->extra->tracer == to->pid)
        return false;
    term tracer = from->extra->tracer;
    if (flags & always) {
        set_flags(to, flags, tracer);
    } else {
        set_flags(to, flags & ~once, tracer);
        set_flags(from, flags & ~once, tracer);
    }
    return true;
}

void trace_spawned(struct process *parent, struct process *child, term module, term function, term arguments,
                   bool linked) {
    if (!hand_down(parent, child, TRACE_SET_ON_SPAWN, TRACE_SET_ON_FIRST_SPAWN) &&
        !(linked && hand_down(parent, child, TRACE_SET_ON_LINK, TRACE_SET_ON_FIRST_LINK))) {
        struct trace_default value = trace_default_get(TRACE_NEW_PROCESS);
        if (value.flags)
            set_flags(child, value.flags, value.tracer);
    }
    if (!trace_wants(parent, TRACE_PROCS) && !trace_wants(child, TRACE_PROCS))
        return;
    struct heap builder = {0};
    term call = heap_tuple_of(&builder, 3, module, function, arguments);
    if (trace_wants(parent, TRACE_PROCS))
        trace_event(parent, 3, (term[]){ATOM_spawn, child->pid, call});
    if (linked)
        trace_event_if(parent, TRACE_PROCS, ATOM_link, child->pid);
    if (trace_wants(child, TRACE_PROCS))
        trace_event(child, 3, (term[]){ATOM_spawned, parent->pid, call});
    if (linked)
        trace_event_if(child, TRACE_PROCS, ATOM_getting_linked, parent->pid);
    heap_free(&builder);
}

// ---- collections --------------------------------------------------------------------------------------------------

static void add_size(struct heap *builder, term *list, term name, size_t words) {
    *list = heap_cons(builder, heap_tuple_of(builder, 2, name, SMALL((int64_t)words)), *list);
}

static term describe_heap(struct heap *builder, const struct heap *heap, size_t words) {
    term list = NIL;
    add_size(builder, &list, ATOM_bin_old_vheap_block_size, 0);
    add_size(builder, &list, ATOM_bin_old_vheap_size, 0);
    add_size(builder, &list, ATOM_bin_vheap_block_size, 0);
    add_size(builder, &list, ATOM_bin_vheap_size, heap->binary_bytes / sizeof(term));
    add_size(builder, &list, ATOM_heap_size, (size_t)(heap->top - heap->start));
    add_size(builder, &list, ATOM_old_heap_size, (size_t)(heap->old_top - heap->old_start));
    add_size(builder, &list, ATOM_stack_size, (size_t)(heap->end - heap->stack));
    add_size(builder, &list, ATOM_recent_size, (size_t)(heap->mature - heap->start));
    add_size(builder, &list, ATOM_mbuf_size, heap->fragment_words);
    add_size(builder, &list, ATOM_heap_block_size, (size_t)(heap->end - heap->start));
    add_size(builder, &list, ATOM_old_heap_block_size, (size_t)(heap->old_end - heap->old_start));
    add_size(builder, &list, ATOM_wordsize, words); // OTP's name for it
    return list;
}

void trace_collection(struct process *self, bool begins, bool full, size_t words) {
    if (!trace_wants(self, TRACE_GARBAGE_COLLECTION))
        return;
    struct heap builder = {0};
    term name = full     ? begins ? ATOM_gc_major_start : ATOM_gc_major_end
                : begins ? ATOM_gc_minor_start
                         : ATOM_gc_minor_end;
    trace_event(self, 2, (term[]){name, describe_heap(&builder, &self->heap, words)});
    heap_free(&builder);
}
