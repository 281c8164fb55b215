// Addresses as maps.

#include "io/socket_address.h"

#include <net/if_arp.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stddef.h>
#include <sys/un.h>

#include "io/system_name.h"
#include "term/bits.h"
#include "term/map.h"

// ---- to maps

term socket_ip(struct heap *heap, const struct sockaddr *address) {
    if (address->sa_family == AF_INET) {
        const uint8_t *ip = (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
        return heap_tuple_of(heap, 4, SMALL(ip[0]), SMALL(ip[1]), SMALL(ip[2]), SMALL(ip[3]));
    }
    const uint8_t *ip = ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr;
    term *words = heap_tuple(heap, 8);
    for (size_t i = 0; i < 8; i++)
        words[1 + i] = SMALL(ip[2 * i] << 8 | ip[2 * i + 1]);
    return boxed_make(words);
}

static const struct system_name families[] = {
    {AF_INET, ATOM_inet},     {AF_INET6, ATOM_inet6},   {AF_UNIX, ATOM_local},
    {AF_UNSPEC, ATOM_unspec}, {AF_PACKET, ATOM_packet}, SYSTEM_NAMES_END,
};

term socket_family(int family) {
    return system_name(families, family);
}

bool socket_family_read(term t, int *family) {
    return t != ATOM_packet && system_number(families, t, family);
}

static const struct system_name types[] = {
    {SOCK_STREAM, ATOM_stream}, {SOCK_DGRAM, ATOM_dgram},         {SOCK_RAW, ATOM_raw},
    {SOCK_RDM, ATOM_rdm},       {SOCK_SEQPACKET, ATOM_seqpacket}, SYSTEM_NAMES_END,
};

term socket_type(int type) {
    return system_name(types, type);
}

bool socket_type_read(term t, int *type) {
    return t != ATOM_rdm && system_number(types, t, type);
}

static term inet_map(struct heap *heap, const struct sockaddr_in *address) {
    term pairs[] = {
        ATOM_family, ATOM_inet,
        ATOM_addr,   socket_ip(heap, (const struct sockaddr *)address),
        ATOM_port,   SMALL(ntohs(address->sin_port)),
    };
    return map_from_pairs(heap, pairs, 3);
}

static term inet6_map(struct heap *heap, const struct sockaddr_in6 *address) {
    term pairs[] = {
        ATOM_family,   ATOM_inet6,
        ATOM_addr,     socket_ip(heap, (const struct sockaddr *)address),
        ATOM_port,     SMALL(ntohs(address->sin6_port)),
        ATOM_flowinfo, SMALL(address->sin6_flowinfo),
        ATOM_scope_id, SMALL(address->sin6_scope_id),
    };
    return map_from_pairs(heap, pairs, 5);
}

// A name in the file system ends at its NUL; an abstract one, which begins with NUL, is all there is.
static term local_map(struct heap *heap, const struct sockaddr_un *address, socklen_t size) {
    size_t room = size > offsetof(struct sockaddr_un, sun_path) ? size - offsetof(struct sockaddr_un, sun_path) : 0;
    size_t length = room > 0 && address->sun_path[0] == 0 ? room : strnlen(address->sun_path, room);
    term pairs[] = {ATOM_family, ATOM_local, ATOM_path, heap_binary(heap, address->sun_path, length)};
    return map_from_pairs(heap, pairs, 2);
}

term socket_hardware_type(int number) {
    static const struct system_name names[] = {
        {ARPHRD_NETROM, ATOM_netrom},
        {ARPHRD_ETHER, ATOM_ether},
        {ARPHRD_EETHER, ATOM_eether},
        {ARPHRD_AX25, ATOM_ax25},
        {ARPHRD_PRONET, ATOM_pronet},
        {ARPHRD_CHAOS, ATOM_chaos},
        {ARPHRD_IEEE802, ATOM_ieee802},
        {ARPHRD_ARCNET, ATOM_arcnet},
        {ARPHRD_APPLETLK, ATOM_appletlk},
        {ARPHRD_DLCI, ATOM_dlci},
        {ARPHRD_ATM, ATOM_atm},
        {ARPHRD_METRICOM, ATOM_metricom},
        {ARPHRD_IEEE1394, ATOM_ieee1394},
        {ARPHRD_EUI64, ATOM_eui64},
        {ARPHRD_INFINIBAND, ATOM_infiniband},
        {ARPHRD_TUNNEL, ATOM_tunnel},
        {ARPHRD_TUNNEL6, ATOM_tunnel6},
        {ARPHRD_LOOPBACK, ATOM_loopback},
        {ARPHRD_LOCALTLK, ATOM_localtlk},
        {ARPHRD_NONE, ATOM_none},
        {ARPHRD_VOID, ATOM_void},
        SYSTEM_NAMES_END,
    };
    return system_name(names, number);
}

static term packet_type(int number) {
    static const struct system_name names[] = {
        {PACKET_HOST, ATOM_host},           {PACKET_BROADCAST, ATOM_broadcast}, {PACKET_MULTICAST, ATOM_multicast},
        {PACKET_OTHERHOST, ATOM_otherhost}, {PACKET_OUTGOING, ATOM_outgoing},   SYSTEM_NAMES_END,
    };
    return system_name(names, number);
}

static term packet_map(struct heap *heap, const struct sockaddr_ll *address) {
    size_t size = address->sll_halen < sizeof address->sll_addr ? address->sll_halen : sizeof address->sll_addr;
    term pairs[] = {
        ATOM_family,   ATOM_packet,
        ATOM_protocol, SMALL(ntohs(address->sll_protocol)),
        ATOM_ifindex,  SMALL(address->sll_ifindex),
        ATOM_hatype,   socket_hardware_type(address->sll_hatype),
        ATOM_pkttype,  packet_type(address->sll_pkttype),
        ATOM_addr,     heap_binary(heap, address->sll_addr, size),
    };
    return map_from_pairs(heap, pairs, 6);
}

static term plain_map(struct heap *heap, const struct sockaddr *address, socklen_t size) {
    size_t header = offsetof(struct sockaddr, sa_data), bytes = size > header ? size - header : 0;
    term pairs[] = {ATOM_family, socket_family(address->sa_family), ATOM_addr,
                    heap_binary(heap, address->sa_data, bytes)};
    return map_from_pairs(heap, pairs, 2);
}

term socket_address_map(struct heap *heap, const struct sockaddr *address, socklen_t size) {
    switch (address->sa_family) {
    case AF_INET:
        return inet_map(heap, (const void *)address);
    case AF_INET6:
        return inet6_map(heap, (const void *)address);
    case AF_UNIX:
        return local_map(heap, (const void *)address, size);
    case AF_PACKET:
        return packet_map(heap, (const void *)address);
    default:
        return plain_map(heap, address, size);
    }
}

// ---- from maps

static bool read_number(term map, term key, int64_t least, int64_t most, int64_t *value) {
    term t = map_get(map, key);
    *value = t != NONE && is_small(t) ? small_value(t) : most + 1;
    return *value >= least && *value <= most;
}

// Of a number that is too large the lower bits count, as on OTP.
static bool read_port(term map, in_port_t *port) {
    int64_t value;
    bool good = read_number(map, ATOM_port, INT32_MIN, INT32_MAX, &value);
    *port = htons((uint16_t)value);
    return good;
}

// The elements of a tuple as numbers of `width` bytes each, the most significant byte first.
static bool read_ip(term tuple, size_t arity, size_t width, uint8_t *bytes) {
    if (tuple == NONE || !is_tuple_of(tuple, arity))
        return false;
    for (size_t i = 0; i < arity; i++) {
        term element = tuple_element(tuple, i + 1);
        if (!is_small(element) || small_value(element) < 0 || small_value(element) >= 1 << (8 * width))
            return false;
        for (size_t j = 0; j < width; j++)
            bytes[i * width + j] = (uint8_t)(small_value(element) >> (8 * (width - 1 - j)));
    }
    return true;
}

bool socket_ip4_read(term ip, struct in_addr *address) {
    if (ip == ATOM_any || ip == ATOM_loopback || ip == ATOM_broadcast) {
        address->s_addr = htonl(ip == ATOM_any ? INADDR_ANY : ip == ATOM_loopback ? INADDR_LOOPBACK : INADDR_BROADCAST);
        return true;
    }
    return read_ip(ip, 4, 1, (uint8_t *)address);
}

bool socket_ip6_read(term ip, struct in6_addr *address) {
    if (ip == ATOM_any || ip == ATOM_loopback) {
        *address = ip == ATOM_any ? in6addr_any : in6addr_loopback;
        return true;
    }
    return read_ip(ip, 8, 2, address->s6_addr);
}

static bool read_inet(term map, struct sockaddr_in *address) {
    address->sin_family = AF_INET;
    return read_port(map, &address->sin_port) && socket_ip4_read(map_get(map, ATOM_addr), &address->sin_addr);
}

static bool read_inet6(term map, struct sockaddr_in6 *address) {
    int64_t flow, scope;
    address->sin6_family = AF_INET6;
    if (!read_port(map, &address->sin6_port) || !read_number(map, ATOM_flowinfo, 0, UINT32_MAX, &flow) ||
        !read_number(map, ATOM_scope_id, 0, UINT32_MAX, &scope))
        return false;
    address->sin6_flowinfo = (uint32_t)flow;
    address->sin6_scope_id = (uint32_t)scope;
    return socket_ip6_read(map_get(map, ATOM_addr), &address->sin6_addr);
}

// The bytes of a binary that has at most `room` of them.
static bool read_binary(term binary, void *bytes, size_t room, size_t *size) {
    if (binary == NONE || !is_binary(binary) || bitstring_size(binary) >> 3 > room)
        return false;
    *size = bitstring_size(binary) >> 3;
    bits_copy(bytes, 0, bitstring_bits(binary));
    return true;
}

// The path of a file ends in a NUL, for which there must be room; an abstract one does not.
static bool read_local(term map, struct sockaddr_un *address, socklen_t *size) {
    size_t length;
    address->sun_family = AF_UNIX;
    if (!read_binary(map_get(map, ATOM_path), address->sun_path, sizeof address->sun_path - 1, &length))
        return false;
    bool abstract = length > 0 && address->sun_path[0] == 0;
    *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (length > 0 && !abstract));
    return true;
}

static bool read_plain(term map, int family, struct sockaddr_storage *address, socklen_t *size) {
    size_t header = offsetof(struct sockaddr, sa_data), length;
    address->ss_family = (sa_family_t)family;
    if (!read_binary(map_get(map, ATOM_addr), (char *)address + header, sizeof *address - header, &length))
        return false;
    *size = (socklen_t)(header + length);
    return true;
}

bool socket_address_read(term map, struct sockaddr_storage *address, socklen_t *size) {
    *address = (struct sockaddr_storage){0};
    term family = is_map(map) ? map_get(map, ATOM_family) : NONE;
    switch (family) {
    case ATOM_inet:
        *size = sizeof(struct sockaddr_in);
        return read_inet(map, (void *)address);
    case ATOM_inet6:
        *size = sizeof(struct sockaddr_in6);
        return read_inet6(map, (void *)address);
    case ATOM_local:
        return read_local(map, (void *)address, size);
    case ATOM_unspec:
        return read_plain(map, AF_UNSPEC, address, size);
    default:
        return family != NONE && is_small(family) && small_value(family) >= 0 && small_value(family) <= UINT16_MAX &&
               read_plain(map, (int)small_value(family), address, size);
    }
}
