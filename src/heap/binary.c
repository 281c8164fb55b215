// Bitstrings in place, shared binaries and their slices.

#include "heap/heap.h"
#include "sys/account.h"
#include "sys/sys.h"
#include "term/bits.h"

// ---- shared binaries ----------------------------------------------------------------------------------------------

struct shared_binary *shared_binary_new(size_t capacity) {
    struct shared_binary *shared = sys_alloc(sizeof *shared + capacity);
    atomic_init(&shared->references, 1);
    atomic_init(&shared->used, capacity * 8);
    shared->capacity = capacity;
    account_add(ACCOUNT_BINARIES, (ptrdiff_t)(sizeof *shared + capacity));
    shared->destroy = NULL;
    return shared;
}

void shared_binary_release(struct shared_binary *shared) {
    if (atomic_fetch_sub_explicit(&shared->references, 1, memory_order_acq_rel) != 1)
        return;
    if (shared->destroy)
        shared->destroy(shared);
    account_add(ACCOUNT_BINARIES, -(ptrdiff_t)(sizeof *shared + shared->capacity));
    sys_free(shared);
}

// ---- new bitstrings -----------------------------------------------------------------------------------------------

term heap_slice(struct heap *heap, struct shared_binary *shared, size_t offset_bits, size_t size_bits) {
    term *words = heap_alloc(heap, 5);
    struct off_heap *value = (struct off_heap *)words;
    *value = (struct off_heap){HEADER(KIND_SLICE, 0, 4), heap->off_heap, shared};
    heap->off_heap = value;
    heap->binary_bytes += size_bits >> 3;
    words[3] = offset_bits;
    words[4] = size_bits;
    return boxed_make(words);
}

term heap_bitstring_new(struct heap *heap, size_t bits, uint8_t **bytes) {
    size_t size = (bits + 7) / 8;
    if (size > BITSTRING_IN_PLACE_MAX) {
        struct shared_binary *shared = shared_binary_new(size);
        *bytes = shared->bytes;
        return heap_slice(heap, shared, 0, bits);
    }
    size_t data = (size + 7) / 8;
    term *words = heap_alloc(heap, 2 + data);
    words[0] = HEADER(KIND_BITSTRING, 0, 1 + data);
    words[1] = bits;
    if (data > 0)
        words[1 + data] = 0; // the padding
    *bytes = (uint8_t *)(words + 2);
    return boxed_make(words);
}

term heap_binary_new(struct heap *heap, size_t size, uint8_t **bytes) {
    return heap_bitstring_new(heap, size * 8, bytes);
}

term heap_binary(struct heap *heap, const void *bytes, size_t size) {
    uint8_t *to;
    term binary = heap_binary_new(heap, size, &to);
    if (size > 0)
        memcpy(to, bytes, size);
    return binary;
}

// ---- parts --------------------------------------------------------------------------------------------------------

term heap_bitstring_part(struct heap *heap, term bitstring, size_t offset_bits, size_t size_bits) {
    assert_debug(offset_bits + size_bits <= bitstring_size(bitstring));
    term *whole = boxed(bitstring);
    if (size_bits == bitstring_size(bitstring))
        return bitstring;
    if (size_bits > BITSTRING_IN_PLACE_MAX * 8) { // so the whole is a slice, too
        struct shared_binary *shared = (struct shared_binary *)whole[2];
        shared_binary_retain(shared);
        return heap_slice(heap, shared, whole[3] + offset_bits, size_bits);
    }
    uint8_t *bytes;
    term part = heap_bitstring_new(heap, size_bits, &bytes);
    if (size_bits > 0) {
        bytes[bits_to_bytes(size_bits) - 1] = 0; // the bits behind the last
        bits_copy(bytes, 0, bits_part(bitstring_bits(bitstring), offset_bits, size_bits));
    }
    return part;
}
