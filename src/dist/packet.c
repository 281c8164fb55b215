// Packets as they come in.

#include "dist/packet.h"

#include "dist/atom_cache.h"
#include "sys/sys.h"

// A message of which fragments are still to come.
struct incoming {
    struct incoming *next;
    uint64_t sequence, expected; // the number of the next fragment
    struct packed *packed;
};

// `room`: for that many bytes, or more.
static struct packed *packed_new(struct channel *channel, const term *atoms, unsigned atom_count, const uint8_t *bytes,
                                 size_t size, size_t room) {
    room = room > size ? room : size;
    struct shared_binary *shared = shared_binary_new(sizeof(struct packed) + atom_count * sizeof(term) + room);
    struct packed *packed = (struct packed *)shared->bytes;
    *packed = (struct packed){.channel = channel, .size = size, .room = room, .atom_count = atom_count};
    if (atom_count > 0)
        memcpy(packed->atoms, atoms, atom_count * sizeof(term));
    memcpy(packed_bytes(packed), bytes, size);
    channel_retain(channel);
    return packed;
}

void packed_free(struct packed *packed) {
    channel_release(packed->channel);
    shared_binary_release(packed_shared(packed));
}

// The same with more room, in other memory.
static struct packed *packed_grow(struct packed *packed, size_t room) {
    struct packed *grown =
        packed_new(packed->channel, packed->atoms, packed->atom_count, packed_bytes(packed), packed->size, room);
    packed_free(packed);
    return grown;
}

static struct packed *packed_append(struct packed *packed, const uint8_t *bytes, size_t size) {
    if (packed->room - packed->size < size)
        packed = packed_grow(packed, 2 * packed->room > packed->size + size ? 2 * packed->room : packed->size + size);
    memcpy(packed_bytes(packed) + packed->size, bytes, size);
    packed->size += size;
    return packed;
}

static uint64_t number_at(const uint8_t *bytes) {
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return number;
}

static struct incoming **find_incomplete(struct channel *channel, uint64_t sequence) {
    struct incoming **at = &channel->incomplete;
    while (*at && (*at)->sequence != sequence)
        at = &(*at)->next;
    return at;
}

// How much to make room for at the first of so many fragments. Peers cut a message into equal ones, but may say what
// they like: what goes beyond this is made room for when it comes. (Memory that is never written to costs nothing.)
static size_t expected_size(uint64_t fragments, size_t size) {
    static const size_t believed = 16 << 20;
    return fragments < believed / size ? fragments * size : believed;
}

// A message, or the first of so many fragments of one (`head` bytes before the atoms).
static bool read_message(struct channel *channel, const uint8_t *bytes, size_t size, size_t head, uint64_t fragments,
                         struct packed **message) {
    term atoms[HEADER_ATOMS_MAX];
    unsigned count;
    size_t atoms_size = size < head ? 0 : atom_cache_read(channel->atoms_in, bytes + head, size - head, atoms, &count);
    if (!atoms_size)
        return false;
    head += atoms_size;
    size_t room = fragments > 1 ? expected_size(fragments, size) : 0;
    *message = packed_new(channel, atoms, count, bytes + head, size - head, room);
    return true;
}

static bool read_first_fragment(struct channel *channel, const uint8_t *bytes, size_t size, struct packed **message) {
    if (size < PACKET_FRAGMENT_HEAD)
        return false;
    uint64_t sequence = number_at(bytes + 2), fragments = number_at(bytes + 10);
    if (fragments == 0 || *find_incomplete(channel, sequence) ||
        !read_message(channel, bytes, size, PACKET_FRAGMENT_HEAD, fragments, message))
        return false;
    if (fragments == 1)
        return true;
    struct incoming *incoming = sys_alloc(sizeof *incoming);
    *incoming = (struct incoming){channel->incomplete, sequence, fragments - 1, *message};
    channel->incomplete = incoming;
    *message = NULL;
    return true;
}

static bool read_fragment(struct channel *channel, const uint8_t *bytes, size_t size, struct packed **message) {
    if (size < PACKET_FRAGMENT_HEAD)
        return false;
    struct incoming **at = find_incomplete(channel, number_at(bytes + 2)), *incoming = *at;
    if (!incoming || number_at(bytes + 10) != incoming->expected)
        return false;
    incoming->packed = packed_append(incoming->packed, bytes + PACKET_FRAGMENT_HEAD, size - PACKET_FRAGMENT_HEAD);
    if (--incoming->expected > 0)
        return true;
    *message = incoming->packed;
    *at = incoming->next;
    sys_free(incoming);
    return true;
}

void packet_drop_incomplete(struct channel *channel) {
    while (channel->incomplete) {
        struct incoming *incoming = channel->incomplete;
        channel->incomplete = incoming->next;
        packed_free(incoming->packed);
        sys_free(incoming);
    }
}

bool packet_read(struct channel *channel, const uint8_t *bytes, size_t size, struct packed **message) {
    *message = NULL;
    if (size < 2)
        return size == 0;
    if (bytes[0] == PACKET_PASS_THROUGH && bytes[1] == PACKET_VERSION) {
        *message = packed_new(channel, NULL, 0, bytes + 2, size - 2, 0);
        (*message)->is_plain = true;
        return true;
    }
    if (bytes[0] != PACKET_VERSION)
        return false;
    switch (bytes[1]) {
    case PACKET_WHOLE:
        return read_message(channel, bytes, size, 2, 1, message);
    case PACKET_FIRST_FRAGMENT:
        return read_first_fragment(channel, bytes, size, message);
    case PACKET_FRAGMENT:
        return read_fragment(channel, bytes, size, message);
    default:
        return false;
    }
}
