// Parcels: signals on their way to another node, in bytes.
//
// A parcel holds the control message and the payload in the external format, with atoms as indices into its own list.
// Only when it goes out does it get its header, for that depends on what went before (dist/atom_cache.h). Large
// binaries are not copied: they go out from where they lie.

#ifndef PURLIN_DIST_PARCEL_H
#define PURLIN_DIST_PARCEL_H

#include "dist/control.h"
#include "proc/proc.h"

#define FRAGMENT_SIZE 65536 // as OTP's

struct chunk;

struct parcel {
    struct parcel *next;
    term sender;         // a local pid: its parcels keep their order; or NONE
    size_t size, sent;   // in bytes, parts included
    size_t stored;       // without the parts
    size_t control_size; // of those, the control message
    bool has_header;     // the peer has an atom cache; else the form is 112, 131, control, 131, payload
    bool may_fragment;
    bool in_scratch;    // its memory is what proc_scratch gave
    uint64_t sequence;  // of the fragments, once the first has gone out
    uint64_t fragments; // left to go
    unsigned atom_count;
    size_t part_count;
    struct ext_part *parts; // large binaries of the payload, with a reference each, behind the atoms in the same memory
    uint8_t *bytes;         // behind the parts
    size_t stored_sent, parts_sent, part_sent; // of `stored`, whole parts, bytes of the next part
    term atoms[];
};

// Encodes for a peer with those distribution flags. With `self` it may give way.
struct parcel *parcel_new(struct process *self, const struct control *control, term sender, uint64_t flags);
void parcel_free(struct parcel *parcel);
static inline bool parcel_is_large(const struct parcel *parcel) {
    return parcel->may_fragment && parcel->size > FRAGMENT_SIZE;
}
// The next packet of the parcel, a list of chunks: the first begins with `prefix` free bytes; *cache is the peer's as
// we filled it. The first packet of a large parcel takes `sequence`. The parcel is done when sent = size.
struct chunk *parcel_packet(struct parcel *parcel, term *cache, uint64_t sequence, size_t prefix);

#endif
