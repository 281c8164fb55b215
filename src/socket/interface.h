// The flags of network interfaces that socket.erl knows, in the order in which they are told.
//
// Those with the number 0 are other systems'.

#ifndef PURLIN_SOCKET_INTERFACE_H
#define PURLIN_SOCKET_INTERFACE_H

#include "io/system_name.h"

extern const struct system_name socket_interface_flags[];

#endif
