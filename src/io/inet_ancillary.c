// Ancillary data: what the system tells beside a packet (type of service, traffic class, time to live), and what is
// asked of it for one packet.
//
// prim_inet writes it as options: a number and 32 bits each. A receiver gets [{tos, 0}, {ttl, 64}].

#define _GNU_SOURCE // IPV6_TCLASS

#include "io/inet.h"

// The control message of each, by the option's number.
struct ancillary {
    unsigned option;
    int level, type;
    term name;
};

static const struct ancillary kinds[] = {
    {9, IPPROTO_IP, IP_TOS, ATOM_tos},
    {41, IPPROTO_IPV6, IPV6_TCLASS, ATOM_tclass},
    {46, IPPROTO_IP, IP_TTL, ATOM_ttl},
};

static const struct ancillary *kind_of_message(const struct cmsghdr *header) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].level == header->cmsg_level && kinds[i].type == header->cmsg_type)
            return &kinds[i];
    }
    return NULL;
}

static const struct ancillary *kind_of_option(unsigned option) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].option == option)
            return &kinds[i];
    }
    return NULL;
}

// The system gives the type of service of IPv4 as one byte.
static int message_value(const struct cmsghdr *header) {
    int value = 0;
    if (header->cmsg_len >= CMSG_LEN(sizeof value))
        memcpy(&value, CMSG_DATA(header), sizeof value);
    else
        value = *CMSG_DATA(header);
    return value;
}

term inet_ancillary_list(struct heap *heap, struct msghdr *message) {
    term pairs[INET_ANCILLARY_MAX];
    size_t count = 0;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at && count < INET_ANCILLARY_MAX; at = CMSG_NXTHDR(message, at)) {
        const struct ancillary *kind = kind_of_message(at);
        if (kind)
            pairs[count++] = heap_tuple_of(heap, 2, kind->name, SMALL(message_value(at)));
    }
    return heap_list_of(heap, count, pairs, NIL);
}

bool inet_ancillary_read(struct inet_reader *reader, struct inet_ancillary *ancillary, struct msghdr *message) {
    message->msg_control = ancillary->bytes;
    message->msg_controllen = sizeof ancillary->bytes;
    memset(ancillary->bytes, 0, sizeof ancillary->bytes);
    struct cmsghdr *at = CMSG_FIRSTHDR(message);
    size_t used = 0;
    while (reader->size > 0) {
        const struct ancillary *kind = kind_of_option(inet_read_8(reader));
        int value = (int)inet_read_32(reader);
        if (!kind || reader->bad || !at)
            return false;
        *at = (struct cmsghdr){CMSG_LEN(sizeof value), kind->level, kind->type};
        memcpy(CMSG_DATA(at), &value, sizeof value);
        used += CMSG_SPACE(sizeof value);
        at = CMSG_NXTHDR(message, at);
    }
    message->msg_controllen = used;
    return true;
}

// pktoptions: what came with the packet that opened the connection; only IPv6 keeps that after the fact.
void inet_get_packet_options(struct port *port, struct text *answer) {
    struct inet_ancillary ancillary;
    bool inet6 = inet_of(port)->family == AF_INET6;
    socklen_t size = sizeof ancillary.bytes;
    if (getsockopt(port->output.descriptor, inet6 ? IPPROTO_IPV6 : IPPROTO_IP,
                   inet6 ? IPV6_2292PKTOPTIONS : IP_PKTOPTIONS, ancillary.bytes, &size) < 0)
        return;
    struct msghdr message = {.msg_control = ancillary.bytes, .msg_controllen = size};
    struct text list = {0};
    for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at)) {
        const struct ancillary *kind = kind_of_message(at);
        if (!kind)
            continue;
        inet_append_8(&list, kind->option);
        inet_append_32(&list, (uint32_t)message_value(at));
    }
    inet_append_8(answer, INET_OPTION_PACKET_OPTIONS);
    inet_append_32(answer, (uint32_t)list.size);
    text_append(answer, list.bytes, list.size);
    text_free(&list);
}
