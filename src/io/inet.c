// What all sockets have: reading requests, the requests that do not depend on the protocol, messages.

#include "io/inet.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <unistd.h>

#include "io/network_namespace.h"
#include "io/posix_error.h"
#include "sys/sys.h"
#include "term/atom.h"

void inet_init(struct inet *inet, int type) {
    inet->type = type;
    inet->exit_on_close = true;
    inet->buffer_size = INET_BUFFER_DEFAULT;
    inet->subscriber = NONE;
}

void inet_end(struct inet *inet) {
    sys_free(inet->network_namespace);
    sys_free(inet->told_name);
    sys_free(inet->told_peer);
}

term inet_errno(void) {
    return posix_error_atom(errno);
}

// ---- reading requests, writing answers

const uint8_t *inet_read_bytes(struct inet_reader *reader, size_t size) {
    if (reader->bad || reader->size < size) {
        reader->bad = true;
        return NULL;
    }
    const uint8_t *bytes = reader->bytes;
    reader->bytes += size;
    reader->size -= size;
    return bytes;
}

static uint64_t read_number(struct inet_reader *reader, size_t size) {
    const uint8_t *bytes = inet_read_bytes(reader, size);
    uint64_t value = 0;
    for (size_t i = 0; bytes && i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

uint8_t inet_read_8(struct inet_reader *reader) {
    return (uint8_t)read_number(reader, 1);
}
uint16_t inet_read_16(struct inet_reader *reader) {
    return (uint16_t)read_number(reader, 2);
}
uint32_t inet_read_32(struct inet_reader *reader) {
    return (uint32_t)read_number(reader, 4);
}
uint64_t inet_read_64(struct inet_reader *reader) {
    return read_number(reader, 8);
}

void inet_append_8(struct text *answer, unsigned value) {
    text_append(answer, &(uint8_t){(uint8_t)value}, 1);
}
void inet_append_16(struct text *answer, unsigned value) {
    text_append(answer, &(uint16_t){htons((uint16_t)value)}, 2);
}
void inet_append_32(struct text *answer, uint32_t value) {
    text_append(answer, &(uint32_t){htonl(value)}, 4);
}

bool inet_control(struct port *port, unsigned operation, const uint8_t *bytes, size_t size, struct text *answer,
                  inet_server *serve) {
    // A number that is none of ours becomes a request that nobody knows.
    struct inet_reader reader = {.bytes = bytes, .size = size};
    inet_append_8(answer, INET_REPLY_OK);
    term reason = serve(port, operation - INET_CONTROL_BASE, &reader, answer);
    if (reason != INET_OK) {
        struct atom_text name = atom_text(reason);
        answer->size = 0;
        inet_append_8(answer, INET_REPLY_ERROR);
        text_append(answer, name.bytes, name.size);
    }
    return true;
}

// ---- requests

static int socket_in(const char *network_namespace, int family, int type) {
    int back = network_namespace_enter(network_namespace);
    if (back < 0)
        return -1;
    int descriptor = socket(family, type, 0);
    network_namespace_leave(back);
    return descriptor;
}

// Family and type of a socket that is to be; INET_OK, or what is wrong with them.
static term read_kind(struct port *port, struct inet_reader *reader) {
    struct inet *inet = inet_of(port);
    int family = inet_family_from_number(inet_read_8(reader));
    unsigned type = inet_read_8(reader);
    if (family < 0)
        return ATOM_eafnosupport;
    if (reader->bad || type != (inet->type == SOCK_STREAM ? INET_TYPE_STREAM : INET_TYPE_DATAGRAM))
        return ATOM_einval;
    if (inet->state != INET_CLOSED)
        return ATOM_exbadport;
    inet->family = family;
    return INET_OK;
}

term inet_open(struct port *port, struct inet_reader *reader) {
    struct inet *inet = inet_of(port);
    term reason = read_kind(port, reader);
    if (reason != INET_OK)
        return reason;
    int type = inet->type | SOCK_CLOEXEC | SOCK_NONBLOCK;
    int descriptor = inet->network_namespace ? socket_in(inet->network_namespace, inet->family, type)
                                             : socket(inet->family, type, 0);
    if (descriptor < 0)
        return inet_errno();
    port->output.descriptor = descriptor;
    inet->state = INET_OPEN;
    return INET_OK;
}

term inet_adopt(struct port *port, struct inet_reader *reader) {
    struct inet *inet = inet_of(port);
    term reason = read_kind(port, reader);
    if (reason != INET_OK)
        return reason;
    int descriptor = (int)inet_read_32(reader), type;
    socklen_t size = sizeof type;
    struct inet_address peer = {.size = sizeof peer.storage};
    if (reader->bad)
        return ATOM_einval;
    if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
        return inet_errno();
    int flags = fcntl(descriptor, F_GETFL);
    if (type != inet->type || flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0)
        return ATOM_einval;
    port->output.descriptor = descriptor;
    inet->state = INET_OPEN;
    if (getpeername(descriptor, &peer.any, &peer.size) == 0)
        inet->state |= INET_CONNECTED;
    return INET_OK;
}

term inet_ignore(struct port *port, struct inet_reader *reader) {
    uint8_t ignored = inet_read_8(reader);
    if (reader->bad)
        return ATOM_einval;
    inet_of(port)->ignored = ignored != 0;
    if (ignored && port->output.descriptor >= 0)
        poll_forget(&port->output);
    return INET_OK;
}

static term bind_socket(struct port *port, struct inet_reader *reader, struct text *answer) {
    struct inet *inet = inet_of(port);
    struct inet_address address;
    if (inet->state == INET_CLOSED)
        return ATOM_exbadport;
    term reason = inet_address_read(&address, inet->family, reader);
    if (reason != INET_OK)
        return reason;
    if (bind(port->output.descriptor, &address.any, address.size) < 0)
        return inet_errno();
    // The port that the system chose comes back; local sockets have none.
    address.size = sizeof address.storage;
    if (getsockname(port->output.descriptor, &address.any, &address.size) < 0)
        return inet_errno();
    bool internet = address.any.sa_family == AF_INET || address.any.sa_family == AF_INET6;
    inet_append_16(answer, internet ? ntohs(address.inet.sin_port) : 0); // both have it at the same place
    return INET_OK;
}

static term append_host_name(struct text *answer) {
    char name[256];
    if (gethostname(name, sizeof name) < 0)
        return inet_errno();
    name[sizeof name - 1] = 0;
    text_append(answer, name, strlen(name));
    return INET_OK;
}

static term append_type(struct port *port, struct text *answer) {
    int family = inet_of(port)->family, type;
    socklen_t size = sizeof type;
    if (getsockopt(port->output.descriptor, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
        return inet_errno();
    inet_append_32(answer, family == AF_INET    ? INET_FAMILY_INET
                           : family == AF_INET6 ? INET_FAMILY_INET6
                                                : INET_FAMILY_LOCAL);
    inet_append_32(answer, type == SOCK_STREAM ? INET_TYPE_STREAM : INET_TYPE_DATAGRAM);
    return INET_OK;
}

static term append_descriptor(struct port *port, struct text *answer) {
    if (inet_of(port)->state == INET_CLOSED)
        return ATOM_exbadport;
    inet_append_32(answer, (uint32_t)port->output.descriptor);
    return INET_OK;
}

// subs_empty_out_q: how much is queued; when that is something, {empty_out_q, Socket} follows.
static term subscribe(struct port *port, struct inet_reader *reader, struct text *answer) {
    enum { EMPTY_OUTPUT_QUEUE = 1 };
    while (reader->size > 0) {
        if (inet_read_8(reader) != EMPTY_OUTPUT_QUEUE)
            return ATOM_einval;
        inet_append_8(answer, EMPTY_OUTPUT_QUEUE);
        inet_append_32(answer, (uint32_t)port->queued);
        if (port->queued > 0)
            inet_of(port)->subscriber = port->caller;
    }
    return INET_OK;
}

// ---- statistics

void inet_count(struct inet_count *count, size_t size) {
    double value = (double)size;
    count->packets++;
    count->bytes += size;
    if (size > count->largest)
        count->largest = (uint32_t)size;
    // Means over all packets so far; the deviation, with its sign, is that from the mean of its time.
    count->average += (value - count->average) / (double)count->packets;
    count->deviation += (value - count->average - count->deviation) / (double)count->packets;
}

enum statistic {
    RECEIVED_COUNT = 1,
    RECEIVED_LARGEST,
    RECEIVED_AVERAGE,
    RECEIVED_DEVIATION,
    SENT_COUNT,
    SENT_LARGEST,
    SENT_AVERAGE,
    SENT_PENDING,
    RECEIVED_BYTES,
    SENT_BYTES
};

static uint64_t statistic(const struct port *port, enum statistic which) {
    const struct inet *inet = inet_of(port);
    switch (which) {
    case RECEIVED_COUNT:
        return inet->received.packets;
    case RECEIVED_LARGEST:
        return inet->received.largest;
    case RECEIVED_AVERAGE:
        return (uint64_t)inet->received.average;
    case RECEIVED_DEVIATION:
        return (uint64_t)fabs(inet->received.deviation);
    case SENT_COUNT:
        return inet->sent.packets;
    case SENT_LARGEST:
        return inet->sent.largest;
    case SENT_AVERAGE:
        return (uint64_t)inet->sent.average;
    case SENT_PENDING:
        return port->queued;
    case RECEIVED_BYTES:
        return inet->received.bytes;
    case SENT_BYTES:
        return inet->sent.bytes;
    }
    return 0;
}

static term append_statistics(struct port *port, struct inet_reader *reader, struct text *answer) {
    while (reader->size > 0) {
        unsigned which = inet_read_8(reader);
        if (which < RECEIVED_COUNT || which > SENT_BYTES)
            return ATOM_einval;
        uint64_t value = statistic(port, (enum statistic)which);
        inet_append_8(answer, which);
        if (which == RECEIVED_BYTES || which == SENT_BYTES)
            inet_append_32(answer, (uint32_t)(value >> 32));
        inet_append_32(answer, (uint32_t)value);
    }
    return INET_OK;
}

term inet_serve(struct port *port, unsigned request, struct inet_reader *reader, struct text *answer) {
    switch (request) {
    case INET_REQUEST_BIND:
        return bind_socket(port, reader, answer);
    case INET_REQUEST_NAME:
    case INET_REQUEST_PEER:
        return inet_append_name(port, request, answer);
    case INET_REQUEST_NAMES:
    case INET_REQUEST_PEERS:
        return inet_append_names(port, request, answer);
    case INET_REQUEST_SET_NAME:
    case INET_REQUEST_SET_PEER:
        return inet_set_name(port, request, reader);
    case INET_REQUEST_STATISTICS:
        return append_statistics(port, reader, answer);
    case INET_REQUEST_HOST_NAME:
        return append_host_name(answer);
    case INET_REQUEST_DESCRIPTOR:
        return append_descriptor(port, answer);
    case INET_REQUEST_TYPE:
        return append_type(port, answer);
    case INET_REQUEST_STATUS:
        inet_append_32(answer, inet_of(port)->state | (port->busy ? INET_BUSY : 0));
        return INET_OK;
    case INET_REQUEST_SUBSCRIBE:
        return subscribe(port, reader, answer);
    case INET_REQUEST_INTERFACE_ADDRESSES:
        return inet_append_interfaces(answer);
    case INET_REQUEST_INTERFACE_LIST:
        return inet_append_interface_names(port, answer);
    case INET_REQUEST_INTERFACE_GET:
        return inet_interface_get(port, reader, answer);
    case INET_REQUEST_INTERFACE_SET:
        return inet_interface_set(port, reader);
    case INET_REQUEST_SERVICE_BY_NAME:
        return inet_service_by_name(reader, answer);
    case INET_REQUEST_SERVICE_BY_PORT:
        return inet_service_by_port(reader, answer);
    default:
        return ATOM_exbadport;
    }
}

// ---- messages

void inet_reply(struct port *port, term to, term reason) {
    struct heap builder = {0};
    if (to == NONE)
        return;
    term status = reason == NONE ? ATOM_ok : heap_tuple_of(&builder, 2, ATOM_error, reason);
    proc_send_built(to, &builder, heap_tuple_of(&builder, 3, ATOM_inet_reply, port->id, status));
}

term inet_data(const struct inet *inet, struct heap *builder, const uint8_t *bytes, size_t size) {
    if (!inet->binary)
        return heap_string(builder, (const char *)bytes, size);
    size_t header = inet->header < size ? inet->header : size;
    // A header that takes all leaves nothing, and ends the list properly.
    term data = header == size && header > 0 ? NIL : heap_binary(builder, bytes + header, size - header);
    for (size_t i = header; i > 0; i--)
        data = heap_cons(builder, SMALL(bytes[i - 1]), data);
    return data;
}

void inet_port_data(struct port *port, struct heap *builder, const void *bytes, size_t size) {
    term data = port->flags & PORT_BINARY ? heap_binary(builder, bytes, size) : heap_string(builder, bytes, size);
    port_message(port, builder, heap_tuple_of(builder, 2, ATOM_data, data));
}

void inet_message(struct port *port, term tag) {
    struct heap builder = {0};
    proc_send_built(port->owner, &builder, heap_tuple_of(&builder, 2, tag, port->id));
}

void inet_message_with(struct port *port, struct heap *builder, term tag, term value) {
    proc_send_built(port->owner, builder, heap_tuple_of(builder, 3, tag, port->id, value));
}

void inet_tell_passive(struct port *port) {
    inet_message(port, inet_of(port)->type == SOCK_STREAM ? ATOM_tcp_passive : ATOM_udp_passive);
}

void inet_spend_active(struct port *port) {
    struct inet *inet = inet_of(port);
    if (inet->active == INET_ONCE) {
        inet->active = INET_PASSIVE;
    } else if (inet->active == INET_COUNTED && --inet->active_count == 0) {
        inet->active = INET_PASSIVE;
        inet_tell_passive(port);
    }
}
