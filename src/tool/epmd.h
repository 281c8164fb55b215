// epmd, the port mapper: which nodes run on this machine, and at which ports they listen. OTP's protocol and command
// line ("Distribution Protocol" in its documentation); but without -address it listens on the loopback interface only.
//
//   request, behind its size:16                                               answer
//   'x' port:16 type:8 protocol:8 highest:16 lowest:16 name extra    'v' result:8 creation:32, or for nodes that do not
//                                                                    speak version 6: 'y' result:8 creation:16.
//                                                                    The name is taken until the connection ends
//   'z' name (all of the rest)                                       'w' result:8, and unless that is 1:
//                                                                    port:16 and the rest of the node's request
//   'n'                                                              epmd's port:32, "name NAME at port PORT\n"...
//   'd'                                                              the same for people, and of nodes that are gone
//   'k'                                                              "OK", or "NO" while there are nodes
//   's' name                                                         "STOPPED" or "NOEXIST"
//
// A name and extra are a size:16 and so many bytes. 'x', 'd', 'k' and 's' are only for clients on this machine, 's'
// (and 'k' while there are nodes) only under relaxed command checks. What is malformed or not allowed gets no answer.

#ifndef PURLIN_TOOL_EPMD_H
#define PURLIN_TOOL_EPMD_H

#include <stdbool.h>
#include <stdint.h>

struct epmd_options {
    uint16_t port;
    const char *addresses; // with commas between them, or NULL
    bool daemon, debug;
    bool systemd;       // which has opened the sockets
    bool relaxed;       // kill and stop work while nodes are registered
    int packet_timeout; // seconds
    int delay_accept, delay_write;
};

int epmd(char *const *arguments);                   // epmd.c: the command
int epmd_serve(const struct epmd_options *options); // epmd_server.c: returns the exit status when it ends

#endif
