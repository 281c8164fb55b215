// Input: bytes from a descriptor, cut into what the owner asked for: as they come, packets with a length in front, or
// lines.

#include "io/port.h"

#include <errno.h>
#include <unistd.h>

#include "io/port_trace.h"
#include "io/port_work.h"
#include "io/posix_error.h"
#include "sys/sys.h"

#define READ_SIZE (64 << 10)
#define BREAK_PAUSE 100000000 // ns: how often a port looks whether the menu of ^C is gone

// ---- messages

static term data_term(struct port *port, struct heap *builder, const uint8_t *bytes, size_t size) {
    return port->flags & PORT_BINARY ? heap_binary(builder, bytes, size)
                                     : heap_string(builder, (const char *)bytes, size);
}

static void send_data(struct port *port, struct heap *builder, term data) {
    port_message(port, builder, heap_tuple_of(builder, 2, ATOM_data, data));
}

static void send_bytes(struct port *port, const uint8_t *bytes, size_t size) {
    struct heap builder = {0};
    if (port->channel) {
        port->channel->input(port, bytes, size);
        return;
    }
    send_data(port, &builder, data_term(port, &builder, bytes, size));
}

static void send_line(struct port *port, const uint8_t *bytes, size_t size, term ending) {
    struct heap builder = {0};
    term line = data_term(port, &builder, bytes, size);
    send_data(port, &builder, heap_tuple_of(&builder, 2, ending, line));
}

// ---- framing: each returns how many bytes of the front it has sent, 0 when it needs more

static size_t take_packet(struct port *port, const uint8_t *bytes, size_t size) {
    size_t header = port->packet_bytes, length = 0;
    if (size < header)
        return 0;
    for (size_t i = 0; i < header; i++)
        length = length << 8 | bytes[i];
    if (size - header < length)
        return 0;
    send_bytes(port, bytes + header, length);
    return header + length;
}

static size_t take_line(struct port *port, const uint8_t *bytes, size_t size) {
    size_t limit = port->line_limit;
    const uint8_t *newline = memchr(bytes, '\n', size <= limit ? size : limit + 1);
    if (newline) {
        size_t length = (size_t)(newline - bytes);
        send_line(port, bytes, length, ATOM_eol);
        return length + 1;
    }
    if (size <= limit) // a newline may still come right behind
        return 0;
    send_line(port, bytes, limit, ATOM_noeol);
    return limit;
}

static size_t take_frame(struct port *port, const uint8_t *bytes, size_t size) {
    switch (port->framing) {
    case FRAMING_PACKET:
        return take_packet(port, bytes, size);
    case FRAMING_LINE:
        return take_line(port, bytes, size);
    case FRAMING_STREAM:
        break;
    }
    send_bytes(port, bytes, size);
    return size;
}

static size_t take_frames(struct port *port, const uint8_t *bytes, size_t size) {
    size_t used = 0;
    while (used < size) {
        size_t taken = take_frame(port, bytes + used, size - used);
        if (taken == 0)
            break;
        used += taken;
    }
    return used;
}

static void keep(struct port *port, const uint8_t *bytes, size_t size) {
    if (port->partial_size + size > port->partial_room) {
        port->partial_room = (port->partial_size + size) * 2;
        port->partial = sys_realloc(port->partial, port->partial_room);
    }
    memcpy(port->partial + port->partial_size, bytes, size);
    port->partial_size += size;
}

void port_input_bytes(struct port *port, const uint8_t *bytes, size_t size) {
    port->input_bytes += size;
    if (port->partial_size == 0) {
        size_t used = take_frames(port, bytes, size);
        if (used < size)
            keep(port, bytes + used, size - used);
        return;
    }
    keep(port, bytes, size);
    size_t used = take_frames(port, port->partial, port->partial_size);
    port->partial_size -= used;
    memmove(port->partial, port->partial + used, port->partial_size);
}

// ---- the end

static void send_exit_status(struct port *port) {
    struct heap builder = {0};
    port_message(port, &builder, heap_tuple_of(&builder, 2, ATOM_exit_status, SMALL(port->exit_status)));
}

static void end(struct port *port) {
    struct heap builder = {0};
    if (port->flags & PORT_EXIT_STATUS)
        send_exit_status(port);
    if (port->framing == FRAMING_LINE && port->partial_size > 0)
        send_line(port, port->partial, port->partial_size, ATOM_noeol);
    port->partial_size = 0;
    if (port->flags & PORT_EOF)
        port_message(port, &builder, ATOM_eof);
    else
        port_close(port, ATOM_normal);
}

void port_input_end(struct port *port) {
    port->input_ended = true;
    if (!(port->flags & PORT_EXIT_STATUS) || port->program_ended)
        end(port);
}

void port_program_end(struct port *port, int status) {
    port->program_ended = true;
    port->exit_status = status;
    if (port->input_ended || port->input.descriptor < 0)
        end(port);
}

// ---- the descriptor

static void input_timer_fired(struct timer *timer) {
    struct port *port = (struct port *)((char *)timer - offsetof(struct port, input_timer));
    port_input_ready(&port->input, POLL_READ);
}

void port_input_arm(struct port *port) {
    if (port->input.descriptor >= 0 && poll_arm(&port->input, POLL_READ) != 0)
        timer_start(&port->input_timer, 0, input_timer_fired); // regular files cannot be polled, and are always ready
}

static void read_some(struct port *port) {
    uint8_t *bytes = sys_alloc(READ_SIZE);
    ssize_t got = read(port->input.descriptor, bytes, READ_SIZE);
    int error = errno;
    if (got > 0)
        (port->driver->input ? port->driver->input : port_input_bytes)(port, bytes, (size_t)got);
    sys_free(bytes);
    if (got > 0 || (got < 0 && (error == EAGAIN || error == EINTR)))
        port_input_arm(port);
    else if (got == 0 || error == EIO) // EIO: a terminal whose other end is gone
        port_input_end(port);
    else
        port_close(port, posix_error_atom(error));
}

void port_input_ready(struct poll_source *source, unsigned events) {
    struct port *port = (struct port *)((char *)source - offsetof(struct port, input));
    if (!port_lock(port))
        return;
    port_work_begin(port, ATOM_input);
    port_trace_in(port, SMALL(0));
    if (io_in_break())
        timer_start(&port->input_timer, sys_monotonic_time() + BREAK_PAUSE, input_timer_fired);
    else
        read_some(port);
    if (port->state == PORT_OPEN)
        port_trace_out(port, SMALL(0));
    port_unlock(port);
}
