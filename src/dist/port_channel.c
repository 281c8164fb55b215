// A port as a channel's controller: packets go in and out while its lock is held.

#include "dist/port_channel.h"

#include "io/port.h"

static struct channel *channel_of(const struct port *port) {
    return port->channel_data;
}

// (locked) The next packet, if there is one and the port takes more.
static struct chunk *next_packet(struct port *port) {
    bool ready = !port->busy && port->state == PORT_OPEN;
    return ready ? channel_pull(channel_of(port), port->packet_bytes) : NULL;
}

// (locked) Gives the port what waits.
static void pump(struct port *port) {
    struct chunk *packet = next_packet(port);
    while (packet && port->state == PORT_OPEN) {
        struct chunk *following = next_packet(port);
        port_channel_write(port, packet, following);
        packet = following;
    }
    chunk_free(packet);
}

static void input(struct port *port, const uint8_t *packet, size_t size) {
    if (!channel_input(channel_of(port), packet, size))
        port_close(port, ATOM_killed);
    else
        pump(port);
}

static void closed(struct port *port, term reason) {
    struct channel *channel = channel_of(port);
    port->channel = NULL;
    channel_down(channel, reason);
    channel_release(channel);
}

static const struct port_channel functions = {input, pump, closed};

bool port_channel_attach(term id, struct channel *channel, uint64_t flags, uint32_t creation) {
    struct port *port = port_lookup(id);
    if (!port || !port_lock(port))
        return false;
    bool up = !port->channel && channel_up(channel, flags, creation, id);
    if (up) {
        channel_retain(channel);
        port->channel_data = channel;
        port->channel = &functions;
        if (port->driver->attached)
            port->driver->attached(port);
        pump(port);
    }
    port_unlock(port);
    return up;
}

void port_channel_flush(term id) {
    struct port *port = port_lookup(id);
    if (!port || !port_lock(port))
        return;
    if (port->channel == &functions)
        pump(port);
    port_unlock(port);
}
