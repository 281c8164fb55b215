// Processes of other nodes: what goes to them is described here as for local ones, and carried by dist/ (hooks in
// vm.h).
//
// A bond with such a process notes the channel it was made through. When that channel is lost, every process that has
// bonds through it gets SIGNAL_CHANNEL_LOST, and ends them with the reason noconnection.

#ifndef PURLIN_PROC_REMOTE_H
#define PURLIN_PROC_REMOTE_H

#include "proc/proc.h"

enum remote_option {
    REMOTE_NO_CONNECT = 1, // only if there is a connection
    REMOTE_NO_SUSPEND = 2, // only if the channel takes it at once
};

// The node of a pid, port or reference of another node, or of {Name, Node}; NONE for anything else.
term remote_node(term to);
// A message to a pid, alias or {Name, Node} of another node: ok, noconnect or nosuspend. Waits while the channel is
// busy.
term remote_send(struct process *from, term to, term message, unsigned options);
// Hands over a signal for a pid or {Name, Node} of another node, in any case. `channel` says through which channel it
// must go; 0: through any, and one is made if need be. Returns the channel's id; 0: it was not sent.
// A link, a monitor and a request to spawn have the channel remember the sender. `self` may be NULL but for those.
uint32_t remote_signal(struct process *self, term to, struct signal *signal, uint32_t channel);
// Handles SIGNAL_CHANNEL_LOST: signals to oneself, that are then handled like any other.
void remote_lost(struct process *self, uint32_t channel);

// A request to spawn a process on another node awaits its reply as a BOND_SPAWN, whose value is
// {ReplyTag, TellErrors, TellSuccess, Link, Monitor, MonitorTag} (true and false; MonitorTag may be NONE).
// The reply is a SIGNAL_SPAWN_REPLY with the value {Flags, Pid | Error}.
enum remote_spawn_flag { REMOTE_SPAWN_LINK = 1, REMOTE_SPAWN_MONITOR = 2 }; // the protocol's numbers
void remote_spawn_reply(struct process *self, struct signal *signal);
// Nobody waits for it (any more): takes back the link and the monitor.
void remote_spawn_refuse(struct process *self, term requester, struct signal *reply, term reason);

// To a local process if there is one, or to one of another node through the channel. False when there is none (the
// signal was freed).
bool signal_to(struct process *self, term to, struct signal *signal, uint32_t channel);

#endif
