// Copying values: what copy.c gives to the other files of this room.

#ifndef PURLIN_HEAP_COPY_H
#define PURLIN_HEAP_COPY_H

#include "heap/heap.h"

// Which literals are copied with the rest; none when there is no set. Size and copy must follow the same set, and a
// purge may begin between the two; so the set is fixed first.
struct literal_range {
    uintptr_t start;
    size_t size; // bytes
};
struct literal_set {
    struct literal_range span; // of all ranges
    size_t count;
    const struct literal_range *ranges; // by address, no two touch; read only when there are several
};

bool literal_set_search(const struct literal_set *set, const void *address);
static inline bool literal_set_has(const struct literal_set *set, const void *address) {
    return set && (uintptr_t)address - set->span.start < set->span.size &&
           (set->count == 1 || literal_set_search(set, address));
}

const struct literal_set *literals_purging(void); // those being purged at this moment
const struct literal_set *literals_all(void);

// The words of one value. Most are few, for which a call or a vector loop takes longer than the copying.
static inline void words_copy(term *to, const term *from, size_t count) {
    if (count > 16) {
        memcpy(to, from, count * sizeof(term));
        return;
    }
#pragma clang loop vectorize(disable) unroll(disable)
    for (size_t i = 0; i < count; i++)
        to[i] = from[i];
}

size_t copy_size(const struct literal_set *literals, term value);
// Copies *value into the `size` words from `to` on, and replaces it by the copy. Values of the kinds from KIND_OFF_HEAP
// up are linked into *off_heap. Returns the bytes of shared binaries that they refer to.
size_t copy_words(const struct literal_set *literals, term *value, term *to, size_t size, struct off_heap **off_heap);

#endif
