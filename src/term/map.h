// Maps: up to MAP_SMALL_MAX pairs as two rows in the order of the keys, above that a hash array mapped trie.
// A map's form follows from its size alone, so equal maps have the same form.

#ifndef PURLIN_TERM_MAP_H
#define PURLIN_TERM_MAP_H

#include "term/term.h"

struct heap;

#define MAP_SMALL_MAX 32

#define MAP_EMPTY_WORDS 3 // with its empty tuple of keys

static inline bool map_is_small(term map) {
    return header_kind(*boxed(map)) == KIND_MAP;
}
static inline size_t map_size(term map) {
    term *words = boxed(map);
    return header_kind(words[0]) == KIND_MAP ? header_size(words[0]) - 1 : (size_t)small_value(words[1]);
}
term map_empty(struct heap *heap);
term map_get(term map, term key); // NONE when absent
term map_get_hashed(term map, term key, uint32_t hash);
uint32_t map_hash(term key); // the hash that large maps use
// Returns `map` itself when the key has that very value already; so do map_update and map_remove when nothing
// changes.
term map_put(struct heap *heap, term map, term key, term value);
// map_put of several pairs key, value, key, value ...; faster for small maps.
term map_put_many(struct heap *heap, term map, const term *pairs, size_t count);
// Only when the key is there; NONE otherwise.
term map_update(struct heap *heap, term map, term key, term value);
term map_remove(struct heap *heap, term map, term key, term *removed); // *removed: the value, or NONE
// map_update of several pairs; NONE when a key is not there, with the first such key in *missing.
term map_update_many(struct heap *heap, term map, const term *pairs, size_t count, term *missing);
// From n pairs key, value, key, value ...; of equal keys the last one wins.
term map_from_pairs(struct heap *heap, const term *pairs, size_t count);
term map_merge(struct heap *heap, term a, term b); // b's values win

// for (struct map_iterator it = map_iterate(map); map_next(&it);) ... it.key, it.value
#define MAP_DEPTH_MAX 24
struct map_iterator {
    term key, value;
    term map;
    size_t position;
    struct {
        term node;
        uint32_t index;
    } path[MAP_DEPTH_MAX];
    int depth;
};
struct map_iterator map_iterate(term map);
bool map_next(struct map_iterator *iterator);
// Where an iteration stands, as a number from 0 (the start) that fits a small, and an iteration that goes on from
// there. Any number is safe to go on from.
#define MAP_POSITION_END INT64_MAX
int64_t map_position(const struct map_iterator *iterator);
struct map_iterator map_iterate_from(term map, int64_t position);

#endif
