// A growing hash table of pointers that many threads read without a lock.
//
// Items are never removed, and each has a number, in the order of insertion. The caller holds a lock while it inserts,
// and knows how items are hashed and compared.
//
//   blocks   the items by number, in blocks of doubling size that never move
//   slots    open addressing: 0, or an item's number + 1; replaced as a whole when three quarters are full

#ifndef PURLIN_CODE_INDEX_H
#define PURLIN_CODE_INDEX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "term/hash_numbers.h"

#define INDEX_BLOCKS 27
#define INDEX_FIRST_BLOCK 64 // items

struct index_slots {
    uint32_t mask;
    _Atomic uint32_t numbers[];
};

struct index {
    _Atomic(struct index_slots *) slots; // NULL while it is empty
    _Atomic uint32_t count;
    void **blocks[INDEX_BLOCKS];
    uint32_t (*hash)(const void *item);
    bool (*same)(const void *item, const void *key); // a key is an item of which only the identifying part is filled in
};

void *index_find(const struct index *index, const void *key); // NULL when absent
void *index_at(const struct index *index, uint32_t number);   // number < count
static inline uint32_t index_count(const struct index *index) {
    return atomic_load_explicit(&index->count, memory_order_acquire);
}
void index_insert(struct index *index, void *item);
struct hash_numbers index_numbers(const struct index *index);

// Mixes two words into a hash.
static inline uint32_t index_mix(uint64_t a, uint64_t b) {
    uint64_t h = (a ^ (b << 29 | b >> 35)) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(h >> 32) ^ (uint32_t)h;
}

#endif
