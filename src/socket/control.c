// Control messages, between the system's form and Erlang's maps.

#define _GNU_SOURCE // in_pktinfo, ucred

#include "socket/control.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/time.h>

#include <linux/errqueue.h> // Linux' own headers give way to those above
#include <linux/icmp.h>
#include <linux/icmpv6.h>

#include "io/posix_error.h"
#include "io/socket_address.h"
#include "term/atom.h"
#include "term/bits.h"
#include "term/map.h"
#include "term/number.h"

// ---- flags --------------------------------------------------------------------------------------------------------

const struct system_name socket_flags_known[] = {
    {MSG_CMSG_CLOEXEC, ATOM_cmsg_cloexec},
    {MSG_CONFIRM, ATOM_confirm},
    {MSG_CTRUNC, ATOM_ctrunc},
    {MSG_DONTROUTE, ATOM_dontroute},
    {MSG_EOR, ATOM_eor},
    {MSG_ERRQUEUE, ATOM_errqueue},
    {MSG_MORE, ATOM_more},
    {MSG_NOSIGNAL, ATOM_nosignal},
    {MSG_OOB, ATOM_oob},
    {MSG_PEEK, ATOM_peek},
    {MSG_TRUNC, ATOM_trunc},
    SYSTEM_NAMES_END,
};

term socket_message_flags(struct heap *heap, int flags) {
    int rest = flags;
    for (const struct system_name *known = socket_flags_known; known->name != NONE; known++)
        rest &= ~known->number;
    return system_flags(heap, socket_flags_known, (unsigned)flags, rest ? heap_cons(heap, SMALL(rest), NIL) : NIL);
}

// ---- values -------------------------------------------------------------------------------------------------------

static const struct system_name tos_names[] = {
    {IPTOS_LOWDELAY, ATOM_lowdelay},
    {IPTOS_THROUGHPUT, ATOM_throughput},
    {IPTOS_RELIABILITY, ATOM_reliability},
    {IPTOS_MINCOST, ATOM_mincost},
    SYSTEM_NAMES_END,
};

// Only the bits of the name are looked at: the others are precedence.
term socket_tos(int tos) {
    term name = system_name(tos_names, IPTOS_TOS(tos));
    return is_atom(name) ? name : SMALL(tos);
}

bool socket_tos_read(term t, int *tos) {
    return system_number(tos_names, t, tos);
}

term socket_time(struct heap *heap, const struct timeval *time) {
    term pairs[] = {ATOM_sec, heap_integer(heap, time->tv_sec), ATOM_usec, heap_integer(heap, time->tv_usec)};
    return map_from_pairs(heap, pairs, 2);
}

bool socket_time_read(term t, struct timeval *time) {
    int64_t seconds, microseconds;
    if (!is_map(t) || !integer_to_int64(map_get(t, ATOM_sec), &seconds) ||
        !integer_to_int64(map_get(t, ATOM_usec), &microseconds))
        return false;
    *time = (struct timeval){seconds, microseconds};
    return true;
}

// ---- received -----------------------------------------------------------------------------------------------------

// The decoded value of a message's bytes, NONE when they are none.
typedef term decoder(struct heap *heap, const void *bytes, size_t size);
// The other way: how many bytes were written, 0 when the term is no such value.
typedef size_t encoder(term value, void *bytes, size_t room);

// False when there are fewer bytes than the value has.
static bool take(void *value, size_t needed, const void *bytes, size_t size) {
    if (size < needed)
        return false;
    memcpy(value, bytes, needed);
    return true;
}

static term decode_int(struct heap *heap, const void *bytes, size_t size) {
    int value;
    return take(&value, sizeof value, bytes, size) ? SMALL(value) : NONE;
}

// The system gives one byte, or an int.
static term decode_tos(struct heap *heap, const void *bytes, size_t size) {
    int value;
    if (size == 1)
        return socket_tos(*(const uint8_t *)bytes);
    return take(&value, sizeof value, bytes, size) ? socket_tos(value) : NONE;
}

static term decode_time(struct heap *heap, const void *bytes, size_t size) {
    struct timeval time;
    return take(&time, sizeof time, bytes, size) ? socket_time(heap, &time) : NONE;
}

static term ip_of(struct heap *heap, struct in_addr address) {
    struct sockaddr_in whole = {.sin_family = AF_INET, .sin_addr = address};
    return socket_ip(heap, (struct sockaddr *)&whole);
}

static term decode_packet_info(struct heap *heap, const void *bytes, size_t size) {
    struct in_pktinfo info;
    if (!take(&info, sizeof info, bytes, size))
        return NONE;
    term pairs[] = {ATOM_ifindex, SMALL(info.ipi_ifindex),   ATOM_spec_dst, ip_of(heap, info.ipi_spec_dst),
                    ATOM_addr,    ip_of(heap, info.ipi_addr)};
    return map_from_pairs(heap, pairs, 3);
}

static term decode_packet_info6(struct heap *heap, const void *bytes, size_t size) {
    struct in6_pktinfo info;
    if (!take(&info, sizeof info, bytes, size))
        return NONE;
    struct sockaddr_in6 whole = {.sin6_family = AF_INET6, .sin6_addr = info.ipi6_addr};
    term pairs[] = {ATOM_addr, socket_ip(heap, (struct sockaddr *)&whole), ATOM_ifindex,
                    heap_unsigned(heap, info.ipi6_ifindex)};
    return map_from_pairs(heap, pairs, 2);
}

static term decode_address(struct heap *heap, const void *bytes, size_t size) {
    struct sockaddr_storage address = {0};
    if (size < sizeof(sa_family_t) || size > sizeof address)
        return NONE;
    memcpy(&address, bytes, size);
    if ((address.ss_family == AF_INET && size < sizeof(struct sockaddr_in)) ||
        (address.ss_family == AF_INET6 && size < sizeof(struct sockaddr_in6)))
        return NONE;
    return socket_address_map(heap, (struct sockaddr *)&address, (socklen_t)size);
}

// ---- extended errors

static const struct system_name origins[] = {
    {SO_EE_ORIGIN_NONE, ATOM_none},
    {SO_EE_ORIGIN_LOCAL, ATOM_local},
    {SO_EE_ORIGIN_ICMP, ATOM_icmp},
    {SO_EE_ORIGIN_ICMP6, ATOM_icmp6},
    SYSTEM_NAMES_END,
};
static const struct system_name icmp_types[] = {
    {ICMP_DEST_UNREACH, ATOM_dest_unreach},
    {ICMP_TIME_EXCEEDED, ATOM_time_exceeded},
    SYSTEM_NAMES_END,
};
static const struct system_name icmp6_types[] = {
    {ICMPV6_DEST_UNREACH, ATOM_dest_unreach},
    {ICMPV6_PKT_TOOBIG, ATOM_pkt_toobig},
    {ICMPV6_TIME_EXCEED, ATOM_time_exceeded},
    SYSTEM_NAMES_END,
};
static const struct system_name icmp_unreachable[] = {
    {ICMP_NET_UNREACH, ATOM_net_unreach},
    {ICMP_HOST_UNREACH, ATOM_host_unreach},
    {ICMP_PORT_UNREACH, ATOM_port_unreach},
    {ICMP_FRAG_NEEDED, ATOM_frag_needed},
    {ICMP_NET_UNKNOWN, ATOM_net_unknown},
    {ICMP_HOST_UNKNOWN, ATOM_host_unknown},
    SYSTEM_NAMES_END,
};
static const struct system_name icmp6_unreachable[] = {
    {ICMPV6_NOROUTE, ATOM_noroute},
    {ICMPV6_ADM_PROHIBITED, ATOM_adm_prohibited},
    {ICMPV6_NOT_NEIGHBOUR, ATOM_not_neighbour},
    {ICMPV6_ADDR_UNREACH, ATOM_addr_unreach},
    {ICMPV6_PORT_UNREACH, ATOM_port_unreach},
    {ICMPV6_POLICY_FAIL, ATOM_policy_fail},
    {ICMPV6_REJECT_ROUTE, ATOM_reject_route},
    SYSTEM_NAMES_END,
};

static void error_kind(const struct sock_extended_err *error, term *type, term *code) {
    *type = SMALL(error->ee_type);
    *code = SMALL(error->ee_code);
    if (error->ee_origin == SO_EE_ORIGIN_ICMP) {
        *type = system_name(icmp_types, error->ee_type);
        if (error->ee_type == ICMP_DEST_UNREACH)
            *code = system_name(icmp_unreachable, error->ee_code);
    } else if (error->ee_origin == SO_EE_ORIGIN_ICMP6) {
        *type = system_name(icmp6_types, error->ee_type);
        if (error->ee_type == ICMPV6_DEST_UNREACH)
            *code = system_name(icmp6_unreachable, error->ee_code);
    }
}

static term decode_error(struct heap *heap, const void *bytes, size_t size) {
    struct sock_extended_err error;
    term type, code;
    if (!take(&error, sizeof error, bytes, size))
        return NONE;
    error_kind(&error, &type, &code);
    term offender = decode_address(heap, (const uint8_t *)bytes + sizeof error, size - sizeof error);
    term pairs[] = {ATOM_error,    posix_error_atom((int)error.ee_errno),
                    ATOM_origin,   system_name(origins, error.ee_origin),
                    ATOM_type,     type,
                    ATOM_code,     code,
                    ATOM_info,     heap_unsigned(heap, error.ee_info),
                    ATOM_data,     heap_unsigned(heap, error.ee_data),
                    ATOM_offender, offender};
    return map_from_pairs(heap, pairs, offender == NONE ? 6 : 7);
}

// ---- sent

static size_t put(const void *value, size_t size, void *bytes, size_t room) {
    if (room < size)
        return 0;
    memcpy(bytes, value, size);
    return size;
}

static size_t encode_int(term value, void *bytes, size_t room) {
    int number;
    return integer_to_int(value, &number) ? put(&number, sizeof number, bytes, room) : 0;
}

static size_t encode_tos(term value, void *bytes, size_t room) {
    int number;
    return socket_tos_read(value, &number) ? put(&number, sizeof number, bytes, room) : 0;
}

static size_t encode_time(term value, void *bytes, size_t room) {
    struct timeval time;
    return socket_time_read(value, &time) ? put(&time, sizeof time, bytes, room) : 0;
}

// ---- kinds --------------------------------------------------------------------------------------------------------

static const struct control_kind {
    int level, type;
    term name;
    encoder *encode; // NULL: only as bytes
    decoder *decode;
} kinds[] = {
    {SOL_SOCKET, SCM_RIGHTS, ATOM_rights, NULL, NULL},
    {SOL_SOCKET, SCM_CREDENTIALS, ATOM_credentials, NULL, NULL},
    {SOL_SOCKET, SCM_TIMESTAMP, ATOM_timestamp, encode_time, decode_time},
    {IPPROTO_IP, IP_TOS, ATOM_tos, encode_tos, decode_tos},
    {IPPROTO_IP, IP_TTL, ATOM_ttl, encode_int, decode_int},
    {IPPROTO_IP, IP_RECVTOS, ATOM_recvtos, NULL, decode_tos},
    {IPPROTO_IP, IP_RECVTTL, ATOM_recvttl, NULL, decode_int},
    {IPPROTO_IP, IP_PKTINFO, ATOM_pktinfo, NULL, decode_packet_info},
    {IPPROTO_IP, IP_ORIGDSTADDR, ATOM_origdstaddr, NULL, decode_address},
    {IPPROTO_IP, IP_RECVERR, ATOM_recverr, NULL, decode_error},
    {IPPROTO_IPV6, IPV6_PKTINFO, ATOM_pktinfo, NULL, decode_packet_info6},
    {IPPROTO_IPV6, IPV6_HOPLIMIT, ATOM_hoplimit, encode_int, decode_int},
    {IPPROTO_IPV6, IPV6_TCLASS, ATOM_tclass, encode_int, decode_int},
    {IPPROTO_IPV6, IPV6_RECVERR, ATOM_recverr, NULL, decode_error},
};

// By number, or by name when that is given.
static const struct control_kind *kind_of(int level, int type, term name) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].level == level && (name == NONE ? kinds[i].type == type : kinds[i].name == name))
            return &kinds[i];
    return NULL;
}

static term control_map(struct heap *heap, const struct cmsghdr *message) {
    const struct control_kind *kind = kind_of(message->cmsg_level, message->cmsg_type, NONE);
    size_t size = message->cmsg_len > CMSG_LEN(0) ? message->cmsg_len - CMSG_LEN(0) : 0;
    const uint8_t *bytes = CMSG_DATA(message);
    term value = kind && kind->decode ? kind->decode(heap, bytes, size) : NONE;
    term pairs[] = {
        ATOM_level, message->cmsg_level == SOL_SOCKET ? ATOM_socket : SMALL(message->cmsg_level),
        ATOM_type,  kind ? kind->name : SMALL(message->cmsg_type),
        ATOM_data,  heap_binary(heap, bytes, size),
        ATOM_value, value,
    };
    return map_from_pairs(heap, pairs, value == NONE ? 3 : 4);
}

term socket_control_list(struct heap *heap, struct msghdr *header) {
    term first = NIL, *link = &first;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at; at = CMSG_NXTHDR(header, at)) {
        term cell = heap_cons(heap, control_map(heap, at), NIL);
        *link = cell;
        link = list_cell(cell) + 1;
    }
    return first;
}

// ---- messages to be sent ------------------------------------------------------------------------------------------

// Bytes, an integer or a boolean as an int.
static bool encode_data(term data, void *bytes, size_t room, size_t *size) {
    if (data == ATOM_true || data == ATOM_false)
        data = SMALL(data == ATOM_true);
    if (!is_binary(data))
        return (*size = encode_int(data, bytes, room)) > 0;
    *size = bitstring_size(data) >> 3;
    if (*size > room)
        return false;
    bits_copy(bytes, 0, bitstring_bits(data));
    return true;
}

static bool read_level(term map, int *level) {
    term t = map_get(map, ATOM_level);
    *level = SOL_SOCKET;
    return t == ATOM_socket || integer_to_int(t, level);
}

// One message into `room` bytes at `bytes`; *used is what it takes there.
static bool read_message(term map, uint8_t *bytes, size_t room, size_t *used) {
    struct cmsghdr head = {0};
    size_t size;
    if (!is_map(map) || room < CMSG_SPACE(0) || !read_level(map, &head.cmsg_level))
        return false;
    term type = map_get(map, ATOM_type), value = map_get(map, ATOM_value), data = map_get(map, ATOM_data);
    const struct control_kind *kind = type != NONE && is_atom(type) ? kind_of(head.cmsg_level, 0, type) : NULL;
    if (type == NONE || (!kind && !integer_to_int(type, &head.cmsg_type)))
        return false;
    if (kind)
        head.cmsg_type = kind->type;
    uint8_t *content = bytes + CMSG_LEN(0);
    room -= CMSG_LEN(0);
    if (data != NONE) {
        if (value != NONE || !encode_data(data, content, room, &size))
            return false;
    } else if (value == NONE || !kind || !kind->encode || (size = kind->encode(value, content, room)) == 0) {
        return false;
    }
    head.cmsg_len = CMSG_LEN(size);
    memcpy(bytes, &head, sizeof head);
    *used = CMSG_SPACE(size);
    return *used <= room + CMSG_LEN(0);
}

bool socket_control_read(term list, struct msghdr *header) {
    uint8_t *bytes = header->msg_control;
    size_t room = header->msg_controllen, total = 0, used;
    memset(bytes, 0, room);
    for (; is_list(list); list = list_tail(list), total += used)
        if (!read_message(list_head(list), bytes + total, room - total, &used))
            return false;
    header->msg_controllen = total;
    if (total == 0)
        header->msg_control = NULL;
    return is_nil(list);
}
