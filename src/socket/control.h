// Control messages: what is sent and received beside a message's bytes, as the maps that socket.erl knows:
//
//   #{level => socket | Number, type => Name | Number, data => Bytes, value => Decoded}
//
// Received ones always have `data`, and `value` where its form is known. One to be sent has either.
// prim_socket.erl turns names of other levels into numbers, and back.

#ifndef PURLIN_SOCKET_CONTROL_H
#define PURLIN_SOCKET_CONTROL_H

#include <sys/socket.h>

#include "heap/heap.h"
#include "io/system_name.h"

term socket_control_list(struct heap *heap, struct msghdr *header);
// Writes the messages of a list into the header's control buffer, and their size into its msg_controllen. False when
// one is malformed or there is no room.
bool socket_control_read(term list, struct msghdr *header);
// The names of the flags of a received message, and what is left as a number.
term socket_message_flags(struct heap *heap, int flags);

extern const struct system_name socket_flags_known[]; // of messages

// ip_tos(): a name or a number.
term socket_tos(int tos);
bool socket_tos_read(term t, int *tos);
// timeval(): #{sec, usec}
term socket_time(struct heap *heap, const struct timeval *time);
bool socket_time_read(term t, struct timeval *time);

#endif
