// The driver udp_inet: datagrams over IPv4, IPv6 and local sockets.
//
// A command is an address, the size of ancillary data (32 bits), that data, and the datagram. What is received comes as
// {udp, Socket, Address, Port, Data} to an active socket's owner, and as the bytes of the address in front of the data
// to a process that waits in recv.

#include "io/inet.h"
#include "io/port_work.h"

#include <errno.h>
#include <sys/uio.h>

#include "io/posix_error.h"
#include "io/socket_address.h"
#include "sys/sys.h"

#define BUFFER_DEFAULT 8192
#define READ_PACKETS_DEFAULT 5 // datagrams taken at a time

struct udp {
    struct inet inet; // first
    uint32_t read_packets;
};

static struct udp *udp_of(const struct port *port) {
    return port->driver_data;
}

static struct inet_operation *receiver(const struct port *port) {
    return inet_operation_find(port, OPERATION_RECEIVE);
}

static bool wants_input(const struct port *port) {
    return inet_of(port)->active != INET_PASSIVE || receiver(port);
}

static void arm(struct port *port) {
    if (port->state == PORT_OPEN && port->output.descriptor >= 0 && !inet_of(port)->ignored && wants_input(port))
        poll_arm(&port->output, POLL_READ);
}

// ---- receiving

// The address as prim_inet reads it, a list of bytes that ends in `tail`.
static term address_bytes(struct heap *builder, const struct inet_address *address, term tail) {
    struct text text = {0};
    inet_address_append(&text, address);
    for (size_t i = text.size; i > 0; i--)
        tail = heap_cons(builder, SMALL((uint8_t)text.bytes[i - 1]), tail);
    text_free(&text);
    return tail;
}

static term local_tuple(struct heap *builder, const struct inet_address *address) {
    struct text text = {0};
    inet_address_append(&text, address);
    bool named = text.size >= 2 && text.bytes[0] == INET_FAMILY_LOCAL;
    term name = heap_binary(builder, named ? text.bytes + 2 : NULL, named ? text.size - 2 : 0);
    text_free(&text);
    return heap_tuple_of(builder, 2, named ? ATOM_local : ATOM_unspec, name);
}

// {udp, Socket, Address, Port, Data}, with ancillary data before the data where it was asked for.
static void deliver_active(struct port *port, struct heap *builder, const struct inet_address *address, term ancillary,
                           term data) {
    bool internet = address->size > 0 && (address->any.sa_family == AF_INET || address->any.sa_family == AF_INET6);
    term ip = internet ? socket_ip(builder, &address->any) : local_tuple(builder, address);
    term number = SMALL(internet ? ntohs(address->inet.sin_port) : 0);
    term message = ancillary == NONE ? heap_tuple_of(builder, 5, ATOM_udp, port->id, ip, number, data)
                                     : heap_tuple_of(builder, 6, ATOM_udp, port->id, ip, number, ancillary, data);
    proc_send_built(port->owner, builder, message);
}

static void deliver(struct port *port, struct msghdr *message, const struct inet_address *address, size_t size) {
    struct inet *inet = inet_of(port);
    struct heap builder = {0};
    term ancillary = inet->ancillary ? inet_ancillary_list(&builder, message) : NONE;
    term data = inet_data(inet, &builder, message->msg_iov->iov_base, size);
    inet_count(&inet->received, size);
    port->input_bytes += size;
    if (inet->active != INET_PASSIVE && inet->deliver_port) {
        struct text whole = {0};
        inet_address_append(&whole, address);
        text_append(&whole, message->msg_iov->iov_base, size);
        inet_port_data(port, &builder, whole.bytes, whole.size);
        text_free(&whole);
    } else if (inet->active != INET_PASSIVE) {
        deliver_active(port, &builder, address, ancillary, data);
    } else {
        term whole = address_bytes(&builder, address, data);
        if (ancillary != NONE)
            whole = heap_tuple_of(&builder, 2, whole, ancillary);
        inet_operation_reply(receiver(port), &builder, heap_tuple_of(&builder, 2, ATOM_ok, whole));
        return;
    }
    inet_spend_active(port);
}

static void receive_failed(struct port *port, int error) {
    struct inet_operation *operation = receiver(port);
    term reason = posix_error_atom(error);
    if (operation) {
        inet_operation_fail(operation, reason);
    } else if (inet_of(port)->active != INET_PASSIVE) {
        struct heap builder = {0};
        inet_message_with(port, &builder, ATOM_udp_error, reason);
    }
}

// Takes one datagram; false when there is none.
static bool receive_one(struct port *port, uint8_t *buffer) {
    struct inet_address address = {.size = sizeof address.storage};
    struct inet_ancillary ancillary;
    struct iovec vector = {buffer, inet_of(port)->buffer_size};
    struct msghdr message = {
        .msg_name = &address.storage,
        .msg_namelen = sizeof address.storage,
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = ancillary.bytes,
        .msg_controllen = sizeof ancillary.bytes,
    };
    ssize_t size = recvmsg(port->output.descriptor, &message, 0);
    if (size < 0 && errno == EINTR)
        return true;
    if (size < 0) {
        if (errno != EAGAIN)
            receive_failed(port, errno);
        return false;
    }
    address.size = message.msg_namelen;
    deliver(port, &message, &address, (size_t)size);
    return true;
}

static void receive(struct port *port) {
    if (inet_of(port)->state == INET_CLOSED || inet_of(port)->ignored || !wants_input(port))
        return;
    uint8_t *buffer = sys_alloc(inet_of(port)->buffer_size);
    for (uint32_t i = 0; i < udp_of(port)->read_packets && wants_input(port); i++) {
        if (!receive_one(port, buffer))
            break;
    }
    sys_free(buffer);
}

static void ready(struct poll_source *source, unsigned events) {
    struct port *port = (struct port *)((char *)source - offsetof(struct port, output));
    if (!port_lock(port))
        return;
    port_work_begin(port, ATOM_input);
    receive(port);
    arm(port);
    port_unlock(port);
}

static void receive_expired(struct inet_operation *operation) {
    inet_operation_fail(operation, ATOM_timeout);
}

// The length is of no meaning: a datagram comes whole.
static term serve_receive(struct port *port, struct inet_reader *reader, struct text *answer) {
    struct inet *inet = inet_of(port);
    uint32_t timeout = inet_read_32(reader);
    inet_read_32(reader);
    if (inet->state == INET_CLOSED)
        return ATOM_exbadport;
    if (reader->bad || inet->active != INET_PASSIVE)
        return ATOM_einval;
    if (receiver(port))
        return ATOM_ealready;
    struct inet_operation *operation = inet_operation_begin(port, OPERATION_RECEIVE, timeout, receive_expired);
    inet_append_16(answer, operation->number);
    receive(port);
    arm(port);
    return INET_OK;
}

// ---- sending

static term send_message(struct port *port, struct inet_reader *reader) {
    struct inet *inet = inet_of(port);
    struct inet_address address;
    struct inet_ancillary ancillary;
    if (inet->state == INET_CLOSED)
        return ATOM_einval;
    term reason = inet_address_read(&address, inet->family, reader);
    if (reason != INET_OK)
        return reason;
    size_t size = inet_read_32(reader);
    struct inet_reader extra = {.bytes = inet_read_bytes(reader, size), .size = size};
    struct iovec vector = {(void *)reader->bytes, reader->size};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (reader->bad || (size > 0 && !inet_ancillary_read(&extra, &ancillary, &message)))
        return ATOM_einval;
    if (!(inet->state & INET_CONNECTED)) {
        message.msg_name = &address.storage;
        message.msg_namelen = address.size;
    }
    inet_count(&inet->sent, reader->size);
    while (sendmsg(port->output.descriptor, &message, MSG_NOSIGNAL) < 0) {
        if (errno != EINTR)
            return inet_errno();
    }
    return INET_OK;
}

static void output(struct port *port, struct chunk *chunk) {
    struct inet_reader reader = {.bytes = chunk->bytes, .size = chunk->size};
    term reason = send_message(port, &reader);
    chunk_free(chunk);
    inet_reply(port, port->caller, reason == INET_OK ? NONE : reason);
}

// ---- other requests

static void dissolve(int descriptor) {
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    (void)connect(descriptor, &nobody, sizeof nobody); // NOLINT(bugprone-unused-return-value): it was none, then
}

// Without an address: the association is dissolved. With one it is dissolved first, since Linux keeps the source
// address.
static term connect_socket(struct port *port, struct inet_reader *reader, struct text *answer) {
    struct inet *inet = inet_of(port);
    struct inet_address address;
    if (inet->state == INET_CLOSED)
        return ATOM_exbadport;
    bool dissolves = reader->size == 0;
    if (!dissolves) {
        inet_read_32(reader); // a time limit: there is nothing to wait for
        term reason = inet_address_read(&address, inet->family, reader);
        if (reason != INET_OK)
            return reason;
    }
    if (dissolves || (inet->state & INET_CONNECTED))
        dissolve(port->output.descriptor);
    inet->state &= ~(unsigned)INET_CONNECTED;
    if (!dissolves && connect(port->output.descriptor, &address.any, address.size) < 0) {
        term reason = inet_errno();
        dissolve(port->output.descriptor);
        return reason;
    }
    if (!dissolves)
        inet->state |= INET_CONNECTED;
    struct inet_operation *operation = inet_operation_begin(port, OPERATION_CONNECT, INET_FOREVER, NULL);
    struct heap builder = {0};
    inet_append_16(answer, operation->number);
    inet_operation_reply(operation, &builder, ATOM_ok);
    return INET_OK;
}

static term set_option(struct port *port, unsigned option, struct inet_reader *reader) {
    if (option == INET_OPTION_READ_PACKETS) {
        uint32_t value = inet_read_32(reader);
        udp_of(port)->read_packets = value > 0 ? value : 1;
        return reader->bad ? ATOM_einval : INET_OK;
    }
    return INET_NO_OPTION;
}

static bool get_option(struct port *port, unsigned option, struct text *answer) {
    if (option != INET_OPTION_READ_PACKETS)
        return false;
    inet_append_8(answer, option);
    inet_append_32(answer, udp_of(port)->read_packets);
    return true;
}

static term set_options(struct port *port, struct inet_reader *reader) {
    term reason = inet_set_options(port, reader, set_option);
    arm(port);
    return reason;
}

static term serve(struct port *port, unsigned request, struct inet_reader *reader, struct text *answer) {
    term reason;
    switch (request) {
    case INET_REQUEST_OPEN:
        return inet_open(port, reader);
    case INET_REQUEST_ADOPT_DESCRIPTOR:
        reason = inet_adopt(port, reader);
        arm(port);
        return reason;
    case INET_REQUEST_CLOSE:
        inet_operations_fail(port, ATOM_closed);
        port_close_descriptor(&port->output);
        inet_of(port)->state = INET_CLOSED;
        return INET_OK;
    case INET_REQUEST_CONNECT:
        return connect_socket(port, reader, answer);
    case INET_REQUEST_RECEIVE_DATAGRAM:
        return serve_receive(port, reader, answer);
    case INET_REQUEST_SET_OPTIONS:
        return set_options(port, reader);
    case INET_REQUEST_GET_OPTIONS:
        return inet_get_options(port, reader, answer, get_option);
    case INET_REQUEST_IGNORE_DESCRIPTOR:
        reason = inet_ignore(port, reader);
        arm(port);
        return reason;
    default:
        return inet_serve(port, request, reader, answer);
    }
}

static bool control(struct port *port, unsigned operation, const uint8_t *bytes, size_t size, struct text *answer) {
    return inet_control(port, operation, bytes, size, answer, serve);
}

static void stop(struct port *port) {
    inet_operations_fail(port, ATOM_closed);
    inet_end(inet_of(port));
    sys_free(port->driver_data);
}

static const struct driver driver_udp = {.name = "udp_inet", .output = output, .control = control, .stop = stop};

term port_open_udp(struct process *self, const char *command, const struct port_options *options, term *error) {
    struct port *port = port_new(&driver_udp, self->pid, command, options);
    if (!port)
        return *error = ATOM_system_limit, NONE;
    struct udp *udp = sys_alloc_zero(sizeof *udp);
    inet_init(&udp->inet, SOCK_DGRAM);
    udp->inet.buffer_size = BUFFER_DEFAULT;
    udp->read_packets = READ_PACKETS_DEFAULT;
    port->driver_data = udp;
    port->output.ready = ready;
    return port_opened(self, port, 0, error);
}
