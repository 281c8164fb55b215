// erlang:trace/3, trace_pattern/3, trace_info/2 and trace_delivered/1.

#include "trace/trace.h"
#include "bif/bif.h"
#include "io/port_trace.h"
#include "proc/ask.h"
#include "proc/log.h"
#include "proc/signal.h"
#include "proc/table.h"
#include "proc/trace.h"
#include "proc/tracer.h"

// ---- whom to trace ------------------------------------------------------------------------------------------------

struct group {
    bool existing, new, processes, ports;
};

static bool group_read(term who, struct group *group) {
    static const struct {
        term name;
        struct group group;
    } groups[] = {
        {ATOM_all, {true, true, true, true}},
        {ATOM_existing, {true, false, true, true}},
        {ATOM_new, {false, true, true, true}},
        {ATOM_processes, {true, true, true, false}},
        {ATOM_existing_processes, {true, false, true, false}},
        {ATOM_new_processes, {false, true, true, false}},
        {ATOM_ports, {true, true, false, true}},
        {ATOM_existing_ports, {true, false, false, true}},
        {ATOM_new_ports, {false, true, false, true}},
    };
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        if (groups[i].name == who) {
            *group = groups[i].group;
            return true;
        }
    }
    return false;
}

struct flags {
    uint32_t flags;
    bool cpu_time; // cpu_timestamp, which is not of a process
    term tracer;   // NONE: not given; NIL: nobody (any more)
};

// {tracer, PidOrPort}, {tracer, erl_tracer, PidOrPort} and {tracer, Module, State}.
static bool tracer_read(term option, term *tracer) {
    size_t arity = is_tuple(option) ? tuple_arity(option) : 0;
    if (arity < 2 || arity > 3 || tuple_element(option, 1) != ATOM_tracer)
        return false;
    if (arity == 3 && tuple_element(option, 2) != ATOM_erl_tracer) {
        term module = tuple_element(option, 2);
        *tracer = is_atom(module) ? tracer_of_module(module, tuple_element(option, 3)) : NONE;
        return *tracer != NONE;
    }
    *tracer = tuple_element(option, arity);
    bool valid = is_local_pid(*tracer) || is_local_port(*tracer) || (is_nil(*tracer) && arity == 3);
    if (valid && !is_nil(*tracer) && !trace_tracer_exists(*tracer, ATOM_undefined))
        *tracer = NIL;
    return valid;
}

static bool flags_read(term list, struct flags *flags) {
    *flags = (struct flags){.tracer = NONE};
    for (; is_list(list); list = list_tail(list)) {
        term item = list_head(list);
        uint32_t flag = is_atom(item) ? trace_flag_find(item) : 0;
        if (item == ATOM_cpu_timestamp)
            flags->cpu_time = true;
        else if (!flag && !tracer_read(item, &flags->tracer))
            return false;
        flags->flags |= flag;
    }
    return is_nil(list);
}

// ---- erlang:trace/3 -----------------------------------------------------------------------------------------------

// Runs in the process whose flags change: {Clear, Set, Tracer}.
static term change_flags(struct process *owner, term change, struct heap *builder) {
    (void)builder;
    const term *words = boxed(change);
    return term_boolean(
        trace_change(owner, (uint32_t)small_value(words[1]), (uint32_t)small_value(words[2]), words[3]));
}

static uint64_t change_processes(struct process *self, term change) {
    uint64_t count = 0;
    struct process *process;
    for (size_t position = 0; (process = process_table_next(&position));) {
        if (proc_ask(self, process->pid, change_flags, change) == ATOM_true)
            count++;
    }
    return count;
}

struct change {
    uint32_t clear, set;
    term tracer;
};

static bool change_port(struct port *port, const struct change *change) {
    bool changed = port_lock(port);
    if (changed) {
        changed = port_trace_change(port, change->clear, change->set, change->tracer);
        port_unlock(port);
    }
    return changed;
}

static uint64_t change_ports(const struct change *change) {
    uint64_t count = 0;
    struct port *port;
    for (size_t position = 0; (port = port_next(&position));)
        count += change_port(port, change);
    return count;
}

static void change_newcomers(enum trace_newcomer which, const struct change *change, uint32_t mask) {
    if (change->tracer != NIL)
        trace_default_change(which, change->clear & mask, change->set & mask, change->tracer);
}

static term change_group(struct process *self, const struct group *group, const struct change *change, term packed) {
    uint64_t count = 0;
    const uint32_t all = change->clear | change->set;
    if (group->new && group->processes)
        change_newcomers(TRACE_NEW_PROCESS, change, ~(uint32_t)TRACE_ONLY_PORT);
    if (group->new && group->ports)
        change_newcomers(TRACE_NEW_PORT, change, TRACE_ANY_PORT);
    if (group->existing && group->processes && (all & ~(uint32_t)TRACE_ONLY_PORT))
        count += change_processes(self, packed);
    if (group->existing && group->ports && (all & TRACE_ANY_PORT))
        count += change_ports(change);
    return heap_unsigned(&self->heap, count);
}

BIF(erts_internal, trace, 3) {
    term who = arguments[0], how = arguments[1];
    struct flags flags;
    struct group group;
    if (how != ATOM_true && how != ATOM_false)
        return raise_badarg(self);
    if (!flags_read(arguments[2], &flags))
        return raise_badarg_cause(self, ATOM_badopt);
    bool on = how == ATOM_true;
    if (flags.cpu_time && who != ATOM_all)
        return raise_badarg(self);
    if (flags.cpu_time)
        atomic_store(&vm.traces_cpu_time, on);
    struct change change = {.clear = on ? 0 : flags.flags, .set = on ? flags.flags : 0};
    change.tracer = flags.tracer == NONE && on ? self->pid : flags.tracer;
    term packed = heap_tuple_of(&self->heap, 3, SMALL(change.clear), SMALL(change.set), change.tracer);
    if (group_read(who, &group))
        return change_group(self, &group, &change, packed);
    struct port *port = is_local_port(who) ? port_lookup(who) : NULL;
    term answer = is_local_pid(who) ? proc_ask(self, who, change_flags, packed) : NONE;
    if (port ? change_port(port, &change) : answer == ATOM_true)
        return SMALL(1);
    if (port || answer == ATOM_false) {
        struct heap builder = {0};
        log_error(self,
                  port ? "** can only have one tracer per port~n~n" : "** can only have one tracer per process~n~n",
                  &builder, NIL);
    }
    return raise_badarg(self);
}

// ---- erlang:trace_pattern/3 ---------------------------------------------------------------------------------------

static bool options_read(struct process *self, term list, struct trace_request *request) {
    bool local = false, global = false;
    for (; is_list(list); list = list_tail(list)) {
        term option = list_head(list);
        if (option == ATOM_global) {
            global = true;
            continue;
        }
        local = true;
        if (option == ATOM_local) {
            request->parts |= PART_CALLS;
        } else if (option == ATOM_meta) {
            request->parts |= PART_META;
            request->meta_tracer = self->pid;
        } else if (is_tuple_of(option, 2) && tuple_element(option, 1) == ATOM_meta &&
                   (is_local_pid(tuple_element(option, 2)) || is_local_port(tuple_element(option, 2)))) {
            request->parts |= PART_META;
            request->meta_tracer = tuple_element(option, 2);
        } else if (is_tuple_of(option, 3) && tuple_element(option, 1) == ATOM_meta &&
                   is_atom(tuple_element(option, 2))) {
            request->parts |= PART_META;
            request->meta_tracer = tracer_of_module(tuple_element(option, 2), tuple_element(option, 3));
            if (request->meta_tracer == NONE)
                return false;
        } else if (option == ATOM_call_count) {
            request->parts |= PART_COUNT;
        } else if (option == ATOM_call_time) {
            request->parts |= PART_TIME;
        } else {
            return false;
        }
    }
    request->global = !local;
    if (request->global)
        request->parts = PART_CALLS;
    return is_nil(list) && !(local && global);
}

// Boolean, restart, pause, or a match specification, which is compiled.
static bool specification_read(term specification, struct trace_request *request) {
    switch (specification) {
    case ATOM_true:
    case NIL:
        request->action = TRACE_SET;
        return true;
    case ATOM_false:
        request->action = TRACE_CLEAR;
        return true;
    case ATOM_restart:
    case ATOM_pause:
        request->action = specification == ATOM_restart ? TRACE_RESTART : TRACE_PAUSE;
        return true;
    default:
        request->action = TRACE_SET;
        request->program = match_compile(specification, MATCH_TRACE, true, NULL);
        return request->program;
    }
}

// A name after '_' must be '_' too, as on OTP.
static bool is_function_pattern(term mfa) {
    if (!is_tuple_of(mfa, 3))
        return false;
    term module = tuple_element(mfa, 1), name = tuple_element(mfa, 2), arity = tuple_element(mfa, 3);
    if (!is_atom(module) || !is_atom(name) || !(is_small(arity) || arity == ATOM_match_anything))
        return false;
    if (module == ATOM_match_anything && name != ATOM_match_anything)
        return false;
    return name != ATOM_match_anything || arity == ATOM_match_anything;
}

// Of `send` and 'receive': boolean or a match specification, and no options.
static term set_message_pattern(struct process *self, bool sending, term specification, term options) {
    enum trace_direction direction = sending ? TRACE_SENDING : TRACE_RECEIVING;
    struct match_program *program = NULL;
    if (!is_nil(options))
        return raise_badarg_cause(self, ATOM_badopt);
    if (specification != ATOM_true && specification != ATOM_false && specification != NIL) {
        program = match_compile(specification, sending ? MATCH_SEND : MATCH_RECEIVE, true, NULL);
        if (!program)
            return raise_badarg_cause(self, ATOM_match_spec);
    }
    trace_messages_set(direction, specification != ATOM_false, program);
    if (program)
        match_release(program);
    return SMALL(1);
}

BIF(erts_internal, trace_pattern, 3) {
    term mfa = arguments[0], specification = arguments[1];
    if (mfa == ATOM_send || mfa == ATOM_receive)
        return set_message_pattern(self, mfa == ATOM_send, specification, arguments[2]);
    struct trace_request request = {.meta_tracer = NONE};
    if (!options_read(self, arguments[2], &request))
        return raise_badarg_cause(self, ATOM_badopt);
    if (mfa != ATOM_on_load && !is_function_pattern(mfa))
        return raise_badarg_cause(self, ATOM_none);
    if (!specification_read(specification, &request))
        return raise_badarg_cause(self, ATOM_match_spec);
    if (request.program && !(request.parts & (PART_CALLS | PART_META))) { // counters count all calls
        match_release(request.program);
        return raise_badarg_cause(self, ATOM_badopt);
    }
    uint64_t count = 0;
    if (mfa == ATOM_on_load)
        trace_on_load_change(&request);
    else
        count = trace_pattern_apply(tuple_element(mfa, 1), tuple_element(mfa, 2), tuple_element(mfa, 3), &request);
    if (request.program)
        match_release(request.program);
    return heap_unsigned(&self->heap, count);
}

// The debugger's: calls of the functions go to error_handler:breakpoint/3, or do not any more. Answers how many there
// are.
BIF(erts_debug, breakpoint, 2) {
    term mfa = arguments[0], on = arguments[1];
    if (!is_function_pattern(mfa) || (on != ATOM_true && on != ATOM_false))
        return raise_badarg(self);
    struct trace_request request = {
        .parts = PART_DEBUG, .action = on == ATOM_true ? TRACE_SET : TRACE_CLEAR, .meta_tracer = NONE};
    uint64_t count = trace_pattern_apply(tuple_element(mfa, 1), tuple_element(mfa, 2), tuple_element(mfa, 3), &request);
    return heap_unsigned(&self->heap, count);
}

// ---- erlang:trace_info/2 ------------------------------------------------------------------------------------------

static term flag_list(struct heap *heap, uint32_t flags) {
    term list = NIL;
    for (size_t i = TRACE_FLAG_COUNT; i-- > 0;)
        if (flags & trace_flag_names[i].flag)
            list = heap_cons(heap, trace_flag_names[i].name, list);
    return list;
}

static term process_info(struct process *owner, term item, struct heap *builder) {
    term tracer = trace_tracer(owner);
    if (item == ATOM_flags)
        return flag_list(builder, trace_flags(owner));
    return tracer == NONE ? NIL : tracer_describe(builder, tracer);
}

static term newcomer_info(struct heap *heap, enum trace_newcomer which, term item) {
    struct trace_default value = trace_default_get(which);
    if (item == ATOM_flags)
        return flag_list(heap, value.flags);
    return value.tracer == NONE ? NIL : tracer_describe(heap, value.tracer);
}

static term port_info(struct heap *heap, term id, term item) {
    struct port *port = port_lookup(id);
    if (!port || !port_lock(port))
        return NONE;
    term tracer = port_tracer(port);
    term value = item == ATOM_flags ? flag_list(heap, port->trace_flags)
                 : tracer == NONE   ? NIL
                                    : tracer_describe(heap, tracer);
    port_unlock(port);
    return value;
}

static term specification_of(struct heap *heap, const struct match_program *program) {
    return program ? heap_copy_all(heap, match_specification(program)) : NIL;
}

static term point_info(struct heap *heap, const struct trace_point *point, term item) {
    switch (item) {
    case ATOM_traced:
        return !point->calls ? ATOM_false : point->local ? ATOM_local : ATOM_global;
    case ATOM_match_spec:
        return point->calls ? specification_of(heap, point->call_program) : ATOM_false;
    case ATOM_meta:
        return point->meta ? tracer_describe(heap, point->meta_tracer) : ATOM_false;
    case ATOM_meta_match_spec:
        return point->meta ? specification_of(heap, point->meta_program) : ATOM_false;
    case ATOM_call_count:
        return point->counts ? heap_unsigned(heap, atomic_load(&point->count)) : ATOM_false;
    case ATOM_call_time:
        return point->timed ? call_times_list(heap, point->times) : ATOM_false;
    default:
        return NONE;
    }
}

static term all_info(struct heap *heap, const struct trace_point *point) {
    static const term items[] = {ATOM_call_count, ATOM_call_time,  ATOM_meta_match_spec,
                                 ATOM_meta,       ATOM_match_spec, ATOM_traced};
    term list = NIL;
    for (size_t i = 0; i < sizeof(items) / sizeof(*items); i++)
        list = heap_cons(heap, heap_tuple_of(heap, 2, items[i], point_info(heap, point, items[i])), list);
    return list;
}

static term function_info(struct process *self, term mfa, term item) {
    bool exists;
    struct trace_point *point = trace_point_find(tuple_element(mfa, 1), tuple_element(mfa, 2),
                                                 (uint32_t)small_value(tuple_element(mfa, 3)), &exists);
    if (!exists)
        return ATOM_undefined;
    if (!point)
        return ATOM_false;
    if (item == ATOM_all)
        return all_info(&self->heap, point);
    if (item == ATOM_meta && !point->meta)
        return NIL; // as OTP has it
    return point_info(&self->heap, point, item);
}

// Of a process, or those to come. NONE when the item is none.
static term flags_info(struct process *self, term subject, term item) {
    if (is_local_port(subject) && !port_lookup(subject))
        return ATOM_undefined;
    if (item != ATOM_flags && item != ATOM_tracer)
        return NONE;
    term value;
    if (is_local_port(subject))
        value = port_info(&self->heap, subject, item);
    else if (is_local_pid(subject))
        value = proc_ask(self, subject, process_info, item);
    else
        value = newcomer_info(&self->heap, subject == ATOM_new_ports ? TRACE_NEW_PORT : TRACE_NEW_PROCESS, item);
    return value == NONE ? ATOM_undefined : heap_tuple_of(&self->heap, 2, item, value);
}

// What functions of code that is yet to be loaded begin with. Counters stand for whether there will be one.
static term on_load_info(struct heap *heap, term item) {
    static const term items[] = {ATOM_call_count, ATOM_meta_match_spec, ATOM_meta, ATOM_match_spec, ATOM_traced};
    const struct trace_point *point = trace_on_load_point();
    if (!point)
        return ATOM_false;
    if (item == ATOM_call_count || item == ATOM_call_time)
        return term_boolean(item == ATOM_call_count ? point->counts : point->timed);
    if (item != ATOM_all)
        return point_info(heap, point, item);
    term list = NIL;
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        list = heap_cons(heap, heap_tuple_of(heap, 2, items[i], on_load_info(heap, items[i])), list);
    return list;
}

BIF(erlang, trace_info, 2) {
    term subject = arguments[0], item = arguments[1], value = NONE;
    bool is_function = is_tuple_of(subject, 3) && is_atom(tuple_element(subject, 1)) &&
                       is_atom(tuple_element(subject, 2)) && is_small(tuple_element(subject, 3));
    if (is_local_pid(subject) || is_local_port(subject) || subject == ATOM_new || subject == ATOM_new_processes ||
        subject == ATOM_new_ports) {
        value = flags_info(self, subject, item);
        return value == NONE ? raise_badarg(self) : value;
    }
    if (is_function && is_atom(item))
        value = function_info(self, subject, item);
    else if ((subject == ATOM_send || subject == ATOM_receive) && item == ATOM_match_spec)
        value = trace_messages_get(subject == ATOM_send ? TRACE_SENDING : TRACE_RECEIVING, &self->heap);
    else if (subject == ATOM_on_load && is_atom(item))
        value = on_load_info(&self->heap, item);
    return value == NONE ? raise_badarg(self) : heap_tuple_of(&self->heap, 2, item, value);
}

// Messages of tracing are in the tracer's inbox as soon as they are made.
BIF(erlang, trace_delivered, 1) {
    term who = arguments[0];
    if (!is_local_pid(who) && who != ATOM_all)
        return raise_badarg(self);
    term reference = heap_reference(&self->heap);
    proc_signal(self, signal_tuple(SIGNAL_MESSAGE, NONE, NONE, 3, (term[]){ATOM_trace_delivered, who, reference}));
    return reference;
}
