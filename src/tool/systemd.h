// Sockets that systemd has opened and hands over: the protocol of sd_listen_fds(3).
//
// They are the descriptors from 3 on. LISTEN_FDS says how many there are, LISTEN_PID to which process that is said.

#ifndef PURLIN_TOOL_SYSTEMD_H
#define PURLIN_TOOL_SYSTEMD_H

#include <stddef.h>

// Writes the listening sockets' descriptors, which no child inherits and on which nobody blocks; returns how many there
// are. The program stops being told of them. With more than `room`, and when one is no listening socket, there are
// none.
size_t systemd_listeners(int *descriptors, size_t room);

#endif
