// Walking maps: iteration and comparison.

#include "term/compare.h"
#include "term/map_trie.h"

// ---- iteration
// --------------------------------------------------------------------------------------------------------

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

// ---- comparison
// -------------------------------------------------------------------------------------------------------

static bool nodes_same(term a, term b) {
    if (a == b)
        return true;
    if (is_list(a) || is_list(b))
        return is_list(a) && is_list(b) && term_same(list_head(a), list_head(b)) &&
               term_same(list_tail(a), list_tail(b));
    if (*boxed(a) != *boxed(b))
        return false;
    const term *children_a = node_children(a), *children_b = node_children(b);
    for (size_t i = 0; i < node_count(a); i++)
        if (!nodes_same(children_a[i], children_b[i]))
            return false;
    return true;
}

bool map_same(term a, term b) {
    size_t size = map_size(a);
    if (size != map_size(b))
        return false;
    if (!map_is_small(a))
        return nodes_same(a, b);
    if (!term_same(boxed(a)[1], boxed(b)[1]))
        return false;
    for (size_t i = 0; i < size; i++)
        if (!term_same(small_values(a)[i], small_values(b)[i]))
            return false;
    return true;
}

static int compare_small(term a, term b, bool exact) {
    size_t size = map_size(a);
    if (boxed(a)[1] != boxed(b)[1])
        for (size_t i = 0; i < size; i++) {
            int order = term_compare_exact(small_keys(a)[i], small_keys(b)[i]);
            if (order)
                return order;
        }
    for (size_t i = 0; i < size; i++) {
        term x = small_values(a)[i], y = small_values(b)[i];
        int order = exact ? term_compare_exact(x, y) : term_compare(x, y);
        if (order)
            return order;
    }
    return 0;
}

// Sorting the keys of large maps would be dear. The first difference of two sorted rows of keys is at the smallest key
// that only one of them has, and the row that has it is the smaller one. Where the keys are the same, the smallest key
// with different values decides.
static term smallest_missing(term a, term b) { // key of a that b has not
    term smallest = NONE;
    for (struct map_iterator it = map_iterate(a); map_next(&it);)
        if (map_get(b, it.key) == NONE && (smallest == NONE || term_compare_exact(it.key, smallest) < 0))
            smallest = it.key;
    return smallest;
}

static int compare_large(term a, term b, bool exact) {
    term only_a = smallest_missing(a, b);
    if (only_a != NONE) // then b, of the same size, has such a key too
        return term_compare_exact(only_a, smallest_missing(b, a));
    term smallest = NONE;
    int result = 0;
    struct map_iterator x = map_iterate(a), y = map_iterate(b); // the same keys come in the same order
    while (map_next(&x) && map_next(&y)) {
        int order = exact ? term_compare_exact(x.value, y.value) : term_compare(x.value, y.value);
        if (order && (smallest == NONE || term_compare_exact(x.key, smallest) < 0)) {
            smallest = x.key;
            result = order;
        }
    }
    return result;
}

int map_compare(term a, term b, bool exact) {
    if (a == b)
        return 0;
    size_t size_a = map_size(a), size_b = map_size(b);
    if (size_a != size_b)
        return size_a < size_b ? -1 : 1;
    return map_is_small(a) ? compare_small(a, b, exact) : compare_large(a, b, exact);
}
