// Output: written at once as far as the descriptor takes it, the rest queued until it is ready again.

#include "io/port.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "io/descriptor.h"
#include "io/port_trace.h"
#include "io/port_work.h"
#include "io/posix_error.h"
#include "sys/sys.h"
#include "term/bits.h"
#include "term/iodata.h"
#include "term/print.h"

#define VECTORS_MAX 64
// Binaries shorter than that are copied when a command has more than so many parts, as on OTP.
#define SHORT_BINARY 256
#define FEW_PARTS 16

struct chunk *chunk_new(size_t size) {
    struct chunk *chunk = sys_alloc(sizeof *chunk + size);
    *chunk = (struct chunk){.size = size, .bytes = chunk->own};
    return chunk;
}

struct chunk *chunk_of_shared(struct shared_binary *shared, uint8_t *bytes, size_t size) {
    struct chunk *chunk = sys_alloc(sizeof *chunk);
    *chunk = (struct chunk){.size = size, .bytes = bytes, .shared = shared};
    return chunk;
}

// Appends what `copied` holds, and empties it.
static struct chunk **add_copied(struct chunk **end, struct text *copied) {
    if (copied->size == 0)
        return end;
    struct shared_binary *shared = shared_binary_new(copied->size);
    memcpy(shared->bytes, copied->bytes, copied->size);
    *end = chunk_of_shared(shared, shared->bytes, copied->size);
    copied->size = 0;
    return &(*end)->next;
}

struct chunk *chunks_of_iodata(term data) {
    struct chunk *first = NULL, **end = &first;
    struct text copied = {0};
    struct iodata_walk walk;
    iodata_walk_begin(&walk, data);
    for (unsigned parts = 0; iodata_next(&walk);) {
        size_t size = walk.piece.size / 8;
        bool shares = walk.piece_term != NONE && is_kind(walk.piece_term, KIND_SLICE) && walk.piece.offset == 0;
        if (shares && (size >= SHORT_BINARY || parts < FEW_PARTS)) {
            struct shared_binary *shared = (struct shared_binary *)boxed(walk.piece_term)[2];
            shared_binary_retain(shared);
            end = add_copied(end, &copied);
            *end = chunk_of_shared(shared, walk.piece.bytes, size);
            end = &(*end)->next;
            parts++;
            continue;
        }
        if (size > 0)
            bits_copy((uint8_t *)text_extend(&copied, size), 0, walk.piece);
    }
    iodata_walk_end(&walk);
    add_copied(end, &copied);
    text_free(&copied);
    return first;
}

void chunk_free(struct chunk *chunk) {
    while (chunk) {
        struct chunk *next = chunk->next;
        if (chunk->shared)
            shared_binary_release(chunk->shared);
        sys_free(chunk);
        chunk = next;
    }
}

size_t chunk_list_size(const struct chunk *chunk) {
    size_t size = 0;
    for (; chunk; chunk = chunk->next)
        size += chunk->size;
    return size;
}

void port_drop_queue(struct port *port) {
    chunk_free(port->queue);
    port->queue = NULL;
    port->queue_end = &port->queue;
    port->queued = 0;
}

size_t port_queue(struct port *port, struct chunk *chunks) {
    size_t size = 0;
    *port->queue_end = chunks;
    for (struct chunk *chunk = chunks; chunk; chunk = chunk->next) {
        size += chunk->size;
        port->queue_end = &chunk->next;
    }
    port->queued += size;
    return size;
}

static int fill_vectors(const struct port *port, struct iovec vectors[VECTORS_MAX]) {
    int count = 0;
    for (struct chunk *chunk = port->queue; chunk && count < VECTORS_MAX; chunk = chunk->next)
        vectors[count++] = (struct iovec){chunk->bytes + chunk->sent, chunk->size - chunk->sent};
    return count;
}

// `size` bytes of the front have been written.
static void advance(struct port *port, size_t size) {
    port->queued -= size;
    while (port->queue) {
        struct chunk *chunk = port->queue;
        size_t step = chunk->size - chunk->sent;
        if (step > size) {
            chunk->sent += size;
            return;
        }
        size -= step;
        port->queue = chunk->next;
        if (!port->queue)
            port->queue_end = &port->queue;
        chunk->next = NULL;
        chunk_free(chunk);
    }
}

int port_write_queue(struct port *port) {
    struct iovec vectors[VECTORS_MAX];
    while (port->queue) {
        ssize_t put = writev(port->output.descriptor, vectors, fill_vectors(port, vectors));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno == EAGAIN ? 0 : errno;
        advance(port, (size_t)put);
    }
    return 0;
}

static void update_busy(struct port *port) {
    if (!port->busy && port->queued >= port->busy_high) {
        port->busy = true;
    } else if (port->busy && port->queued <= port->busy_low) {
        port->busy = false;
        port_wake_waiting(port);
        if (port->channel)
            port->channel->writable(port);
    }
}

static void write_and_arm(struct port *port) {
    int error = port_write_queue(port);
    if (error) {
        port_drop_queue(port);
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
    port_queue(port, chunk);
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

static struct chunk *joined(struct chunk *chunks) {
    struct chunk *whole = chunk_new(chunk_list_size(chunks));
    uint8_t *at = whole->bytes;
    for (const struct chunk *chunk = chunks; chunk; at += chunk->size, chunk = chunk->next)
        memcpy(at, chunk->bytes, chunk->size);
    chunk_free(chunks);
    return whole;
}

void port_channel_write(struct port *port, struct chunk *chunks, bool more) {
    if (chunks->next && !port->driver->takes_lists)
        chunks = joined(chunks);
    port->output_bytes += chunk_list_size(chunks) - port->packet_bytes;
    port->caller = NONE;
    port->more_follows = more;
    port->driver->output(port, chunks);
    port->more_follows = false;
}

void port_output_ready(struct poll_source *source, unsigned events) {
    struct port *port = (struct port *)((char *)source - offsetof(struct port, output));
    pthread_mutex_lock(&port->lock);
    port_work_begin(port, ATOM_output);
    if (port->state == PORT_OPEN)
        port_trace_in(port, SMALL(0));
    if (port->state != PORT_CLOSED)
        write_and_arm(port);
    if (port->state == PORT_OPEN)
        port_trace_out(port, SMALL(0));
    port_unlock(port);
}

void port_flush(struct port *port) {
    pthread_mutex_lock(&port->lock);
    if (port->state != PORT_CLOSED && port->queue) {
        descriptor_set_blocking(port->output.descriptor);
        port_write_queue(port);
        port_drop_queue(port);
    }
    pthread_mutex_unlock(&port->lock);
}
