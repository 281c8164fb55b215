// Packets as they come in: headers are read, fragments put together.
//
//     131 68 atoms... control payload          a message (atoms...: dist/atom_cache.h)
//     131 69 sequence:64 fragments:64 atoms... control payload-part
//     131 70 sequence:64 fragment:64 payload-part             counts down to 1, the last
//     112 131 control 131 payload              without an atom cache
//     (nothing)                                a tick

#ifndef PURLIN_DIST_PACKET_H
#define PURLIN_DIST_PACKET_H

#include "dist/dist.h"

enum {
    PACKET_VERSION = 131,
    PACKET_PASS_THROUGH = 112,
    PACKET_WHOLE = 68,
    PACKET_FIRST_FRAGMENT = 69,
    PACKET_FRAGMENT = 70,
    PACKET_FRAGMENT_HEAD = 2 + 16, // bytes before the atoms, or before a later fragment's part
};

// A message whose payload is still in bytes. It goes with the signal to the process that decodes it. It lies in a
// shared binary, so that a large binary in the payload need not be copied out of it.
struct packed {
    struct channel *channel; // a reference
    size_t size, room;       // of the bytes, which lie behind the atoms
    size_t offset;           // where the payload begins
    unsigned atom_count;
    bool is_plain; // a version byte stands before the payload
    term atoms[];
};
static inline uint8_t *packed_bytes(struct packed *packed) {
    return (uint8_t *)(packed->atoms + packed->atom_count);
}
static inline struct shared_binary *packed_shared(struct packed *packed) {
    return (struct shared_binary *)((uint8_t *)packed - SHARED_BINARY_HEAD);
}
void packed_free(struct packed *packed); // binaries that were decoded from it keep its memory

// (input_lock) Takes a packet: false when it is malformed. *message is a complete message now, or NULL.
bool packet_read(struct channel *channel, const uint8_t *bytes, size_t size, struct packed **message);
void packet_drop_incomplete(struct channel *channel);

#endif
