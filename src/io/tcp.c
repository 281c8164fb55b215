// The driver tcp_inet: requests, options, events.

#include "io/tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "sys/sys.h"
#include "term/atom.h"

// ---- packets: prim_inet's numbers
#include "io/port_work.h"

static const enum packet_kind packet_kinds[] = {
    PACKET_RAW,   PACKET_1,           PACKET_2,       PACKET_4,           PACKET_ASN1,
    PACKET_SUNRM, PACKET_CDR,         PACKET_FCGI,    PACKET_LINE,        PACKET_TPKT,
    PACKET_HTTP,  PACKET_HTTP_HEADER, PACKET_SSL_TLS, PACKET_HTTP_BINARY, PACKET_HTTP_HEADER_BINARY,
};

static term set_packet(struct port *port, uint32_t number) {
    struct tcp *tcp = tcp_of(port);
    if (number >= sizeof packet_kinds / sizeof *packet_kinds)
        return ATOM_einval;
    tcp->packet = number;
    tcp->kind = packet_kinds[number];
    tcp->in_http_header = false;
    port->packet_bytes = tcp->kind == PACKET_1 ? 1 : tcp->kind == PACKET_2 ? 2 : tcp->kind == PACKET_4 ? 4 : 0;
    return INET_OK;
}

// ---- options

static term set_option(struct port *port, unsigned option, struct inet_reader *reader) {
    struct tcp *tcp = tcp_of(port);
    struct inet_reader peek = *reader;
    uint32_t value = inet_read_32(&peek);
    term reason = INET_OK;
    switch (option) {
    case INET_OPTION_PACKET:
        reason = set_packet(port, value);
        break;
    case INET_OPTION_PACKET_SIZE:
        tcp->packet_size = value;
        break;
    case INET_OPTION_LINE_DELIMITER:
        tcp->delimiter = (uint8_t)value;
        break;
    case INET_OPTION_HIGH_WATERMARK:
        port->busy_high = value;
        if (port->busy_low > value)
            port->busy_low = value;
        break;
    case INET_OPTION_LOW_WATERMARK:
        port->busy_low = value;
        if (port->busy_high < value)
            port->busy_high = value;
        break;
    case INET_OPTION_SEND_TIMEOUT:
        tcp->send_timeout = value;
        break;
    case INET_OPTION_SEND_TIMEOUT_CLOSE:
        tcp->send_timeout_close = value != 0;
        break;
    case INET_OPTION_DELAY_SEND:
        tcp->delay_send = value != 0;
        break;
    case INET_OPTION_SHOW_RESET:
        tcp->show_reset = value != 0;
        break;
    default:
        return INET_NO_OPTION;
    }
    *reader = peek;
    return reader->bad ? ATOM_einval : reason;
}

static bool get_option(struct port *port, unsigned option, struct text *answer) {
    const struct tcp *tcp = tcp_of(port);
    uint32_t value;
    switch (option) {
    case INET_OPTION_PACKET:
        value = tcp->packet;
        break;
    case INET_OPTION_PACKET_SIZE:
        value = tcp->packet_size;
        break;
    case INET_OPTION_HIGH_WATERMARK:
        value = (uint32_t)port->busy_high;
        break;
    case INET_OPTION_LOW_WATERMARK:
        value = (uint32_t)port->busy_low;
        break;
    case INET_OPTION_SEND_TIMEOUT:
        value = tcp->send_timeout;
        break;
    case INET_OPTION_SEND_TIMEOUT_CLOSE:
        value = tcp->send_timeout_close;
        break;
    case INET_OPTION_DELAY_SEND:
        value = tcp->delay_send;
        break;
    case INET_OPTION_SHOW_RESET:
        value = tcp->show_reset;
        break;
    default:
        return false;
    }
    inet_append_8(answer, option);
    inet_append_32(answer, value);
    return true;
}

// ---- requests

void tcp_close_descriptor(struct port *port) {
    struct inet *inet = inet_of(port);
    tcp_clear_input(port);
    port_drop_queue(port);
    port_close_descriptor(&port->output);
    inet->state = INET_CLOSED;
}

static term close_socket(struct port *port) {
    inet_operations_fail(port, ATOM_closed);
    tcp_close_descriptor(port);
    return INET_OK;
}

void tcp_tell_loss(struct port *port, term error) {
    struct heap builder = {0};
    if (error != NONE)
        inet_message_with(port, &builder, ATOM_tcp_error, error);
    inet_message(port, ATOM_tcp_closed);
    inet_of(port)->active = INET_PASSIVE;
    tcp_of(port)->loss_untold = false;
}

static void tell_old_loss(struct port *port) {
    struct tcp *tcp = tcp_of(port);
    tcp_tell_loss(port, tcp->reset_unsaid ? ATOM_econnreset : NONE);
    tcp->closed_unsaid_to_send = tcp->closed_unsaid_to_receive = tcp->reset_unsaid = false;
    if (tcp->inet.exit_on_close)
        port_close_told(port, ATOM_normal);
}

static term set_options(struct port *port, struct inet_reader *reader) {
    term reason = inet_set_options(port, reader, set_option);
    if (tcp_of(port)->loss_untold && inet_of(port)->active != INET_PASSIVE) {
        tell_old_loss(port);
        return reason;
    }
    tcp_receive(port);
    tcp_arm(port);
    return reason;
}

static term adopt(struct port *port, struct inet_reader *reader) {
    term reason = inet_adopt(port, reader);
    tcp_receive(port);
    tcp_arm(port);
    return reason;
}

static term ignore(struct port *port, struct inet_reader *reader) {
    term reason = inet_ignore(port, reader);
    tcp_receive(port);
    tcp_arm(port);
    return reason;
}

static term serve(struct port *port, unsigned request, struct inet_reader *reader, struct text *answer) {
    switch (request) {
    case INET_REQUEST_OPEN:
        return inet_open(port, reader);
    case INET_REQUEST_ADOPT_DESCRIPTOR:
        return adopt(port, reader);
    case INET_REQUEST_IGNORE_DESCRIPTOR:
        return ignore(port, reader);
    case INET_REQUEST_SEND_FILE:
        return tcp_send_file(port, request, reader, answer);
    case INET_REQUEST_CLOSE:
        return close_socket(port);
    case INET_REQUEST_CONNECT:
        return tcp_connect(port, request, reader, answer);
    case INET_REQUEST_LISTEN:
        return tcp_listen(port, request, reader, answer);
    case INET_REQUEST_ACCEPT:
        return tcp_accept(port, request, reader, answer);
    case INET_REQUEST_RECEIVE:
        return tcp_serve_receive(port, request, reader, answer);
    case INET_REQUEST_UNRECEIVE:
        return tcp_unreceive(port, request, reader, answer);
    case INET_REQUEST_SHUTDOWN:
        return tcp_shutdown(port, request, reader, answer);
    case INET_REQUEST_SET_OPTIONS:
        return set_options(port, reader);
    case INET_REQUEST_GET_OPTIONS:
        return inet_get_options(port, reader, answer, get_option);
    default:
        return inet_serve(port, request, reader, answer);
    }
}

static bool control(struct port *port, unsigned operation, const uint8_t *bytes, size_t size, struct text *answer) {
    return inet_control(port, operation, bytes, size, answer, serve);
}

// ---- events

// See `moderate`.
#define PIECES 16            // this many, one right behind the other, and the socket rests
#define PIECE_SIZE 4096      // bytes: each is smaller
#define PIECE_INTERVAL 30000 // ns: each comes sooner after the one before
#define PIECES_GATHER 100000 // ns: how long it rests

void tcp_arm(struct port *port) {
    struct inet *inet = inet_of(port);
    unsigned events = 0;
    if (port->state == PORT_CLOSED || port->output.descriptor < 0 || inet->ignored)
        return;
    if (port->queue || port->busy || tcp_of(port)->file || (inet->state & INET_CONNECTING))
        events |= POLL_WRITE;
    if ((tcp_wants_input(port) && !tcp_of(port)->rests) || inet_operation_find(port, OPERATION_ACCEPT))
        events |= POLL_READ;
    if (events)
        poll_arm(&port->output, events);
}

static void rested(struct timer *timer) {
    struct port *port = (struct port *)((char *)timer - offsetof(struct port, input_timer));
    if (!port_lock(port))
        return;
    tcp_of(port)->rests = false;
    tcp_of(port)->last_input = sys_monotonic_time();
    tcp_arm(port);
    port_unlock(port);
}

// A peer that writes every message by itself would wake us for each, and both sides would work for little more than
// that. When a channel gets little pieces in close order and nothing is said to the peer meanwhile, so that it waits
// for no answer, a few are let gather.
static void moderate(struct port *port, uint64_t input_before) {
    struct tcp *tcp = tcp_of(port);
    int64_t now = sys_monotonic_time();
    bool piece = port->input_bytes - input_before < PIECE_SIZE && now - tcp->last_input < PIECE_INTERVAL &&
                 port->output_bytes == tcp->last_output;
    tcp->pieces = piece ? tcp->pieces + 1 : 0;
    tcp->last_input = now;
    tcp->last_output = port->output_bytes;
    if (tcp->pieces < PIECES)
        return;
    tcp->rests = true;
    timer_start(&port->input_timer, now + PIECES_GATHER, rested);
}

static void receive(struct port *port) {
    uint64_t before = port->input_bytes;
    tcp_receive(port);
    if (port->state == PORT_OPEN && port->channel && !tcp_of(port)->rests)
        moderate(port, before);
}

static void ready(struct poll_source *source, unsigned events) {
    struct port *port = (struct port *)((char *)source - offsetof(struct port, output));
    pthread_mutex_lock(&port->lock);
    port_work_begin(port, events & POLL_READ ? ATOM_input : ATOM_output);
    unsigned state = port->state == PORT_CLOSED ? INET_CLOSED : inet_of(port)->state;
    if (state & INET_CONNECTING) {
        tcp_connect_ready(port);
    } else if (state & INET_LISTENING) {
        tcp_accept_ready(port);
    } else if (state & INET_CONNECTED) {
        if (events & POLL_WRITE)
            tcp_writable(port);
        if ((events & POLL_READ) && port->state == PORT_OPEN)
            receive(port);
    }
    if (port->state == PORT_CLOSING && !port->queue)
        port_close(port, ATOM_normal);
    if (port->state != PORT_CLOSED)
        tcp_arm(port);
    port_unlock(port);
}

// ---- the driver

static void stop(struct port *port) {
    inet_operations_fail(port, ATOM_closed);
    tcp_clear_input(port);
    tcp_file_fail(port, ATOM_closed);
    inet_end(inet_of(port));
    sys_free(port->driver_data);
}

// What nobody waits for is not kept, nor what is behind a file, nor what a socket without lingering has.
static bool keeps_output(const struct port *port) {
    const struct tcp *tcp = tcp_of(port);
    return (tcp->inet.state & INET_CONNECTED) && !tcp->inet.no_linger && !tcp->inet.ignored && !tcp->file;
}

// What the system keeps of a large message goes before all others': it is to keep no more than it needs.
#define UNSENT_MAX (64 << 10)

static void attached(struct port *port) {
    int bytes = UNSENT_MAX;
    setsockopt(port->output.descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

static const struct driver driver_tcp = {
    .name = "tcp_inet",
    .soft_busy = true,
    .takes_lists = true,
    .attached = attached,
    .output = tcp_output,
    .control = control,
    .keeps_output = keeps_output,
    .stop = stop,
};

static struct port *make(term owner, const char *title, const struct port_options *options) {
    struct port *port = port_new(&driver_tcp, owner, title, options);
    if (!port)
        return NULL;
    struct tcp *tcp = sys_alloc_zero(sizeof *tcp);
    inet_init(&tcp->inet, SOCK_STREAM);
    tcp->delimiter = '\n';
    tcp->send_timeout = INET_FOREVER;
    port->driver_data = tcp;
    port->output.ready = ready;
    return port;
}

struct port *tcp_port_new(term owner, term *error) {
    struct port *port = make(owner, "tcp_inet", &(struct port_options){.flags = PORT_IN | PORT_OUT});
    if (!port)
        *error = ATOM_system_limit;
    return port;
}

term port_open_tcp(struct process *self, const char *command, const struct port_options *options, term *error) {
    struct port *port = make(self->pid, command, options);
    if (!port)
        return *error = ATOM_system_limit, NONE;
    return port_opened(self, port, 0, error);
}
