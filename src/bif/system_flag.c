// erlang:system_flag/2, system_monitor and system_profile.

#include "bif/bif.h"
#include "bif/spawn.h"
#include "bif/system_info.h"
#include "options.h"
#include "proc/system_monitor.h"
#include "proc/system_profile.h"
#include "proc/trace.h"
#include "proc/tracer.h"
#include "sched/sched.h"
#include "vm.h"

#define NATURAL_MAX 134217727 // OTP's, of outstanding_system_requests_limit

static bool natural(term value, int64_t minimum, int64_t maximum) {
    return is_small(value) && small_value(value) >= minimum && small_value(value) <= maximum;
}

static term set_backtrace_depth(struct process *self, term value) {
    if (!natural(value, 0, 1000))
        return raise_badarg(self);
    return SMALL(atomic_exchange(&vm.backtrace_depth, (uint32_t)small_value(value)));
}

static term set_schedulers_online(struct process *self, term value) {
    if (!natural(value, 1, sched_count()))
        return raise_badarg(self);
    return SMALL(multi_scheduling_set_online((unsigned)small_value(value)));
}

static term set_dirty_cpu_online(struct process *self, term value) {
    unsigned old = vm.options->dirty_cpu_online;
    if (!natural(value, 1, vm.options->dirty_cpu))
        return raise_badarg(self);
    vm.options->dirty_cpu_online = (unsigned)small_value(value);
    return SMALL(old);
}

static term set_fullsweep_after(struct process *self, term value) {
    uint32_t old = vm.options->fullsweep_after;
    if (!natural(value, 0, SMALL_MAX))
        return raise_badarg(self);
    vm.options->fullsweep_after = small_value(value) > UINT16_MAX ? UINT16_MAX : (uint32_t)small_value(value);
    return SMALL(old);
}

static term set_size(struct process *self, size_t *size, size_t standard, term value) {
    size_t words, old = *size ? *size : standard;
    if (!heap_size_read(value, &words))
        return raise_badarg(self);
    *size = heap_size_kept(words, 0, standard);
    return heap_unsigned(&self->heap, old);
}

static term set_max_heap_size(struct process *self, term value) {
    struct boot_options *options = vm.options;
    struct heap_maximum new, old = {options->heap_maximum, options->heap_maximum_kill, options->heap_maximum_log};
    if (!heap_maximum_read(value, &new))
        return raise_badarg(self);
    options->heap_maximum = new.words;
    options->heap_maximum_kill = new.kill;
    options->heap_maximum_log = new.log;
    return heap_maximum_map(&self->heap, &old);
}

static term set_bind_type(struct process *self, term value) {
    static const term types[] = {ATOM_unbound,
                                 ATOM_default_bind,
                                 ATOM_no_spread,
                                 ATOM_spread,
                                 ATOM_processor_spread,
                                 ATOM_thread_spread,
                                 ATOM_no_node_thread_spread,
                                 ATOM_no_node_processor_spread,
                                 ATOM_thread_no_node_processor_spread};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (value == types[i])
            return ATOM_unbound; // schedulers are not bound to processors
    }
    return raise_badarg(self);
}

static term set_system_logger(struct process *self, term value) {
    if (!(is_local_pid(value) && proc_lookup(value)) && value != ATOM_logger && value != ATOM_undefined)
        return raise_badarg(self);
    return atomic_exchange(&vm.system_logger, value);
}

static term set_trace_control_word(struct process *self, term value) {
    if (!natural(value, 0, UINT32_MAX))
        return raise_badarg(self);
    return SMALL(atomic_exchange(&vm.trace_control_word, (uint32_t)small_value(value)));
}

// A pid, a port, {Module, State}, or false for nobody.
static term set_sequential_tracer(struct process *self, term value) {
    term tracer = value == ATOM_false ? 0 : value, old = info_sequential_tracer(&self->heap);
    if (is_tuple_of(value, 2) && is_atom(tuple_element(value, 1)))
        tracer = tracer_of_module(tuple_element(value, 1), tuple_element(value, 2));
    else if (tracer && !is_local_pid(value) && !is_local_port(value))
        return raise_badarg(self);
    if (tracer == NONE || (tracer && !trace_tracer_exists(tracer, ATOM_undefined)))
        return raise_badarg(self);
    atomic_store(&vm.sequential_tracer, tracer);
    return old;
}

BIF(erlang, system_flag, 2) {
    term value = arguments[1];
    switch (arguments[0]) {
    case ATOM_backtrace_depth:
        return set_backtrace_depth(self, value);
    case ATOM_schedulers_online:
        return set_schedulers_online(self, value);
    case ATOM_dirty_cpu_schedulers_online:
        return set_dirty_cpu_online(self, value);
    case ATOM_fullsweep_after:
        return set_fullsweep_after(self, value);
    case ATOM_min_heap_size:
        return set_size(self, &vm.options->heap_minimum, HEAP_MINIMUM, value);
    case ATOM_min_bin_vheap_size:
        return set_size(self, &vm.options->binary_heap_minimum, BINARY_HEAP_MINIMUM, value);
    case ATOM_max_heap_size:
        return set_max_heap_size(self, value);
    case ATOM_scheduler_bind_type:
        return set_bind_type(self, value);
    case ATOM_system_logger:
        return set_system_logger(self, value);
    case ATOM_trace_control_word:
        return set_trace_control_word(self, value);
    case ATOM_scheduler_wall_time:
        if (value != ATOM_true && value != ATOM_false)
            return raise_badarg(self);
        arguments[0] = value;
        return bif_call(self, ATOM_erts_internal, ATOM_system_flag_scheduler_wall_time, 1);
    case ATOM_outstanding_system_requests_limit: // requests wait in the target's inbox: there is no limit to set
        return natural(value, 1, NATURAL_MAX) ? SMALL(sched_count()) : raise_badarg(self);
    case ATOM_microstate_accounting:
        if (value == ATOM_reset)
            return term_boolean(sched_microstates_clear());
        if (value != ATOM_true && value != ATOM_false)
            return raise_badarg(self);
        return term_boolean(sched_microstates_set(value == ATOM_true));
    case ATOM_sequential_tracer:
        return set_sequential_tracer(self, value);
    case ATOM_reset_seq_trace:
        return value == ATOM_true ? ATOM_true : raise_badarg(self);
    case ATOM_time_offset: // it was final from the start
        return value == ATOM_finalize ? ATOM_final : raise_badarg(self);
    case ATOM_multi_scheduling:
        return set_multi_scheduling(self, value);
    default:
        return raise_badarg(self);
    }
}

BIF(erts_internal, scheduler_wall_time, 1) {
    if (arguments[0] != ATOM_true && arguments[0] != ATOM_false)
        return raise_badarg(self);
    return term_boolean(atomic_exchange(&vm.scheduler_wall_time, arguments[0] == ATOM_true));
}

// Each scheduler has run once when the message of its number is there.
BIF(erts_internal, system_check, 1) {
    return arguments[0] == ATOM_schedulers ? ATOM_ok : raise_badarg(self);
}

// ---- system_monitor -----------------------------------------------------------------------------------------------

BIF(erlang, system_monitor, 0) {
    return system_monitor_get(&self->heap);
}

BIF(erlang, system_monitor, 1) {
    term setting = arguments[0];
    if (setting == ATOM_undefined)
        return system_monitor_set(&self->heap, NONE, NIL);
    if (!is_tuple_of(setting, 2) || !system_monitor_valid(tuple_element(setting, 1), tuple_element(setting, 2)))
        return raise_badarg(self);
    return system_monitor_set(&self->heap, tuple_element(setting, 1), tuple_element(setting, 2));
}

BIF(erlang, system_monitor, 2) {
    if (!system_monitor_valid(arguments[0], arguments[1]))
        return raise_badarg(self);
    return system_monitor_set(&self->heap, arguments[0], arguments[1]);
}

BIF(erlang, system_profile, 0) {
    return system_profile_get(&self->heap);
}

BIF(erlang, system_profile, 2) {
    term old = system_profile_set(&self->heap, arguments[0], arguments[1]);
    return old == NONE ? raise_badarg(self) : old;
}
