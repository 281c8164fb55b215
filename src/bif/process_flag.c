// process_flag/2 and the limit of a heap's size.

#include "bif/bif.h"
#include "bif/spawn.h"
#include "options.h"
#include "proc/ask.h"
#include "proc/extra.h"
#include "proc/node_monitor.h"
#include "proc/saved_calls.h"
#include "sched/sched.h"
#include "term/map.h"
#include "vm.h"

// ---- max_heap_size ------------------------------------------------------------------------------------------------

static bool boolean_at(term map, term key, bool *value) {
    term found = map_get(map, key);
    if (found != NONE)
        *value = found == ATOM_true;
    return found == NONE || found == ATOM_true || found == ATOM_false;
}

bool heap_maximum_read(term value, struct heap_maximum *maximum) {
    *maximum = (struct heap_maximum){0, vm.options->heap_maximum_kill, vm.options->heap_maximum_log};
    if (is_map(value)) {
        if (!boolean_at(value, ATOM_kill, &maximum->kill) || !boolean_at(value, ATOM_error_logger, &maximum->log))
            return false;
        value = map_get(value, ATOM_size);
        if (value == NONE)
            return false;
    }
    if (!is_small(value) || small_value(value) < 0 || (small_value(value) > 0 && small_value(value) < HEAP_MINIMUM))
        return false;
    maximum->words = (size_t)small_value(value);
    return true;
}

term heap_maximum_map(struct heap *heap, const struct heap_maximum *maximum) {
    term pairs[] = {ATOM_error_logger, term_boolean(maximum->log),         ATOM_kill, term_boolean(maximum->kill),
                    ATOM_size,         heap_unsigned(heap, maximum->words)};
    return map_from_pairs(heap, pairs, 3);
}

// ---- the flags ----------------------------------------------------------------------------------------------------

static term set_boolean(struct process *self, uint32_t flag, term value) {
    bool old = (self->flags & flag) != 0;
    if (value != ATOM_true && value != ATOM_false)
        return raise_badarg(self);
    self->flags = value == ATOM_true ? self->flags | flag : self->flags & ~flag;
    return term_boolean(old);
}

// Exit signals that came before are judged by the old value.
static term set_trap_exit(struct process *self, term value) {
    if (atomic_load(&self->inbox))
        proc_handle_own_signals(self);
    return set_boolean(self, FLAG_TRAP_EXIT, value);
}

static term set_priority(struct process *self, term value) {
    enum priority priority;
    if (!priority_read(value, &priority))
        return raise_badarg(self);
    term old = priority_atom(self->priority);
    self->priority = (uint8_t)priority;
    return old;
}

static term set_heap_maximum(struct process *self, term value) {
    struct heap_maximum new, old = {self->heap.size_maximum, !(self->flags & FLAG_HEAP_MAXIMUM_SPARES),
                                    !(self->flags & FLAG_HEAP_MAXIMUM_QUIET)};
    if (!heap_maximum_read(value, &new))
        return raise_badarg(self);
    self->heap.size_maximum = new.words;
    self->flags &= ~(uint32_t)(FLAG_HEAP_MAXIMUM_SPARES | FLAG_HEAP_MAXIMUM_QUIET);
    self->flags |= (new.kill ? 0 : FLAG_HEAP_MAXIMUM_SPARES) | (new.log ? 0 : FLAG_HEAP_MAXIMUM_QUIET);
    return heap_maximum_map(&self->heap, &old);
}

static term set_message_queue_data(struct process *self, term value) {
    bool old = (self->flags & FLAG_OFF_HEAP_MESSAGES) != 0;
    if (value != ATOM_off_heap && value != ATOM_on_heap)
        return raise_badarg(self);
    self->flags =
        value == ATOM_off_heap ? self->flags | FLAG_OFF_HEAP_MESSAGES : self->flags & ~(uint32_t)FLAG_OFF_HEAP_MESSAGES;
    return old ? ATOM_off_heap : ATOM_on_heap;
}

static bool natural(term value) {
    return is_small(value) && small_value(value) >= 0;
}

// monitor_nodes, {monitor_nodes, Options}: how many such subscriptions there were.
static term set_monitor_nodes(struct process *self, term options, term value) {
    struct node_monitor_options parsed;
    if (!node_monitor_options_read(options, &parsed) || (value != ATOM_true && value != ATOM_false))
        return raise_badarg(self);
    return SMALL(node_monitor_set(self->pid, parsed, value == ATOM_true));
}

static bool saves_calls_read(term value) {
    return natural(value) && small_value(value) <= SAVED_CALLS_MAX;
}

static term save_calls(struct process *owner, term value, struct heap *builder) {
    return SMALL(saved_calls_set(owner, (uint32_t)small_value(value)));
}

BIF(erlang, process_flag, 2) {
    term value = arguments[1], old;
    if (is_tuple_of(arguments[0], 2) && tuple_element(arguments[0], 1) == ATOM_monitor_nodes)
        return set_monitor_nodes(self, tuple_element(arguments[0], 2), value);
    switch (arguments[0]) {
    case ATOM_monitor_nodes:
        return set_monitor_nodes(self, NONE, value);
    case ATOM_trap_exit:
        return set_trap_exit(self, value);
    case ATOM_sensitive:
        return set_boolean(self, FLAG_SENSITIVE, value);
    case ATOM_priority:
        return set_priority(self, value);
    case ATOM_max_heap_size:
        return set_heap_maximum(self, value);
    case ATOM_message_queue_data:
        return set_message_queue_data(self, value);
    case ATOM_error_handler:
        if (!is_atom(value))
            return raise_badarg(self);
        old = process_error_handler(self);
        process_extra(self)->error_handler = value;
        return old;
    case ATOM_fullsweep_after:
        if (!natural(value))
            return raise_badarg(self);
        old = SMALL(self->heap.fullsweep_after);
        self->heap.fullsweep_after = small_value(value) > UINT16_MAX ? UINT16_MAX : (uint32_t)small_value(value);
        return old;
    case ATOM_min_heap_size:
        old = SMALL(heap_minimum_told(self->heap.size_minimum));
        return heap_minimum_read(value, &self->heap.size_minimum) ? old : raise_badarg(self);
    case ATOM_min_bin_vheap_size:
        old = SMALL(binary_heap_minimum_told(self->heap.binary_minimum));
        return binary_heap_minimum_read(value, &self->heap.binary_minimum) ? old : raise_badarg(self);
    case ATOM_scheduler: // processes are not bound
        return natural(value) && small_value(value) <= sched_count() ? SMALL(0) : raise_badarg(self);
    case ATOM_save_calls:
        return saves_calls_read(value) ? save_calls(self, value, NULL) : raise_badarg_cause(self, ATOM_none);
    default:
        return raise_badarg(self);
    }
}

// The old value, or badtype | badarg.
BIF(erts_internal, process_flag, 3) {
    term pid = arguments[0], value = arguments[2];
    if (!is_local_pid(pid))
        return ATOM_badtype;
    if (arguments[1] != ATOM_save_calls || !saves_calls_read(value))
        return ATOM_badarg;
    term old = proc_ask(self, pid, save_calls, value);
    return old == NONE ? ATOM_badtype : old;
}
