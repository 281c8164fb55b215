// Making processes.

#include "bif/spawn.h"

#include "bif/bif.h"
#include "bif/heap_sizes.h"
#include "code/code.h"
#include "options.h"
#include "proc/signal.h"
#include "sched/sched.h"
#include "vm.h"

#define ARITY_MAX 255

static const term priority_names[PRIORITY_COUNT] = {ATOM_max, ATOM_high, ATOM_normal, ATOM_low};

term priority_atom(enum priority priority) {
    return priority_names[priority];
}

bool priority_read(term value, enum priority *priority) {
    for (unsigned i = 0; i < PRIORITY_COUNT; i++) {
        if (value == priority_names[i]) {
            *priority = (enum priority)i;
            return true;
        }
    }
    return false;
}

static bool size_read(term value, size_t *size) {
    if (!is_small(value) || small_value(value) < 0)
        return false;
    *size = (size_t)small_value(value);
    return true;
}

bool heap_size_read(term value, size_t *words) {
    return is_small(value) && small_value(value) <= HEAP_SIZE_MAX && size_read(value, words);
}

size_t heap_size_kept(size_t words, size_t least, size_t standard) {
    size_t size = heap_size_round(words);
    if (size < least)
        size = least;
    return size == standard ? 0 : size;
}

bool heap_minimum_read(term value, size_t *minimum) {
    size_t words;
    if (!heap_size_read(value, &words))
        return false;
    *minimum = heap_size_kept(words, heap_minimum_told(vm.options->heap_minimum), HEAP_MINIMUM);
    return true;
}

bool binary_heap_minimum_read(term value, size_t *minimum) {
    size_t words;
    if (!heap_size_read(value, &words))
        return false;
    *minimum = heap_size_kept(words, binary_heap_minimum_told(vm.options->binary_heap_minimum), BINARY_HEAP_MINIMUM);
    return true;
}

// What spawn_opt/4 and spawn_request understand. `reply` is of the latter alone.
struct request {
    struct spawn_options options;
    bool reply_ok, reply_error;
    term reply_tag;
};

static bool monitor_read(term value, struct spawn_options *options) {
    struct monitor_options monitor;
    if (!monitor_options_read(value, &monitor))
        return false;
    options->monitor = true;
    options->monitor_tag = monitor.tag;
    options->monitor_alias = monitor.alias;
    return true;
}

static bool reply_read(term value, struct request *request) {
    request->reply_ok = value == ATOM_yes || value == ATOM_success_only;
    request->reply_error = value == ATOM_yes || value == ATOM_error_only;
    return request->reply_ok || request->reply_error || value == ATOM_no;
}

static void set_flag(struct spawn_options *options, uint32_t flag, bool on) {
    options->flags = on ? options->flags | flag : options->flags & ~flag;
}

static bool pair_read(term name, term value, struct request *request, bool is_request) {
    struct spawn_options *options = &request->options;
    size_t size;
    switch (name) {
    case ATOM_priority:
        return priority_read(value, &options->priority);
    case ATOM_monitor:
        return monitor_read(value, options);
    case ATOM_message_queue_data:
        set_flag(options, FLAG_OFF_HEAP_MESSAGES, value == ATOM_off_heap);
        return value == ATOM_off_heap || value == ATOM_on_heap;
    case ATOM_min_heap_size:
        return heap_minimum_read(value, &options->heap_minimum);
    case ATOM_max_heap_size: {
        struct heap_maximum maximum;
        if (!heap_maximum_read(value, &maximum))
            return false;
        options->heap_maximum = maximum.words;
        set_flag(options, FLAG_HEAP_MAXIMUM_SPARES, !maximum.kill);
        set_flag(options, FLAG_HEAP_MAXIMUM_QUIET, !maximum.log);
        return true;
    }
    case ATOM_fullsweep_after:
        if (!size_read(value, &size))
            return false;
        options->fullsweep_after = size > UINT16_MAX ? UINT16_MAX : (uint32_t)size;
        return true;
    case ATOM_min_bin_vheap_size:
        return binary_heap_minimum_read(value, &options->binary_heap_minimum);
    case ATOM_scheduler: // processes are not bound
        return size_read(value, &size) && size <= sched_count();
    case ATOM_async_dist:
        set_flag(options, FLAG_ASYNC_DIST, value == ATOM_true);
        return is_request && (value == ATOM_true || value == ATOM_false);
    case ATOM_reply:
        return is_request && reply_read(value, request);
    case ATOM_reply_tag:
        request->reply_tag = value;
        return is_request;
    default:
        return false;
    }
}

// False when an option is bad; *proper tells whether the options are a list at all.
static bool options_read(term list, struct request *request, bool is_request, bool *proper) {
    bool valid = true;
    proc_spawn_defaults(&request->options);
    request->reply_ok = request->reply_error = true;
    request->reply_tag = ATOM_spawn_reply;
    for (; is_list(list); list = list_tail(list)) {
        term option = list_head(list);
        if (option == ATOM_link)
            request->options.link = true;
        else if (option == ATOM_monitor)
            request->options.monitor = true;
        else
            valid &= is_tuple_of(option, 2) &&
                     pair_read(tuple_element(option, 1), tuple_element(option, 2), request, is_request);
    }
    *proper = is_nil(list);
    return valid;
}

// Whether arguments[0..3) are Module, Function, Arguments. A call of more arguments than a function can have is made by
// erlang:apply/3, which fails in the new process.
static bool call_read(struct process *self, term *arguments) {
    size_t arity = 0;
    term rest = arguments[2];
    for (; is_list(rest); rest = list_tail(rest))
        arity++;
    if (!is_atom(arguments[0]) || !is_atom(arguments[1]) || !is_nil(rest))
        return false;
    if (arity > ARITY_MAX) {
        arguments[2] = heap_list_of(&self->heap, 3, arguments, NIL);
        arguments[0] = ATOM_erlang;
        arguments[1] = ATOM_apply;
    }
    return true;
}

static term spawn(struct process *self, term *arguments, struct spawn_options *options, term *reference) {
    if (!call_read(self, arguments))
        return raise_badarg(self);
    term pid = proc_spawn(self, arguments[0], arguments[1], arguments[2], options, reference);
    return pid == NONE ? raise_system_limit(self) : pid;
}

BIF(erlang, spawn, 3) {
    struct spawn_options options;
    proc_spawn_defaults(&options);
    return spawn(self, arguments, &options, NULL);
}

BIF(erlang, spawn_link, 3) {
    struct spawn_options options;
    proc_spawn_defaults(&options);
    options.link = true;
    return spawn(self, arguments, &options, NULL);
}

BIF(erts_internal, spawn_system_process, 3) {
    struct spawn_options options;
    proc_spawn_defaults(&options);
    options.system = true;
    return spawn(self, arguments, &options, NULL);
}

BIF(erlang, spawn_opt, 4) {
    struct request request;
    bool proper;
    if (!options_read(arguments[3], &request, false, &proper) || !proper)
        return raise_badarg(self);
    term reference = NONE;
    term pid = spawn(self, arguments, &request.options, &reference);
    return pid == NONE || !request.options.monitor ? pid : heap_tuple_of(&self->heap, 2, pid, reference);
}

// {ReplyTag, RequestId, ok | error, Result}: it comes before anything that the new process sends.
static void reply(struct process *self, const struct request *request, term reference, term outcome, term result) {
    if (outcome == ATOM_ok ? request->reply_ok : request->reply_error)
        proc_signal(self, signal_tuple(SIGNAL_MESSAGE, outcome == ATOM_ok ? result : NONE, NONE, 4,
                                       (term[]){request->reply_tag, reference, outcome, result}));
}

BIF(erts_internal, spawn_request, 4) {
    struct request request;
    bool proper;
    bool valid = options_read(arguments[3], &request, true, &proper);
    if (!call_read(self, arguments))
        return ATOM_badarg;
    if (!proper)
        return ATOM_badopt;
    term reference = NONE;
    if (!valid) {
        reference = heap_reference(&self->heap);
        reply(self, &request, reference, ATOM_error, ATOM_badopt);
        return reference;
    }
    struct process *child =
        proc_spawn_prepare(self, arguments[0], arguments[1], arguments[2], &request.options, &reference);
    if (reference == NONE)
        reference = heap_reference(&self->heap);
    if (!child) {
        reply(self, &request, reference, ATOM_error, ATOM_system_limit);
        return reference;
    }
    reply(self, &request, reference, ATOM_ok, child->pid);
    proc_spawn_launch(child);
    return reference;
}

// For requests of other nodes.
static bool hook_options(term list, struct spawn_options *options) {
    struct request request;
    bool proper, valid = options_read(list, &request, false, &proper);
    *options = request.options;
    return valid && proper;
}

void spawn_set_hooks(struct vm_hooks *hooks) {
    hooks->spawn_options = hook_options;
}
