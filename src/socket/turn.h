// Between the life of sockets and those who wait.

#ifndef PURLIN_SOCKET_TURN_H
#define PURLIN_SOCKET_TURN_H

#include "socket/socket.h"

term socket_reference(struct heap *heap, struct socket *socket);
void socket_retain(struct socket *socket);
// Unless it is being destroyed: then false.
bool socket_try_retain(struct socket *socket);
void socket_release(struct socket *socket);
// From the poller, which the end of a socket waits for.
void socket_release_later(struct socket *socket);
// (locked) All that wait are told why it ends, the current one, too.
void socket_abort_all(struct socket *socket, enum socket_side_name name, term reason);
// The poller calls it.
void socket_ready(struct poll_source *source, unsigned events);

#endif
