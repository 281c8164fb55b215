// Input of stream sockets.
//
// Somebody wants input when the socket is active or a process waits in recv. Then what the buffer holds is cut into
// packets, and more is read when that is not enough. The buffer grows with what has really come, not with what a peer
// announces, and goes when it is empty.

#include "io/tcp.h"

#include <errno.h>

#include "io/posix_error.h"
#include "sys/sys.h"

#define READ_AHEAD (64 << 10)      // bytes asked of the system at a time, where packets say how long they are
#define READ_AHEAD_MAX (256 << 10) // when there were as many
#define READ_TURN (1 << 20)        // bytes; then other descriptors have their turn
#define RECEIVE_MAX (64 << 20)     // of recv(Socket, Length): OTP's
#define SHRINK_ABOVE 4096          // a buffer that is kept is cut to what it holds

// ---- the buffer

void tcp_clear_input(struct port *port) {
    struct tcp *tcp = tcp_of(port);
    sys_free(tcp->buffer);
    tcp->buffer = NULL;
    tcp->start = tcp->end = tcp->room = 0;
}

static void tidy(struct tcp *tcp) {
    size_t size = tcp->end - tcp->start;
    if (size == 0) {
        sys_free(tcp->buffer);
        tcp->buffer = NULL;
        tcp->start = tcp->end = tcp->room = 0;
    } else if (tcp->room > SHRINK_ABOVE && size < tcp->room / 2) {
        memmove(tcp->buffer, tcp->buffer + tcp->start, size);
        tcp->buffer = sys_realloc(tcp->buffer, size);
        tcp->start = 0;
        tcp->end = tcp->room = size;
    }
}

// Makes room for `size` bytes after `end`.
static void make_room(struct tcp *tcp, size_t size) {
    size_t held = tcp->end - tcp->start;
    if (tcp->room - tcp->end >= size)
        return;
    if (tcp->start > 0)
        memmove(tcp->buffer, tcp->buffer + tcp->start, held);
    tcp->start = 0;
    tcp->end = held;
    if (tcp->room - held < size) {
        tcp->room = held + size;
        tcp->buffer = sys_realloc(tcp->buffer, tcp->room);
    }
}

// ---- who wants it

static struct inet_operation *receiver(const struct port *port) {
    return inet_operation_find(port, OPERATION_RECEIVE);
}

bool tcp_wants_input(const struct port *port) {
    const struct inet *inet = inet_of(port);
    return (inet->state & INET_CONNECTED) && !inet->ignored && (inet->active != INET_PASSIVE || receiver(port));
}

// ---- packets

static enum packet_kind packet_kind(const struct tcp *tcp) {
    if (tcp->in_http_header && tcp->kind == PACKET_HTTP)
        return PACKET_HTTP_HEADER;
    if (tcp->in_http_header && tcp->kind == PACKET_HTTP_BINARY)
        return PACKET_HTTP_HEADER_BINARY;
    return tcp->kind;
}

static enum packet_status next_packet(const struct port *port, struct packet *packet) {
    const struct tcp *tcp = tcp_of(port);
    size_t held = tcp->end - tcp->start;
    const struct inet_operation *operation = receiver(port);
    if (tcp->kind == PACKET_RAW) {
        size_t most = tcp->inet.buffer_size;
        size_t size = operation && operation->length ? operation->length : held < most ? held : most;
        *packet = (struct packet){.size = size, .body_size = size};
        return held > 0 && held >= size ? PACKET_FOUND : PACKET_MORE;
    }
    struct packet_options options = {
        .kind = packet_kind(tcp),
        .delimiter = tcp->delimiter,
        .size_limit = tcp->packet_size,
        .line_length = tcp->inet.buffer_size,
    };
    return packet_find(&options, held ? tcp->buffer + tcp->start : NULL, held, packet);
}

static void note_http(struct tcp *tcp, term value) {
    term tag = is_tuple(value) ? tuple_element(value, 1) : value;
    if (tag == ATOM_http_request || tag == ATOM_http_response)
        tcp->in_http_header = true;
    else if (tag == ATOM_http_eoh)
        tcp->in_http_header = false;
}

// To the owner: {tcp, Socket, Data}, {Socket, {data, Data}}, {http, Socket, Packet}, {ssl_tls, Socket, ...}.
static void deliver_active(struct port *port, struct heap *builder, term parsed, const uint8_t *body, size_t size) {
    struct inet *inet = inet_of(port);
    if (parsed != NONE && tcp_of(port)->kind == PACKET_SSL_TLS) {
        proc_send_built(port->owner, builder, parsed);
    } else if (parsed != NONE) {
        inet_message_with(port, builder, ATOM_http, parsed);
    } else if (port->channel) {
        port->channel->input(port, body, size);
    } else {
        if (inet->deliver_port)
            inet_port_data(port, builder, body, size);
        else
            inet_message_with(port, builder, ATOM_tcp, inet_data(inet, builder, body, size));
    }
    inet_spend_active(port);
}

static void deliver(struct port *port, const struct packet *packet) {
    struct tcp *tcp = tcp_of(port);
    const uint8_t *bytes = tcp->buffer + tcp->start, *body = bytes + packet->body_start;
    struct heap builder = {0};
    term parsed = packet_parse(&builder, packet_kind(tcp), bytes, packet);
    if (parsed != NONE && tcp->kind == PACKET_SSL_TLS)
        parsed = heap_tuple_of(&builder, 5, ATOM_ssl_tls, port->id, tuple_element(parsed, 3), tuple_element(parsed, 4),
                               tuple_element(parsed, 5));
    else if (parsed != NONE)
        note_http(tcp, parsed);
    inet_count(&tcp->inet.received, packet->size);
    port->input_bytes += packet->size;
    tcp->start += packet->size;
    if (tcp->inet.active != INET_PASSIVE) {
        deliver_active(port, &builder, parsed, body, packet->body_size);
        return;
    }
    term data = parsed != NONE ? parsed : inet_data(&tcp->inet, &builder, body, packet->body_size);
    inet_operation_reply(receiver(port), &builder, heap_tuple_of(&builder, 2, ATOM_ok, data));
}

// ---- the end of input

// No more comes: the peer has closed, or `error` (an errno) is why.
static void input_failed(struct port *port, int error) {
    struct tcp *tcp = tcp_of(port);
    bool closed = error == 0 || (error == ECONNRESET && !tcp->show_reset);
    term reason = closed ? ATOM_closed : posix_error_atom(error);
    tcp->closed_unsaid_to_send = closed && !port->busy;
    if (port->busy) {
        port_drop_queue(port);
        tcp_release_sender(port, ATOM_closed);
    }
    tcp_file_fail(port, closed ? ATOM_enotconn : reason);
    tcp_clear_input(port);
    if (tcp->inet.active == INET_PASSIVE) {
        tcp->loss_untold = tcp->inet.exit_on_close;
        if (tcp->inet.exit_on_close)
            tcp_close_descriptor(port);
        inet_operations_fail(port, reason);
        return;
    }
    tcp_tell_loss(port, closed ? NONE : reason);
    if (tcp->inet.exit_on_close)
        port_close_told(port, closed ? ATOM_normal : reason);
}

// ---- reading

// How many bytes to ask for when `packet` is not whole.
static size_t read_size(const struct port *port, const struct packet *packet, size_t ahead) {
    const struct tcp *tcp = tcp_of(port);
    size_t held = tcp->end - tcp->start;
    bool one = tcp->kind == PACKET_RAW && (tcp->inet.active == INET_PASSIVE || tcp->inet.active == INET_ONCE);
    size_t missing = packet->size > held ? packet->size - held : 0;
    size_t size = one ? missing : missing > ahead ? missing : ahead;
    if (size == 0)
        size = tcp->inet.buffer_size;
    size_t most = held < ahead ? ahead : held; // a peer's word makes the buffer twice as large at most
    return size < most ? size : most;
}

// How many bytes came.
static size_t read_more(struct port *port, size_t size) {
    struct tcp *tcp = tcp_of(port);
    make_room(tcp, size);
    ssize_t got;
    do
        got = recv(port->output.descriptor, tcp->buffer + tcp->end, size, 0);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        tcp->end += (size_t)got;
        return (size_t)got;
    }
    if (got == 0 || errno != EAGAIN)
        input_failed(port, got == 0 ? 0 : errno);
    return 0;
}

// When fewer bytes came than were asked for, there are no more: should some have come since, or the end, the poller
// tells.
void tcp_receive(struct port *port) {
    struct tcp *tcp = tcp_of(port);
    size_t ahead = READ_AHEAD, turn = 0;
    bool drained = false;
    while (port->state == PORT_OPEN && tcp_wants_input(port)) {
        struct packet packet;
        enum packet_status status = next_packet(port, &packet);
        if (status == PACKET_FOUND) {
            deliver(port, &packet);
        } else if (status == PACKET_INVALID) {
            input_failed(port, EMSGSIZE);
        } else {
            if (drained || turn >= READ_TURN)
                break;
            size_t size = read_size(port, &packet, ahead), got = read_more(port, size);
            turn += got;
            drained = got < size;
            ahead = READ_AHEAD_MAX;
        }
    }
    tidy(tcp);
}

// ---- requests

static void receive_expired(struct inet_operation *operation) {
    inet_operation_fail(operation, ATOM_timeout);
}

static term not_connected(struct tcp *tcp) {
    if (!tcp->closed_unsaid_to_receive)
        return ATOM_enotconn;
    term reason = tcp->reset_unsaid ? ATOM_econnreset : ATOM_closed;
    tcp->closed_unsaid_to_receive = tcp->closed_unsaid_to_send = tcp->reset_unsaid = false;
    return reason;
}

term tcp_serve_receive(struct port *port, unsigned request, struct inet_reader *reader, struct text *answer) {
    struct tcp *tcp = tcp_of(port);
    uint32_t timeout = inet_read_32(reader), length = inet_read_32(reader);
    if (!(tcp->inet.state & INET_CONNECTED))
        return not_connected(tcp);
    if (reader->bad || tcp->inet.active != INET_PASSIVE || (tcp->kind != PACKET_RAW && length != 0))
        return ATOM_einval;
    if (length > RECEIVE_MAX)
        return ATOM_enomem;
    if (receiver(port))
        return ATOM_ealready;
    struct inet_operation *operation = inet_operation_begin(port, OPERATION_RECEIVE, timeout, receive_expired);
    operation->length = length;
    inet_append_16(answer, operation->number);
    tcp_receive(port);
    if (timeout == 0 && (operation = receiver(port)))
        inet_operation_fail(operation, ATOM_timeout);
    tcp_arm(port);
    return INET_OK;
}

// Puts bytes back in front of what is to come.
term tcp_unreceive(struct port *port, unsigned request, struct inet_reader *reader, struct text *answer) {
    struct tcp *tcp = tcp_of(port);
    size_t size = reader->size, held = tcp->end - tcp->start;
    if (!(tcp->inet.state & INET_CONNECTED))
        return ATOM_enotconn;
    make_room(tcp, size);
    memmove(tcp->buffer + tcp->start + size, tcp->buffer + tcp->start, held);
    memcpy(tcp->buffer + tcp->start, inet_read_bytes(reader, size), size);
    tcp->end += size;
    tcp_receive(port);
    tcp_arm(port);
    return INET_OK;
}
