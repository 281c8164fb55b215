// Addresses between prim_inet's bytes and the system's structures.
//
//   number of the family, port (16 bits), address    INET, INET6 (with flow information and scope when it comes in)
//   number of the family, port                       ANY, LOOPBACK
//   number of the family, size (8 bits), path        LOCAL

#include "io/inet.h"

#include <stddef.h>

#include "term/atom.h"

int inet_family_from_number(unsigned number) {
    switch (number) {
    case INET_FAMILY_INET:
        return AF_INET;
    case INET_FAMILY_INET6:
        return AF_INET6;
    case INET_FAMILY_LOCAL:
        return AF_UNIX;
    default:
        return -1;
    }
}

static term read_inet(struct inet_address *address, struct inet_reader *reader) {
    uint16_t port = inet_read_16(reader);
    const uint8_t *bytes = inet_read_bytes(reader, 4);
    if (reader->bad)
        return ATOM_einval;
    address->inet = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    memcpy(&address->inet.sin_addr, bytes, 4);
    address->size = sizeof address->inet;
    return INET_OK;
}

static term read_inet6(struct inet_address *address, struct inet_reader *reader) {
    uint16_t port = inet_read_16(reader);
    const uint8_t *bytes = inet_read_bytes(reader, 16);
    uint32_t flow = inet_read_32(reader), scope = inet_read_32(reader);
    if (reader->bad)
        return ATOM_einval;
    address->inet6 = (struct sockaddr_in6){
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_flowinfo = flow, .sin6_scope_id = scope};
    memcpy(&address->inet6.sin6_addr, bytes, 16);
    address->size = sizeof address->inet6;
    return INET_OK;
}

static term read_open(struct inet_address *address, int family, bool loopback, struct inet_reader *reader) {
    uint16_t port = inet_read_16(reader);
    if (reader->bad)
        return ATOM_einval;
    if (family == AF_INET) {
        address->inet = (struct sockaddr_in){
            .sin_family = AF_INET,
            .sin_port = htons(port),
            .sin_addr.s_addr = htonl(loopback ? INADDR_LOOPBACK : INADDR_ANY),
        };
        address->size = sizeof address->inet;
        return INET_OK;
    }
    if (family == AF_INET6) {
        address->inet6 = (struct sockaddr_in6){
            .sin6_family = AF_INET6,
            .sin6_port = htons(port),
            .sin6_addr = loopback ? in6addr_loopback : in6addr_any,
        };
        address->size = sizeof address->inet6;
        return INET_OK;
    }
    return ATOM_einval;
}

// A path ends in zero, an abstract name (which begins with it) does not.
static term read_local(struct inet_address *address, struct inet_reader *reader) {
    size_t size = inet_read_8(reader);
    const uint8_t *path = inet_read_bytes(reader, size);
    if (reader->bad || size >= sizeof address->local.sun_path)
        return ATOM_einval;
    address->local = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->local.sun_path, path, size);
    bool abstract = size > 0 && path[0] == 0;
    address->size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + (abstract ? 0 : 1));
    return INET_OK;
}

term inet_address_read(struct inet_address *address, int family, struct inet_reader *reader) {
    unsigned number = inet_read_8(reader);
    if (reader->bad)
        return ATOM_einval;
    switch (number) {
    case INET_FAMILY_INET:
        return read_inet(address, reader);
    case INET_FAMILY_INET6:
        return read_inet6(address, reader);
    case INET_FAMILY_ANY:
    case INET_FAMILY_LOOPBACK:
        return read_open(address, family, number == INET_FAMILY_LOOPBACK, reader);
    case INET_FAMILY_LOCAL:
        return read_local(address, reader);
    default:
        return ATOM_eafnosupport;
    }
}

static void append_local(struct text *answer, const struct inet_address *address) {
    size_t head = offsetof(struct sockaddr_un, sun_path);
    size_t size = address->size > head ? address->size - head : 0;
    const char *path = address->local.sun_path;
    if (size > 0 && path[0] != 0)
        size = strnlen(path, size);
    inet_append_8(answer, INET_FAMILY_LOCAL);
    inet_append_8(answer, (unsigned)size);
    text_append(answer, path, size);
}

void inet_address_append(struct text *answer, const struct inet_address *address) {
    switch (address->size < sizeof address->any.sa_family ? AF_UNSPEC : address->any.sa_family) {
    case AF_INET:
        inet_append_8(answer, INET_FAMILY_INET);
        text_append(answer, &address->inet.sin_port, 2);
        text_append(answer, &address->inet.sin_addr, 4);
        break;
    case AF_INET6:
        inet_append_8(answer, INET_FAMILY_INET6);
        text_append(answer, &address->inet6.sin6_port, 2);
        text_append(answer, &address->inet6.sin6_addr, 16);
        break;
    case AF_UNIX:
        append_local(answer, address);
        break;
    case AF_UNSPEC:
        inet_append_8(answer, INET_FAMILY_UNSPECIFIED);
        break;
    default:
        inet_append_8(answer, INET_FAMILY_UNDEFINED);
    }
}
