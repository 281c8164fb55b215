// Who wants to hear of nodes that come and go: process_flag(monitor_nodes, Flag).

#ifndef PURLIN_PROC_NODE_MONITOR_H
#define PURLIN_PROC_NODE_MONITOR_H

#include "proc/proc.h"

// What a subscription asks for.
struct node_monitor_options {
    uint8_t plain : 1;      // {nodeup, Node}: no options were given
    uint8_t hidden : 1;     // hidden nodes too (node_type all or hidden)
    uint8_t visible : 1;    // visible nodes (node_type all or visible)
    uint8_t node_type : 1;  // tell it
    uint8_t reason : 1;     // nodedown_reason: tell it
    uint8_t connection : 1; // connection_id: tell it
    uint8_t as_list : 1;    // the message's third element is a list, not a map
};

void node_monitor_init(void);
// Options as process_flag takes them, a map of node_type, nodedown_reason, connection_id, list; NONE for the plain
// form. False when they are none.
bool node_monitor_options_read(term options, struct node_monitor_options *result);
// Adds a subscription, or drops all with the same options; returns how many there were.
size_t node_monitor_set(term pid, struct node_monitor_options options, bool on);
// Tells the subscribers of a node that came or went. `id` is the connection's; `reason` counts when it went.
void node_monitor_tell(bool up, term node, bool hidden, uint32_t id, term reason);

#endif
