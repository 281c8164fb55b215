// erlang:trace/3, trace_pattern/3, trace_info/2 and trace_delivered/1.

#include "trace/trace.h"
#include "bif/bif.h"
#include "proc/ask.h"
#include "proc/signal.h"
#include "proc/table.h"
#include "proc/trace.h"

// ---- whom to trace ------------------------------------------------------------------------------------------------

struct group {
    bool existing, new; // of processes
};

static bool group_read(term who, struct group *group) {
    switch (who) {
    case ATOM_all:
    case ATOM_processes:
        *group = (struct group){true, true};
        return true;
    case ATOM_existing:
    case ATOM_existing_processes:
        *group = (struct group){true, false};
        return true;
    case ATOM_new:
    case ATOM_new_processes:
        *group = (struct group){false, true};
        return true;
    case ATOM_ports:
    case ATOM_existing_ports:
    case ATOM_new_ports:
        *group = (struct group){false, false};
        return true;
    default:
        return false;
    }
}

struct flags {
    uint32_t flags;
    term tracer; // as the caller gave it, or NONE
};

// {tracer, Pid} and {tracer, erl_tracer, Pid}: no other module can be a tracer.
static bool tracer_read(term option, term *tracer) {
    size_t arity = is_tuple(option) ? tuple_arity(option) : 0;
    if (arity < 2 || arity > 3 || tuple_element(option, 1) != ATOM_tracer)
        return false;
    if (arity == 3 && tuple_element(option, 2) != ATOM_erl_tracer)
        return false;
    *tracer = tuple_element(option, arity);
    return is_local_pid(*tracer) && proc_lookup(*tracer);
}

static bool flags_read(term list, struct flags *flags) {
    *flags = (struct flags){0, NONE};
    for (; is_list(list); list = list_tail(list)) {
        term item = list_head(list);
        uint32_t flag = is_atom(item) ? trace_flag_find(item) : 0;
        if (!flag && !tracer_read(item, &flags->tracer))
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

static uint64_t change_existing(struct process *self, term change) {
    uint64_t count = 0;
    struct process *process;
    for (size_t position = 0; (process = process_table_next(&position));) {
        if (proc_ask(self, process->pid, change_flags, change) == ATOM_true)
            count++;
    }
    return count;
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
    term tracer = flags.tracer == NONE ? self->pid : flags.tracer;
    uint32_t clear = on ? 0 : flags.flags, set = on ? flags.flags : 0;
    term change = heap_tuple_of(&self->heap, 3, SMALL(clear), SMALL(set), tracer);
    if (group_read(who, &group)) {
        if (group.new)
            trace_default_change(clear, set, tracer);
        return heap_unsigned(&self->heap, group.existing ? change_existing(self, change) : 0);
    }
    if (is_local_port(who))
        return SMALL(1); // ports are not traced
    if (!is_local_pid(who) || proc_ask(self, who, change_flags, change) != ATOM_true)
        return raise_badarg(self);
    return SMALL(1);
}

// ---- erlang:trace_pattern/3 ---------------------------------------------------------------------------------------

static bool is_proper_list(term list) {
    while (is_list(list))
        list = list_tail(list);
    return is_nil(list);
}

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
                   is_local_pid(tuple_element(option, 2))) {
            request->parts |= PART_META;
            request->meta_tracer = tuple_element(option, 2);
        } else if (option == ATOM_call_count) {
            request->parts |= PART_COUNT;
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

BIF(erts_internal, trace_pattern, 3) {
    term mfa = arguments[0], specification = arguments[1];
    if (mfa == ATOM_on_load || mfa == ATOM_send || mfa == ATOM_receive) {
        if (!is_proper_list(arguments[2]))
            return raise_badarg(self);
        // These have no specifications: sending and receiving are told whole, and new code is not traced.
        bool plain = mfa == ATOM_on_load ? specification == ATOM_false : specification == ATOM_true;
        return plain ? SMALL(mfa == ATOM_on_load ? 0 : 1) : raise_error(self, ATOM_notsup);
    }
    struct trace_request request = {.meta_tracer = NONE};
    if (!options_read(self, arguments[2], &request))
        return raise_badarg_cause(self, ATOM_badopt);
    if (!is_function_pattern(mfa))
        return raise_badarg_cause(self, ATOM_none);
    if (!specification_read(specification, &request))
        return raise_badarg_cause(self, ATOM_match_spec);
    uint64_t count = trace_pattern_apply(tuple_element(mfa, 1), tuple_element(mfa, 2), tuple_element(mfa, 3), &request);
    if (request.program)
        match_release(request.program);
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
    return tracer == NONE ? NIL : tracer;
}

static term new_process_info(struct heap *heap, term item) {
    struct trace_default value = trace_default_get();
    if (item == ATOM_flags)
        return flag_list(heap, value.flags);
    return value.tracer == NONE ? NIL : value.tracer;
}

static term specification_of(struct heap *heap, const struct match_program *program) {
    return program ? heap_copy_all(heap, match_specification(program)) : NIL;
}

static term point_info(struct heap *heap, const struct trace_point *point, term item) {
    switch (item) {
    case ATOM_traced:
        return !point->calls ? ATOM_false : point->breakpoint.function ? ATOM_local : ATOM_global;
    case ATOM_match_spec:
        return point->calls ? specification_of(heap, point->call_program) : ATOM_false;
    case ATOM_meta:
        return point->meta ? point->meta_tracer : ATOM_false;
    case ATOM_meta_match_spec:
        return point->meta ? specification_of(heap, point->meta_program) : ATOM_false;
    case ATOM_call_count:
        return point->counts ? heap_unsigned(heap, atomic_load(&point->count)) : ATOM_false;
    case ATOM_call_time: // these two are not measured
    case ATOM_call_memory:
        return ATOM_false;
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
    if (item != ATOM_flags && item != ATOM_tracer)
        return NONE;
    if (is_local_port(subject) || subject == ATOM_new_ports)
        return heap_tuple_of(&self->heap, 2, item, NIL);
    if (!is_local_pid(subject))
        return heap_tuple_of(&self->heap, 2, item, new_process_info(&self->heap, item));
    term value = proc_ask(self, subject, process_info, item);
    return value == NONE ? ATOM_undefined : heap_tuple_of(&self->heap, 2, item, value);
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
        value = ATOM_true;
    else if (subject == ATOM_on_load && is_atom(item))
        value = ATOM_false;
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
