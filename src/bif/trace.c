// Tracing: there is none yet. What OTP answers while nothing is traced is answered; turning a trace on fails with
// `notsup`.

#include "bif/bif.h"
#include "code/code.h"
#include "proc/signal.h"

static bool is_group(term who, uint64_t *count) {
    *count = 0;
    switch (who) {
    case ATOM_all:
    case ATOM_processes:
    case ATOM_existing:
    case ATOM_existing_processes:
        *count = proc_count();
        return true;
    case ATOM_ports:
    case ATOM_existing_ports:
    case ATOM_new:
    case ATOM_new_processes:
    case ATOM_new_ports:
        return true;
    default:
        return false;
    }
}

static bool is_proper_list(term list) {
    while (is_list(list))
        list = list_tail(list);
    return is_nil(list);
}

BIF(erts_internal, trace, 3) {
    uint64_t count = 1;
    if (!(is_group(arguments[0], &count) || proc_lookup(arguments[0]) || is_local_port(arguments[0])) ||
        !is_proper_list(arguments[2]) || (arguments[1] != ATOM_true && arguments[1] != ATOM_false))
        return raise_badarg(self);
    if (arguments[1] == ATOM_true)
        return raise_error(self, ATOM_notsup);
    return heap_unsigned(&self->heap, is_group(arguments[0], &count) ? count : 1);
}

// How many functions of a module match; of those exported alone unless `local`.
static uint64_t count_in_module(const struct code *code, term name, term arity, bool local) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < code->function_count; i++) {
        const struct function *function = &code->functions[i];
        if ((name == ATOM_match_anything || name == function->name) &&
            (arity == ATOM_match_anything || arity == SMALL(function->arity)) &&
            (local || code_export_find(code->name, function->name, function->arity)))
            count++;
    }
    return count;
}

static uint64_t count_functions(term module, term name, term arity, bool local) {
    uint64_t count = 0;
    for (size_t i = 0; i < code_module_count(); i++) {
        struct module *candidate = code_module_at(i);
        const struct code *code = atomic_load(&candidate->current);
        if (code && (module == ATOM_match_anything || module == candidate->name))
            count += count_in_module(code, name, arity, local);
    }
    return count;
}

static bool contains(term list, term element) {
    for (; is_list(list); list = list_tail(list)) {
        if (list_head(list) == element)
            return true;
    }
    return false;
}

BIF(erts_internal, trace_pattern, 3) {
    term mfa = arguments[0], specification = arguments[1], flags = arguments[2];
    bool function = is_tuple_of(mfa, 3) && is_atom(tuple_element(mfa, 1)) && is_atom(tuple_element(mfa, 2)) &&
                    (is_small(tuple_element(mfa, 3)) || tuple_element(mfa, 3) == ATOM_match_anything);
    if (!is_proper_list(flags) || !(function || mfa == ATOM_on_load || mfa == ATOM_send || mfa == ATOM_receive))
        return raise_badarg(self);
    if (specification != ATOM_false)
        return raise_error(self, ATOM_notsup);
    if (!function)
        return SMALL(mfa == ATOM_on_load ? 0 : 1);
    bool local = contains(flags, ATOM_local) || contains(flags, ATOM_meta) || contains(flags, ATOM_call_count) ||
                 contains(flags, ATOM_call_time);
    return heap_unsigned(&self->heap,
                         count_functions(tuple_element(mfa, 1), tuple_element(mfa, 2), tuple_element(mfa, 3), local));
}

static bool is_function_item(term item) {
    switch (item) {
    case ATOM_traced:
    case ATOM_match_spec:
    case ATOM_meta:
    case ATOM_meta_match_spec:
    case ATOM_call_count:
    case ATOM_call_time:
    case ATOM_call_memory:
    case ATOM_all:
        return true;
    default:
        return false;
    }
}

BIF(erlang, trace_info, 2) {
    term subject = arguments[0], item = arguments[1];
    uint64_t count;
    if (is_local_pid(subject) || is_local_port(subject) || is_group(subject, &count)) {
        if (item != ATOM_flags && item != ATOM_tracer)
            return raise_badarg(self);
        term value = is_local_pid(subject) && !proc_lookup(subject) ? ATOM_undefined : NIL;
        return heap_tuple_of(&self->heap, 2, item, value);
    }
    bool function = is_tuple_of(subject, 3) && is_atom(tuple_element(subject, 1)) &&
                    is_atom(tuple_element(subject, 2)) && is_small(tuple_element(subject, 3));
    if (!is_function_item(item) ||
        !(function || subject == ATOM_on_load || subject == ATOM_send || subject == ATOM_receive))
        return raise_badarg(self);
    bool exists = !function || count_functions(tuple_element(subject, 1), tuple_element(subject, 2),
                                               tuple_element(subject, 3), true) > 0;
    return heap_tuple_of(&self->heap, 2, item, exists ? ATOM_false : ATOM_undefined);
}

BIF(erlang, trace_delivered, 1) {
    term who = arguments[0];
    if (!is_local_pid(who) && who != ATOM_all)
        return raise_badarg(self);
    term reference = heap_reference(&self->heap);
    proc_signal(self, signal_tuple(SIGNAL_MESSAGE, NONE, NONE, 3, (term[]){ATOM_trace_delivered, who, reference}));
    return reference;
}

// ---- sequential tracing
// -----------------------------------------------------------------------------------------------

static bool is_flag(term item) {
    switch (item) {
    case ATOM_send:
    case ATOM_receive:
    case ATOM_print:
    case ATOM_timestamp:
    case ATOM_monotonic_timestamp:
    case ATOM_strict_monotonic_timestamp:
        return true;
    default:
        return false;
    }
}

BIF(erlang, seq_trace_info, 1) {
    if (is_flag(arguments[0]))
        return heap_tuple_of(&self->heap, 2, arguments[0], ATOM_false);
    return arguments[0] == ATOM_label || arguments[0] == ATOM_serial ? NIL : raise_badarg(self);
}

BIF(erlang, seq_trace, 2) {
    term value = arguments[1];
    if (is_flag(arguments[0]) && value == ATOM_false)
        return ATOM_false;
    if (arguments[0] == ATOM_sequential_trace_token && value == NIL)
        return NIL;
    return is_flag(arguments[0]) || arguments[0] == ATOM_label || arguments[0] == ATOM_serial
               ? raise_error(self, ATOM_notsup)
               : raise_badarg(self);
}

BIF(erlang, seq_trace_print, 1) {
    return ATOM_false;
}

BIF(erlang, seq_trace_print, 2) {
    return ATOM_false;
}
