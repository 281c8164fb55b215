// Sequential tracing: what is under the module seq_trace.

#include "bif/bif.h"
#include "proc/extra.h"
#include "proc/sequence.h"
#include "term/compare.h"
#include "vm.h"

static uint32_t flag_of(term name) {
    switch (name) {
    case ATOM_send:
        return SEQUENCE_SEND;
    case ATOM_receive:
        return SEQUENCE_RECEIVE;
    case ATOM_print:
        return SEQUENCE_PRINT;
    case ATOM_timestamp:
        return SEQUENCE_TIMESTAMP;
    case ATOM_strict_monotonic_timestamp:
        return SEQUENCE_STRICT_MONOTONIC_TIMESTAMP;
    case ATOM_monotonic_timestamp:
        return SEQUENCE_MONOTONIC_TIMESTAMP;
    default:
        return 0;
    }
}

// A part of the process's token, which there is.
static term part(struct heap *heap, const struct sequence *sequence, term name) {
    if (name == ATOM_label)
        return is_pointer(sequence->label) ? heap_copy(heap, sequence->label) : sequence->label;
    if (name == ATOM_serial)
        return heap_tuple_of(heap, 2, SMALL(sequence->previous), SMALL(sequence->serial));
    return term_boolean(sequence->flags & flag_of(name));
}

BIF(erlang, seq_trace_info, 1) {
    term name = arguments[0];
    bool has_token = self->flags & FLAG_SEQUENCED;
    if (name != ATOM_label && name != ATOM_serial && !flag_of(name))
        return raise_badarg(self);
    if (!has_token)
        return flag_of(name) ? heap_tuple_of(&self->heap, 2, name, ATOM_false) : NIL;
    return heap_tuple_of(&self->heap, 2, name, part(&self->heap, &self->extra->sequence, name));
}

static bool is_serial(term value) {
    return is_tuple_of(value, 2) && is_small(tuple_element(value, 1)) && is_small(tuple_element(value, 2)) &&
           small_value(tuple_element(value, 1)) >= 0 && small_value(tuple_element(value, 2)) >= 0;
}

static void set(struct sequence *sequence, term name, term value) {
    if (name == ATOM_label) {
        sequence_set_label(sequence, value);
    } else if (name == ATOM_serial) {
        sequence->previous = sequence->last = small_value(tuple_element(value, 1));
        sequence->serial = sequence->clock = small_value(tuple_element(value, 2));
    } else {
        sequence->flags = value == ATOM_true ? sequence->flags | flag_of(name) : sequence->flags & ~flag_of(name);
    }
}

// The old value (or the whole token, when it is taken away). A token is made when there was none.
BIF(erlang, seq_trace, 2) {
    term name = arguments[0], value = arguments[1];
    if (name == ATOM_sequential_trace_token && value == NIL) {
        term old_token = sequence_token(self, &self->heap);
        sequence_clear(self);
        return old_token;
    }
    bool valid = name == ATOM_label    ? true
                 : name == ATOM_serial ? is_serial(value)
                                       : flag_of(name) && (value == ATOM_true || value == ATOM_false);
    if (!valid)
        return raise_badarg(self);
    struct sequence *sequence = sequence_make(self);
    term old = part(&self->heap, sequence, name);
    set(sequence, name, value);
    sequence->from = self->pid;
    return old;
}

BIF(erlang, seq_trace_print, 1) {
    return term_boolean(sequence_print(self, arguments[0]));
}

// Only under that label.
BIF(erlang, seq_trace_print, 2) {
    if (!(self->flags & FLAG_SEQUENCED) || !term_same(self->extra->sequence.label, arguments[0]))
        return ATOM_false;
    return term_boolean(sequence_print(self, arguments[1]));
}
