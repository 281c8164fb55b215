// Channels to other nodes: the distribution protocol's C side. Names, handshakes and ticks are OTP's net_kernel,
// dist_util and inet_tcp_dist, in Erlang.
//
// A node is known by its name and never forgotten. It has at most one channel that is not down:
//
//   state            begins with                                       what is sent to the node
//   (no channel)     -                                                 makes one pending, asks net_kernel to connect
//   CHANNEL_PENDING  a send, or net_kernel (new_connection)            is kept as terms, in order
//   CHANNEL_UP       create_dist_channel, after the handshake          is encoded with the peer's flags, and queued
//   CHANNEL_DOWN     its controller ends, or the attempt is given up   is dropped
//
// A channel's controller is a port (tcp_inet) or a process (TLS, and other carriers of one's own). Either takes packets
// out with channel_pull and puts packets in with channel_input.
//
// Locks: node->lock covers the node's channel and all that is sent; it is the innermost. channel->input_lock covers
// what comes in; a port's lock may be held around both. Nothing gives way while it holds one of them.
//
// Identifiers in the protocol: OTP's documentation, "Distribution Protocol".

#ifndef PURLIN_DIST_DIST_H
#define PURLIN_DIST_DIST_H

#include "dist/name_monitors.h"
#include "dist/pid_set.h"
#include "heap/heap.h"
#include "proc/remote.h"
#include "sys/thread.h"
#include "term/hash_numbers.h"
#include "vm.h"

struct incoming;
struct lane;
struct parcel;
struct posting;

// Distribution flags: the protocol's numbers (kernel's dist.hrl).
enum : uint64_t {
    DIST_PUBLISHED = 0x1,
    DIST_OLD_ATOM_CACHES = 0x2 | 0x40,
    DIST_MONITOR_NAME = 0x20,
    DIST_EXTENDED_REFERENCES = 0x4,
    DIST_MONITOR = 0x8,
    DIST_FUN_TAGS = 0x10,
    DIST_NEW_FUN_TAGS = 0x80,
    DIST_EXTENDED_PIDS_PORTS = 0x100,
    DIST_EXPORT_PTR_TAG = 0x200,
    DIST_BIT_BINARIES = 0x400,
    DIST_NEW_FLOATS = 0x800,
    DIST_UNICODE_IO = 0x1000,
    DIST_ATOM_CACHE = 0x2000, // DIST_HDR_ATOM_CACHE
    DIST_SMALL_ATOM_TAGS = 0x4000,
    DIST_UTF8_ATOMS = 0x10000,
    DIST_MAP_TAG = 0x20000,
    DIST_BIG_CREATION = 0x40000,
    DIST_SEND_SENDER = 0x80000,
    DIST_BIG_SEQTRACE_LABELS = 0x100000,
    DIST_EXIT_PAYLOAD = 0x400000,
    DIST_FRAGMENTS = 0x800000,
    DIST_HANDSHAKE_23 = 0x1000000,
    DIST_UNLINK_ID = 0x2000000,
    DIST_MANDATORY_25_DIGEST = 0x4000000,
    DIST_SPAWN = (uint64_t)1 << 32,
    DIST_NAME_ME = (uint64_t)2 << 32,
    DIST_V4_NC = (uint64_t)4 << 32,
    DIST_ALIAS = (uint64_t)8 << 32,
};
// What a peer must be able to do (OTP 25's), and what we can.
#define DIST_MANDATORY                                                                                                 \
    (DIST_EXTENDED_REFERENCES | DIST_FUN_TAGS | DIST_NEW_FUN_TAGS | DIST_EXTENDED_PIDS_PORTS | DIST_EXPORT_PTR_TAG |   \
     DIST_BIT_BINARIES | DIST_NEW_FLOATS | DIST_UTF8_ATOMS | DIST_MAP_TAG | DIST_BIG_CREATION | DIST_HANDSHAKE_23)
#define DIST_DEFAULT                                                                                                   \
    (DIST_MANDATORY | DIST_MONITOR | DIST_MONITOR_NAME | DIST_UNICODE_IO | DIST_ATOM_CACHE | DIST_SMALL_ATOM_TAGS |    \
     DIST_SEND_SENDER | DIST_BIG_SEQTRACE_LABELS | DIST_EXIT_PAYLOAD | DIST_FRAGMENTS | DIST_UNLINK_ID |               \
     DIST_MANDATORY_25_DIGEST | DIST_SPAWN | DIST_V4_NC | DIST_ALIAS)
#define DIST_ADDABLE DIST_DEFAULT
#define DIST_REJECTABLE (DIST_ATOM_CACHE | DIST_FRAGMENTS | DIST_OLD_ATOM_CACHES)
#define DIST_STRICT_ORDER DIST_ATOM_CACHE

struct chunk;

struct node {
    struct node *next; // in its bucket
    term name;
    mutex lock;
    struct channel *channel;    // pending or up (holds a reference), or NULL
    _Atomic uint32_t creation;  // of the latest connection: which one list_to_pid means
    _Atomic bool was_connected; // has been up at some time
};

enum channel_state { CHANNEL_PENDING, CHANNEL_UP, CHANNEL_DOWN };

// Reference-counted: by its node, by dist handles, and by what came through it.
struct channel {
    struct node *node;
    uint32_t id;               // never 0, never used twice
    uint32_t reference_ids[3]; // of its dist handle, which net_kernel compares
    _Atomic enum channel_state state;
    bool hidden;     // the peer is no published node
    uint64_t flags;  // what both sides can do
    term controller; // a local port or pid; NONE while pending
    // sending (node->lock)
    struct posting *postings, **postings_end; // while pending
    struct parcel *queue, **queue_end;        // small parcels, in order
    struct lane *lanes, **lanes_end;          // senders of large ones: each gets its turn
    bool lane_next;                           // the next turn is a lane's
    size_t queued;                            // bytes in queue, lanes and postings
    bool busy;
    struct pid_set waiting;       // for it not to be busy
    bool receiving, flush_wanted; // channel_input is running: the controller takes output afterwards
    struct pid_set watchers;      // processes with links, monitors, ... through this channel
    struct name_monitors names;   // monitors of the peer
    uint64_t sequence;            // numbers of fragmented messages
    term *atoms_out;              // the peer's atom cache, as we filled it
    bool notify;                  // the controlling process wants to hear of data to send
    bool get_size;                // dist_ctrl_set_opt
    _Atomic term input_handler;   // the process that may put packets in
    // receiving (input_lock)
    mutex input_lock;
    term *atoms_in; // our cache, as the peer filled it; NONE: empty
    struct incoming *incomplete;
    _Atomic uint64_t packets_in, packets_out;
};

// ---- nodes (node.c)

void dist_init(void);
void dist_set_hooks(struct vm_hooks *hooks);
bool dist_is_alive(void);               // this node has a name
struct node *dist_node(term name);      // made if absent
struct node *dist_node_find(term name); // NULL when it was never heard of
// Walks all nodes: begins with *bucket 0 and NULL, ends with NULL.
struct node *dist_node_next(size_t *bucket, struct node *after);
struct hash_numbers dist_node_numbers(void);

// ---- a channel's life (channel.c)

void channel_retain(struct channel *channel);
void channel_release(struct channel *channel);
// The node's channel, up or pending, with a reference; NULL when there is none.
struct channel *channel_get(struct node *node);
// The same; without one a pending one is made (*made).
struct channel *channel_make(struct node *node, bool *made);
// A magic reference that holds the channel. channel_of_reference: NULL when the term is none.
term channel_reference(struct heap *heap, struct channel *channel);
struct channel *channel_of_reference(term reference);
// {Id, Reference}: what net_kernel and controllers know a connection by. channel_of_handle: NULL when the term is none.
term channel_handle(struct heap *heap, struct channel *channel);
struct channel *channel_of_handle(term handle);
// The handshake is done. False when the channel is not pending (any more), or has postings: they must be encoded first.
bool channel_up(struct channel *channel, uint64_t flags, uint32_t creation, term controller);
// The end: each link and monitor gets its noconnection, once. False when it was down already. Not under input_lock.
bool channel_down(struct channel *channel, term reason);
// Ends the channel's controller, whose end takes the channel down. With no lock held.
void channel_kill(struct channel *channel);
// This node loses its name.
void dist_stop(term reason);

// ---- sending (send.c)

struct control;
// (node->lock) Remembers a process that has a link or monitor through the channel.
void channel_watch(struct channel *channel, term pid);
// Queues a signal (while the channel is pending: a copy) and tells the controller. `sender` is a local pid, or NONE.
// False when the channel is down. With `self` encoding may give way.
bool channel_post(struct process *self, struct channel *channel, const struct control *control, term sender);
// The next packet to go out, behind `prefix` free bytes; NULL when there is none.
struct chunk *channel_pull(struct channel *channel, size_t prefix);
// The process that controls the channel wants to be told of data, now or later.
void channel_notify(struct channel *channel);
size_t channel_pending(struct channel *channel); // parcels that wait
// Waits while the channel is busy.
void channel_wait(struct process *self, struct channel *channel);
bool channel_is_busy(struct channel *channel);
// (node->lock) The end of what waits to be sent.
void channel_drop_output(struct channel *channel);
// Postings are what was sent while the channel is pending. Encodes them, in order, for a peer with those flags; gives
// way.
void channel_encode_postings(struct process *self, struct channel *channel, uint64_t flags);
bool channel_has_postings(struct channel *channel);

// ---- receiving (receive.c)

// A packet came in, an empty one for a tick. False when it is malformed: this has been logged, and the controller must
// end the channel.
bool channel_input(struct channel *channel, const uint8_t *bytes, size_t size);
// The payload of a signal that its receiver has not decoded yet, for whoever looks at a VM that stands still: nothing
// changes. NONE when it is malformed, or has atoms that are not known here yet.
term channel_peek(const struct signal *signal, struct heap *heap);

#endif
