// The objects of a set, bag or duplicate_bag: a hash table that grows and shrinks by one bucket at a time.
//
//   - Linear hashing: of `count` buckets, bucket i >= mask / 2 + 1 was split off bucket i - (mask / 2 + 1). So no
//     operation ever moves more than one bucket's objects.
//   - Buckets lie in segments that never move: segment 0 has the first HASH_BUCKETS_MIN, each further one as many as
//     all before it together.
//   - Objects with equal keys (=:=) stand next to each other in their bucket's chain, the newest first. A bag's objects
//     come back oldest first because a list is built from its end.
//   - While a table is fixed its buckets do not change in number, and deleted objects stay in their chains, marked: so
//     a traversal finds its place again.
//
// Nothing here locks. Who changes a bucket holds the table's lock for writing or, of a table with stripes, that for
// reading and the bucket's stripe for writing: a bucket's stripe is the lowest bits of its number, which the bucket
// that it is split from shares.

#ifndef PURLIN_ETS_HASH_H
#define PURLIN_ETS_HASH_H

#include <stdatomic.h>

#include "ets/object.h"
#include "term/compare.h"
#include "term/hash.h"

enum { HASH_BUCKETS_MIN = 256, HASH_SEGMENTS = 32, HASH_STRIPES = 64 };

struct hash {
    struct object **segments[HASH_SEGMENTS];
    _Atomic size_t count; // of buckets
};

void hash_init(struct hash *hash);
void hash_free_segments(struct hash *hash);  // when it holds no objects
size_t hash_memory(const struct hash *hash); // words, without the objects

static inline uint32_t hash_of_key(term key) {
    if (is_small(key) || (key & TAG_MASK) == TAG_IMMEDIATE) {
        uint64_t mixed = (key ^ key >> 32) * 0xd6e8feb86659fd93u; // a multiplier with few patterns in its products
        mixed = (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93u;
        return (uint32_t)(mixed >> 32);
    }
    return term_hash(key);
}

static inline size_t hash_count(const struct hash *hash) {
    return atomic_load_explicit(&hash->count, memory_order_relaxed);
}
static inline struct object **hash_bucket(const struct hash *hash, size_t index) {
    if (index < HASH_BUCKETS_MIN)
        return &hash->segments[0][index];
    unsigned level = 63 - (unsigned)__builtin_clzl(index);
    return &hash->segments[level - 7][index - ((size_t)1 << level)];
}
static inline size_t hash_index(const struct hash *hash, uint32_t value) {
    size_t count = hash_count(hash);
    size_t mask = ((size_t)2 << (63 - (unsigned)__builtin_clzl(count - 1))) - 1;
    size_t index = value & mask;
    return index < count ? index : index & (mask >> 1);
}

// The link to the first object of that key (deleted ones too), or to the end of its bucket's chain.
static inline struct object **hash_find(const struct hash *hash, size_t keypos, term key, uint32_t value) {
    struct object **link = hash_bucket(hash, hash_index(hash, value));
    for (struct object *object; (object = *link); link = (struct object **)&object->fragment.next)
        if (object->hash == value && term_same(object->words[keypos], key))
            break;
    return link;
}
// Whether `object` still has the key: the end of a run of equal keys.
static inline bool hash_has_key(const struct object *object, size_t keypos, term key, uint32_t value) {
    return object && object->hash == value && term_same(object->words[keypos], key);
}

// One step of growing or shrinking. With stripes, the caller holds that of hash_grow_bucket / hash_shrink_bucket and
// nobody else changes the number of buckets.
static inline size_t hash_grow_bucket(const struct hash *hash) { // the bucket that would be split
    size_t count = hash_count(hash);
    return count - ((size_t)1 << (63 - (unsigned)__builtin_clzl(count)));
}
static inline size_t hash_shrink_bucket(const struct hash *hash) { // the bucket that would be merged into its origin
    return hash_count(hash) - 1;
}
void hash_grow(struct hash *hash);
void hash_shrink(struct hash *hash);

#endif
