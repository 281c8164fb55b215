// Tracing of ports.

#include "io/port_trace.h"

#include "ext/ext.h"
#include "io/port_work.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/iodata.h"

#define NAME_MAX_BYTES 255 // of an atom, as bytes of Latin-1

struct port_note {
    struct port_note *next;
    term tracer, message;
    struct heap heap; // where the message lies
};

// ---- who is traced

static void set_flags(struct port *port, uint32_t flags, term tracer) {
    port->trace_flags = flags;
    port->tracer = flags ? tracer : NONE;
}

term port_tracer(struct port *port) {
    if (port->trace_flags && !trace_tracer_exists(port->tracer, port->id))
        set_flags(port, 0, NONE);
    return port->trace_flags ? port->tracer : NONE;
}

bool port_trace_change(struct port *port, uint32_t clear, uint32_t set, term tracer) {
    term current = port_tracer(port);
    if (tracer != NONE && current != NONE && current != tracer)
        return false;
    if (tracer == NIL)
        return true;
    set_flags(port, (port->trace_flags & ~clear) | set, set ? tracer : current);
    return true;
}

// ---- messages

static void keep_note(struct port *port, size_t count, const term *elements) {
    struct port_note *note = sys_alloc_zero(sizeof *note);
    note->tracer = port->tracer;
    note->message = trace_build(&note->heap, port->trace_flags, port->id, count, elements);
    struct port_note **end = &port->notes;
    while (*end)
        end = &(*end)->next;
    *end = note;
}

static void tell(struct port *port, size_t count, const term *elements) {
    if (port->tracer == port->id)
        return;
    if (is_local_port(port->tracer))
        keep_note(port, count, elements);
    else if (!trace_message(port->tracer, port->trace_flags, port->id, count, elements))
        set_flags(port, 0, NONE);
}

struct port_note *port_notes_take(struct port *port) {
    struct port_note *notes = port->notes;
    port->notes = NULL;
    return notes;
}

void port_notes_send(struct port_note *notes) {
    while (notes) {
        struct port_note *next = notes->next;
        vm.hooks.port_tell(notes->tracer, notes->message);
        heap_free(&notes->heap);
        sys_free(notes);
        notes = next;
    }
}

// ---- events

void port_trace(struct port *port, uint32_t flag, term name, term value) {
    if (port_traced(port, flag))
        tell(port, 2, (term[]){name, value});
}

void port_trace_in(struct port *port, term operation) {
    if (operation != ATOM_open)
        port_work_begin(port, NONE);
    port_trace(port, TRACE_RUNNING | TRACE_RUNNING_PORTS, ATOM_in, operation);
}

void port_trace_out(struct port *port, term operation) {
    port_trace(port, TRACE_RUNNING | TRACE_RUNNING_PORTS, ATOM_out, operation);
}

void port_trace_opened(struct port *port) {
    struct trace_default value = trace_default_get(TRACE_NEW_PORT);
    set_flags(port, value.flags, value.tracer);
    if (!port_traced(port, TRACE_PORTS))
        return;
    size_t size = strlen(port->title);
    term title = atom_from_latin1(port->title, size < NAME_MAX_BYTES ? size : NAME_MAX_BYTES);
    tell(port, 3, (term[]){ATOM_open, port->owner, title});
}

static void tell_request(struct port *port, struct heap *builder, term from, term request) {
    tell(port, 2, (term[]){ATOM_receive, heap_tuple_of(builder, 2, from, request)});
    heap_free(builder);
}

void port_trace_request(struct port *port, term from, term request) {
    struct heap builder = {0};
    if (port_traced(port, TRACE_RECEIVE))
        tell_request(port, &builder, from, request);
}

void port_trace_command(struct port *port, term from, term data, size_t size) {
    if (!port_traced(port, TRACE_RECEIVE))
        return;
    struct heap builder = {0};
    uint8_t *bytes;
    term binary = heap_binary_new(&builder, size, &bytes);
    iodata_copy(data, bytes, NULL);
    tell_request(port, &builder, from, heap_tuple_of(&builder, 2, ATOM_command, binary));
}

void port_trace_control(struct port *port, term from, unsigned operation, const uint8_t *bytes, size_t size) {
    if (!port_traced(port, TRACE_RECEIVE))
        return;
    struct heap builder = {0};
    term what = heap_tuple_of(&builder, 2, SMALL(operation), heap_binary(&builder, bytes, size));
    tell_request(port, &builder, from, heap_tuple_of(&builder, 2, ATOM_control, what));
}

void port_trace_sent(struct port *port, term message, term to) {
    if (port_traced(port, TRACE_SEND))
        tell(port, 3, (term[]){ATOM_send, message, to});
}

void port_trace_answer(struct port *port, term to, const void *bytes, size_t size) {
    if (!port_traced(port, TRACE_SEND))
        return;
    struct heap builder = {0};
    term answer = heap_tuple_of(&builder, 2, ATOM_control, heap_binary(&builder, bytes, size));
    port_trace_sent(port, heap_tuple_of(&builder, 2, port->id, answer), to);
    heap_free(&builder);
}
