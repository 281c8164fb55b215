// The flags of network interfaces.

#include "socket/interface.h"

#include <net/if.h>

#include "term/atom.h"

const struct system_name socket_interface_flags[] = {
    {IFF_UP, ATOM_up},
    {IFF_BROADCAST, ATOM_broadcast},
    {IFF_DEBUG, ATOM_debug},
    {IFF_LOOPBACK, ATOM_loopback},
    {IFF_POINTOPOINT, ATOM_pointopoint},
    {IFF_NOTRAILERS, ATOM_notrailers},
    {IFF_RUNNING, ATOM_running},
    {IFF_NOARP, ATOM_noarp},
    {IFF_PROMISC, ATOM_promisc},
    {IFF_ALLMULTI, ATOM_allmulti},
    {IFF_MASTER, ATOM_master},
    {IFF_SLAVE, ATOM_slave},
    {IFF_MULTICAST, ATOM_multicast},
    {IFF_PORTSEL, ATOM_portsel},
    {IFF_AUTOMEDIA, ATOM_automedia},
    {IFF_DYNAMIC, ATOM_dynamic},
    {1 << 16, ATOM_lower_up}, // these three are only in Linux' own headers
    {1 << 17, ATOM_dormant},
    {1 << 18, ATOM_echo},
    {0, ATOM_knowsepoch},
    {0, ATOM_oactive},
    {0, ATOM_simplex},
    {0, ATOM_link0},
    {0, ATOM_link1},
    {0, ATOM_link2},
    {0, ATOM_cantconfig},
    {0, ATOM_ppromisc},
    {0, ATOM_monitor},
    {0, ATOM_staticarp},
    {0, ATOM_dying},
    {0, ATOM_renaming},
    {0, ATOM_nogroup},
    SYSTEM_NAMES_END,
};
