// How stream sockets come to be connected: connect, listen, accept.

#define _GNU_SOURCE // accept4

#include "io/tcp.h"

#include <errno.h>
#include <unistd.h>

#include "io/posix_error.h"

// ---- connect

static void connected(struct port *port) {
    inet_of(port)->state = INET_OPEN | INET_CONNECTED;
}

// A socket whose connecting was given up cannot be used again.
static void connect_expired(struct inet_operation *operation) {
    struct port *port = operation->port;
    tcp_close_descriptor(port);
    inet_operation_fail(operation, ATOM_timeout);
}

term tcp_connect(struct port *port, unsigned request, struct inet_reader *reader, struct text *answer) {
    struct inet *inet = inet_of(port);
    struct inet_address address;
    uint32_t timeout = inet_read_32(reader);
    if (inet->state == INET_CLOSED)
        return ATOM_exbadport;
    if (inet->state & INET_CONNECTED)
        return ATOM_eisconn;
    if (inet->state & (INET_CONNECTING | INET_LISTENING))
        return ATOM_einval;
    term reason = inet_address_read(&address, inet->family, reader);
    if (reason != INET_OK)
        return reason;
    bool waits = connect(port->output.descriptor, &address.any, address.size) < 0;
    if (waits && errno != EINPROGRESS && errno != EAGAIN)
        return inet_errno();
    struct inet_operation *operation =
        inet_operation_begin(port, OPERATION_CONNECT, waits ? timeout : INET_FOREVER, connect_expired);
    inet_append_16(answer, operation->number);
    if (waits) {
        inet->state |= INET_CONNECTING;
    } else {
        struct heap builder = {0};
        connected(port);
        inet_operation_reply(operation, &builder, ATOM_ok);
    }
    tcp_arm(port);
    return INET_OK;
}

void tcp_connect_ready(struct port *port) {
    struct inet *inet = inet_of(port);
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(port->output.descriptor, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    inet->state &= ~(unsigned)INET_CONNECTING;
    struct inet_operation *operation = inet_operation_find(port, OPERATION_CONNECT);
    if (!error)
        connected(port);
    if (operation && error) {
        inet_operation_fail(operation, posix_error_atom(error));
    } else if (operation) {
        struct heap builder = {0};
        inet_operation_reply(operation, &builder, ATOM_ok);
    }
}

// ---- listen and accept

term tcp_listen(struct port *port, unsigned request, struct inet_reader *reader, struct text *answer) {
    struct inet *inet = inet_of(port);
    int backlog = (int16_t)inet_read_16(reader);
    if (inet->state == INET_CLOSED)
        return ATOM_exbadport;
    if (reader->bad)
        return ATOM_einval;
    if (listen(port->output.descriptor, backlog) < 0)
        return inet_errno();
    inet->state |= INET_LISTENING;
    return INET_OK;
}

// What an accepted socket has from the one that listens. It starts passive; prim_inet copies the rest.
static void inherit(struct port *port, const struct port *listener) {
    struct tcp *tcp = tcp_of(port);
    const struct tcp *from = tcp_of(listener);
    tcp->inet.family = from->inet.family;
    tcp->inet.binary = from->inet.binary;
    tcp->inet.deliver_port = from->inet.deliver_port;
    tcp->inet.exit_on_close = from->inet.exit_on_close;
    tcp->inet.header = from->inet.header;
    tcp->inet.buffer_size = from->inet.buffer_size;
    tcp->packet = from->packet;
    tcp->kind = from->kind;
    tcp->delimiter = from->delimiter;
    tcp->packet_size = from->packet_size;
    tcp->send_timeout = from->send_timeout;
    tcp->send_timeout_close = from->send_timeout_close;
    tcp->show_reset = from->show_reset;
    port->packet_bytes = listener->packet_bytes;
    port->busy_high = listener->busy_high;
    port->busy_low = listener->busy_low;
}

// A port for an accepted socket, linked to its owner; NONE with *error.
static term port_for(const struct port *listener, int descriptor, struct process *owner, term *error) {
    struct port *port = tcp_port_new(owner->pid, error);
    if (!port) {
        close(descriptor);
        return NONE;
    }
    term id = port->id;
    port->output.descriptor = descriptor;
    inet_of(port)->state = INET_OPEN | INET_CONNECTED;
    inherit(port, listener);
    port_link_add(port, owner->pid);
    if (!proc_signal(owner, proc_signal_new(SIGNAL_LINK, id, NONE, NONE)))
        port_close(port, ATOM_normal);
    port_unlock(port);
    return id;
}

static void accepted(struct port *listener, struct inet_operation *operation, struct process *owner, int descriptor) {
    term error;
    term id = port_for(listener, descriptor, owner, &error);
    if (id == NONE) {
        inet_operation_fail(operation, error);
        return;
    }
    struct heap builder = {0};
    inet_operation_reply(operation, &builder, heap_tuple_of(&builder, 2, ATOM_ok, id));
}

// Serves the processes that wait, in order, with the connections that wait. One that is dead waits no more.
void tcp_accept_ready(struct port *port) {
    for (struct inet_operation *operation; (operation = inet_operation_find(port, OPERATION_ACCEPT));) {
        struct process *owner = proc_lookup(operation->caller);
        if (!owner) {
            inet_operation_end(operation);
            continue;
        }
        int descriptor = accept4(port->output.descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0)
            accepted(port, operation, owner, descriptor);
        else if (errno == EAGAIN || errno == EINTR)
            return;
        else
            inet_operation_fail(operation, inet_errno());
    }
}

static void accept_expired(struct inet_operation *operation) {
    inet_operation_fail(operation, ATOM_timeout);
}

term tcp_accept(struct port *port, unsigned request, struct inet_reader *reader, struct text *answer) {
    uint32_t timeout = inet_read_32(reader);
    if (reader->bad || !(inet_of(port)->state & INET_LISTENING))
        return ATOM_einval;
    struct inet_operation *operation = inet_operation_begin(port, OPERATION_ACCEPT, timeout, accept_expired);
    inet_append_16(answer, operation->number);
    tcp_accept_ready(port);
    tcp_arm(port);
    return INET_OK;
}
