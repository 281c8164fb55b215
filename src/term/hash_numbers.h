// How full a hash table is: what reports tell of the VM's own ones. Read without a lock.

#ifndef PURLIN_TERM_HASH_NUMBERS_H
#define PURLIN_TERM_HASH_NUMBERS_H

#include <stddef.h>

struct hash_numbers {
    size_t size;    // slots or buckets
    size_t used;    // of them, not empty
    size_t objects; // in the table
    size_t depth;   // of the longest chain, or the longest way to an object by open addressing
};

static inline void hash_numbers_deepen(struct hash_numbers *numbers, size_t depth) {
    if (depth > numbers->depth)
        numbers->depth = depth;
}

#endif
