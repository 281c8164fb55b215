// Output of stream sockets: written at once as far as it goes, the rest queued.
//
// A sender whose data makes the queue longer than the high watermark gets its reply only when the queue has gone down
// to the low one; until then the port is busy, and other senders wait in port_command.

#include "io/tcp.h"

#include <errno.h>

#include "io/posix_error.h"

#define GATHERED_MAX (64 << 10) // bytes of packets that go out together

// After a packet of a channel's that is larger (a fragment), the poller is asked whether the next may go. What is
// written faster than a peer reads lies in the peer's buffers, which may grow to tens of megabytes: there it goes
// before all that other processes send, and has left the processor's caches when it is read.
#define LARGE_PACKET (32 << 10)

void tcp_release_sender(struct port *port, term reason) {
    struct inet_operation *operation = inet_operation_find(port, OPERATION_SEND);
    if (operation) {
        term caller = operation->caller;
        inet_operation_end(operation);
        inet_reply(port, caller, reason);
    }
    if (port->busy) {
        port->busy = false;
        port_wake_waiting(port);
    }
}

// ---- errors

void tcp_send_failed(struct port *port, term sender, int error) {
    struct tcp *tcp = tcp_of(port);
    if (error == EPIPE && !tcp->shut_writing) // the peer reset the connection
        error = ECONNRESET;
    bool shown = error == ECONNRESET && tcp->show_reset;
    term reason = shown ? posix_error_atom(error) : ATOM_closed;
    tcp_release_sender(port, reason);
    tcp_file_fail(port, reason);
    if (tcp->inet.active != INET_PASSIVE) {
        tcp_tell_loss(port, shown ? reason : NONE);
        inet_reply(port, sender, reason);
        tcp_close_descriptor(port);
        if (tcp->inet.exit_on_close)
            port_close_told(port, ATOM_normal);
        return;
    }
    inet_operations_fail(port, ATOM_closed);
    inet_reply(port, sender, reason);
    tcp_close_descriptor(port);
    // What comes next is told, too: a program may ignore errors of sending and rely on those of receiving.
    tcp->closed_unsaid_to_send = sender == NONE;
    tcp->closed_unsaid_to_receive = true;
    tcp->reset_unsaid = shown;
    tcp->loss_untold = true;
}

static void shut_down_now(struct port *port) {
    struct tcp *tcp = tcp_of(port);
    tcp->shut_pending = false;
    if (shutdown(port->output.descriptor, tcp->shut_how) < 0)
        tcp_send_failed(port, NONE, errno);
    else
        tcp->shut_writing = true;
}

// ---- sending

static void send_expired(struct inet_operation *operation) {
    struct port *port = operation->port;
    tcp_release_sender(port, ATOM_timeout);
    if (tcp_of(port)->send_timeout_close)
        tcp_close_descriptor(port);
}

// Data was queued behind other data.
static void queued(struct port *port, term sender) {
    struct tcp *tcp = tcp_of(port);
    if (port->queued < port->busy_high) {
        inet_reply(port, sender, NONE);
        return;
    }
    if (tcp->send_timeout == 0 && sender != NONE) {
        inet_reply(port, sender, ATOM_timeout);
        return;
    }
    if (inet_operation_find(port, OPERATION_SEND)) // of one who was not kept from sending: COMMAND_FORCE
        tcp_release_sender(port, NONE);
    port->busy = true;
    if (sender != NONE)
        inet_operation_begin(port, OPERATION_SEND, tcp->send_timeout, send_expired);
}

static void send_data(struct port *port, term sender, struct chunk *chunks) {
    struct tcp *tcp = tcp_of(port);
    bool waits = (port->queue && !tcp->gathers) || tcp->file;
    size_t size = port_queue(port, chunks);
    inet_count(&inet_of(port)->sent, size);
    tcp->gathers = !waits && port->more_follows && port->queued < GATHERED_MAX;
    if (tcp->gathers)
        return;
    if (waits) {
        queued(port, sender);
        return;
    }
    int error = tcp->delay_send || tcp->inet.ignored ? 0 : port_write_queue(port);
    if (error) {
        port_drop_queue(port);
        tcp_send_failed(port, sender, error);
        return;
    }
    if (port->channel && size > LARGE_PACKET)
        port->busy = true;
    if (port->queue || port->busy)
        tcp_arm(port);
    inet_reply(port, sender, NONE);
}

// Why it cannot be sent, or INET_OK.
static term refusal(struct tcp *tcp) {
    if (tcp->inet.state & INET_CONNECTED)
        return INET_OK;
    if (!tcp->closed_unsaid_to_send)
        return ATOM_enotconn;
    tcp->closed_unsaid_to_send = false;
    return tcp->reset_unsaid ? ATOM_econnreset : ATOM_closed;
}

static void put_header(struct chunk *chunk, size_t header, size_t size) {
    for (size_t i = 0; i < header; i++)
        chunk->bytes[i] = (uint8_t)(size >> (8 * (header - 1 - i)));
}

void tcp_output(struct port *port, struct chunk *chunks) {
    struct tcp *tcp = tcp_of(port);
    term reason = refusal(tcp);
    if (reason != INET_OK) {
        chunk_free(chunks);
        inet_reply(port, port->caller, reason);
        return;
    }
    if (tcp->shut_pending) {
        chunk_free(chunks);
        tcp_send_failed(port, port->caller, EPIPE);
        return;
    }
    put_header(chunks, port->packet_bytes, chunk_list_size(chunks) - port->packet_bytes);
    send_data(port, port->caller, chunks);
}

void tcp_writable(struct port *port) {
    struct inet *inet = inet_of(port);
    int error = port_write_queue(port);
    if (error) {
        port_drop_queue(port);
        tcp_send_failed(port, NONE, error);
        return;
    }
    if (port->busy && port->queued <= port->busy_low) {
        tcp_release_sender(port, NONE);
        if (port->channel)
            port->channel->writable(port);
    }
    if (port->queue)
        return;
    if (tcp_of(port)->file) {
        tcp_file_writable(port);
        return;
    }
    if (inet->subscriber != NONE) {
        struct heap builder = {0};
        proc_send_built(inet->subscriber, &builder, heap_tuple_of(&builder, 2, ATOM_empty_out_q, port->id));
        inet->subscriber = NONE;
    }
    if (tcp_of(port)->shut_pending)
        shut_down_now(port);
}

term tcp_shutdown(struct port *port, unsigned request, struct inet_reader *reader, struct text *answer) {
    static const int ways[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};
    struct tcp *tcp = tcp_of(port);
    unsigned how = inet_read_8(reader);
    if (!(tcp->inet.state & INET_CONNECTED))
        return ATOM_enotconn;
    if (reader->bad || how > 2)
        return ATOM_einval;
    if (ways[how] != SHUT_RD && (port->queue || tcp->file)) {
        tcp->shut_pending = true;
        tcp->shut_how = ways[how];
        return INET_OK;
    }
    if (shutdown(port->output.descriptor, ways[how]) < 0)
        return inet_errno();
    tcp->shut_writing |= ways[how] != SHUT_RD;
    return INET_OK;
}
