// Iodata as bytes.
//
// A walk keeps the tails still to be visited on a stack of its own, for lists may be nested as deep as the heap is
// large. Most are flat: the first levels of the stack lie in the walk itself.

#include "io/iodata.h"

#include "sys/sys.h"

#define WALK_LEVELS 32
#define ELEMENTS_PER_REDUCTION 8
#define BYTES_PER_REDUCTION 512

struct walk {
    term near[WALK_LEVELS];
    term *tails;
    size_t depth, room;
};

static void walk_begin(struct walk *walk) {
    walk->tails = walk->near;
    walk->depth = 0;
    walk->room = WALK_LEVELS;
}

static void walk_push(struct walk *walk, term tail) {
    if (walk->depth == walk->room) {
        walk->room *= 2;
        if (walk->tails == walk->near) {
            walk->tails = sys_alloc(walk->room * sizeof(term));
            memcpy(walk->tails, walk->near, sizeof walk->near);
        } else {
            walk->tails = sys_realloc(walk->tails, walk->room * sizeof(term));
        }
    }
    walk->tails[walk->depth++] = tail;
}

static void walk_end(struct walk *walk) {
    if (walk->tails != walk->near)
        sys_free(walk->tails);
}

static bool is_byte(term t) {
    return is_small(t) && t <= SMALL(255);
}

// The charge comes last: the walk's memory must be gone when the process gives way, for it may be killed there.
bool iodata_size(term data, size_t *size, struct work *work) {
    struct walk walk;
    size_t total = 0, elements = 0;
    bool good = true;
    walk_begin(&walk);
    for (term at = data; good;) {
        if (is_list(at)) {
            term head = list_head(at);
            elements++;
            if (is_byte(head)) {
                total++;
                at = list_tail(at);
            } else if (is_list(head) || is_nil(head)) {
                walk_push(&walk, list_tail(at));
                at = head;
            } else if ((good = is_binary(head))) {
                total += bitstring_size(head) >> 3;
                at = list_tail(at);
            }
        } else if (is_nil(at) || is_binary(at)) {
            if (!is_nil(at))
                total += bitstring_size(at) >> 3;
            if (walk.depth == 0)
                break;
            at = walk.tails[--walk.depth];
        } else {
            good = false;
        }
    }
    walk_end(&walk);
    *size = total;
    work_charge(work, (int64_t)(elements / ELEMENTS_PER_REDUCTION + total / BYTES_PER_REDUCTION));
    return good;
}

void bits_copy_bytes(struct bits bits, uint8_t *bytes) {
    size_t size = bits.size >> 3;
    if (bits.offset == 0) {
        memcpy(bytes, bits.bytes, size);
        return;
    }
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(bits.bytes[i] << bits.offset | bits.bytes[i + 1] >> (8 - bits.offset));
}

const uint8_t *binary_bytes(term binary, uint8_t *room) {
    struct bits bits = bitstring_bits(binary);
    if (bits.offset == 0)
        return bits.bytes;
    bits_copy_bytes(bits, room);
    return room;
}

static uint8_t *copy_binary(term binary, uint8_t *to) {
    struct bits bits = bitstring_bits(binary);
    bits_copy_bytes(bits, to);
    return to + (bits.size >> 3);
}

void iodata_copy(term data, uint8_t *to) {
    struct walk walk;
    walk_begin(&walk);
    for (term at = data;;) {
        if (is_list(at)) {
            term head = list_head(at);
            if (is_small(head)) {
                *to++ = (uint8_t)small_value(head);
                at = list_tail(at);
            } else if (is_boxed(head)) {
                to = copy_binary(head, to);
                at = list_tail(at);
            } else {
                walk_push(&walk, list_tail(at));
                at = head;
            }
        } else {
            if (is_boxed(at))
                to = copy_binary(at, to);
            if (walk.depth == 0)
                break;
            at = walk.tails[--walk.depth];
        }
    }
    walk_end(&walk);
}
