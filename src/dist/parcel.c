// Parcels: encoding, and cutting into packets.

#include "dist/parcel.h"

#include "dist/atom_cache.h"
#include "dist/dist.h"
#include "dist/packet.h"
#include "ext/ext.h"
#include "io/port.h"
#include "sys/sys.h"

// What is large may give way while it is encoded, and lies in the process's scratch memory meanwhile: one that is
// killed leaves nothing behind.
static struct parcel *parcel_alloc(struct process *self, size_t bytes, bool gives_way) {
    struct parcel *parcel = gives_way ? proc_scratch(self, bytes) : sys_alloc(bytes);
    *parcel = (struct parcel){.in_scratch = gives_way};
    return parcel;
}

static void hold_parts(struct parcel *parcel) {
    for (size_t i = 0; i < parcel->part_count; i++) {
        parcel->parts[i].at += parcel->control_size;
        shared_binary_retain(parcel->parts[i].shared);
    }
}

static void encode_payload(struct process *self, struct parcel *parcel, term payload, size_t size,
                           const struct ext_options *options) {
    uint8_t *bytes = parcel->bytes + parcel->control_size;
    ext_encode_to(bytes, size, payload, options, parcel->in_scratch ? &self->work : NULL);
    if (parcel->in_scratch)
        proc_scratch_take(self, parcel);
    else if (self)
        self->work.reductions -= (int64_t)(parcel->size / 512);
    hold_parts(parcel);
}

struct parcel *parcel_new(struct process *self, const struct control *control, term sender, uint64_t flags) {
    bool has_header = flags & DIST_ATOM_CACHE;
    struct ext_atoms atoms;
    atoms.count = 0;
    if (has_header)
        memset(atoms.slots, 0, sizeof atoms.slots);
    struct ext_options options = {.flags = flags, .minor_version = 2, .atoms = has_header ? &atoms : NULL};
    term words[1 + CONTROL_ARITY_MAX];
    term tuple = control_write(control, words);
    size_t control_size = ext_encoded_size(tuple, &options, NULL), payload_size = 0;
    struct ext_options payload_options = options;
    struct ext_parts parts = {0};
    payload_options.parts = has_header ? &parts : NULL;
    if (control->has_payload)
        payload_size = ext_encoded_size(control->payload, &payload_options, self ? &self->work : NULL);

    size_t stored = control_size + payload_size, part_count = parts.count;
    size_t head = sizeof(struct parcel) + atoms.count * sizeof(term) + part_count * sizeof *parts.list;
    struct parcel *parcel = parcel_alloc(self, head + stored, self && payload_size > FRAGMENT_SIZE);
    parcel->sender = sender;
    parcel->size = stored + parts.size;
    parcel->stored = stored;
    parcel->control_size = control_size;
    parcel->has_header = has_header;
    parcel->may_fragment = has_header && (flags & DIST_FRAGMENTS);
    parcel->atom_count = atoms.count;
    memcpy(parcel->atoms, atoms.atoms, atoms.count * sizeof(term));
    parcel->part_count = part_count;
    parcel->parts = parts.list = (struct ext_part *)(parcel->atoms + atoms.count);
    parcel->bytes = (uint8_t *)(parcel->parts + part_count);
    ext_encode_to(parcel->bytes, control_size, tuple, &options, NULL);
    if (payload_size > 0)
        encode_payload(self, parcel, control->payload, payload_size, &payload_options);
    return parcel;
}

void parcel_free(struct parcel *parcel) {
    for (size_t i = 0; i < parcel->part_count; i++)
        shared_binary_release(parcel->parts[i].shared);
    if (parcel->in_scratch)
        proc_scratch_free(parcel);
    else
        sys_free(parcel);
}

// ---- packets ------------------------------------------------------------------------------------------------------

static uint8_t *put_number(uint8_t *at, uint64_t number) {
    for (int i = 7; i >= 0; i--)
        *at++ = (uint8_t)(number >> 8 * i);
    return at;
}

// How many of the next `size` bytes come before the next part.
static size_t stored_before_part(const struct parcel *parcel, size_t size) {
    bool has_part = parcel->parts_sent < parcel->part_count;
    size_t stored = (has_part ? parcel->parts[parcel->parts_sent].at : parcel->stored) - parcel->stored_sent;
    return size < stored ? size : stored;
}

static uint8_t *put_stored(uint8_t *at, struct parcel *parcel, size_t size) {
    memcpy(at, parcel->bytes + parcel->stored_sent, size);
    parcel->stored_sent += size;
    parcel->sent += size;
    return at + size;
}

static struct chunk *stored_chunk(struct parcel *parcel, size_t size) {
    struct chunk *chunk = chunk_new(size);
    put_stored(chunk->bytes, parcel, size);
    return chunk;
}

// Of the next part, at most `size` bytes.
static struct chunk *part_chunk(struct parcel *parcel, size_t size) {
    const struct ext_part *part = &parcel->parts[parcel->parts_sent];
    size_t left = part->size - parcel->part_sent;
    if (size > left)
        size = left;
    shared_binary_retain(part->shared);
    struct chunk *chunk = chunk_of_shared(part->shared, part->bytes + parcel->part_sent, size);
    parcel->part_sent += size;
    parcel->sent += size;
    if (size == left) {
        parcel->parts_sent++;
        parcel->part_sent = 0;
    }
    return chunk;
}

static struct chunk *finish(struct chunk *chunk, const uint8_t *end) {
    chunk->size = (size_t)(end - chunk->bytes);
    return chunk;
}

// The next `size` bytes, the first of them from `at` on in `head`, which has room for those before the next part.
static struct chunk *finish_with(struct chunk *head, uint8_t *at, struct parcel *parcel, size_t size) {
    size_t end = parcel->sent + size;
    struct chunk *last = finish(head, put_stored(at, parcel, stored_before_part(parcel, size)));
    while (parcel->sent < end) {
        size_t left = end - parcel->sent, stored = stored_before_part(parcel, left);
        last->next = stored > 0 ? stored_chunk(parcel, stored) : part_chunk(parcel, left);
        last = last->next;
    }
    return head;
}

static struct chunk *plain_packet(struct parcel *parcel, size_t prefix) {
    struct chunk *chunk = chunk_new(prefix + 3 + parcel->size);
    uint8_t *at = chunk->bytes + prefix;
    *at++ = PACKET_PASS_THROUGH;
    *at++ = PACKET_VERSION;
    at = put_stored(at, parcel, parcel->control_size);
    if (parcel->sent < parcel->size) {
        *at++ = PACKET_VERSION;
        at = put_stored(at, parcel, parcel->size - parcel->sent);
    }
    return finish(chunk, at);
}

// The control message goes with the first fragment, whole.
static size_t first_size(const struct parcel *parcel) {
    if (!parcel_is_large(parcel))
        return parcel->size;
    return parcel->control_size > FRAGMENT_SIZE ? parcel->control_size : FRAGMENT_SIZE;
}

static struct chunk *first_packet(struct parcel *parcel, term *cache, uint64_t sequence, size_t prefix) {
    size_t size = first_size(parcel);
    size_t header = PACKET_FRAGMENT_HEAD + atom_cache_size_max(parcel->atoms, parcel->atom_count);
    struct chunk *chunk = chunk_new(prefix + header + stored_before_part(parcel, size));
    uint8_t *at = chunk->bytes + prefix;
    *at++ = PACKET_VERSION;
    parcel->sequence = sequence;
    parcel->fragments = 1 + (parcel->size - size + FRAGMENT_SIZE - 1) / FRAGMENT_SIZE;
    *at++ = parcel->fragments > 1 ? PACKET_FIRST_FRAGMENT : PACKET_WHOLE;
    if (parcel->fragments > 1)
        at = put_number(put_number(at, parcel->sequence), parcel->fragments);
    at += atom_cache_write(cache, parcel->atoms, parcel->atom_count, at);
    parcel->fragments--;
    return finish_with(chunk, at, parcel, size);
}

static struct chunk *next_packet(struct parcel *parcel, size_t prefix) {
    size_t left = parcel->size - parcel->sent, size = left < FRAGMENT_SIZE ? left : FRAGMENT_SIZE;
    struct chunk *chunk = chunk_new(prefix + PACKET_FRAGMENT_HEAD + stored_before_part(parcel, size));
    uint8_t *at = chunk->bytes + prefix;
    *at++ = PACKET_VERSION;
    *at++ = PACKET_FRAGMENT;
    at = put_number(put_number(at, parcel->sequence), parcel->fragments--);
    return finish_with(chunk, at, parcel, size);
}

struct chunk *parcel_packet(struct parcel *parcel, term *cache, uint64_t sequence, size_t prefix) {
    if (!parcel->has_header)
        return plain_packet(parcel, prefix);
    return parcel->sent == 0 ? first_packet(parcel, cache, sequence, prefix) : next_packet(parcel, prefix);
}
