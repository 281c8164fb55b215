// Tracers that are modules.
//
// Each event belongs to a class. The module is asked by enabled_CLASS(Tag, State, Tracee), where it has that native
// function, else by enabled/3, and told by trace_CLASS(Tag, State, Tracee, Term, Options) or trace/5.

#include "proc/tracer.h"

#include "proc/trace.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "term/compare.h"
#include "term/map.h"
#include "vm.h"

struct module_tracer {
    struct module_tracer *next;
    term number; // a small
    term module, state;
    struct heap heap; // where the state lies
};

struct tracers {
    mutex lock;                             // of additions
    _Atomic(struct module_tracer *) newest; // with the highest number
};

void tracer_init(void) {
    vm.tracers = sys_alloc_zero(sizeof *vm.tracers);
    mutex_init(&vm.tracers->lock);
}

// ---- which there are

static struct module_tracer *find(term module, term state) {
    struct module_tracer *tracer = atomic_load(&vm.tracers->newest);
    while (tracer && (tracer->module != module || !term_same(tracer->state, state)))
        tracer = tracer->next;
    return tracer;
}

static struct module_tracer *at(term number) {
    struct module_tracer *tracer = atomic_load(&vm.tracers->newest);
    while (tracer->number != number)
        tracer = tracer->next;
    return tracer;
}

static bool is_native(term module, term function, unsigned arity) {
    return vm.hooks.native_call(module, function, arity, NULL, NULL);
}

term tracer_of_module(term module, term state) {
    struct tracers *tracers = vm.tracers;
    if (!is_native(module, ATOM_enabled, 3) || !is_native(module, ATOM_trace, 5))
        return NONE;
    mutex_lock(&tracers->lock);
    struct module_tracer *tracer = find(module, state), *newest = atomic_load(&tracers->newest);
    if (!tracer) {
        tracer = sys_alloc_zero(sizeof *tracer);
        tracer->next = newest;
        tracer->number = SMALL(newest ? small_value(newest->number) + 1 : 1);
        tracer->module = module;
        tracer->state = is_pointer(state) ? heap_copy_all(&tracer->heap, state) : state;
        atomic_store(&tracers->newest, tracer);
    }
    mutex_unlock(&tracers->lock);
    return tracer->number;
}

term tracer_describe(struct heap *heap, term tracer) {
    if (!tracer_is_module(tracer))
        return tracer;
    const struct module_tracer *module = at(tracer);
    term state = is_pointer(module->state) ? heap_copy_all(heap, module->state) : module->state;
    return heap_tuple_of(heap, 2, module->module, state);
}

// ---- asking and telling

struct class_functions {
    term enabled, trace;
};

// `parts`: how many elements its messages have that are no match specification's.
static struct class_functions class_of(term tag, bool of_port, size_t *parts) {
    *parts = 3;
    switch (tag) {
    case ATOM_call:
        *parts = 2;
        return (struct class_functions){ATOM_enabled_call, ATOM_trace_call};
    case ATOM_return_from:
    case ATOM_exception_from:
    case ATOM_return_to:
        return (struct class_functions){ATOM_enabled_call, ATOM_trace_call};
    case ATOM_send:
    case ATOM_send_to_non_existing_process:
        return (struct class_functions){ATOM_enabled_send, ATOM_trace_send};
    case ATOM_receive:
        *parts = 2;
        return (struct class_functions){ATOM_enabled_receive, ATOM_trace_receive};
    case ATOM_seq_trace:
        return (struct class_functions){ATOM_enabled, ATOM_trace};
    case ATOM_in:
    case ATOM_out:
    case ATOM_out_exited:
        if (of_port)
            return (struct class_functions){ATOM_enabled_running_ports, ATOM_trace_running_ports};
        return (struct class_functions){ATOM_enabled_running_procs, ATOM_trace_running_procs};
    case ATOM_gc_minor_start:
    case ATOM_gc_minor_end:
    case ATOM_gc_major_start:
    case ATOM_gc_major_end:
        return (struct class_functions){ATOM_enabled_garbage_collection, ATOM_trace_garbage_collection};
    default:
        if (of_port)
            return (struct class_functions){ATOM_enabled_ports, ATOM_trace_ports};
        return (struct class_functions){ATOM_enabled_procs, ATOM_trace_procs};
    }
}

// The function of the class, or the one for all. NONE when it cannot be called.
static term call(term module, term of_class, term of_all, unsigned arity, const term *arguments) {
    term result;
    if (vm.hooks.native_call(module, of_class, arity, arguments, &result) ||
        vm.hooks.native_call(module, of_all, arity, arguments, &result))
        return result;
    return NONE;
}

static term ask(const struct module_tracer *tracer, term function, term tag, term tracee) {
    return call(tracer->module, function, ATOM_enabled, 3, (term[]){tag, tracer->state, tracee});
}

bool tracer_module_serves(term tracer, term tracee) {
    term answer = ask(at(tracer), ATOM_enabled, ATOM_trace_status, tracee);
    return answer == ATOM_trace || answer == ATOM_discard;
}

static term stamp_kind(uint32_t flags) {
    if (flags & TRACE_TIMESTAMP)
        return atomic_load(&vm.traces_cpu_time) ? ATOM_cpu_timestamp : ATOM_timestamp;
    return flags & TRACE_STRICT_MONOTONIC_TIMESTAMP ? ATOM_strict_monotonic
           : flags & TRACE_MONOTONIC_TIMESTAMP      ? ATOM_monotonic
                                                    : NONE;
}

// #{extra, match_spec_result, scheduler_id, timestamp}, those that there are.
static term options(struct heap *heap, uint32_t flags, size_t parts, size_t count, const term *elements) {
    term values[] = {
        parts == 3 && count > 2 ? elements[2] : NONE,
        count > parts ? elements[parts] : NONE,
        flags & TRACE_SCHEDULER_ID ? SMALL(vm.hooks.scheduler_number()) : NONE,
        stamp_kind(flags),
    };
    static const term names[] = {ATOM_extra, ATOM_match_spec_result, ATOM_scheduler_id, ATOM_timestamp};
    term pairs[2 * sizeof names / sizeof *names];
    size_t found = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (values[i] == NONE)
            continue;
        pairs[2 * found] = names[i];
        pairs[2 * found + 1] = values[i];
        found++;
    }
    return map_from_pairs(heap, pairs, found);
}

bool tracer_module_tell(term number, uint32_t flags, term tracee, size_t count, const term *elements) {
    const struct module_tracer *tracer = at(number);
    size_t parts;
    struct class_functions functions = class_of(elements[0], is_local_port(tracee), &parts);
    term answer = ask(tracer, functions.enabled, elements[0], tracee);
    if (answer == ATOM_discard)
        return true;
    if (answer != ATOM_trace)
        return false;
    struct heap builder = {0};
    term arguments[] = {elements[0], tracer->state, tracee, elements[1],
                        options(&builder, flags, parts, count, elements)};
    call(tracer->module, functions.trace, ATOM_trace, 5, arguments);
    heap_free(&builder);
    return true;
}
