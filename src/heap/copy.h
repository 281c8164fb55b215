// Copying values: what copy.c gives to the other files of this room.

#ifndef PURLIN_HEAP_COPY_H
#define PURLIN_HEAP_COPY_H

#include "heap/heap.h"

// Which literals are copied with the rest: those in one range of addresses. Size and copy must follow the same rule,
// and a purge may begin between the two; so the rule is fixed first.
struct copy_rule {
    uintptr_t literals;
    size_t literals_size;
};

struct copy_rule copy_rule_purging(void); // only those being purged at this moment (literal.c)
struct copy_rule copy_rule_all(void);

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

size_t copy_size(struct copy_rule rule, term value);
// Copies *value into the `size` words from `to` on, and replaces it by the copy. Values of the kinds from KIND_OFF_HEAP
// up are linked into *off_heap. Returns the bytes of shared binaries that they refer to.
size_t copy_words(struct copy_rule rule, term *value, term *to, size_t size, struct off_heap **off_heap);

#endif
