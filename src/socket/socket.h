// Sockets of OTP's module `socket`: a descriptor that Erlang code reads and writes by itself, and is told when to try
// again.
//
// A socket lies in a shared binary. Erlang code has magic references to it, equal to one another. It ends when it is
// closed, when its owner ends, or with the last reference. All fields are under its lock, except those that never
// change; nobody gives way with the lock held, so arguments are read before and answers made after.
//
// It has two sides, for what waits to read (recv, accept) and for what waits to write (send, connect). On each it is
// one process' turn, and others queue:
//
//   current    whoever was last told to wait. While `armed`, the poller will send {'$socket', Socket, select, Handle};
//              afterwards it is still that process' turn: to try again, or to give up (cancel).
//   queue      those who came meanwhile; the first one's turn comes when the current one succeeded or gave up. When
//              it failed, each of them gets {'$socket', Socket, abort, {Handle, Reason}}; when the socket is closed,
//              the current one does, too.
//
// A side is used for one purpose at a time: who would receive while others wait to accept is refused.
// Processes that ended while they waited are found out when it is their turn, or when somebody asks who waits.
//
// Socket here is {'$socket', Reference}. The messages and the order of turns are those of OTP 25's socket.erl and of
// its documentation; what it leaves open was observed.

#ifndef PURLIN_SOCKET_SOCKET_H
#define PURLIN_SOCKET_SOCKET_H

#include "sched/sched.h"
#include "sys/thread.h"

enum socket_side_name { SIDE_READ, SIDE_WRITE, SIDE_COUNT };
enum socket_purpose {
    PURPOSE_TRANSFER,  // receive, send
    PURPOSE_ESTABLISH, // accept, connect
};

// What socket:info/1 lists of each side, in this order.
enum socket_state {
    SOCKET_BOUND = 1 << 0,
    SOCKET_LISTENING = 1 << 1,
    SOCKET_ACCEPTING = 1 << 2,
    SOCKET_CONNECTING = 1 << 3,
    SOCKET_CONNECTED = 1 << 4,
    SOCKET_SELECTED = 1 << 5, // the poller has been asked, once
    SOCKET_CLOSING = 1 << 6,
    SOCKET_CLOSED = 1 << 7,
};

struct socket_waiter {
    struct socket_waiter *next;
    term pid;
    term handle; // its select handle, a reference
    struct heap heap;
};

struct socket_side {
    struct socket_waiter *current, *queue, **queue_end;
    enum socket_purpose purpose; // of those who wait
    bool armed;
    unsigned states; // enum socket_state
    uint64_t packets, packet_maximum, bytes, tries, waits, fails;
};

// OTP's defaults for the buffers, in bytes.
enum { SOCKET_RECEIVE_SIZE = 8192, SOCKET_CONTROL_SIZE = 1024 };

// Options of level otp that concern transfers: whoever is accepted has those of the socket that listened.
struct socket_transfers {
    size_t receive_size, receive_control_size, send_control_size; // bytes
    uint32_t receive_count;                                       // how many pieces one receive takes, 0: one
    bool wrap; // tell when a counter wraps, which those of 64 bits do not
};

struct socket {
    struct poll_source source;
    mutex lock;
    uint32_t ids[3]; // of its references, and of the monitor of its owner
    int descriptor;  // -1 when closed
    int domain, type, protocol;
    int given;           // the descriptor that it was made of, or -1
    term owner;          // a pid, or ATOM_undefined when closed
    struct socket *next; // in its bucket of the open ones
    struct socket_side sides[SIDE_COUNT];
    struct {
        uint64_t successes, tries, waits, fails;
    } accepts;
    struct socket_transfers transfers;
    uint32_t received_count; // pieces of the receive that goes on,
    size_t received_size;    // and their bytes
    bool debug, registered;
    term meta;
    struct heap meta_heap;
    struct {
        int descriptor; // ours, of the file of which a part is to be sent yet, or -1
        bool used;
        uint64_t calls, call_maximum; // of the system
        uint64_t packets, packet_maximum, bytes, tries, waits, fails;
    } file;
};

void sockets_init(void);
// prim_socket was loaded with these options.
void sockets_load(term options);

// What all sockets share. Counters under the lock.
enum socket_kind {
    KIND_INET,
    KIND_INET6,
    KIND_LOCAL,
    KIND_IP,
    KIND_SCTP,
    KIND_TCP,
    KIND_UDP,
    KIND_SOCKETS,
    KIND_DGRAM,
    KIND_SEQPACKET,
    KIND_STREAM,
    KIND_COUNT,
};
struct sockets {
    mutex lock;
    struct socket **buckets;
    uint64_t counts[KIND_COUNT];
    _Atomic bool debug, socket_debug, use_registry;
    _Atomic(term) registry; // OTP's process that knows all sockets; ATOM_undefined before there is one
};

// ---- life ---------------------------------------------------------------------------------------------------------

struct socket_options {
    int domain, type, protocol;
    int given; // or -1
    bool debug, registered, connected;
    struct socket_transfers transfers;
};
// Takes over the descriptor, which is one that does not block; the process becomes its owner. Answers with a reference.
term socket_new(struct process *owner, int descriptor, const struct socket_options *options);
// NULL when the term is no reference to a socket.
struct socket *socket_of(term reference);
// Locks the socket of a reference for an operation. NULL when the answer is ready in *answer: it is closed, or there is
// none.
struct socket *socket_enter(struct process *self, term reference, term *answer);
void socket_leave(struct socket *socket);
// (not locked) Another owner; where there is no such process, the socket ends at once.
void socket_set_owner(struct socket *socket, term pid);
// (locked) Tells OTP's registry process of it, unless that was done.
void socket_register(struct socket *socket);
// (locked) Lets go of the file that is being sent.
void socket_end_file(struct socket *socket);
// Ends all waiting and closes. Errors: false when it was closed already.
bool socket_close(struct process *self, struct socket *socket);

// ---- turns (the socket is locked) ---------------------------------------------------------------------------------

enum socket_turn {
    TURN_MINE,    // go on
    TURN_LATER,   // queued: answer `select`
    TURN_AGAIN,   // the process is in the queue already: raise {invalid, state}
    TURN_REFUSED, // others use the side for something else: answer {error, {invalid, state}}
};
// Forgets those that wait whose processes have ended.
void socket_forget_ended(struct socket *socket, enum socket_side_name name);
enum socket_turn socket_turn(struct socket *socket, enum socket_side_name name, enum socket_purpose purpose,
                             const struct process *self, term handle);
// It would have blocked: the process waits, as the current one. Answers 0, or an errno value: it has failed then.
int socket_wait(struct socket *socket, enum socket_side_name name, enum socket_purpose purpose,
                const struct process *self, term handle);
// The current one is done.
void socket_pass(struct socket *socket, enum socket_side_name name);
// The current one's operation failed: those who queue are told why.
void socket_abort(struct socket *socket, enum socket_side_name name, term reason);
// ATOM_ok, ATOM_select_sent (the message is on its way or there) or ATOM_not_found.
term socket_cancel(struct socket *socket, enum socket_side_name name, enum socket_purpose purpose,
                   const struct process *self, term handle);
size_t socket_waiting(const struct socket *socket, enum socket_side_name name, enum socket_purpose purpose);

#endif
