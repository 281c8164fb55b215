// prim_net:getifaddrs: the addresses of network interfaces, a map each.

#include "bif/bif.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sys/un.h>

#include "bif/native_name.h"
#include "io/network_namespace.h"
#include "io/posix_error.h"
#include "io/socket_address.h"
#include "socket/interface.h"
#include "term/map.h"

// OTP's prim_net.erl knows neither this flag nor those above 16 bits.
static term flag_list(struct heap *heap, unsigned flags) {
    return system_flags(heap, socket_interface_flags, flags & UINT16_MAX & ~(unsigned)IFF_ALLMULTI, NIL);
}

// getifaddrs does not tell how long its addresses are.
static socklen_t address_size(const struct sockaddr *address) {
    switch (address->sa_family) {
    case AF_INET:
        return sizeof(struct sockaddr_in);
    case AF_INET6:
        return sizeof(struct sockaddr_in6);
    case AF_PACKET:
        return sizeof(struct sockaddr_ll);
    default:
        return sizeof(struct sockaddr);
    }
}

static term put_address(struct heap *heap, term map, term key, const struct sockaddr *address) {
    return address ? map_put(heap, map, key, socket_address_map(heap, address, address_size(address))) : map;
}

static term interface_map(struct heap *heap, const struct ifaddrs *at) {
    term pairs[] = {ATOM_name, heap_string(heap, at->ifa_name, strlen(at->ifa_name)), ATOM_flags,
                    flag_list(heap, at->ifa_flags)};
    term map = map_from_pairs(heap, pairs, 2);
    map = put_address(heap, map, ATOM_addr, at->ifa_addr);
    map = put_address(heap, map, ATOM_netmask, at->ifa_netmask);
    if (at->ifa_flags & IFF_BROADCAST)
        map = put_address(heap, map, ATOM_broadaddr, at->ifa_broadaddr);
    else if (at->ifa_flags & IFF_POINTOPOINT)
        map = put_address(heap, map, ATOM_dstaddr, at->ifa_dstaddr);
    return map;
}

static term interface_maps(struct heap *heap) {
    struct ifaddrs *all;
    if (getifaddrs(&all) < 0)
        return posix_error(heap, errno);
    term first = NIL, *link = &first;
    for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
        term cell = heap_cons(heap, interface_map(heap, at), NIL);
        *link = cell;
        link = list_cell(cell) + 1;
    }
    freeifaddrs(all);
    return heap_tuple_of(heap, 2, ATOM_ok, first);
}

// The map may name another network namespace: #{netns => Path}.
BIF(prim_net, nif_getifaddrs, 1) {
    term path = is_map(arguments[0]) ? map_get(arguments[0], ATOM_netns) : NIL;
    if (path == NONE)
        return interface_maps(&self->heap);
    size_t size;
    const char *name = native_name(self, path, &size);
    if (!name || size == 0)
        return raise_badarg(self);
    int back = network_namespace_enter(name);
    if (back < 0)
        return posix_error(&self->heap, errno);
    term result = interface_maps(&self->heap);
    network_namespace_leave(back);
    return result;
}
