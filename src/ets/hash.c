// Growing and shrinking of hash tables.

#include "ets/hash.h"

#include "sys/sys.h"

static size_t segment_buckets(unsigned segment) {
    return segment == 0 ? HASH_BUCKETS_MIN : (size_t)HASH_BUCKETS_MIN << (segment - 1);
}

void hash_init(struct hash *hash) {
    *hash = (struct hash){.count = HASH_BUCKETS_MIN};
    hash->segments[0] = sys_alloc_zero(HASH_BUCKETS_MIN * sizeof(struct object *));
}

void hash_free_segments(struct hash *hash) {
    for (unsigned i = 0; i < HASH_SEGMENTS; i++)
        sys_free(hash->segments[i]);
}

size_t hash_memory(const struct hash *hash) {
    // Segments are whole: buckets not in use yet count too.
    size_t buckets = HASH_BUCKETS_MIN;
    while (buckets < hash_count(hash))
        buckets *= 2;
    return sizeof(struct hash) / sizeof(term) + buckets;
}

void hash_grow(struct hash *hash) {
    size_t count = hash_count(hash);
    unsigned level = 63 - (unsigned)__builtin_clzl(count);
    struct object ***segment = &hash->segments[level - 7];
    if (!*segment)
        *segment = sys_alloc_zero(segment_buckets(level - 7) * sizeof(struct object *));
    struct object **from = hash_bucket(hash, hash_grow_bucket(hash));
    struct object **to = hash_bucket(hash, count);
    // Both chains keep their order, and with it the runs of equal keys.
    for (struct object *object; (object = *from);) {
        if (object->hash & ((size_t)1 << level)) {
            *from = object_next(object);
            *to = object;
            to = (struct object **)&object->fragment.next;
        } else {
            from = (struct object **)&object->fragment.next;
        }
    }
    *to = NULL;
    atomic_store_explicit(&hash->count, count + 1, memory_order_relaxed);
}

void hash_shrink(struct hash *hash) {
    size_t last = hash_shrink_bucket(hash);
    unsigned level = 63 - (unsigned)__builtin_clzl(last);
    struct object **from = hash_bucket(hash, last);
    struct object **to = hash_bucket(hash, last - ((size_t)1 << level));
    while (*to)
        to = (struct object **)&(*to)->fragment.next;
    *to = *from;
    *from = NULL;
    atomic_store_explicit(&hash->count, last, memory_order_relaxed);
    if (last == (size_t)1 << level) { // it was the segment's only bucket
        struct object ***segment = &hash->segments[level - 7];
        sys_free(*segment);
        *segment = NULL;
    }
}
