// The flags of network interfaces that socket.erl knows, in the order in which they are told.

#ifndef PURLIN_SOCKET_INTERFACE_H
#define PURLIN_SOCKET_INTERFACE_H

#include "socket/control.h"

extern const struct socket_flag socket_interface_flags[];
extern const size_t socket_interface_flag_count;

#endif
