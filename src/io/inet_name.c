// The addresses of a socket and of its peer. A program may set what is told in their place (prim_inet:setsockname,
// setpeername), which the lists of all addresses do not heed.

#include "io/inet.h"

#include "sys/sys.h"

// The system's own answer.
static term system_name(struct port *port, bool peer, struct inet_address *address) {
    int descriptor = port->output.descriptor;
    address->size = sizeof address->storage;
    int result = peer ? getpeername(descriptor, &address->any, &address->size)
                      : getsockname(descriptor, &address->any, &address->size);
    return result < 0 ? inet_errno() : INET_OK;
}

term inet_append_name(struct port *port, unsigned request, struct text *answer) {
    const struct inet *inet = inet_of(port);
    bool peer = request == INET_REQUEST_PEER;
    struct inet_address address;
    if (inet->state == INET_CLOSED)
        return ATOM_exbadport;
    const struct inet_address *told = !peer ? inet->told_name : inet->state & INET_CONNECTED ? inet->told_peer : NULL;
    if (told) {
        inet_address_append(answer, told);
        return INET_OK;
    }
    term reason = system_name(port, peer, &address);
    if (reason == INET_OK)
        inet_address_append(answer, &address);
    return reason;
}

// Streams and datagrams have one address each. The number of an association, which comes with the request, is of no
// meaning to them.
term inet_append_names(struct port *port, unsigned request, struct text *answer) {
    struct inet_address address;
    if (inet_of(port)->state == INET_CLOSED)
        return ATOM_exbadport;
    term reason = system_name(port, request == INET_REQUEST_PEERS, &address);
    if (reason == INET_OK)
        inet_address_append(answer, &address);
    return reason;
}

// Without an address: as the system says again.
term inet_set_name(struct port *port, unsigned request, struct inet_reader *reader) {
    struct inet *inet = inet_of(port);
    struct inet_address **told = request == INET_REQUEST_SET_PEER ? &inet->told_peer : &inet->told_name, address;
    if (inet->state == INET_CLOSED)
        return ATOM_exbadport;
    bool none = reader->size == 0;
    term reason = none ? INET_OK : inet_address_read(&address, inet->family, reader);
    if (reason != INET_OK)
        return reason;
    sys_free(*told);
    *told = none ? NULL : sys_alloc(sizeof address);
    if (!none)
        **told = address;
    return INET_OK;
}
