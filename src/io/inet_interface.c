// Network interfaces: their names, addresses, flags; and the names of services.

#define _GNU_SOURCE // ifreq's fields

#include "io/inet.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netpacket/packet.h>
#include <sys/ioctl.h>

#include "io/interface_list.h"
#include "sys/sys.h"

enum interface_option {
    INTERFACE_ADDRESS = 1,
    INTERFACE_BROADCAST = 2,
    INTERFACE_PEER = 3,
    INTERFACE_MTU = 4,
    INTERFACE_NETMASK = 5,
    INTERFACE_FLAGS = 6,
    INTERFACE_HARDWARE = 7,
};

struct flag_number {
    unsigned system, number;
};
static const struct flag_number flags[] = {
    {IFF_UP, 0x01},          {IFF_BROADCAST, 0x02}, {IFF_LOOPBACK, 0x04},
    {IFF_POINTOPOINT, 0x08}, {IFF_RUNNING, 0x10},   {IFF_MULTICAST, 0x20},
};

static uint32_t flag_numbers(unsigned system) {
    uint32_t numbers = 0;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (system & flags[i].system)
            numbers |= flags[i].number;
    }
    return numbers;
}

// An address without a port: family and bytes. Nothing when it is of neither family.
static void append_address(struct text *answer, enum interface_option option, const struct sockaddr *address) {
    if (!address)
        return;
    if (address->sa_family == AF_INET) {
        inet_append_8(answer, option);
        inet_append_8(answer, INET_FAMILY_INET);
        text_append(answer, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        inet_append_8(answer, option);
        inet_append_8(answer, INET_FAMILY_INET6);
        text_append(answer, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    }
}

static void append_hardware(struct text *answer, const struct sockaddr *address) {
    const struct sockaddr_ll *link = (const void *)address;
    inet_append_8(answer, INTERFACE_HARDWARE);
    inet_append_16(answer, link->sll_halen);
    text_append(answer, link->sll_addr, link->sll_halen);
}

static void append_interface(struct text *answer, const struct ifaddrs *at) {
    text_append(answer, at->ifa_name, strlen(at->ifa_name) + 1);
    inet_append_8(answer, INTERFACE_FLAGS);
    inet_append_32(answer, flag_numbers(at->ifa_flags));
    if (at->ifa_addr && at->ifa_addr->sa_family == AF_PACKET) {
        append_hardware(answer, at->ifa_addr);
    } else {
        append_address(answer, INTERFACE_ADDRESS, at->ifa_addr);
        append_address(answer, INTERFACE_NETMASK, at->ifa_netmask);
        if (at->ifa_flags & IFF_POINTOPOINT)
            append_address(answer, INTERFACE_PEER, at->ifa_dstaddr);
        else if (at->ifa_flags & IFF_BROADCAST)
            append_address(answer, INTERFACE_BROADCAST, at->ifa_broadaddr);
    }
    inet_append_8(answer, 0);
}

term inet_append_interfaces(struct text *answer) {
    struct ifaddrs *all;
    if (getifaddrs(&all) < 0)
        return inet_errno();
    for (const struct ifaddrs *at = all; at; at = at->ifa_next)
        append_interface(answer, at);
    freeifaddrs(all);
    return INET_OK;
}

// Those that have an address of IPv4.
term inet_append_interface_names(struct port *port, struct text *answer) {
    size_t count;
    struct ifreq *list = interface_list(port->output.descriptor, &count);
    if (!list)
        return inet_errno();
    for (size_t i = 0; i < count; i++)
        text_append(answer, list[i].ifr_name, strnlen(list[i].ifr_name, IFNAMSIZ) + 1);
    sys_free(list);
    return INET_OK;
}

// ---- one interface, item by item

static bool read_name(struct inet_reader *reader, struct ifreq *request) {
    size_t size = inet_read_8(reader);
    const uint8_t *name = inet_read_bytes(reader, size);
    *request = (struct ifreq){0};
    if (reader->bad)
        return false;
    memcpy(request->ifr_name, name, size < IFNAMSIZ ? size : IFNAMSIZ - 1);
    return true;
}

static const struct {
    enum interface_option option;
    unsigned long get, set;
} address_requests[] = {
    {INTERFACE_ADDRESS, SIOCGIFADDR, SIOCSIFADDR},
    {INTERFACE_BROADCAST, SIOCGIFBRDADDR, SIOCSIFBRDADDR},
    {INTERFACE_PEER, SIOCGIFDSTADDR, SIOCSIFDSTADDR},
    {INTERFACE_NETMASK, SIOCGIFNETMASK, SIOCSIFNETMASK},
};

static bool get_item(int descriptor, unsigned option, struct ifreq *request, struct text *answer) {
    for (size_t i = 0; i < sizeof address_requests / sizeof *address_requests; i++) {
        if (address_requests[i].option == option) {
            if (ioctl(descriptor, address_requests[i].get, request) == 0)
                append_address(answer, option, &request->ifr_addr);
            return true;
        }
    }
    switch (option) {
    case INTERFACE_MTU:
        if (ioctl(descriptor, SIOCGIFMTU, request) == 0) {
            inet_append_8(answer, option);
            inet_append_32(answer, (uint32_t)request->ifr_mtu);
        }
        return true;
    case INTERFACE_FLAGS:
        inet_append_8(answer, option);
        inet_append_32(answer, ioctl(descriptor, SIOCGIFFLAGS, request) == 0
                                   ? flag_numbers((unsigned short)request->ifr_flags)
                                   : 0);
        return true;
    case INTERFACE_HARDWARE:
        if (ioctl(descriptor, SIOCGIFHWADDR, request) == 0) {
            inet_append_8(answer, option);
            inet_append_16(answer, 6);
            text_append(answer, request->ifr_hwaddr.sa_data, 6);
        }
        return true;
    default:
        return false;
    }
}

term inet_interface_get(struct port *port, struct inet_reader *reader, struct text *answer) {
    struct ifreq request;
    if (!read_name(reader, &request))
        return ATOM_einval;
    while (reader->size > 0) {
        if (!get_item(port->output.descriptor, inet_read_8(reader), &request, answer))
            return ATOM_einval;
    }
    return INET_OK;
}

static bool set_address(int descriptor, unsigned option, struct ifreq *request, struct inet_reader *reader) {
    struct sockaddr_in *address = (struct sockaddr_in *)(void *)&request->ifr_addr;
    unsigned family = inet_read_8(reader);
    const uint8_t *bytes = family == INET_FAMILY_INET ? inet_read_bytes(reader, 4) : NULL;
    if (!bytes)
        return false;
    *address = (struct sockaddr_in){.sin_family = AF_INET};
    memcpy(&address->sin_addr, bytes, 4);
    for (size_t i = 0; i < sizeof address_requests / sizeof *address_requests; i++) {
        if (address_requests[i].option == option)
            ioctl(descriptor, address_requests[i].set, request);
    }
    return true;
}

// Each flag has a number that sets it, and some have one, eight bits higher, that clears it.
static void set_flags(int descriptor, uint32_t numbers, struct ifreq *request) {
    if (ioctl(descriptor, SIOCGIFFLAGS, request) < 0)
        return;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (numbers & flags[i].number)
            request->ifr_flags |= (short)flags[i].system;
        if (numbers & flags[i].number << 8)
            request->ifr_flags &= (short)~flags[i].system;
    }
    ioctl(descriptor, SIOCSIFFLAGS, request);
}

// What the system refuses is passed over, as on OTP.
term inet_interface_set(struct port *port, struct inet_reader *reader) {
    int descriptor = port->output.descriptor;
    struct ifreq request;
    if (!read_name(reader, &request))
        return ATOM_einval;
    while (reader->size > 0) {
        unsigned option = inet_read_8(reader);
        if (option == INTERFACE_MTU) {
            request.ifr_mtu = (int)inet_read_32(reader);
            ioctl(descriptor, SIOCSIFMTU, &request);
        } else if (option == INTERFACE_FLAGS) {
            set_flags(descriptor, inet_read_32(reader), &request);
        } else if (option == INTERFACE_HARDWARE) {
            inet_read_bytes(reader, inet_read_16(reader));
        } else if (option < INTERFACE_ADDRESS || option > INTERFACE_NETMASK ||
                   !set_address(descriptor, option, &request, reader)) {
            return ATOM_einval;
        }
        if (reader->bad)
            return ATOM_einval;
    }
    return INET_OK;
}

// ---- services

#define NAME_ROOM 256 // of a name of at most 255 bytes

static bool read_text(struct inet_reader *reader, char text[NAME_ROOM]) {
    size_t size = inet_read_8(reader);
    const uint8_t *bytes = inet_read_bytes(reader, size);
    if (reader->bad)
        return false;
    memcpy(text, bytes, size);
    text[size] = 0;
    return true;
}

term inet_service_by_name(struct inet_reader *reader, struct text *answer) {
    char name[NAME_ROOM], protocol[NAME_ROOM], room[1024];
    struct servent entry, *found = NULL;
    if (!read_text(reader, name) || !read_text(reader, protocol))
        return ATOM_einval;
    if (getservbyname_r(name, protocol, &entry, room, sizeof room, &found) != 0 || !found)
        return ATOM_einval;
    inet_append_16(answer, ntohs((uint16_t)found->s_port));
    return INET_OK;
}

term inet_service_by_port(struct inet_reader *reader, struct text *answer) {
    char protocol[NAME_ROOM], room[1024];
    struct servent entry, *found = NULL;
    uint16_t port = inet_read_16(reader);
    if (!read_text(reader, protocol))
        return ATOM_einval;
    if (getservbyport_r(htons(port), protocol, &entry, room, sizeof room, &found) != 0 || !found)
        return ATOM_einval;
    text_append(answer, found->s_name, strlen(found->s_name));
    return INET_OK;
}
