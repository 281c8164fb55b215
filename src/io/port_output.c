// Output: written at once as far as the descriptor takes it, the rest queued until it is ready again.

#include "io/port.h"

#include <errno.h>
#include <unistd.h>

#include "io/descriptor.h"
#include "io/posix_error.h"
#include "sys/sys.h"

struct chunk *chunk_new(size_t size) {
    struct chunk *chunk = sys_alloc(sizeof *chunk + size);
    chunk->next = NULL;
    chunk->size = size;
    chunk->sent = 0;
    return chunk;
}

void chunk_free(struct chunk *chunk) {
    sys_free(chunk);
}

static void drop_queue(struct port *port) {
    while (port->queue) {
        struct chunk *chunk = port->queue;
        port->queue = chunk->next;
        chunk_free(chunk);
    }
    port->queue_end = &port->queue;
    port->queued = 0;
}

// Writes from the front of the queue until it is empty or the descriptor takes no more; an errno ends the port.
static int write_queue(struct port *port) {
    while (port->queue) {
        struct chunk *chunk = port->queue;
        ssize_t put = write(port->output.descriptor, chunk->bytes + chunk->sent, chunk->size - chunk->sent);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno == EAGAIN ? 0 : errno;
        chunk->sent += (size_t)put;
        port->queued -= (size_t)put;
        if (chunk->sent < chunk->size)
            continue;
        port->queue = chunk->next;
        if (!port->queue)
            port->queue_end = &port->queue;
        chunk_free(chunk);
    }
    return 0;
}

static void update_busy(struct port *port) {
    if (!port->busy && port->queued >= port->busy_high) {
        port->busy = true;
    } else if (port->busy && port->queued <= port->busy_low) {
        port->busy = false;
        port_wake_waiting(port);
    }
}

static void write_and_arm(struct port *port) {
    int error = write_queue(port);
    if (error) {
        drop_queue(port);
        port_close(port, posix_error_atom(error));
        return;
    }
    update_busy(port);
    if (port->queue)
        poll_arm(&port->output, POLL_WRITE);
    else if (port->state == PORT_CLOSING)
        port_close(port, ATOM_normal);
}

void port_write(struct port *port, struct chunk *chunk) {
    if (port->output.descriptor < 0 || chunk->size == 0) {
        chunk_free(chunk);
        return;
    }
    bool waiting = port->queue; // the descriptor is armed already
    *port->queue_end = chunk;
    port->queue_end = &chunk->next;
    port->queued += chunk->size;
    if (waiting)
        update_busy(port);
    else
        write_and_arm(port);
}

void port_write_framed(struct port *port, struct chunk *chunk) {
    size_t size = chunk->size - port->packet_bytes;
    if (port->packet_bytes > 0 && port->packet_bytes < sizeof size && size >> (8 * port->packet_bytes)) {
        chunk_free(chunk);
        port_close(port, ATOM_einval);
        return;
    }
    for (unsigned i = 0; i < port->packet_bytes; i++)
        chunk->bytes[i] = (uint8_t)(size >> (8 * (port->packet_bytes - 1 - i)));
    port_write(port, chunk);
}

void port_output_ready(struct poll_source *source, unsigned events) {
    struct port *port = (struct port *)((char *)source - offsetof(struct port, output));
    pthread_mutex_lock(&port->lock);
    port->running = source;
    if (port->state != PORT_CLOSED)
        write_and_arm(port);
    port_unlock(port);
}

void port_flush(struct port *port) {
    pthread_mutex_lock(&port->lock);
    if (port->state != PORT_CLOSED && port->queue) {
        descriptor_set_blocking(port->output.descriptor);
        write_queue(port);
        drop_queue(port);
    }
    pthread_mutex_unlock(&port->lock);
}
