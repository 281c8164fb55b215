// The tracer behind a tracing process: erl_tracer's native functions. They decide whether an event is wanted, and send
// it.

#include "bif/bif.h"
#include "proc/trace.h"
#include "term/map.h"

// A tracer that is gone takes its trace flags with it, when its state is asked for. None traces itself.
BIF(erl_tracer, enabled, 3) {
    term tag = arguments[0], tracer = arguments[1], tracee = arguments[2];
    if (!(is_local_pid(tracer) || is_local_port(tracer)) || !trace_tracer_exists(tracer, tracee))
        return tag == ATOM_trace_status ? ATOM_remove : ATOM_discard;
    return tracer == tracee ? ATOM_discard : ATOM_trace;
}

// {trace, Tracee, Tag, Message} or with the options' extra and timestamp behind it.
BIF(erl_tracer, trace, 5) {
    term tag = arguments[0], tracer = arguments[1], tracee = arguments[2], message = arguments[3],
         options = arguments[4];
    if (!is_atom(tag) || !is_map(options))
        return raise_badarg(self);
    term extra = map_get(options, ATOM_extra), timestamp = map_get(options, ATOM_timestamp);
    size_t arity = 4 + (extra != NONE) + (timestamp != NONE);
    term *words = heap_tuple(&self->heap, arity), *at = words + 1;
    *at++ = timestamp == NONE ? ATOM_trace : ATOM_trace_ts;
    *at++ = tracee;
    *at++ = tag;
    *at++ = message;
    if (extra != NONE)
        *at++ = extra;
    if (timestamp != NONE)
        *at++ = timestamp;
    if (is_local_pid(tracer) || is_local_port(tracer))
        proc_send(self, tracer, boxed_make(words));
    return ATOM_ok;
}
