// Walking maps.

#include "term/map_trie.h"

// ---- iteration ----------------------------------------------------------------------------------------------------

struct map_iterator map_iterate(term map) {
    struct map_iterator iterator = {.map = map};
    if (!map_is_small(map)) {
        iterator.path[0].node = map;
        iterator.path[0].index = 0;
        iterator.depth = 1;
    }
    return iterator;
}

bool map_next(struct map_iterator *it) {
    if (map_is_small(it->map)) {
        if (it->position == map_size(it->map))
            return false;
        it->key = small_keys(it->map)[it->position];
        it->value = small_values(it->map)[it->position++];
        return true;
    }
    while (it->depth > 0) {
        term node = it->path[it->depth - 1].node;
        uint32_t index = it->path[it->depth - 1].index++;
        if (index == node_count(node)) {
            it->depth--;
            continue;
        }
        term child = node_children(node)[index];
        if (is_list(child)) {
            it->key = list_head(child);
            it->value = list_tail(child);
            return true;
        }
        it->path[it->depth].node = child;
        it->path[it->depth++].index = 0;
    }
    return false;
}

// A position in a trie is the hash from which to go on; in a bucket, the leaf's index << 32 as well.
int64_t map_position(const struct map_iterator *it) {
    if (map_is_small(it->map))
        return it->position < map_size(it->map) ? (int64_t)it->position : MAP_POSITION_END;
    int depth = it->depth - 1;
    while (depth >= 0 && it->path[depth].index == node_count(it->path[depth].node))
        depth--;
    if (depth < 0)
        return MAP_POSITION_END;
    uint64_t hash = 0;
    for (int i = 0; i <= depth && i < HASH_DIGITS; i++) {
        unsigned bitmap = node_bitmap(it->path[i].node);
        // Nodes on the way have already counted the child that the path leads into.
        for (uint32_t skip = it->path[i].index - (i < depth); skip > 0; skip--)
            bitmap &= bitmap - 1;
        hash |= (uint64_t)__builtin_ctz(bitmap) << (DIGIT_BITS * (HASH_DIGITS - 1 - i));
    }
    uint64_t bucket_index = depth == HASH_DIGITS ? it->path[depth].index : 0;
    return (int64_t)(bucket_index << 32 | hash);
}

struct map_iterator map_iterate_from(term map, int64_t position) {
    struct map_iterator it = map_iterate(map);
    if (map_is_small(map)) {
        it.position = (size_t)position < map_size(map) ? (size_t)position : map_size(map);
        return it;
    }
    uint32_t hash = (uint32_t)position;
    uint64_t bucket_index = (uint64_t)position >> 32;
    for (unsigned depth = 0;; depth++) {
        term node = it.path[depth].node;
        if (depth == HASH_DIGITS) {
            it.path[depth].index = (uint32_t)(bucket_index < node_count(node) ? bucket_index : node_count(node));
            return it;
        }
        unsigned bitmap = node_bitmap(node), digit = digit_at(hash, depth);
        uint32_t index = (uint32_t)child_index(bitmap, digit);
        it.path[depth].index = index;
        if (!(bitmap & 1u << digit) || is_list(node_children(node)[index]))
            return it;
        it.path[depth].index++;
        it.path[depth + 1].node = node_children(node)[index];
        it.depth++;
    }
}
