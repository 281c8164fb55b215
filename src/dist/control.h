// Control messages: what a packet says is to be done. One table (control.c) drives reading and writing.
//
// The numbers and fields are those of OTP's "Distribution Protocol".

#ifndef PURLIN_DIST_CONTROL_H
#define PURLIN_DIST_CONTROL_H

#include "heap/heap.h"

enum control_operation {
    CONTROL_LINK = 1,
    CONTROL_SEND = 2,
    CONTROL_EXIT = 3,
    CONTROL_UNLINK = 4,
    CONTROL_NODE_LINK = 5,
    CONTROL_REG_SEND = 6,
    CONTROL_GROUP_LEADER = 7,
    CONTROL_EXIT2 = 8,
    CONTROL_SEND_TT = 12,
    CONTROL_EXIT_TT = 13,
    CONTROL_REG_SEND_TT = 16,
    CONTROL_EXIT2_TT = 18,
    CONTROL_MONITOR_P = 19,
    CONTROL_DEMONITOR_P = 20,
    CONTROL_MONITOR_P_EXIT = 21,
    CONTROL_SEND_SENDER = 22,
    CONTROL_SEND_SENDER_TT = 23,
    CONTROL_PAYLOAD_EXIT = 24,
    CONTROL_PAYLOAD_EXIT_TT = 25,
    CONTROL_PAYLOAD_EXIT2 = 26,
    CONTROL_PAYLOAD_EXIT2_TT = 27,
    CONTROL_PAYLOAD_MONITOR_P_EXIT = 28,
    CONTROL_SPAWN_REQUEST = 29,
    CONTROL_SPAWN_REQUEST_TT = 30,
    CONTROL_SPAWN_REPLY = 31,
    CONTROL_SPAWN_REPLY_TT = 32,
    CONTROL_ALIAS_SEND = 33,
    CONTROL_ALIAS_SEND_TT = 34,
    CONTROL_UNLINK_ID = 35,
    CONTROL_UNLINK_ID_ACK = 36,
    CONTROL_OPERATIONS,
};

// A control message. Fields that its operation does not have are NONE.
struct control {
    unsigned operation;
    bool has_payload;               // a value follows the control message: `payload` when written
    term from;                      // a pid; MONITOR_P_EXIT: or a registered name
    term to;                        // a pid; or a registered name; or an alias
    term reference;                 // of a monitor, or of a request to spawn
    term identifier;                // of an unlink
    term token;                     // of sequential tracing
    term reason;                    // that is no payload
    term leader, function, options; // SPAWN_REQUEST; `function` is {Module, Function, Arity}
    term flags, result;             // SPAWN_REPLY
    term payload;
};

#define CONTROL_ARITY_MAX 8

// False when the value is no control message that we know, or its fields are of the wrong kind.
bool control_read(term value, struct control *control);
// As a tuple in `words`, which refers to the fields.
term control_write(const struct control *control, term words[1 + CONTROL_ARITY_MAX]);

#endif
