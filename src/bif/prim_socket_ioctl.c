// prim_socket: requests about network interfaces.
//
// An interface is named by a string; what is longer than any interface's name is cut, as on OTP.

#include "bif/prim_socket.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "io/interface_list.h"
#include "io/posix_error.h"
#include "io/socket_address.h"
#include "socket/interface.h"
#include "sys/sys.h"
#include "term/iodata.h"
#include "term/map.h"
#include "term/number.h"

static bool request_argument(term t, unsigned long *request) {
    int64_t number;
    if (!integer_within(t, 0, UINT_MAX, &number))
        return false;
    *request = (unsigned long)number;
    return true;
}

// False when it is no string.
static bool name_argument(term list, struct ifreq *request) {
    return bytes_of_list(list, request->ifr_name, IFNAMSIZ - 1) >= 0;
}

// Asks the system. NONE when it has answered, else the answer.
static term ask(struct process *self, term reference, unsigned long request, void *argument) {
    term answer;
    struct socket *socket = socket_enter(self, reference, &answer);
    if (!socket)
        return answer;
    int result = ioctl(socket->descriptor, request, argument), error = errno;
    socket_leave(socket);
    return result < 0 ? posix_error(&self->heap, error) : NONE;
}

// For requests that are not known: `closed` comes first.
static term not_supported(struct process *self, term reference) {
    term answer;
    struct socket *socket = socket_enter(self, reference, &answer);
    if (!socket)
        return answer;
    socket_leave(socket);
    return error_tuple(self, ATOM_enotsup);
}

static term name_string(struct heap *heap, const struct ifreq *request) {
    return heap_string(heap, request->ifr_name, strnlen(request->ifr_name, IFNAMSIZ));
}

// ---- all interfaces ----

static term address_map(struct heap *heap, const struct ifreq *request) {
    term pairs[] = {ATOM_name, name_string(heap, request), ATOM_addr,
                    socket_address_map(heap, &request->ifr_addr, sizeof request->ifr_addr)};
    return map_from_pairs(heap, pairs, 2);
}

BIF(prim_socket, nif_ioctl, 2) {
    unsigned long number;
    if (!socket_of(arguments[0]) || !request_argument(arguments[1], &number))
        return raise_badarg(self);
    if (number != SIOCGIFCONF)
        return not_supported(self, arguments[0]);
    size_t count;
    term answer, list = NIL;
    struct socket *socket = socket_enter(self, arguments[0], &answer);
    if (!socket)
        return answer;
    struct ifreq *found = interface_list(socket->descriptor, &count);
    int error = errno;
    socket_leave(socket);
    if (!found)
        return posix_error(&self->heap, error);
    while (count-- > 0)
        list = heap_cons(&self->heap, address_map(&self->heap, &found[count]), list);
    sys_free(found);
    return ok_tuple(self, list);
}

// ---- what there is to know of one ----

// The type of hardware is told as the family.
static term hardware_map(struct heap *heap, const struct sockaddr *address) {
    term pairs[] = {ATOM_family, socket_hardware_type(address->sa_family), ATOM_addr,
                    heap_binary(heap, address->sa_data, sizeof address->sa_data)};
    return map_from_pairs(heap, pairs, 2);
}

static term device_map(struct heap *heap, const struct ifmap *map) {
    term pairs[] = {
        ATOM_mem_start, heap_unsigned(heap, map->mem_start),
        ATOM_mem_end,   heap_unsigned(heap, map->mem_end),
        ATOM_base_addr, SMALL(map->base_addr),
        ATOM_irq,       SMALL(map->irq),
        ATOM_dma,       SMALL(map->dma),
        ATOM_port,      SMALL(map->port),
    };
    return map_from_pairs(heap, pairs, 6);
}

static term told(struct heap *heap, unsigned long number, const struct ifreq *request) {
    switch (number) {
    case SIOCGIFNAME:
        return name_string(heap, request);
    case SIOCGIFINDEX:
        return SMALL(request->ifr_ifindex);
    case SIOCGIFMTU:
        return SMALL(request->ifr_mtu);
    case SIOCGIFTXQLEN:
        return SMALL(request->ifr_qlen);
    case SIOCGIFFLAGS:
        return system_flags(heap, socket_interface_flags, (unsigned short)request->ifr_flags, NIL);
    case SIOCGIFHWADDR:
        return hardware_map(heap, &request->ifr_hwaddr);
    case SIOCGIFMAP:
        return device_map(heap, &request->ifr_map);
    default:
        return socket_address_map(heap, &request->ifr_addr, sizeof request->ifr_addr);
    }
}

static bool is_known_question(unsigned long number) {
    static const unsigned long known[] = {SIOCGIFNAME,    SIOCGIFINDEX,   SIOCGIFADDR,   SIOCGIFDSTADDR,
                                          SIOCGIFBRDADDR, SIOCGIFNETMASK, SIOCGIFHWADDR, SIOCGIFMTU,
                                          SIOCGIFTXQLEN,  SIOCGIFFLAGS,   SIOCGIFMAP};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i] == number)
            return true;
    return false;
}

BIF(prim_socket, nif_ioctl, 3) {
    unsigned long number;
    struct ifreq request = {0};
    if (!socket_of(arguments[0]) || !request_argument(arguments[1], &number))
        return raise_badarg(self);
    if (!is_known_question(number))
        return not_supported(self, arguments[0]);
    if (number == SIOCGIFNAME ? !integer_to_int(arguments[2], &request.ifr_ifindex)
                              : !name_argument(arguments[2], &request))
        return raise_badarg(self);
    term answer = ask(self, arguments[0], number, &request);
    return answer == NONE ? ok_tuple(self, told(&self->heap, number, &request)) : answer;
}

// ---- changing one ----

// #{Number => Boolean}: what is to be set and what cleared. Whatever else it is changes nothing, as on OTP.
static unsigned change_flags(term changes, unsigned flags) {
    if (!is_map(changes))
        return flags;
    for (struct map_iterator it = map_iterate(changes); map_next(&it);) {
        unsigned flag = is_small(it.key) ? (unsigned)small_value(it.key) : 0;
        flags = it.value == ATOM_true ? flags | flag : flags & ~flag;
    }
    return flags;
}

static term set_flags(struct process *self, term reference, struct ifreq *request, term changes) {
    term answer = ask(self, reference, SIOCGIFFLAGS, request);
    if (answer != NONE)
        return answer;
    request->ifr_flags = (short)change_flags(changes, (unsigned short)request->ifr_flags);
    answer = ask(self, reference, SIOCSIFFLAGS, request);
    return answer == NONE ? ATOM_ok : answer;
}

// ATOM_ok when the value is in the request, else the answer.
static term value_argument(struct process *self, unsigned long number, term value, struct ifreq *request) {
    struct sockaddr_storage address;
    socklen_t size;
    if (number == SIOCSIFMTU)
        return integer_to_int(value, &request->ifr_mtu) ? ATOM_ok : socket_invalid(self, ATOM_mtu);
    if (number == SIOCSIFTXQLEN)
        return integer_to_int(value, &request->ifr_qlen) ? ATOM_ok : socket_invalid(self, ATOM_txqlen);
    if (!socket_address_read(value, &address, &size) || address.ss_family != AF_INET)
        return socket_invalid(self, ATOM_sockaddr);
    memcpy(&request->ifr_addr, &address, sizeof request->ifr_addr);
    return ATOM_ok;
}

BIF(prim_socket, nif_ioctl, 4) {
    unsigned long number;
    struct ifreq request = {0};
    if (!socket_of(arguments[0]) || !request_argument(arguments[1], &number))
        return raise_badarg(self);
    bool known = number == SIOCSIFFLAGS || number == SIOCSIFADDR || number == SIOCSIFDSTADDR ||
                 number == SIOCSIFBRDADDR || number == SIOCSIFMTU || number == SIOCSIFTXQLEN;
    if (!known)
        return not_supported(self, arguments[0]);
    if (!name_argument(arguments[2], &request))
        return raise_badarg(self);
    if (number == SIOCSIFFLAGS)
        return set_flags(self, arguments[0], &request, arguments[3]);
    term answer = value_argument(self, number, arguments[3], &request);
    if (answer != ATOM_ok)
        return answer;
    answer = ask(self, arguments[0], number, &request);
    return answer == NONE ? ATOM_ok : answer;
}
