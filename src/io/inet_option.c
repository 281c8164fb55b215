// Options of sockets. Those that are the system's are in a table; the rest lies in struct inet or with the driver.

#define _GNU_SOURCE // IPV6_TCLASS

#include "io/inet.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>

#include "sys/sys.h"

#define OPTION_MIN 5 // bytes of an option with its number; what is left over is passed over, as on OTP
#define DATAGRAM_MAX (1 << 16)
#define RAW_MAX (1 << 16) // bytes of a raw option's value

struct system_option {
    int level, name;
    bool strict; // an error is told; with the others it is passed over, as on OTP
};

// By prim_inet's number; level -1: none.
static struct system_option system_option(unsigned option) {
    static const struct system_option options[] = {
        [0] = {SOL_SOCKET, SO_REUSEADDR, false},       [1] = {SOL_SOCKET, SO_KEEPALIVE, false},
        [2] = {SOL_SOCKET, SO_DONTROUTE, false},       [4] = {SOL_SOCKET, SO_BROADCAST, false},
        [6] = {SOL_SOCKET, SO_SNDBUF, false},          [7] = {SOL_SOCKET, SO_RCVBUF, false},
        [8] = {SOL_SOCKET, SO_PRIORITY, true},         [9] = {IPPROTO_IP, IP_TOS, true},
        [10] = {IPPROTO_TCP, TCP_NODELAY, false},      [12] = {IPPROTO_IP, IP_MULTICAST_TTL, false},
        [13] = {IPPROTO_IP, IP_MULTICAST_LOOP, false}, [16] = {IPPROTO_IPV6, IPV6_V6ONLY, true},
        [41] = {IPPROTO_IPV6, IPV6_TCLASS, true},      [43] = {IPPROTO_IP, IP_RECVTOS, true},
        [44] = {IPPROTO_IPV6, IPV6_RECVTCLASS, true},  [46] = {IPPROTO_IP, IP_TTL, true},
        [47] = {IPPROTO_IP, IP_RECVTTL, true},         [48] = {IPPROTO_TCP, TCP_CORK, false},
    };
    if (option >= sizeof options / sizeof *options || options[option].name == 0)
        return (struct system_option){.level = -1};
    return options[option];
}

// An option of one driver that the other does not have: setting it does nothing, and asking for it tells nothing.
static bool is_elsewhere(unsigned option) {
    switch (option) {
    case INET_OPTION_PACKET:
    case INET_OPTION_PACKET_SIZE:
    case INET_OPTION_HIGH_WATERMARK:
    case INET_OPTION_LOW_WATERMARK:
    case INET_OPTION_SEND_TIMEOUT:
    case INET_OPTION_SEND_TIMEOUT_CLOSE:
    case INET_OPTION_DELAY_SEND:
    case INET_OPTION_SHOW_RESET:
    case INET_OPTION_READ_PACKETS:
        return true;
    default:
        return false;
    }
}

// ---- setting

// recvtos, recvtclass, recvttl: what is to be told beside a datagram.
static uint8_t ancillary_flag(unsigned option) {
    return option == 43 ? ANCILLARY_TOS : option == 44 ? ANCILLARY_TCLASS : option == 47 ? ANCILLARY_TTL : 0;
}

static term set_system(struct port *port, unsigned number, struct inet_reader *reader) {
    struct system_option option = system_option(number);
    struct inet *inet = inet_of(port);
    int value = (int)inet_read_32(reader);
    if (reader->bad)
        return ATOM_einval;
    bool failed = setsockopt(port->output.descriptor, option.level, option.name, &value, sizeof value) < 0;
    if (failed && option.strict)
        return ATOM_einval; // whatever the system says
    if (!failed && value)
        inet->ancillary |= ancillary_flag(number);
    else if (!failed)
        inet->ancillary &= (uint8_t)~ancillary_flag(number);
    return INET_OK;
}

static term set_linger(struct port *port, struct inet_reader *reader) {
    struct linger linger;
    linger.l_onoff = (int)inet_read_32(reader);
    linger.l_linger = (int)inet_read_32(reader);
    if (reader->bad)
        return ATOM_einval;
    inet_of(port)->no_linger = linger.l_onoff && linger.l_linger == 0;
    setsockopt(port->output.descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    return INET_OK;
}

// Counted: the number is added to what is left; at zero or below the socket is passive, which its owner is told.
static term set_active(struct port *port, struct inet_reader *reader) {
    struct inet *inet = inet_of(port);
    uint32_t active = inet_read_32(reader);
    int count = active == INET_COUNTED ? (int16_t)inet_read_16(reader) + inet->active_count : 0;
    if (reader->bad || active > INET_COUNTED || count > INT16_MAX || count < INT16_MIN)
        return ATOM_einval;
    inet->active_count = (int16_t)(count > 0 ? count : 0);
    if (active == INET_COUNTED && count <= 0) {
        inet->active = INET_PASSIVE;
        inet_tell_passive(port);
    } else {
        inet->active = (uint8_t)active;
    }
    return INET_OK;
}

// Level, name, and the value's bytes behind their size. An error is passed over.
static term set_raw(struct port *port, struct inet_reader *reader) {
    int level = (int)inet_read_32(reader), name = (int)inet_read_32(reader);
    size_t size = inet_read_32(reader);
    const uint8_t *value = inet_read_bytes(reader, size);
    if (reader->bad)
        return ATOM_einval;
    setsockopt(port->output.descriptor, level, name, value, (socklen_t)size);
    return INET_OK;
}

static term set_device(struct port *port, struct inet_reader *reader) {
    char name[IFNAMSIZ] = {0};
    size_t size = inet_read_32(reader);
    const uint8_t *bytes = inet_read_bytes(reader, size);
    if (reader->bad || size >= sizeof name)
        return ATOM_einval;
    memcpy(name, bytes, size);
    if (setsockopt(port->output.descriptor, SOL_SOCKET, SO_BINDTODEVICE, name, sizeof name) < 0)
        return ATOM_einval;
    return INET_OK;
}

static term set_network_namespace(struct port *port, struct inet_reader *reader) {
    struct inet *inet = inet_of(port);
    size_t size = inet_read_32(reader);
    const uint8_t *path = inet_read_bytes(reader, size);
    if (reader->bad)
        return ATOM_einval;
    sys_free(inet->network_namespace);
    inet->network_namespace = sys_alloc(size + 1);
    memcpy(inet->network_namespace, path, size);
    inet->network_namespace[size] = 0;
    return INET_OK;
}

static term set_own(struct port *port, unsigned option, struct inet_reader *reader) {
    struct inet *inet = inet_of(port);
    uint32_t value = inet_read_32(reader);
    if (reader->bad)
        return ATOM_einval;
    switch (option) {
    case INET_OPTION_BUFFER:
        inet->buffer_size = value < 1 || value > INT32_MAX ? 1 : value;
        inet->buffer_chosen = true;
        return INET_OK;
    case INET_OPTION_HEADER:
        inet->header = value;
        return INET_OK;
    case INET_OPTION_MODE:
        inet->binary = value != 0;
        return INET_OK;
    case INET_OPTION_DELIVER:
        inet->deliver_port = value == 0;
        return INET_OK;
    case INET_OPTION_EXIT_ON_CLOSE:
        inet->exit_on_close = value != 0;
        return INET_OK;
    case INET_OPTION_QUEUE_HIGH_WATERMARK: // commands are not queued as messages
    case INET_OPTION_QUEUE_LOW_WATERMARK:
    case INET_OPTION_DEBUG:
        return INET_OK;
    default:
        return is_elsewhere(option) ? INET_OK : ATOM_einval;
    }
}

static term set_receive_buffer(struct port *port, struct inet_reader *reader) {
    struct inet *inet = inet_of(port);
    struct inet_reader copy = *reader;
    uint32_t size = inet_read_32(&copy);
    if (!inet->buffer_chosen && !copy.bad && size <= INT32_MAX && size > inet->buffer_size)
        inet->buffer_size = inet->type == SOCK_DGRAM && size > DATAGRAM_MAX ? DATAGRAM_MAX : size;
    return set_system(port, INET_OPTION_RECEIVE_BUFFER, reader);
}

static term set_option(struct port *port, unsigned option, struct inet_reader *reader, inet_option_setter *set) {
    term reason = set(port, option, reader);
    if (reason != INET_NO_OPTION)
        return reason;
    switch (option) {
    case INET_OPTION_LINGER:
        return set_linger(port, reader);
    case INET_OPTION_RAW:
        return set_raw(port, reader);
    case INET_OPTION_MULTICAST_INTERFACE:
        return inet_set_multicast_interface(port, reader);
    case INET_OPTION_ADD_MEMBERSHIP:
    case INET_OPTION_DROP_MEMBERSHIP:
        return inet_set_membership(port, option == INET_OPTION_ADD_MEMBERSHIP, reader);
    case INET_OPTION_BIND_TO_DEVICE:
        return set_device(port, reader);
    case INET_OPTION_NETWORK_NAMESPACE:
        return set_network_namespace(port, reader);
    case INET_OPTION_ACTIVE:
        return set_active(port, reader);
    case INET_OPTION_RECEIVE_BUFFER:
        return set_receive_buffer(port, reader);
    default:
        return system_option(option).level >= 0 ? set_system(port, option, reader) : set_own(port, option, reader);
    }
}

term inet_set_options(struct port *port, struct inet_reader *reader, inet_option_setter *set) {
    while (reader->size >= OPTION_MIN) {
        unsigned option = inet_read_8(reader);
        term reason = set_option(port, option, reader, set);
        if (reason != INET_OK)
            return reason;
    }
    return INET_OK;
}

// ---- getting: what the system refuses to tell is left out

static void get_system(struct port *port, unsigned number, struct system_option option, struct text *answer) {
    int value = 0;
    socklen_t size = sizeof value;
    if (getsockopt(port->output.descriptor, option.level, option.name, &value, &size) < 0)
        return;
    inet_append_8(answer, number);
    inet_append_32(answer, (uint32_t)value);
}

static void get_linger(struct port *port, struct text *answer) {
    struct linger linger;
    socklen_t size = sizeof linger;
    if (getsockopt(port->output.descriptor, SOL_SOCKET, SO_LINGER, &linger, &size) < 0)
        return;
    inet_append_8(answer, INET_OPTION_LINGER);
    inet_append_32(answer, (uint32_t)linger.l_onoff);
    inet_append_32(answer, (uint32_t)linger.l_linger);
}

// Asked with level, name, and either a size (after a byte 0) or the value to begin with (after a byte 1).
static term get_raw(struct port *port, struct inet_reader *reader, struct text *answer) {
    uint32_t level = inet_read_32(reader), name = inet_read_32(reader);
    bool given = inet_read_8(reader) != 0;
    size_t size = inet_read_32(reader);
    if (!given && size > RAW_MAX)
        return ATOM_einval;
    const uint8_t *begin = given ? inet_read_bytes(reader, size) : NULL;
    if (reader->bad)
        return ATOM_einval;
    uint8_t *value = sys_alloc_zero(size + 1);
    socklen_t room = (socklen_t)size;
    if (given)
        memcpy(value, begin, size);
    if (getsockopt(port->output.descriptor, (int)level, (int)name, value, &room) == 0) {
        inet_append_8(answer, INET_OPTION_RAW);
        inet_append_32(answer, level);
        inet_append_32(answer, name);
        inet_append_32(answer, room);
        text_append(answer, value, room);
    }
    sys_free(value);
    return INET_OK;
}

static void append_string(struct text *answer, unsigned option, const char *string, size_t size) {
    inet_append_8(answer, option);
    inet_append_32(answer, (uint32_t)size);
    text_append(answer, string, size);
}

static void get_device(struct port *port, struct text *answer) {
    char name[IFNAMSIZ] = {0};
    socklen_t size = sizeof name;
    if (getsockopt(port->output.descriptor, SOL_SOCKET, SO_BINDTODEVICE, name, &size) == 0)
        append_string(answer, INET_OPTION_BIND_TO_DEVICE, name, strnlen(name, size));
}

static bool get_own(struct port *port, unsigned option, struct text *answer) {
    const struct inet *inet = inet_of(port);
    uint32_t value;
    switch (option) {
    case INET_OPTION_BUFFER:
        value = inet->buffer_size;
        break;
    case INET_OPTION_HEADER:
        value = inet->header;
        break;
    case INET_OPTION_MODE:
        value = inet->binary;
        break;
    case INET_OPTION_DELIVER:
        value = !inet->deliver_port;
        break;
    case INET_OPTION_EXIT_ON_CLOSE:
        value = inet->exit_on_close;
        break;
    case INET_OPTION_ACTIVE:
        value = inet->active;
        break;
    case INET_OPTION_QUEUE_HIGH_WATERMARK:
        value = 8192;
        break;
    case INET_OPTION_QUEUE_LOW_WATERMARK:
        value = 4096;
        break;
    case INET_OPTION_DEBUG:
    case INET_OPTION_PACKET: // of datagrams; streams have them with the driver
    case INET_OPTION_PACKET_SIZE:
        value = 0;
        break;
    default:
        return false;
    }
    inet_append_8(answer, option);
    inet_append_32(answer, value);
    if (option == INET_OPTION_ACTIVE && value == INET_COUNTED)
        inet_append_16(answer, (uint16_t)inet->active_count);
    return true;
}

static term get_option(struct port *port, unsigned option, struct inet_reader *reader, struct text *answer) {
    const struct inet *inet = inet_of(port);
    struct system_option of_system = system_option(option);
    switch (option) {
    case INET_OPTION_LINGER:
        get_linger(port, answer);
        return INET_OK;
    case INET_OPTION_RAW:
        return get_raw(port, reader, answer);
    case INET_OPTION_MULTICAST_INTERFACE:
        return inet_get_multicast_interface(port, answer);
    case INET_OPTION_BIND_TO_DEVICE:
        get_device(port, answer);
        return INET_OK;
    case INET_OPTION_PACKET_OPTIONS:
        inet_get_packet_options(port, answer);
        return INET_OK;
    case INET_OPTION_NETWORK_NAMESPACE:
        if (inet->network_namespace)
            append_string(answer, option, inet->network_namespace, strlen(inet->network_namespace));
        return INET_OK;
    default:
        if (of_system.level >= 0)
            get_system(port, option, of_system, answer);
        else if (!get_own(port, option, answer) && !is_elsewhere(option))
            return ATOM_einval;
        return INET_OK;
    }
}

term inet_get_options(struct port *port, struct inet_reader *reader, struct text *answer, inet_option_getter *get) {
    while (reader->size > 0) {
        unsigned option = inet_read_8(reader);
        if (get(port, option, answer))
            continue;
        term reason = get_option(port, option, reader, answer);
        if (reason != INET_OK)
            return reason;
    }
    return INET_OK;
}
