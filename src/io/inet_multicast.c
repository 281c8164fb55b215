// Options of multicasting: the interface to send through, groups to hear.

#define _GNU_SOURCE // struct ip_mreqn

#include "io/inet.h"

term inet_set_multicast_interface(struct port *port, struct inet_reader *reader) {
    bool inet6 = inet_of(port)->family == AF_INET6;
    const uint8_t *bytes = inet_read_bytes(reader, 4);
    struct in_addr address;
    if (!bytes || inet_of(port)->family == AF_UNIX)
        return ATOM_einval;
    memcpy(&address, bytes, 4); // of IPv6: the interface's number
    int index = (int)ntohl(address.s_addr);
    if (inet6)
        setsockopt(port->output.descriptor, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index);
    else
        setsockopt(port->output.descriptor, IPPROTO_IP, IP_MULTICAST_IF, &address, sizeof address);
    return INET_OK;
}

term inet_get_multicast_interface(struct port *port, struct text *answer) {
    bool inet6 = inet_of(port)->family == AF_INET6;
    uint32_t value = 0;
    socklen_t size = sizeof value;
    int result = inet6 ? getsockopt(port->output.descriptor, IPPROTO_IPV6, IPV6_MULTICAST_IF, &value, &size)
                       : getsockopt(port->output.descriptor, IPPROTO_IP, IP_MULTICAST_IF, &value, &size);
    if (inet_of(port)->family == AF_UNIX)
        return ATOM_einval;
    if (result < 0)
        return INET_OK;
    inet_append_8(answer, INET_OPTION_MULTICAST_INTERFACE);
    inet_append_32(answer, inet6 ? value : ntohl(value));
    inet_append_32(answer, inet6 ? INET_FAMILY_INET6 : INET_FAMILY_INET);
    return INET_OK;
}

// Family, number of the interface, address of the group, for IPv4 the interface's address. Errors are passed over, as
// on OTP.
term inet_set_membership(struct port *port, bool add, struct inet_reader *reader) {
    uint32_t family = inet_read_32(reader), index = inet_read_32(reader);
    bool inet6 = family == INET_FAMILY_INET6;
    if (inet_of(port)->family != (inet6 ? AF_INET6 : AF_INET) || (family != INET_FAMILY_INET && !inet6))
        return ATOM_einval;
    const uint8_t *group = inet_read_bytes(reader, inet6 ? 16 : 4),
                  *interface = inet6 ? NULL : inet_read_bytes(reader, 4);
    if (reader->bad)
        return ATOM_einval;
    if (inet6) {
        struct ipv6_mreq request = {.ipv6mr_interface = index};
        memcpy(&request.ipv6mr_multiaddr, group, 16);
        setsockopt(port->output.descriptor, IPPROTO_IPV6, add ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &request,
                   sizeof request);
    } else {
        struct ip_mreqn request = {.imr_ifindex = (int)index};
        memcpy(&request.imr_multiaddr, group, 4);
        memcpy(&request.imr_address, interface, 4);
        setsockopt(port->output.descriptor, IPPROTO_IP, add ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request,
                   sizeof request);
    }
    return INET_OK;
}
