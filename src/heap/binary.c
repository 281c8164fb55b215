// Bitstrings in place, shared binaries and their slices.

#include "heap/heap.h"
#include "sys/account.h"
#include "sys/sys.h"
#include "term/bits.h"

// ---- shared binaries ----------------------------------------------------------------------------------------------

static struct shared_binary *shared_binary_init(struct shared_binary *shared, size_t capacity) {
    atomic_init(&shared->references, 1);
    atomic_init(&shared->used, capacity * 8);
    shared->capacity = capacity;
    account_add(ACCOUNT_BINARIES, (ptrdiff_t)(sizeof *shared + capacity));
    shared->destroy = NULL;
    return shared;
}

struct shared_binary *shared_binary_try_new(size_t capacity) {
    size_t size;
    if (__builtin_add_overflow(sizeof(struct shared_binary), capacity, &size))
        return NULL;
    struct shared_binary *shared = sys_try_alloc(size);
    return shared ? shared_binary_init(shared, capacity) : NULL;
}

struct shared_binary *shared_binary_new(size_t capacity) {
    struct shared_binary *shared = shared_binary_try_new(capacity);
    if (!shared)
        sys_fatal("binary_alloc: Cannot allocate %zu bytes of memory (of type \"binary\").", capacity);
    return shared;
}

void shared_binary_release_many(struct shared_binary *shared, size_t count) {
    if (atomic_fetch_sub_explicit(&shared->references, count, memory_order_acq_rel) != count)
        return;
    if (shared->destroy)
        shared->destroy(shared);
    account_add(ACCOUNT_BINARIES, -(ptrdiff_t)(sizeof *shared + shared->capacity));
    sys_free(shared);
}

void shared_binary_release(struct shared_binary *shared) {
    shared_binary_release_many(shared, 1);
}

enum { REFERENCES_AT_ONCE = 64 };

void heap_retain_ahead(struct heap *heap, struct shared_binary *shared) {
    if (!heap->start) { // a builder
        shared_binary_retain(shared);
        return;
    }
    if (heap->ahead != shared || heap->ahead_count == 0) {
        heap_give_back(heap);
        atomic_fetch_add_explicit(&shared->references, REFERENCES_AT_ONCE, memory_order_relaxed);
        heap->ahead = shared;
        heap->ahead_count = REFERENCES_AT_ONCE;
    }
    heap->ahead_count--;
}

void heap_give_back(struct heap *heap) {
    if (heap->ahead_count > 0)
        shared_binary_release_many(heap->ahead, heap->ahead_count);
    heap->ahead = NULL;
    heap->ahead_count = 0;
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

uint8_t *heap_binary_resize(struct heap *heap, term binary, size_t size) {
    term *words = boxed(binary);
    struct shared_binary *shared = (struct shared_binary *)words[2];
    ptrdiff_t more = (ptrdiff_t)size - (ptrdiff_t)shared->capacity;
    assert_debug(is_kind(binary, KIND_SLICE) && size > BITSTRING_IN_PLACE_MAX);
    assert_debug(atomic_load(&shared->references) == 1 && !shared->destroy);
    shared = sys_realloc(shared, sizeof *shared + size);
    shared->capacity = size;
    atomic_store_explicit(&shared->used, size * 8, memory_order_relaxed);
    account_add(ACCOUNT_BINARIES, more);
    heap->binary_bytes += (size_t)more;
    words[2] = (term)shared;
    words[4] = size * 8;
    return shared->bytes;
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
