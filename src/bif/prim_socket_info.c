// prim_socket: what there is to know of sockets, and of what the system supports.

#include "bif/prim_socket.h"

#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/ioctl.h>

#include "io/socket_address.h"
#include "socket/control.h"
#include "socket/interface.h"
#include "socket/option.h"
#include "term/atom.h"
#include "term/map.h"
#include "vm.h"

#define ENTRY_ROOM 4096 // of one protocol's names

static term pair(struct heap *heap, term name, term value) {
    return heap_tuple_of(heap, 2, name, value);
}

// ---- what is supported ----

// {[Name, Alias, ...], Number} of each, the system's last first: of two with one number the first counts.
static term protocols(struct heap *heap) {
    struct protoent entry, *found;
    char room[ENTRY_ROOM];
    term list = NIL;
    setprotoent(1);
    while (getprotoent_r(&entry, room, sizeof room, &found) == 0) {
        term names = NIL;
        for (char **alias = entry.p_aliases; *alias; alias++)
            names = heap_cons(heap, atom_from_latin1(*alias, strlen(*alias)), names);
        names = heap_cons(heap, atom_from_latin1(entry.p_name, strlen(entry.p_name)), names);
        list = heap_cons(heap, pair(heap, names, SMALL(entry.p_proto)), list);
    }
    endprotoent();
    return list;
}

// {Level, [{Name, Number} | Name]} of each level.
static term options(struct heap *heap) {
    term levels = NIL;
    for (size_t end = socket_option_count; end > 0;) {
        int level = socket_options_known[end - 1].level;
        term list = NIL;
        for (; end > 0 && socket_options_known[end - 1].level == level; end--) {
            const struct socket_option *option = &socket_options_known[end - 1];
            term number = SMALL(option->number);
            list = heap_cons(heap, option->number < 0 ? option->name : pair(heap, option->name, number), list);
        }
        levels = heap_cons(heap, pair(heap, level == SOL_SOCKET ? ATOM_socket : SMALL(level), list), levels);
    }
    return levels;
}

static term flags(struct heap *heap, const struct system_name *known) {
    term list = NIL;
    for (; known->name != NONE; known++)
        list = heap_cons(heap, pair(heap, known->name, SMALL(known->number)), list);
    return list;
}

static const struct system_name requests[] = {
    {SIOCGIFCONF, ATOM_gifconf},
    {SIOCGIFADDR, ATOM_gifaddr},
    {SIOCGIFBRDADDR, ATOM_gifbrdaddr},
    {SIOCGIFDSTADDR, ATOM_gifdstaddr},
    {SIOCGIFNETMASK, ATOM_gifnetmask},
    {SIOCGIFFLAGS, ATOM_gifflags},
    {SIOCGIFHWADDR, ATOM_gifhwaddr},
    {SIOCGIFINDEX, ATOM_gifindex},
    {SIOCGIFMAP, ATOM_gifmap},
    {SIOCGIFMTU, ATOM_gifmtu},
    {SIOCGIFNAME, ATOM_gifname},
    {SIOCGIFTXQLEN, ATOM_giftxqlen},
    {SIOCSIFADDR, ATOM_sifaddr},
    {SIOCSIFBRDADDR, ATOM_sifbrdaddr},
    {SIOCSIFDSTADDR, ATOM_sifdstaddr},
    {SIOCSIFFLAGS, ATOM_sifflags},
    {SIOCSIFMTU, ATOM_sifmtu},
    {SIOCSIFTXQLEN, ATOM_siftxqlen},
    SYSTEM_NAMES_END,
};

BIF(prim_socket, nif_supports, 0) {
    struct heap *heap = &self->heap;
    term pairs[] = {
        pair(heap, ATOM_sctp, ATOM_true),  pair(heap, ATOM_ipv6, ATOM_true),     pair(heap, ATOM_local, ATOM_true),
        pair(heap, ATOM_netns, ATOM_true), pair(heap, ATOM_sendfile, ATOM_true),
    };
    return heap_list_of(heap, sizeof pairs / sizeof *pairs, pairs, NIL);
}

BIF(prim_socket, nif_supports, 1) {
    struct heap *heap = &self->heap;
    switch (arguments[0]) {
    case ATOM_protocols:
        return protocols(heap);
    case ATOM_options:
        return options(heap);
    case ATOM_msg_flags:
        return flags(heap, socket_flags_known);
    case ATOM_ioctl_requests:
        return flags(heap, requests);
    case ATOM_ioctl_flags:
        return flags(heap, socket_interface_flags);
    default:
        return NIL;
    }
}

// ---- all sockets ----

static term counter_map(struct heap *heap) {
    uint64_t counts[KIND_COUNT];
    mutex_lock(&vm.sockets->lock);
    memcpy(counts, vm.sockets->counts, sizeof counts);
    mutex_unlock(&vm.sockets->lock);
    static const term names[KIND_COUNT] = {
        [KIND_INET] = ATOM_num_dinet,      [KIND_INET6] = ATOM_num_dinet6,       [KIND_LOCAL] = ATOM_num_dlocal,
        [KIND_IP] = ATOM_num_pip,          [KIND_SCTP] = ATOM_num_psctp,         [KIND_TCP] = ATOM_num_ptcp,
        [KIND_UDP] = ATOM_num_pudp,        [KIND_SOCKETS] = ATOM_num_sockets,    [KIND_DGRAM] = ATOM_num_tdgrams,
        [KIND_STREAM] = ATOM_num_tstreams, [KIND_SEQPACKET] = ATOM_num_tseqpkgs,
    };
    term pairs[2 * (KIND_COUNT + 1)] = {ATOM_num_cnt_bits, SMALL(64)};
    for (size_t i = 0; i < KIND_COUNT; i++) {
        pairs[2 * (i + 1)] = names[i];
        pairs[2 * (i + 1) + 1] = heap_unsigned(heap, counts[i]);
    }
    return map_from_pairs(heap, pairs, KIND_COUNT + 1);
}

BIF(prim_socket, nif_info, 0) {
    term pairs[] = {
        ATOM_counters,     counter_map(&self->heap),
        ATOM_debug,        term_boolean(atomic_load(&vm.sockets->debug)),
        ATOM_iov_max,      SMALL(IOV_MAX),
        ATOM_iow,          ATOM_false,
        ATOM_socket_debug, term_boolean(atomic_load(&vm.sockets->socket_debug)),
        ATOM_use_registry, term_boolean(atomic_load(&vm.sockets->use_registry)),
    };
    return map_from_pairs(&self->heap, pairs, 6);
}

// #{command := Name, data := Boolean}. Debugging is switched, but prints nothing.
BIF(prim_socket, nif_command, 1) {
    if (!is_map(arguments[0]))
        return raise_badarg(self);
    term command = map_get(arguments[0], ATOM_command), data = map_get(arguments[0], ATOM_data);
    _Atomic bool *flag = command == ATOM_debug          ? &vm.sockets->debug
                         : command == ATOM_socket_debug ? &vm.sockets->socket_debug
                         : command == ATOM_use_registry ? &vm.sockets->use_registry
                                                        : NULL;
    if (command == NONE || data == NONE)
        return raise_badarg(self);
    if (!flag)
        return socket_raise_invalid(self, heap_tuple_of(&self->heap, 2, ATOM_command, command));
    if (data != ATOM_true && data != ATOM_false)
        return socket_raise_invalid(self, heap_tuple_of(&self->heap, 2, ATOM_data, data));
    atomic_store(flag, data == ATOM_true);
    return ATOM_ok;
}

// ---- one socket ----

static term state_list(struct heap *heap, unsigned states) {
    static const term names[] = {ATOM_bound,     ATOM_listening, ATOM_accepting, ATOM_connecting,
                                 ATOM_connected, ATOM_selected,  ATOM_closing,   ATOM_closed};
    term list = NIL;
    for (size_t i = sizeof names / sizeof *names; i > 0; i--)
        if (states & 1U << (i - 1))
            list = heap_cons(heap, names[i - 1], list);
    return list;
}

static term socket_counters(struct heap *heap, const struct socket *socket) {
    const struct socket_side *read = &socket->sides[SIDE_READ], *write = &socket->sides[SIDE_WRITE];
    const struct {
        term name;
        uint64_t count;
    } counters[] = {
        {ATOM_read_byte, read->bytes},
        {ATOM_read_fails, read->fails},
        {ATOM_read_pkg, read->packets},
        {ATOM_read_pkg_max, read->packet_maximum},
        {ATOM_read_tries, read->tries},
        {ATOM_read_waits, read->waits},
        {ATOM_write_byte, write->bytes},
        {ATOM_write_fails, write->fails},
        {ATOM_write_pkg, write->packets},
        {ATOM_write_pkg_max, write->packet_maximum},
        {ATOM_write_tries, write->tries},
        {ATOM_write_waits, write->waits},
        {ATOM_acc_fails, socket->accepts.fails},
        {ATOM_acc_success, socket->accepts.successes},
        {ATOM_acc_tries, socket->accepts.tries},
        {ATOM_acc_waits, socket->accepts.waits},
        {ATOM_sendfile, socket->file.calls},
        {ATOM_sendfile_max, socket->file.call_maximum},
        {ATOM_sendfile_byte, socket->file.bytes},
        {ATOM_sendfile_fails, socket->file.fails},
        {ATOM_sendfile_pkg, socket->file.packets},
        {ATOM_sendfile_pkg_max, socket->file.packet_maximum},
        {ATOM_sendfile_tries, socket->file.tries},
        {ATOM_sendfile_waits, socket->file.waits},
    };
    enum { COUNTERS = sizeof counters / sizeof *counters, OF_FILES = 8 };
    size_t count = socket->file.used ? COUNTERS : COUNTERS - OF_FILES;
    term pairs[2 * COUNTERS];
    for (size_t i = 0; i < count; i++) {
        pairs[2 * i] = counters[i].name;
        pairs[2 * i + 1] = heap_unsigned(heap, counters[i].count);
    }
    return map_from_pairs(heap, pairs, count);
}

BIF(prim_socket, nif_info, 1) {
    struct heap *heap = &self->heap;
    struct socket *socket = socket_of(arguments[0]);
    if (!socket)
        return raise_badarg(self);
    mutex_lock(&socket->lock);
    for (int side = 0; side < SIDE_COUNT; side++)
        socket_forget_ended(socket, side);
    term type = socket->given < 0 ? ATOM_normal : pair(heap, ATOM_fromfd, SMALL(socket->given));
    term pairs[] = {
        ATOM_domain,        socket_family(socket->domain),
        ATOM_type,          socket_type(socket->type),
        ATOM_protocol,      SMALL(socket->protocol),
        ATOM_owner,         socket->owner,
        ATOM_ctype,         type,
        ATOM_counters,      socket_counters(heap, socket),
        ATOM_num_readers,   SMALL(socket_waiting(socket, SIDE_READ, PURPOSE_TRANSFER)),
        ATOM_num_writers,   SMALL(socket_waiting(socket, SIDE_WRITE, PURPOSE_TRANSFER)),
        ATOM_num_acceptors, SMALL(socket_waiting(socket, SIDE_READ, PURPOSE_ESTABLISH)),
        ATOM_rstates,       state_list(heap, socket->sides[SIDE_READ].states),
        ATOM_wstates,       state_list(heap, socket->sides[SIDE_WRITE].states),
    };
    mutex_unlock(&socket->lock);
    return map_from_pairs(heap, pairs, sizeof pairs / sizeof *pairs / 2);
}
