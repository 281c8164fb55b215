// The inside of maps, for the files that make and walk them, and for instructions that look into small ones.
//
// The trie of a large map. The hash of a key has eight digits of four bits, most significant first; digit d chooses
// among the children of a node at depth d (the root is at depth 0). A child is one of
//
//   leaf      list cell [Key | Value]
//   branch    KIND_MAP_BRANCH with a bitmap of its children, which follow in the order of their digits
//   bucket    KIND_MAP_BRANCH with bitmap 0, at depth 8 only: two or more leaves whose keys have the same hash, in the
//             order of the keys
//
// A branch holds at least two leaves somewhere below it; what is left of one with a single leaf is that leaf. With that
// rule the trie's form follows from the set of keys alone: equal maps have equal tries, which comparison relies on.

#ifndef PURLIN_TERM_MAP_TRIE_H
#define PURLIN_TERM_MAP_TRIE_H

#include "term/map.h"

// ---- small maps ---------------------------------------------------------------------------------------------------

static inline term *small_keys(term map) { // of map_size(map) terms
    return boxed(boxed(map)[1]) + 1;
}
static inline term *small_values(term map) {
    return boxed(map) + 2;
}
// The commonest case of looking up: a small map, and a key whose word is its value.
static inline bool map_is_easy(term map, term key) {
    return map_is_small(map) && !is_pointer(key) && key != FLONUM_ZERO;
}
static inline ptrdiff_t map_find_easy(term map, term key) { // -1 when absent
    const term *keys = small_keys(map);
    for (size_t i = 0, size = map_size(map); i < size; i++)
        if (keys[i] == key)
            return (ptrdiff_t)i;
    return -1;
}
// The same where several keys are asked for: they mostly follow one another, so the search begins at `from`.
static inline ptrdiff_t map_find_easy_from(const term *keys, size_t size, term key, size_t from) {
    for (size_t i = from; i < size; i++)
        if (keys[i] == key)
            return (ptrdiff_t)i;
    for (size_t i = 0; i < from; i++)
        if (keys[i] == key)
            return (ptrdiff_t)i;
    return -1;
}
static inline term map_get_inline(term map, term key) {
    if (!map_is_easy(map, key))
        return map_get(map, key);
    ptrdiff_t index = map_find_easy(map, key);
    return index < 0 ? NONE : small_values(map)[index];
}

// ---- nodes of a trie ----------------------------------------------------------------------------------------------

enum { DIGIT_BITS = 4, DIGIT_COUNT = 16, HASH_DIGITS = 8 };

static inline unsigned digit_at(uint32_t hash, unsigned depth) {
    return (hash >> (DIGIT_BITS * (HASH_DIGITS - 1 - depth))) & (DIGIT_COUNT - 1);
}

static inline size_t node_first_child(term header) { // index of its word
    return header_kind(header) == KIND_MAP_ROOT ? 2 : 1;
}
static inline term *node_children(term node) {
    term *words = boxed(node);
    return words + node_first_child(words[0]);
}
static inline size_t node_count(term node) {
    term header = *boxed(node);
    return header_size(header) + 1 - node_first_child(header);
}
static inline unsigned node_bitmap(term node) {
    return header_aux(*boxed(node));
}
// Position among the children of the one with that digit.
static inline size_t child_index(unsigned bitmap, unsigned digit) {
    return (size_t)__builtin_popcount(bitmap & ((1u << digit) - 1));
}

#endif
