// The driver tcp_inet: streams (TCP over IPv4 and IPv6, local streams). Private to io/.
//
//   file           what
//   tcp.c          requests and options; events of the descriptor; the driver's table
//   tcp_connect.c  how sockets come to be connected: connect, listen, accept
//   tcp_receive.c  input: cutting what comes into packets, giving them to who wants them
//   tcp_send.c     output: the queue, busy senders, shutting down
//   tcp_file.c     sendfile
//
// A connection that nothing has come for holds no buffer.

#ifndef PURLIN_IO_TCP_H
#define PURLIN_IO_TCP_H

#include "io/inet.h"
#include "term/packet.h"

struct tcp {
    struct inet inet; // first

    // packets
    uint32_t packet; // enum packet_kind as prim_inet numbers them
    enum packet_kind kind;
    bool in_http_header; // the line with which a message begins has been seen
    uint8_t delimiter;
    uint32_t packet_size; // the longest allowed, 0: any

    // what has come in and was not given out yet: buffer[start..end)
    uint8_t *buffer;
    size_t start, end, room;

    uint32_t send_timeout; // milliseconds, or INET_FOREVER
    bool send_timeout_close, delay_send, show_reset;
    bool closed_unsaid_to_send; // the peer is gone: the next send fails with `closed` (then it is enotconn)
    bool closed_unsaid_to_receive;
    bool reset_unsaid; // ... or with econnreset
    bool loss_untold;  // the connection went while the socket was passive: the owner is told when it becomes active
    bool gathers;      // what is queued is not being written yet: more is about to come
    bool shut_pending; // shut down as soon as all is written
    bool shut_writing; // has been
    int shut_how;      // SHUT_WR or SHUT_RDWR, while pending

    // how a channel's input comes: see `moderate`
    int64_t last_input;   // ns
    uint64_t last_output; // port->output_bytes then
    uint32_t pieces;      // in close order
    bool rests;           // the socket is not armed for input, for a moment

    struct tcp_file *file; // being sent, behind what is queued; or NULL
};

static inline struct tcp *tcp_of(const struct port *port) {
    return port->driver_data;
}

// All with the port locked.

// Arms the socket for what it now waits for.
void tcp_arm(struct port *port);
struct port *tcp_port_new(term owner, term *error); // also in tcp.c; locked
// The socket is closed, its port goes on: later requests fail.
void tcp_close_descriptor(struct port *port);

inet_server tcp_connect, tcp_listen, tcp_accept;
void tcp_connect_ready(struct port *port);
void tcp_accept_ready(struct port *port);

// Gives out what there is while somebody wants it.
void tcp_receive(struct port *port);
inet_server tcp_serve_receive, tcp_unreceive;
void tcp_clear_input(struct port *port);
bool tcp_wants_input(const struct port *port);

void tcp_output(struct port *port, struct chunk *chunk);
void tcp_writable(struct port *port);
inet_server tcp_shutdown;
// Tells the owner that the connection is gone, first why when `error` is not NONE.
void tcp_tell_loss(struct port *port, term error);
inet_server tcp_send_file;
// Goes on with the file when the queue before it is empty.
void tcp_file_writable(struct port *port);
// It cannot be sent any more: its sender is told why.
void tcp_file_fail(struct port *port, term reason);

// Writing failed with that errno: the connection is of no use any more. `sender` gets a reply, unless it is NONE.
void tcp_send_failed(struct port *port, term sender, int error);
// A blocked sender is told, and the port is busy no more.
void tcp_release_sender(struct port *port, term reason);

#endif
