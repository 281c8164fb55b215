// Tracing of ports: which are traced, by whom, and what is told.
//
// As with processes (proc/trace.h), but under the port's lock. A tracer that is a process has its message at once; one
// that is itself a port gets it when the lock is released, for no port's lock is held while another is taken.

#ifndef PURLIN_IO_PORT_TRACE_H
#define PURLIN_IO_PORT_TRACE_H

#include "io/port.h"
#include "proc/trace.h"

struct port_note; // a message that waits for the lock's release

static inline bool port_traced(const struct port *port, uint32_t flag) {
    return (port->trace_flags & flag) != 0;
}

// (locked) Of a port that was just made: what erlang:trace(new_ports, ...) says of it, and that it is open.
void port_trace_opened(struct port *port);
// (locked) As trace_change: false when another tracer has the port.
bool port_trace_change(struct port *port, uint32_t clear, uint32_t set, term tracer);
// (locked) The tracer, or NONE. Forgets one that is gone.
term port_tracer(struct port *port);

// (locked) {trace, Port, Name, Value}, if the port is traced with that flag.
void port_trace(struct port *port, uint32_t flag, term name, term value);
// (locked) {trace, Port, in | out, Operation}: a thread begins to do something to the port, and ends. An operation of
// SMALL(0) is one of the outside world.
void port_trace_in(struct port *port, term operation);
void port_trace_out(struct port *port, term operation);
// (locked) {trace, Port, 'receive', {From, Request}}. Commands: {command, Binary}, {control, {Operation, Binary}}.
void port_trace_command(struct port *port, term from, term data, size_t size);
void port_trace_request(struct port *port, term from, term request);
void port_trace_control(struct port *port, term from, unsigned operation, const uint8_t *bytes, size_t size);
// (locked) {trace, Port, send, Message, To}; the second: {Port, {control, Binary}}, the answer of port_control
void port_trace_sent(struct port *port, term message, term to);
void port_trace_answer(struct port *port, term to, const void *bytes, size_t size);

// Takes what waits off the port (locked), and sends it (not locked). Frees it.
struct port_note *port_notes_take(struct port *port);
void port_notes_send(struct port_note *notes);

#endif
