// Sockets as ports: what the drivers tcp_inet and udp_inet share. Private to io/.
//
// prim_inet.erl drives a socket through port_control: a request's number and bytes, answered by a byte that says
// whether it went well and then by bytes, or by the name of the error. What takes time is answered by a number of 16
// bits alone, and later by a message {inet_async, Socket, Number, Result} to the process that asked. Data to be sent
// comes through port_command and is answered by {inet_reply, Socket, ok | {error, Reason}}.
//
// The numbers are those of OTP's inet_int.hrl. All functions run with the port locked, unless they say otherwise.
//
//   file              what
//   inet.c            requests that all sockets understand; messages to the owner
//   inet_address.c    addresses as bytes
//   inet_name.c       the addresses of a socket and of its peer
//   inet_option.c     options: a table for those of the system, the rest in struct inet
//   inet_multicast.c, inet_ancillary.c    those of their options that are no plain numbers
//   inet_interface.c  network interfaces, names of services
//   inet_operation.c  what processes wait for, and until when
//   tcp*.c            the driver tcp_inet
//   udp.c             the driver udp_inet

#ifndef PURLIN_IO_INET_H
#define PURLIN_IO_INET_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "io/port.h"
#include "term/print.h"

// ---- numbers ------------------------------------------------------------------------------------------------------

#define INET_CONTROL_BASE 0x03f1a300
#define INET_FOREVER UINT32_MAX // a time limit

enum inet_reply { INET_REPLY_ERROR = 0, INET_REPLY_OK = 1 };

enum inet_family_number {
    INET_FAMILY_UNSPECIFIED = 0,
    INET_FAMILY_INET = 1,
    INET_FAMILY_INET6 = 2,
    INET_FAMILY_ANY = 3,
    INET_FAMILY_LOOPBACK = 4,
    INET_FAMILY_LOCAL = 5,
    INET_FAMILY_UNDEFINED = 6,
};

enum inet_type_number { INET_TYPE_STREAM = 1, INET_TYPE_DATAGRAM = 2 };

enum inet_request {
    INET_REQUEST_OPEN = 1,
    INET_REQUEST_CLOSE = 2,
    INET_REQUEST_CONNECT = 3,
    INET_REQUEST_PEER = 4,
    INET_REQUEST_NAME = 5,
    INET_REQUEST_BIND = 6,
    INET_REQUEST_SET_OPTIONS = 7,
    INET_REQUEST_GET_OPTIONS = 8,
    INET_REQUEST_STATISTICS = 11,
    INET_REQUEST_HOST_NAME = 12,
    INET_REQUEST_ADOPT_DESCRIPTOR = 13,
    INET_REQUEST_DESCRIPTOR = 14,
    INET_REQUEST_TYPE = 15,
    INET_REQUEST_STATUS = 16,
    INET_REQUEST_SERVICE_BY_NAME = 17,
    INET_REQUEST_SERVICE_BY_PORT = 18,
    INET_REQUEST_SET_NAME = 19,
    INET_REQUEST_SET_PEER = 20,
    INET_REQUEST_INTERFACE_LIST = 21,
    INET_REQUEST_INTERFACE_GET = 22,
    INET_REQUEST_INTERFACE_SET = 23,
    INET_REQUEST_SUBSCRIBE = 24,
    INET_REQUEST_INTERFACE_ADDRESSES = 25,
    INET_REQUEST_ACCEPT = 26,
    INET_REQUEST_LISTEN = 27,
    INET_REQUEST_IGNORE_DESCRIPTOR = 28,
    INET_REQUEST_NAMES = 29,
    INET_REQUEST_PEERS = 30,
    INET_REQUEST_RECEIVE = 42,
    INET_REQUEST_UNRECEIVE = 43,
    INET_REQUEST_SHUTDOWN = 44,
    INET_REQUEST_SEND_FILE = 45,
    INET_REQUEST_RECEIVE_DATAGRAM = 60,
};

// ---- a socket -----------------------------------------------------------------------------------------------------

// What getstatus tells, as bits.
enum inet_state {
    INET_CLOSED = 0,
    INET_OPEN = 1,
    INET_CONNECTED = 4,
    INET_LISTENING = 8,
    INET_CONNECTING = 0x10,
    INET_ACCEPTING = 0x20,
    INET_BUSY = 0x80,
};

enum inet_active { INET_PASSIVE, INET_ACTIVE, INET_ONCE, INET_COUNTED };

struct inet_count {
    uint64_t packets, bytes;
    uint32_t largest;
    double average, deviation;
};

struct inet_operation;
struct inet_address;

// port->output.descriptor is the socket, which polls for both directions.
struct inet {
    int type;       // SOCK_STREAM, SOCK_DGRAM
    int family;     // AF_INET, AF_INET6, AF_UNIX
    unsigned state; // enum inet_state
    bool binary, deliver_port, exit_on_close;
    bool buffer_chosen; // by the option `buffer`: recbuf does not change it any more
    bool ignored;       // somebody else reads and writes the descriptor
    bool no_linger;     // closing drops what is queued
    uint8_t ancillary;  // enum inet_ancillary_flag: what is told beside a datagram
    uint8_t active;     // enum inet_active
    int16_t active_count;
    uint16_t next_number; // of operations
    uint32_t header;      // bytes that come as a list before a binary
    uint32_t buffer_size; // the most that is given out at a time
    struct inet_operation *operations, **operations_end;
    char *network_namespace;                    // a path, or NULL
    struct inet_address *told_name, *told_peer; // what a program wants told in their place, or NULL
    term subscriber;                            // a pid that wants to hear when nothing is queued any more, or NONE
    struct inet_count received, sent;
};

static inline struct inet *inet_of(const struct port *port) {
    return port->driver_data;
}

#define INET_BUFFER_DEFAULT 1460 // OTP's

void inet_init(struct inet *inet, int type);
void inet_end(struct inet *inet); // frees what lies outside of the structure

// ---- requests -----------------------------------------------------------------------------------------------------

// Bytes of a request that are yet to be read. The readers return 0 when there are too few and then set `bad`.
struct inet_reader {
    const uint8_t *bytes;
    size_t size;
    bool bad;
};
uint8_t inet_read_8(struct inet_reader *reader);
uint16_t inet_read_16(struct inet_reader *reader);
uint32_t inet_read_32(struct inet_reader *reader);
uint64_t inet_read_64(struct inet_reader *reader);
const uint8_t *inet_read_bytes(struct inet_reader *reader, size_t size);
void inet_append_8(struct text *answer, unsigned value);
void inet_append_16(struct text *answer, unsigned value);
void inet_append_32(struct text *answer, uint32_t value);

// What serves a request: appends the answer; returns INET_OK, or an atom that says what is wrong.
#define INET_OK NONE
typedef term inet_server(struct port *port, unsigned request, struct inet_reader *reader, struct text *answer);
// A driver's `control`: makes what `serve` says into the reply's bytes. True.
bool inet_control(struct port *port, unsigned operation, const uint8_t *bytes, size_t size, struct text *answer,
                  inet_server *serve);
// The requests that are the same for all sockets.
inet_server inet_serve;
term inet_open(struct port *port, struct inet_reader *reader);
term inet_adopt(struct port *port, struct inet_reader *reader); // a descriptor that is open already
term inet_ignore(struct port *port, struct inet_reader *reader);
term inet_errno(void); // errno as an atom

// ---- addresses ----------------------------------------------------------------------------------------------------

struct inet_address {
    socklen_t size;
    union {
        struct sockaddr any;
        struct sockaddr_in inet;
        struct sockaddr_in6 inet6;
        struct sockaddr_un local;
        struct sockaddr_storage storage;
    };
};
// `family`: of the socket, for addresses that leave it open. INET_OK, einval or eafnosupport.
term inet_address_read(struct inet_address *address, int family, struct inet_reader *reader);
void inet_address_append(struct text *answer, const struct inet_address *address);
int inet_family_from_number(unsigned number); // AF_..., or -1

// sockname and peername; the same as lists; setting what they tell.
term inet_append_name(struct port *port, unsigned request, struct text *answer);
term inet_append_names(struct port *port, unsigned request, struct text *answer);
term inet_set_name(struct port *port, unsigned request, struct inet_reader *reader);

// ---- options ------------------------------------------------------------------------------------------------------

// Sets an option that only one driver knows, with the bytes after its number in `reader`. INET_OK, einval, or
// INET_NO_OPTION.
#define INET_NO_OPTION ATOM_false
enum inet_option_number {
    INET_OPTION_LINGER = 3,
    INET_OPTION_RECEIVE_BUFFER = 7,
    INET_OPTION_MULTICAST_INTERFACE = 11,
    INET_OPTION_ADD_MEMBERSHIP = 14,
    INET_OPTION_DROP_MEMBERSHIP = 15,
    INET_OPTION_BUFFER = 20,
    INET_OPTION_HEADER = 21,
    INET_OPTION_ACTIVE = 22,
    INET_OPTION_PACKET = 23,
    INET_OPTION_MODE = 24,
    INET_OPTION_DELIVER = 25,
    INET_OPTION_EXIT_ON_CLOSE = 26,
    INET_OPTION_HIGH_WATERMARK = 27,
    INET_OPTION_LOW_WATERMARK = 28,
    INET_OPTION_SEND_TIMEOUT = 30,
    INET_OPTION_DELAY_SEND = 31,
    INET_OPTION_PACKET_SIZE = 32,
    INET_OPTION_READ_PACKETS = 33,
    INET_OPTION_RAW = 34,
    INET_OPTION_SEND_TIMEOUT_CLOSE = 35,
    INET_OPTION_QUEUE_HIGH_WATERMARK = 36,
    INET_OPTION_QUEUE_LOW_WATERMARK = 37,
    INET_OPTION_NETWORK_NAMESPACE = 38,
    INET_OPTION_SHOW_RESET = 39,
    INET_OPTION_LINE_DELIMITER = 40,
    INET_OPTION_BIND_TO_DEVICE = 42,
    INET_OPTION_PACKET_OPTIONS = 45,
    INET_OPTION_DEBUG = 99,
};
typedef term inet_option_setter(struct port *port, unsigned option, struct inet_reader *reader);
// Appends the value, as 32 bits; false when it is no option of this driver.
typedef bool inet_option_getter(struct port *port, unsigned option, struct text *answer);
term inet_set_options(struct port *port, struct inet_reader *reader, inet_option_setter *set);
term inet_get_options(struct port *port, struct inet_reader *reader, struct text *answer, inet_option_getter *get);

// ---- operations: what processes wait for --------------------------------------------------------------------------

enum inet_operation_kind { OPERATION_ACCEPT, OPERATION_CONNECT, OPERATION_RECEIVE, OPERATION_SEND };

struct inet_operation {
    struct inet_operation *next;
    struct port *port;
    enum inet_operation_kind kind;
    uint16_t number;
    term caller;
    size_t length; // OPERATION_RECEIVE: bytes wanted, 0: what there is
    struct timer timer;
    // (locked) Its time is over, and it is still there.
    void (*expired)(struct inet_operation *operation);
};

// A new last operation of port->caller. `timeout`: milliseconds, or INET_FOREVER.
struct inet_operation *inet_operation_begin(struct port *port, enum inet_operation_kind kind, uint32_t timeout,
                                            void (*expired)(struct inet_operation *));
// The first of that kind, or NULL.
struct inet_operation *inet_operation_find(const struct port *port, enum inet_operation_kind kind);
void inet_operation_end(struct inet_operation *operation);
// Ends it and sends its caller {inet_async, Socket, Number, Result}; the builder holds `result`.
void inet_operation_reply(struct inet_operation *operation, struct heap *builder, term result);
void inet_operation_fail(struct inet_operation *operation, term reason); // {error, Reason}
// Ends all; those who wait for data, a connection or a peer are told the reason.
void inet_operations_fail(struct port *port, term reason);

// ---- messages -----------------------------------------------------------------------------------------------------

// {inet_reply, Socket, ok}, or {error, Reason} with a reason that is not NONE. Nothing when `to` is NONE.
void inet_reply(struct port *port, term to, term reason);
// A packet's bytes as the options say: a list, a binary, or a list of the first bytes that ends in a binary.
term inet_data(const struct inet *inet, struct heap *builder, const uint8_t *bytes, size_t size);
// {Socket, {data, Data}} to the owner, with the bytes as open_port said: a binary or a list.
void inet_port_data(struct port *port, struct heap *builder, const void *bytes, size_t size);
// {Tag, Socket} and {Tag, Socket, Value} to the owner.
void inet_message(struct port *port, term tag);
void inet_message_with(struct port *port, struct heap *builder, term tag, term value);
void inet_count(struct inet_count *count, size_t size);
// After data was given to an owner: an active socket may be passive now, which {tcp_passive, Socket} tells.
void inet_spend_active(struct port *port);
void inet_tell_passive(struct port *port);

// ---- ancillary data, multicast, interfaces ------------------------------------------------------------------------

enum inet_ancillary_flag { ANCILLARY_TOS = 1, ANCILLARY_TCLASS = 2, ANCILLARY_TTL = 4 };

#define INET_ANCILLARY_MAX 8 // control messages
struct inet_ancillary {
    alignas(struct cmsghdr) uint8_t bytes[INET_ANCILLARY_MAX * CMSG_SPACE(sizeof(int))];
};
// The list of what came with a message.
term inet_ancillary_list(struct heap *heap, struct msghdr *message);
// Reads options and makes them the message's control messages; false when one is no such option.
bool inet_ancillary_read(struct inet_reader *reader, struct inet_ancillary *ancillary, struct msghdr *message);
void inet_get_packet_options(struct port *port, struct text *answer);

term inet_set_multicast_interface(struct port *port, struct inet_reader *reader);
term inet_get_multicast_interface(struct port *port, struct text *answer);
term inet_set_membership(struct port *port, bool add, struct inet_reader *reader);

term inet_append_interfaces(struct text *answer);
term inet_append_interface_names(struct port *port, struct text *answer);
term inet_interface_get(struct port *port, struct inet_reader *reader, struct text *answer);
term inet_interface_set(struct port *port, struct inet_reader *reader);
term inet_service_by_name(struct inet_reader *reader, struct text *answer);
term inet_service_by_port(struct inet_reader *reader, struct text *answer);

#endif
