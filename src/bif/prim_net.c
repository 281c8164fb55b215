// prim_net: names of hosts, services and network interfaces. What may ask a server runs in the slow-work pool.

#define _GNU_SOURCE // NI_IDN

#include "bif/bif.h"
#include "bif/bytes.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <netdb.h>
#include <unistd.h>

#include "io/posix_error.h"
#include "io/socket_address.h"
#include "term/map.h"

#define INTERFACE_NAME_MAX 255 // longer ones are einval, as on OTP
#define SERVICE_ROOM 256       // a local address' service is its path

static term string_of(struct process *self, const char *text) {
    return heap_string(&self->heap, text, strlen(text));
}

// A list of bytes as a string of C, in scratch memory; NULL when it is none. A NUL ends it, as on OTP.
static char *string_argument(struct process *self, term list) {
    size_t size;
    char *text = list_bytes(self, list, &size);
    if (text)
        text[size] = 0; // there is room
    return text;
}

BIF(prim_net, nif_info, 0) {
    return map_put(&self->heap, map_empty(&self->heap), ATOM_debug, ATOM_false);
}

// OTP's commands switch its traces for debugging on and off; here they are always off.
BIF(prim_net, nif_command, 1) {
    term command = arguments[0];
    bool off =
        is_tuple_of(command, 2) && tuple_element(command, 1) == ATOM_debug && tuple_element(command, 2) == ATOM_false;
    return off ? ATOM_ok : error_tuple(self, ATOM_einval);
}

// ---- names of hosts and services

BIF(prim_net, nif_gethostname, 0) {
    char name[HOST_NAME_MAX + 1] = {0};
    if (gethostname(name, sizeof name - 1) < 0)
        return posix_error(&self->heap, errno);
    return ok_tuple(self, string_of(self, name));
}

static term resolver_error(int error) {
    switch (error) {
    case EAI_AGAIN:
        return ATOM_eagain;
    case EAI_BADFLAGS:
        return ATOM_ebadflags;
    case EAI_FAIL:
        return ATOM_efail;
    case EAI_FAMILY:
        return ATOM_efamily;
    case EAI_MEMORY:
        return ATOM_emem;
    case EAI_NONAME:
        return ATOM_enoname;
    case EAI_OVERFLOW:
        return ATOM_eoverflow;
    case EAI_SERVICE:
        return ATOM_eservice;
    case EAI_SOCKTYPE:
        return ATOM_esocktype;
    case EAI_SYSTEM:
        return ATOM_esystem;
    default:
        return ATOM_unknown;
    }
}

static term address_infos(struct heap *heap, const struct addrinfo *at) {
    term first = NIL, *link = &first;
    for (; at; at = at->ai_next) {
        term pairs[] = {
            ATOM_family,   socket_family(at->ai_family),
            ATOM_type,     socket_type(at->ai_socktype),
            ATOM_protocol, SMALL(at->ai_protocol),
            ATOM_addr,     socket_address_map(heap, at->ai_addr, at->ai_addrlen),
        };
        term cell = heap_cons(heap, map_from_pairs(heap, pairs, 4), NIL);
        *link = cell;
        link = list_cell(cell) + 1;
    }
    return first;
}

// Host and service: strings or `undefined`, not both. prim_net gives no hints.
BIF(prim_net, nif_getaddrinfo, 3) {
    const char *host = string_argument(self, arguments[0]), *service = string_argument(self, arguments[1]);
    bool good = (host || arguments[0] == ATOM_undefined) && (service || arguments[1] == ATOM_undefined) &&
                arguments[2] == ATOM_undefined;
    if (!good)
        return error_tuple(self, ATOM_badarg);
    struct addrinfo *found = NULL;
    term infos = NIL;
    struct foreign_call call = {.module = ATOM_prim_net, .function = ATOM_nif_getaddrinfo, .arity = 3};
    proc_slow_enter(self, SLOW_BLOCKS);
    proc_foreign_enter(self, &call);
    int error = getaddrinfo(host, service, NULL, &found);
    proc_foreign_leave(self);
    if (!error) { // made here: a process that is killed does not come back from the pool
        infos = address_infos(&self->heap, found);
        freeaddrinfo(found);
    }
    proc_slow_leave(self);
    return error ? error_tuple(self, resolver_error(error)) : ok_tuple(self, infos);
}

// `undefined` or a list of flags, of which an improper tail is passed over, as on OTP.
static bool name_flags(term list, int *flags) {
    *flags = 0;
    for (; is_list(list); list = list_tail(list)) {
        switch (list_head(list)) {
        case ATOM_namereqd:
            *flags |= NI_NAMEREQD;
            break;
        case ATOM_dgram:
            *flags |= NI_DGRAM;
            break;
        case ATOM_nofqdn:
            *flags |= NI_NOFQDN;
            break;
        case ATOM_numerichost:
            *flags |= NI_NUMERICHOST;
            break;
        case ATOM_numericserv:
            *flags |= NI_NUMERICSERV;
            break;
        case ATOM_idn:
            *flags |= NI_IDN;
            break;
        default:
            return false;
        }
    }
    return true;
}

BIF(prim_net, nif_getnameinfo, 2) {
    struct sockaddr_storage address;
    socklen_t size;
    int flags;
    char host[NI_MAXHOST], service[SERVICE_ROOM];
    if (!socket_address_read(arguments[0], &address, &size))
        return error_tuple(self, ATOM_einval);
    if (!name_flags(arguments[1], &flags))
        return error_tuple(self, ATOM_badarg);
    struct foreign_call call = {.module = ATOM_prim_net, .function = ATOM_nif_getnameinfo, .arity = 2};
    proc_away_enter(self, &call);
    int error = getnameinfo((struct sockaddr *)&address, size, host, sizeof host, service, sizeof service, flags);
    proc_away_leave(self);
    if (error)
        return error_tuple(self, resolver_error(error));
    term pairs[] = {ATOM_host, string_of(self, host), ATOM_service, string_of(self, service)};
    return ok_tuple(self, map_from_pairs(&self->heap, pairs, 2));
}

// ---- numbers of network interfaces

BIF(prim_net, nif_if_name2index, 1) {
    const char *name = string_argument(self, arguments[0]);
    if (!name || strlen(name) > INTERFACE_NAME_MAX)
        return error_tuple(self, ATOM_einval);
    unsigned index = if_nametoindex(name);
    return index ? ok_tuple(self, SMALL(index)) : posix_error(&self->heap, errno);
}

BIF(prim_net, nif_if_index2name, 1) {
    char name[IF_NAMESIZE];
    term index = arguments[0];
    if (!is_small(index) || small_value(index) < 0 || small_value(index) > UINT_MAX)
        return error_tuple(self, ATOM_badarg);
    if (!if_indextoname((unsigned)small_value(index), name))
        return posix_error(&self->heap, errno);
    return ok_tuple(self, string_of(self, name));
}

BIF(prim_net, nif_if_names, 0) {
    struct if_nameindex *all = if_nameindex();
    if (!all)
        return posix_error(&self->heap, errno);
    size_t count = 0;
    while (all[count].if_index != 0)
        count++;
    term names = NIL;
    for (size_t i = count; i > 0; i--) {
        term pair = heap_tuple_of(&self->heap, 2, SMALL(all[i - 1].if_index), string_of(self, all[i - 1].if_name));
        names = heap_cons(&self->heap, pair, names);
    }
    if_freenameindex(all);
    return ok_tuple(self, names);
}

// ---- what only Windows has

BIF(prim_net, nif_get_adapters_addresses, 1) {
    return error_tuple(self, ATOM_notsup);
}
BIF(prim_net, nif_get_if_entry, 1) {
    return error_tuple(self, ATOM_notsup);
}
BIF(prim_net, nif_get_interface_info, 1) {
    return error_tuple(self, ATOM_notsup);
}
BIF(prim_net, nif_get_ip_address_table, 1) {
    return error_tuple(self, ATOM_notsup);
}
