// The table of socket options, and the forms of their values.

#define _GNU_SOURCE // IP_MSFILTER's structure

#include "socket/option.h"

#include <limits.h>
#include <linux/sctp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/time.h>

#include "io/socket_address.h"
#include "io/system_name.h"
#include "socket/control.h"
#include "term/atom.h"
#include "term/iodata.h"
#include "term/map.h"
#include "term/number.h"

enum { SYSTEM_FLOWINFO = 11 }; // IPV6_FLOWINFO, which only linux/in6.h has
enum { CONTROL_ROOM = 256, SOURCES_MAX = 64, CONGESTION_ROOM = 15, CONGESTION_NAME_MAX = 255 };

// ---- numbers ------------------------------------------------------------------------------------------------------

// The system may give less than it was given room for: the rest of the value stays as it is.
static void take(void *value, size_t room, const uint8_t *bytes, size_t size) {
    memcpy(value, bytes, size < room ? size : room);
}

static ptrdiff_t put(const void *value, size_t size, uint8_t *bytes) {
    memcpy(bytes, value, size);
    return (ptrdiff_t)size;
}

static int int_of(const uint8_t *bytes, size_t size) {
    int value = 0;
    take(&value, sizeof value, bytes, size);
    return value;
}

static ptrdiff_t put_int(int value, uint8_t *bytes) {
    return put(&value, sizeof value, bytes);
}

static term decode_int(struct heap *heap, const uint8_t *bytes, size_t size) {
    return SMALL(int_of(bytes, size));
}
static ptrdiff_t encode_int(term value, uint8_t *bytes) {
    int number;
    return integer_to_int(value, &number) ? put_int(number, bytes) : -1;
}

static term decode_boolean(struct heap *heap, const uint8_t *bytes, size_t size) {
    return int_of(bytes, size) ? ATOM_true : ATOM_false;
}
static ptrdiff_t encode_boolean(term value, uint8_t *bytes) {
    return value == ATOM_true || value == ATOM_false ? put_int(value == ATOM_true, bytes) : -1;
}

// A number of hops, -1 being the system's own.
static ptrdiff_t encode_hops(term value, uint8_t *bytes) {
    int number;
    if (value == ATOM_default)
        return put_int(-1, bytes);
    return integer_to_int(value, &number) && number >= 0 && number <= UINT8_MAX ? put_int(number, bytes) : -1;
}
static term decode_hops(struct heap *heap, const uint8_t *bytes, size_t size) {
    int value = int_of(bytes, size);
    return value == -1 ? ATOM_default : SMALL(value);
}

static term decode_tos(struct heap *heap, const uint8_t *bytes, size_t size) {
    return socket_tos(int_of(bytes, size));
}
static ptrdiff_t encode_tos(term value, uint8_t *bytes) {
    int tos;
    return socket_tos_read(value, &tos) ? put_int(tos, bytes) : -1;
}

static const struct system_name discoveries[] = {
    {IP_PMTUDISC_DONT, ATOM_dont},
    {IP_PMTUDISC_WANT, ATOM_want},
    {IP_PMTUDISC_DO, ATOM_do},
    {IP_PMTUDISC_PROBE, ATOM_probe},
    SYSTEM_NAMES_END,
};

static term decode_discovery(struct heap *heap, const uint8_t *bytes, size_t size) {
    return system_name(discoveries, int_of(bytes, size));
}
static ptrdiff_t encode_discovery(term value, uint8_t *bytes) {
    int number;
    return system_number(discoveries, value, &number) ? put_int(number, bytes) : -1;
}

static term decode_family(struct heap *heap, const uint8_t *bytes, size_t size) {
    return socket_family(int_of(bytes, size));
}
static ptrdiff_t encode_family(term value, uint8_t *bytes) {
    int family;
    return socket_family_read(value, &family) ? put_int(family, bytes) : -1;
}

static term decode_type(struct heap *heap, const uint8_t *bytes, size_t size) {
    return socket_type(int_of(bytes, size));
}

// ---- strings ------------------------------------------------------------------------------------------------------

// All that the system gave, zeros too, as OTP does.
static term decode_string(struct heap *heap, const uint8_t *bytes, size_t size) {
    return heap_string(heap, (const char *)bytes, size);
}

static ptrdiff_t encode_string(term list, uint8_t *bytes, size_t room) {
    ptrdiff_t length = bytes_of_list(list, bytes, room);
    return length <= (ptrdiff_t)room ? length : -1;
}
static ptrdiff_t encode_interface(term value, uint8_t *bytes) {
    return encode_string(value, bytes, IFNAMSIZ - 1);
}
static ptrdiff_t encode_congestion(term value, uint8_t *bytes) {
    return encode_string(value, bytes, CONGESTION_NAME_MAX);
}

// ---- structures ---------------------------------------------------------------------------------------------------

static term member(term map, term key) {
    return is_map(map) ? map_get(map, key) : NONE;
}

static term decode_linger(struct heap *heap, const uint8_t *bytes, size_t size) {
    struct linger linger = {0};
    take(&linger, sizeof linger, bytes, size);
    term pairs[] = {ATOM_onoff, linger.l_onoff ? ATOM_true : ATOM_false, ATOM_linger, SMALL(linger.l_linger)};
    return map_from_pairs(heap, pairs, 2);
}
static ptrdiff_t encode_linger(term value, uint8_t *bytes) {
    struct linger linger = {.l_onoff = 1};
    if (value == ATOM_abort) // closing resets the connection
        return put(&linger, sizeof linger, bytes);
    term on = member(value, ATOM_onoff), seconds = member(value, ATOM_linger);
    if ((on != ATOM_true && on != ATOM_false) || !integer_to_int(seconds, &linger.l_linger) || linger.l_linger < 0)
        return -1;
    linger.l_onoff = on == ATOM_true;
    return put(&linger, sizeof linger, bytes);
}

static term decode_ip(struct heap *heap, const uint8_t *bytes, size_t size) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    take(&address.sin_addr, sizeof address.sin_addr, bytes, size);
    return socket_ip(heap, (struct sockaddr *)&address);
}
static ptrdiff_t encode_ip(term value, uint8_t *bytes) {
    return socket_ip4_read(value, (struct in_addr *)bytes) ? (ptrdiff_t)sizeof(struct in_addr) : -1;
}

static ptrdiff_t encode_membership(term value, uint8_t *bytes) {
    struct ip_mreq *request = (struct ip_mreq *)bytes;
    return socket_ip4_read(member(value, ATOM_multiaddr), &request->imr_multiaddr) &&
                   socket_ip4_read(member(value, ATOM_interface), &request->imr_interface)
               ? (ptrdiff_t)sizeof *request
               : -1;
}

static ptrdiff_t encode_source(term value, uint8_t *bytes) {
    struct ip_mreq_source *request = (struct ip_mreq_source *)bytes;
    return socket_ip4_read(member(value, ATOM_multiaddr), &request->imr_multiaddr) &&
                   socket_ip4_read(member(value, ATOM_interface), &request->imr_interface) &&
                   socket_ip4_read(member(value, ATOM_sourceaddr), &request->imr_sourceaddr)
               ? (ptrdiff_t)sizeof *request
               : -1;
}

static bool read_sources(term list, struct ip_msfilter *filter) {
    for (; is_list(list); list = list_tail(list)) {
        if (filter->imsf_numsrc == SOURCES_MAX ||
            !socket_ip4_read(list_head(list), &filter->imsf_slist[filter->imsf_numsrc]))
            return false;
        filter->imsf_numsrc++;
    }
    return is_nil(list);
}

// `null` is no value at all.
static ptrdiff_t encode_filter(term value, uint8_t *bytes) {
    struct ip_msfilter *filter = (struct ip_msfilter *)bytes;
    term mode = member(value, ATOM_mode), list = member(value, ATOM_slist);
    if (value == ATOM_null)
        return 0;
    if ((mode != ATOM_include && mode != ATOM_exclude) || list == NONE ||
        !socket_ip4_read(member(value, ATOM_multiaddr), &filter->imsf_multiaddr) ||
        !socket_ip4_read(member(value, ATOM_interface), &filter->imsf_interface))
        return -1;
    filter->imsf_fmode = mode == ATOM_include ? MCAST_INCLUDE : MCAST_EXCLUDE;
    filter->imsf_numsrc = 0;
    return read_sources(list, filter) ? (ptrdiff_t)IP_MSFILTER_SIZE(filter->imsf_numsrc) : -1;
}

static ptrdiff_t encode_membership6(term value, uint8_t *bytes) {
    struct ipv6_mreq *request = (struct ipv6_mreq *)bytes;
    int64_t interface;
    if (!socket_ip6_read(member(value, ATOM_multiaddr), &request->ipv6mr_multiaddr) ||
        !integer_within(member(value, ATOM_interface), 0, UINT_MAX, &interface))
        return -1;
    request->ipv6mr_interface = (unsigned)interface;
    return sizeof *request;
}

static term decode_control(struct heap *heap, const uint8_t *bytes, size_t size) {
    struct msghdr header = {.msg_control = (void *)bytes, .msg_controllen = size};
    return socket_control_list(heap, &header);
}

// ---- SCTP

static bool read_unsigned(term map, term key, int64_t most, uint32_t *value) {
    int64_t number;
    if (!integer_within(member(map, key), 0, most, &number))
        return false;
    *value = (uint32_t)number;
    return true;
}

static term decode_sctp_init(struct heap *heap, const uint8_t *bytes, size_t size) {
    struct sctp_initmsg init = {0};
    take(&init, sizeof init, bytes, size);
    term pairs[] = {
        ATOM_num_ostreams, SMALL(init.sinit_num_ostreams), ATOM_max_instreams,  SMALL(init.sinit_max_instreams),
        ATOM_max_attempts, SMALL(init.sinit_max_attempts), ATOM_max_init_timeo, SMALL(init.sinit_max_init_timeo)};
    return map_from_pairs(heap, pairs, 4);
}
static ptrdiff_t encode_sctp_init(term value, uint8_t *bytes) {
    uint32_t out, in, attempts, time;
    if (!read_unsigned(value, ATOM_num_ostreams, UINT16_MAX, &out) ||
        !read_unsigned(value, ATOM_max_instreams, UINT16_MAX, &in) ||
        !read_unsigned(value, ATOM_max_attempts, UINT16_MAX, &attempts) ||
        !read_unsigned(value, ATOM_max_init_timeo, UINT16_MAX, &time))
        return -1;
    struct sctp_initmsg init = {(uint16_t)out, (uint16_t)in, (uint16_t)attempts, (uint16_t)time};
    return put(&init, sizeof init, bytes);
}

static term decode_sctp_association(struct heap *heap, const uint8_t *bytes, size_t size) {
    struct sctp_assocparams given = {0};
    take(&given, sizeof given, bytes, size);
    term pairs[] = {ATOM_assoc_id,       SMALL(given.sasoc_assoc_id),
                    ATOM_max_rxt,        SMALL(given.sasoc_asocmaxrxt),
                    ATOM_num_peer_dests, SMALL(given.sasoc_number_peer_destinations),
                    ATOM_peer_rwnd,      SMALL(given.sasoc_peer_rwnd),
                    ATOM_local_rwnd,     SMALL(given.sasoc_local_rwnd),
                    ATOM_cookie_life,    SMALL(given.sasoc_cookie_life)};
    return map_from_pairs(heap, pairs, 6);
}
static ptrdiff_t encode_sctp_association(term value, uint8_t *bytes) {
    uint32_t id, retries, destinations, peer, local, life;
    if (!read_unsigned(value, ATOM_assoc_id, INT32_MAX, &id) ||
        !read_unsigned(value, ATOM_max_rxt, UINT16_MAX, &retries) ||
        !read_unsigned(value, ATOM_num_peer_dests, UINT16_MAX, &destinations) ||
        !read_unsigned(value, ATOM_peer_rwnd, UINT32_MAX, &peer) ||
        !read_unsigned(value, ATOM_local_rwnd, UINT32_MAX, &local) ||
        !read_unsigned(value, ATOM_cookie_life, UINT32_MAX, &life))
        return -1;
    struct sctp_assocparams made = {(sctp_assoc_t)id, (uint16_t)retries, (uint16_t)destinations, peer, local, life};
    return put(&made, sizeof made, bytes);
}

// A byte for each kind of event, in this order; the last two may be left out.
static ptrdiff_t encode_sctp_events(term value, uint8_t *bytes) {
    static const term keys[] = {ATOM_data_io,        ATOM_association, ATOM_address,          ATOM_send_failure,
                                ATOM_peer_error,     ATOM_shutdown,    ATOM_partial_delivery, ATOM_adaptation_layer,
                                ATOM_authentication, ATOM_sender_dry};
    enum { KEYS = sizeof keys / sizeof *keys, NEEDED = 7 };
    for (size_t i = 0; i < KEYS; i++) {
        term on = member(value, keys[i]);
        if (on != ATOM_true && on != ATOM_false && (on != NONE || i < NEEDED))
            return -1;
        bytes[i] = on == ATOM_true;
    }
    return KEYS;
}

// ---- forms --------------------------------------------------------------------------------------------------------

static const struct option_form boolean = {sizeof(int), decode_boolean, encode_boolean};
static const struct option_form integer = {sizeof(int), decode_int, encode_int};
static const struct option_form integer_told = {sizeof(int), decode_int, NULL};
static const struct option_form hops = {sizeof(int), decode_hops, encode_hops};
static const struct option_form tos = {sizeof(int), decode_tos, encode_tos};
static const struct option_form discovery = {sizeof(int), decode_discovery, encode_discovery};
static const struct option_form family_told = {sizeof(int), decode_family, NULL};
static const struct option_form family_given = {sizeof(int), NULL, encode_family};
static const struct option_form type_told = {sizeof(int), decode_type, NULL};
static const struct option_form interface = {IFNAMSIZ, decode_string, encode_interface};
static const struct option_form congestion = {CONGESTION_ROOM, decode_string, encode_congestion};
static const struct option_form linger = {sizeof(struct linger), decode_linger, encode_linger};
static const struct option_form ip = {sizeof(struct in_addr), decode_ip, encode_ip};
static const struct option_form membership = {sizeof(struct ip_mreq), NULL, encode_membership};
static const struct option_form source = {sizeof(struct ip_mreq_source), NULL, encode_source};
static const struct option_form filter = {0, NULL, encode_filter};
static const struct option_form membership6 = {sizeof(struct ipv6_mreq), NULL, encode_membership6};
static const struct option_form control = {CONTROL_ROOM, decode_control, NULL};
static const struct option_form sctp_init = {sizeof(struct sctp_initmsg), decode_sctp_init, encode_sctp_init};
static const struct option_form sctp_association = {sizeof(struct sctp_assocparams), decode_sctp_association,
                                                    encode_sctp_association};
static const struct option_form sctp_times = {sizeof(struct sctp_rtoinfo), NULL, NULL}; // nor on OTP
static const struct option_form sctp_events = {sizeof(struct sctp_event_subscribe), NULL, encode_sctp_events};

static_assert(IP_MSFILTER_SIZE(SOURCES_MAX) <= OPTION_ROOM && CONTROL_ROOM <= OPTION_ROOM);

// ---- the table ----------------------------------------------------------------------------------------------------

// The names are those of OTP 25's socket.erl; which of them it supports on Linux was observed.
const struct socket_option socket_options_known[] = {
    {SOL_SOCKET, SO_ACCEPTCONN, ATOM_acceptconn, &boolean},
    {SOL_SOCKET, -1, ATOM_acceptfilter, NULL},
    {SOL_SOCKET, SO_BINDTODEVICE, ATOM_bindtodevice, &interface},
    {SOL_SOCKET, SO_BROADCAST, ATOM_broadcast, &boolean},
    {SOL_SOCKET, -1, ATOM_busy_poll, NULL},
    {SOL_SOCKET, SO_DEBUG, ATOM_debug, &integer},
    {SOL_SOCKET, SO_DOMAIN, ATOM_domain, &family_told},
    {SOL_SOCKET, SO_DONTROUTE, ATOM_dontroute, &boolean},
    {SOL_SOCKET, -1, ATOM_error, NULL},
    {SOL_SOCKET, SO_KEEPALIVE, ATOM_keepalive, &boolean},
    {SOL_SOCKET, SO_LINGER, ATOM_linger, &linger},
    {SOL_SOCKET, -1, ATOM_mark, NULL},
    {SOL_SOCKET, SO_OOBINLINE, ATOM_oobinline, &boolean},
    {SOL_SOCKET, SO_PASSCRED, ATOM_passcred, &boolean},
    {SOL_SOCKET, SO_PEEK_OFF, ATOM_peek_off, &integer},
    {SOL_SOCKET, -1, ATOM_peercred, NULL},
    {SOL_SOCKET, SO_PRIORITY, ATOM_priority, &integer},
    {SOL_SOCKET, SO_PROTOCOL, ATOM_protocol, &integer_told},
    {SOL_SOCKET, SO_RCVBUF, ATOM_rcvbuf, &integer},
    {SOL_SOCKET, -1, ATOM_rcvbufforce, NULL},
    {SOL_SOCKET, SO_RCVLOWAT, ATOM_rcvlowat, &integer},
    {SOL_SOCKET, -1, ATOM_rcvtimeo, NULL},
    {SOL_SOCKET, SO_REUSEADDR, ATOM_reuseaddr, &boolean},
    {SOL_SOCKET, SO_REUSEPORT, ATOM_reuseport, &boolean},
    {SOL_SOCKET, -1, ATOM_rxq_ovfl, NULL},
    {SOL_SOCKET, -1, ATOM_setfib, NULL},
    {SOL_SOCKET, SO_SNDBUF, ATOM_sndbuf, &integer},
    {SOL_SOCKET, -1, ATOM_sndbufforce, NULL},
    {SOL_SOCKET, SO_SNDLOWAT, ATOM_sndlowat, &integer},
    {SOL_SOCKET, -1, ATOM_sndtimeo, NULL},
    {SOL_SOCKET, SO_TIMESTAMP, ATOM_timestamp, &boolean},
    {SOL_SOCKET, SO_TYPE, ATOM_type, &type_told},
    {IPPROTO_IP, IP_ADD_MEMBERSHIP, ATOM_add_membership, &membership},
    {IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, ATOM_add_source_membership, &source},
    {IPPROTO_IP, IP_BLOCK_SOURCE, ATOM_block_source, &source},
    {IPPROTO_IP, -1, ATOM_dontfrag, NULL},
    {IPPROTO_IP, IP_DROP_MEMBERSHIP, ATOM_drop_membership, &membership},
    {IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, ATOM_drop_source_membership, &source},
    {IPPROTO_IP, IP_FREEBIND, ATOM_freebind, &boolean},
    {IPPROTO_IP, IP_HDRINCL, ATOM_hdrincl, &boolean},
    {IPPROTO_IP, IP_MINTTL, ATOM_minttl, &integer},
    {IPPROTO_IP, IP_MSFILTER, ATOM_msfilter, &filter},
    {IPPROTO_IP, IP_MTU, ATOM_mtu, &integer_told},
    {IPPROTO_IP, IP_MTU_DISCOVER, ATOM_mtu_discover, &discovery},
    {IPPROTO_IP, IP_MULTICAST_ALL, ATOM_multicast_all, &boolean},
    {IPPROTO_IP, IP_MULTICAST_IF, ATOM_multicast_if, &ip},
    {IPPROTO_IP, IP_MULTICAST_LOOP, ATOM_multicast_loop, &boolean},
    {IPPROTO_IP, IP_MULTICAST_TTL, ATOM_multicast_ttl, &integer},
    {IPPROTO_IP, IP_NODEFRAG, ATOM_nodefrag, &boolean},
    {IPPROTO_IP, -1, ATOM_options, NULL},
    {IPPROTO_IP, IP_PKTINFO, ATOM_pktinfo, &boolean},
    {IPPROTO_IP, IP_PKTOPTIONS, ATOM_pktoptions, &control},
    {IPPROTO_IP, -1, ATOM_recvdstaddr, NULL},
    {IPPROTO_IP, IP_RECVERR, ATOM_recverr, &boolean},
    {IPPROTO_IP, -1, ATOM_recvif, NULL},
    {IPPROTO_IP, IP_RECVOPTS, ATOM_recvopts, &boolean},
    {IPPROTO_IP, IP_RECVORIGDSTADDR, ATOM_recvorigdstaddr, &boolean},
    {IPPROTO_IP, IP_RECVTOS, ATOM_recvtos, &boolean},
    {IPPROTO_IP, IP_RECVTTL, ATOM_recvttl, &boolean},
    {IPPROTO_IP, IP_RETOPTS, ATOM_retopts, &boolean},
    {IPPROTO_IP, IP_ROUTER_ALERT, ATOM_router_alert, &integer},
    {IPPROTO_IP, -1, ATOM_sendsrcaddr, NULL},
    {IPPROTO_IP, IP_TOS, ATOM_tos, &tos},
    {IPPROTO_IP, IP_TRANSPARENT, ATOM_transparent, &boolean},
    {IPPROTO_IP, IP_TTL, ATOM_ttl, &integer},
    {IPPROTO_IP, IP_UNBLOCK_SOURCE, ATOM_unblock_source, &source},
    {IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, ATOM_add_membership, &membership6},
    {IPPROTO_IPV6, IPV6_ADDRFORM, ATOM_addrform, &family_given},
    {IPPROTO_IPV6, -1, ATOM_auth_level, NULL},
    {IPPROTO_IPV6, IPV6_AUTHHDR, ATOM_authhdr, &boolean},
    {IPPROTO_IPV6, -1, ATOM_checksum, NULL},
    {IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP, ATOM_drop_membership, &membership6},
    {IPPROTO_IPV6, IPV6_DSTOPTS, ATOM_dstopts, &boolean},
    {IPPROTO_IPV6, -1, ATOM_esp_network_level, NULL},
    {IPPROTO_IPV6, -1, ATOM_esp_trans_level, NULL},
    {IPPROTO_IPV6, -1, ATOM_faith, NULL},
    {IPPROTO_IPV6, SYSTEM_FLOWINFO, ATOM_flowinfo, &boolean},
    {IPPROTO_IPV6, IPV6_HOPLIMIT, ATOM_hoplimit, &boolean},
    {IPPROTO_IPV6, IPV6_HOPOPTS, ATOM_hopopts, &boolean},
    {IPPROTO_IPV6, -1, ATOM_ipcomp_level, NULL},
    {IPPROTO_IPV6, -1, ATOM_join_group, NULL},
    {IPPROTO_IPV6, -1, ATOM_leave_group, NULL},
    {IPPROTO_IPV6, IPV6_MTU, ATOM_mtu, &integer},
    {IPPROTO_IPV6, IPV6_MTU_DISCOVER, ATOM_mtu_discover, &discovery},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ATOM_multicast_hops, &hops},
    {IPPROTO_IPV6, IPV6_MULTICAST_IF, ATOM_multicast_if, &integer},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, ATOM_multicast_loop, &boolean},
    {IPPROTO_IPV6, -1, ATOM_pktoptions, NULL},
    {IPPROTO_IPV6, -1, ATOM_portrange, NULL},
    {IPPROTO_IPV6, IPV6_RECVERR, ATOM_recverr, &boolean},
    {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, ATOM_recvhoplimit, &boolean},
    {IPPROTO_IPV6, IPV6_RECVPKTINFO, ATOM_recvpktinfo, &boolean},
    {IPPROTO_IPV6, IPV6_RECVTCLASS, ATOM_recvtclass, &boolean},
    {IPPROTO_IPV6, IPV6_ROUTER_ALERT, ATOM_router_alert, &integer},
    {IPPROTO_IPV6, IPV6_RTHDR, ATOM_rthdr, &boolean},
    {IPPROTO_IPV6, IPV6_TCLASS, ATOM_tclass, &integer},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, ATOM_unicast_hops, &hops},
    {IPPROTO_IPV6, -1, ATOM_use_min_mtu, NULL},
    {IPPROTO_IPV6, IPV6_V6ONLY, ATOM_v6only, &boolean},
    {IPPROTO_TCP, TCP_CONGESTION, ATOM_congestion, &congestion},
    {IPPROTO_TCP, TCP_CORK, ATOM_cork, &boolean},
    {IPPROTO_TCP, -1, ATOM_info, NULL},
    {IPPROTO_TCP, -1, ATOM_keepcnt, NULL},
    {IPPROTO_TCP, -1, ATOM_keepidle, NULL},
    {IPPROTO_TCP, -1, ATOM_keepintvl, NULL},
    {IPPROTO_TCP, TCP_MAXSEG, ATOM_maxseg, &integer},
    {IPPROTO_TCP, -1, ATOM_md5sig, NULL},
    {IPPROTO_TCP, TCP_NODELAY, ATOM_nodelay, &boolean},
    {IPPROTO_TCP, -1, ATOM_noopt, NULL},
    {IPPROTO_TCP, -1, ATOM_nopush, NULL},
    {IPPROTO_TCP, -1, ATOM_syncnt, NULL},
    {IPPROTO_TCP, -1, ATOM_user_timeout, NULL},
    {IPPROTO_UDP, UDP_CORK, ATOM_cork, &boolean},
    {IPPROTO_SCTP, -1, ATOM_adaption_layer, NULL},
    {IPPROTO_SCTP, SCTP_ASSOCINFO, ATOM_associnfo, &sctp_association},
    {IPPROTO_SCTP, -1, ATOM_auth_active_key, NULL},
    {IPPROTO_SCTP, -1, ATOM_auth_chunk, NULL},
    {IPPROTO_SCTP, -1, ATOM_auth_delete_key, NULL},
    {IPPROTO_SCTP, -1, ATOM_auth_key, NULL},
    {IPPROTO_SCTP, SCTP_AUTOCLOSE, ATOM_autoclose, &integer},
    {IPPROTO_SCTP, -1, ATOM_context, NULL},
    {IPPROTO_SCTP, -1, ATOM_default_send_params, NULL},
    {IPPROTO_SCTP, -1, ATOM_delayed_ack_time, NULL},
    {IPPROTO_SCTP, SCTP_DISABLE_FRAGMENTS, ATOM_disable_fragments, &boolean},
    {IPPROTO_SCTP, SCTP_EVENTS, ATOM_events, &sctp_events},
    {IPPROTO_SCTP, -1, ATOM_explicit_eor, NULL},
    {IPPROTO_SCTP, -1, ATOM_fragment_interleave, NULL},
    {IPPROTO_SCTP, -1, ATOM_get_peer_addr_info, NULL},
    {IPPROTO_SCTP, -1, ATOM_hmac_ident, NULL},
    {IPPROTO_SCTP, -1, ATOM_i_want_mapped_v4_addr, NULL},
    {IPPROTO_SCTP, SCTP_INITMSG, ATOM_initmsg, &sctp_init},
    {IPPROTO_SCTP, -1, ATOM_local_auth_chunks, NULL},
    {IPPROTO_SCTP, -1, ATOM_maxburst, NULL},
    {IPPROTO_SCTP, SCTP_MAXSEG, ATOM_maxseg, &integer},
    {IPPROTO_SCTP, SCTP_NODELAY, ATOM_nodelay, &boolean},
    {IPPROTO_SCTP, -1, ATOM_partial_delivery_point, NULL},
    {IPPROTO_SCTP, -1, ATOM_peer_addr_params, NULL},
    {IPPROTO_SCTP, -1, ATOM_peer_auth_chunks, NULL},
    {IPPROTO_SCTP, -1, ATOM_primary_addr, NULL},
    {IPPROTO_SCTP, -1, ATOM_reset_streams, NULL},
    {IPPROTO_SCTP, SCTP_RTOINFO, ATOM_rtoinfo, &sctp_times},
    {IPPROTO_SCTP, -1, ATOM_set_peer_primary_addr, NULL},
    {IPPROTO_SCTP, -1, ATOM_status, NULL},
    {IPPROTO_SCTP, -1, ATOM_use_ext_recvinfo, NULL},
};
const size_t socket_option_count = sizeof socket_options_known / sizeof *socket_options_known;

const struct socket_option *socket_option_find(int level, int number) {
    for (size_t i = 0; i < socket_option_count; i++) {
        const struct socket_option *option = &socket_options_known[i];
        if (option->level == level && option->number == number && number >= 0)
            return option;
    }
    return NULL;
}
