// Making maps (see map.h for the two forms, map_trie.h for the inside).

#include "heap/heap.h"
#include "sys/sys.h"
#include "term/compare.h"
#include "term/hash.h"
#include "term/map_trie.h"

uint32_t map_hash(term key) {
    uint32_t hash = term_hash(key) * 0x9e3779b1u; // the golden ratio: spreads to the high digits, which come first
    return hash ^ (hash >> 16);
}

// ---- small maps ---------------------------------------------------------------------------------------------------

term map_empty(struct heap *heap) {
    term *words = heap_alloc(heap, MAP_EMPTY_WORDS);
    words[0] = HEADER(KIND_MAP, 0, 1);
    words[1] = boxed_make(words + 2);
    words[2] = HEADER(KIND_TUPLE, 0, 0);
    return boxed_make(words);
}

// A small map with room for `size` values and the given tuple of keys.
static term *small_new(struct heap *heap, term keys, size_t size) {
    term *words = heap_alloc(heap, 2 + size);
    words[0] = HEADER(KIND_MAP, 0, 1 + size);
    words[1] = keys;
    return words;
}

// Where a key that is not there belongs; where it is if it is there.
static size_t small_place(term map, term key) {
    term *keys = small_keys(map);
    size_t low = 0, high = map_size(map);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (term_compare_exact(keys[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Index of the key, or -1. Most keys are immediates, and those that are not are often the very term of the map.
static ptrdiff_t small_find(term map, term key) {
    term *keys = small_keys(map);
    size_t size = map_size(map);
    for (size_t i = 0; i < size; i++)
        if (keys[i] == key)
            return (ptrdiff_t)i;
    if (!is_pointer(key) && key != FLONUM_ZERO) // -0.0, which is the same, is boxed
        return -1;
    size_t place = small_place(map, key);
    return place < size && term_same(keys[place], key) ? (ptrdiff_t)place : -1;
}

static term small_with_value(struct heap *heap, term map, size_t index, term value) {
    if (small_values(map)[index] == value)
        return map;
    size_t size = map_size(map);
    term *words = small_new(heap, boxed(map)[1], size);
    memcpy(words + 2, small_values(map), size * sizeof(term));
    words[2 + index] = value;
    return boxed_make(words);
}

static term large_from_pairs(struct heap *heap, const term *pairs, size_t count);

static term small_insert(struct heap *heap, term map, term key, term value) {
    size_t size = map_size(map), place = small_place(map, key);
    const term *old_keys = small_keys(map), *old_values = small_values(map);
    if (size == MAP_SMALL_MAX) {
        term pairs[2 * (MAP_SMALL_MAX + 1)];
        for (size_t i = 0; i < size; i++) {
            pairs[2 * i] = old_keys[i];
            pairs[2 * i + 1] = old_values[i];
        }
        pairs[2 * size] = key;
        pairs[2 * size + 1] = value;
        return large_from_pairs(heap, pairs, size + 1);
    }
    term *keys = heap_tuple(heap, size + 1);
    term *words = small_new(heap, boxed_make(keys), size + 1), *new_keys = keys + 1, *new_values = words + 2;
    memcpy(new_keys, old_keys, place * sizeof(term));
    memcpy(new_values, old_values, place * sizeof(term));
    new_keys[place] = key;
    new_values[place] = value;
    memcpy(new_keys + place + 1, old_keys + place, (size - place) * sizeof(term));
    memcpy(new_values + place + 1, old_values + place, (size - place) * sizeof(term));
    return boxed_make(words);
}

static term small_delete(struct heap *heap, term map, size_t index) {
    size_t size = map_size(map), rest = size - index - 1;
    if (size == 1)
        return map_empty(heap);
    term *keys = heap_tuple(heap, size - 1);
    term *words = small_new(heap, boxed_make(keys), size - 1);
    memcpy(keys + 1, small_keys(map), index * sizeof(term));
    memcpy(words + 2, small_values(map), index * sizeof(term));
    memcpy(keys + 1 + index, small_keys(map) + index + 1, rest * sizeof(term));
    memcpy(words + 2 + index, small_values(map) + index + 1, rest * sizeof(term));
    return boxed_make(words);
}

// ---- nodes of a trie ----------------------------------------------------------------------------------------------

static term branch_new(struct heap *heap, unsigned bitmap, size_t count, const term *children) {
    term *words = heap_alloc(heap, 1 + count);
    words[0] = HEADER(KIND_MAP_BRANCH, bitmap, count);
    memcpy(words + 1, children, count * sizeof(term));
    return boxed_make(words);
}

static term root_new(struct heap *heap, unsigned bitmap, size_t count, const term *children, size_t size) {
    term *words = heap_alloc(heap, 2 + count);
    words[0] = HEADER(KIND_MAP_ROOT, bitmap, 1 + count);
    words[1] = SMALL(size);
    memcpy(words + 2, children, count * sizeof(term));
    return boxed_make(words);
}

// A branch or a root at the place of `node`, with other children. For a root the caller sets the size.
static term node_like(struct heap *heap, term node, unsigned bitmap, size_t count, const term *children) {
    if (header_kind(*boxed(node)) == KIND_MAP_ROOT)
        return root_new(heap, bitmap, count, children, map_size(node));
    return branch_new(heap, bitmap, count, children);
}

static term node_replace(struct heap *heap, term node, size_t index, term child) {
    term children[DIGIT_COUNT];
    size_t count = node_count(node);
    memcpy(children, node_children(node), count * sizeof(term));
    children[index] = child;
    return node_like(heap, node, node_bitmap(node), count, children);
}

static term node_insert(struct heap *heap, term node, unsigned digit, term child) {
    term children[DIGIT_COUNT];
    const term *old = node_children(node);
    size_t count = node_count(node), index = child_index(node_bitmap(node), digit);
    memcpy(children, old, index * sizeof(term));
    children[index] = child;
    memcpy(children + index + 1, old + index, (count - index) * sizeof(term));
    return node_like(heap, node, node_bitmap(node) | 1u << digit, count + 1, children);
}

static term node_delete(struct heap *heap, term node, unsigned digit) {
    term children[DIGIT_COUNT];
    const term *old = node_children(node);
    size_t count = node_count(node), index = child_index(node_bitmap(node), digit);
    memcpy(children, old, index * sizeof(term));
    memcpy(children + index, old + index + 1, (count - index - 1) * sizeof(term));
    return node_like(heap, node, node_bitmap(node) & ~(1u << digit), count - 1, children);
}

// The node at `depth` that holds just two leaves.
static term node_of_two(struct heap *heap, unsigned depth, term a, uint32_t hash_a, term b, uint32_t hash_b) {
    if (depth == HASH_DIGITS) {
        bool in_order = term_compare_exact(list_head(a), list_head(b)) < 0;
        return branch_new(heap, 0, 2, (term[]){in_order ? a : b, in_order ? b : a});
    }
    unsigned digit_a = digit_at(hash_a, depth), digit_b = digit_at(hash_b, depth);
    if (digit_a == digit_b) {
        term below = node_of_two(heap, depth + 1, a, hash_a, b, hash_b);
        return branch_new(heap, 1u << digit_a, 1, &below);
    }
    bool in_order = digit_a < digit_b;
    return branch_new(heap, 1u << digit_a | 1u << digit_b, 2, (term[]){in_order ? a : b, in_order ? b : a});
}

// ---- buckets ------------------------------------------------------------------------------------------------------

// Where the key is (*found) or belongs.
static size_t bucket_place(term bucket, term key, bool *found) {
    const term *leaves = boxed(bucket) + 1;
    size_t low = 0, high = node_count(bucket);
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = term_compare_exact(list_head(leaves[middle]), key);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = false;
    return low;
}

// The bucket with `removed` leaves less at `place`, and `leaf` there unless it is NONE.
static term bucket_splice(struct heap *heap, term bucket, size_t place, size_t removed, term leaf) {
    const term *old = boxed(bucket) + 1;
    size_t count = node_count(bucket), added = leaf != NONE;
    term *words = heap_alloc(heap, 1 + count + added - removed);
    words[0] = HEADER(KIND_MAP_BRANCH, 0, count + added - removed);
    memcpy(words + 1, old, place * sizeof(term));
    if (added)
        words[1 + place] = leaf;
    memcpy(words + 1 + place + added, old + place + removed, (count - place - removed) * sizeof(term));
    return boxed_make(words);
}

// ---- look-up ------------------------------------------------------------------------------------------------------

term map_get_hashed(term map, term key, uint32_t hash) {
    if (map_is_small(map)) {
        ptrdiff_t index = small_find(map, key);
        return index < 0 ? NONE : small_values(map)[index];
    }
    term node = map;
    for (unsigned depth = 0; depth < HASH_DIGITS; depth++) {
        unsigned bitmap = node_bitmap(node), digit = digit_at(hash, depth);
        if (!(bitmap & 1u << digit))
            return NONE;
        node = node_children(node)[child_index(bitmap, digit)];
        if (is_list(node))
            return term_same(list_head(node), key) ? list_tail(node) : NONE;
    }
    bool found;
    size_t place = bucket_place(node, key, &found);
    return found ? list_tail(boxed(node)[1 + place]) : NONE;
}

term map_get(term map, term key) {
    return map_get_hashed(map, key, map_is_small(map) ? 0 : map_hash(key));
}

// ---- insertion and update -----------------------------------------------------------------------------------------

// What is put into a trie, and how it went.
struct insertion {
    struct heap *heap;
    term key, value;
    uint32_t hash;
    bool keep;  // in: leave a value that is there
    bool exact; // in: only where the key is there
    bool grew;  // out
};

static term leaf_put(struct insertion *in, term leaf) {
    if (in->keep || list_tail(leaf) == in->value)
        return leaf;
    return heap_cons(in->heap, list_head(leaf), in->value);
}

// The node with the pair in it; the same node when nothing changes.
static term node_put(struct insertion *in, term node, unsigned depth) {
    if (is_list(node)) {
        if (term_same(list_head(node), in->key))
            return leaf_put(in, node);
        if (in->exact)
            return node;
        in->grew = true;
        term leaf = heap_cons(in->heap, in->key, in->value);
        return node_of_two(in->heap, depth, node, map_hash(list_head(node)), leaf, in->hash);
    }
    if (depth == HASH_DIGITS) {
        bool found;
        size_t place = bucket_place(node, in->key, &found);
        term old = found ? boxed(node)[1 + place] : NONE;
        if (!found && in->exact)
            return node;
        in->grew = !found;
        term leaf = found ? leaf_put(in, old) : heap_cons(in->heap, in->key, in->value);
        return leaf == old ? node : bucket_splice(in->heap, node, place, found, leaf);
    }
    unsigned digit = digit_at(in->hash, depth);
    if (!(node_bitmap(node) & 1u << digit)) {
        if (in->exact)
            return node;
        in->grew = true;
        return node_insert(in->heap, node, digit, heap_cons(in->heap, in->key, in->value));
    }
    size_t index = child_index(node_bitmap(node), digit);
    term old = node_children(node)[index], child = node_put(in, old, depth + 1);
    return child == old ? node : node_replace(in->heap, node, index, child);
}

static term large_put(struct insertion *in, term map) {
    term result = node_put(in, map, 0);
    if (in->grew)
        boxed(result)[1] = SMALL(map_size(map) + 1);
    return result;
}

term map_put(struct heap *heap, term map, term key, term value) {
    if (map_is_small(map)) {
        ptrdiff_t index = small_find(map, key);
        return index < 0 ? small_insert(heap, map, key, value) : small_with_value(heap, map, (size_t)index, value);
    }
    return large_put(&(struct insertion){heap, key, value, map_hash(key), .exact = false}, map);
}

term map_update(struct heap *heap, term map, term key, term value) {
    if (map_is_small(map)) {
        ptrdiff_t index = small_find(map, key);
        return index < 0 ? NONE : small_with_value(heap, map, (size_t)index, value);
    }
    uint32_t hash = map_hash(key);
    if (map_get_hashed(map, key, hash) == NONE)
        return NONE;
    return large_put(&(struct insertion){heap, key, value, hash, .exact = true}, map);
}

// ---- removal ------------------------------------------------------------------------------------------------------

// The node without the key: a node, a leaf, or NONE when nothing is left of it. The same node when the key is not
// there.
static term node_remove(struct heap *heap, term node, unsigned depth, term key, uint32_t hash, term *removed) {
    if (is_list(node)) {
        if (!term_same(list_head(node), key))
            return node;
        *removed = list_tail(node);
        return NONE;
    }
    if (depth == HASH_DIGITS) {
        bool found;
        size_t place = bucket_place(node, key, &found);
        if (!found)
            return node;
        const term *leaves = boxed(node) + 1;
        *removed = list_tail(leaves[place]);
        return node_count(node) == 2 ? leaves[1 - place] : bucket_splice(heap, node, place, 1, NONE);
    }
    unsigned bitmap = node_bitmap(node), digit = digit_at(hash, depth);
    if (!(bitmap & 1u << digit))
        return node;
    size_t index = child_index(bitmap, digit), count = node_count(node);
    term old = node_children(node)[index];
    term child = node_remove(heap, old, depth + 1, key, hash, removed);
    if (child == old)
        return node;
    if (depth > 0) { // leave no branch with a single leaf
        if (count == 1 && (child == NONE || is_list(child)))
            return child;
        if (count == 2 && child == NONE && is_list(node_children(node)[1 - index]))
            return node_children(node)[1 - index];
    }
    return child == NONE ? node_delete(heap, node, digit) : node_replace(heap, node, index, child);
}

static term small_from_distinct(struct heap *heap, term *pairs, size_t count);

// The pairs of `map` but for the one with that key.
static term large_to_small(struct heap *heap, term map, term except) {
    term pairs[2 * MAP_SMALL_MAX];
    size_t count = 0;
    for (struct map_iterator it = map_iterate(map); map_next(&it);)
        if (!term_same(it.key, except)) {
            pairs[2 * count] = it.key;
            pairs[2 * count + 1] = it.value;
            count++;
        }
    return small_from_distinct(heap, pairs, count);
}

term map_remove(struct heap *heap, term map, term key, term *removed) {
    *removed = NONE;
    if (map_is_small(map)) {
        ptrdiff_t index = small_find(map, key);
        if (index < 0)
            return map;
        *removed = small_values(map)[index];
        return small_delete(heap, map, (size_t)index);
    }
    uint32_t hash = map_hash(key);
    if (map_size(map) == MAP_SMALL_MAX + 1) {
        *removed = map_get_hashed(map, key, hash);
        return *removed == NONE ? map : large_to_small(heap, map, key);
    }
    term result = node_remove(heap, map, 0, key, hash, removed);
    if (*removed != NONE)
        boxed(result)[1] = SMALL(map_size(map) - 1);
    return result;
}

// ---- from pairs ---------------------------------------------------------------------------------------------------

struct pair {
    term key, value;
    uint32_t hash;
};

// Sorts by key (stable, by insertion: for few pairs) and keeps the last of equal keys. Returns how many are left.
static size_t pairs_sort_by_key(struct pair *pairs, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct pair pair = pairs[i];
        size_t low = 0, high = kept;
        if (kept > 0 && term_compare_exact(pairs[kept - 1].key, pair.key) < 0)
            low = kept; // most often they come in order
        bool equal = false;
        while (low < high && !equal) {
            size_t middle = (low + high) / 2;
            int order = term_compare_exact(pairs[middle].key, pair.key);
            if (order == 0) {
                equal = true;
                low = middle;
            } else if (order < 0)
                low = middle + 1;
            else
                high = middle;
        }
        if (equal) {
            pairs[low].value = pair.value;
            continue;
        }
        memmove(pairs + low + 1, pairs + low, (kept - low) * sizeof *pairs);
        pairs[low] = pair;
        kept++;
    }
    return kept;
}

static term small_from_sorted(struct heap *heap, const struct pair *pairs, size_t count) {
    if (count == 0)
        return map_empty(heap);
    term *keys = heap_tuple(heap, count);
    term *words = small_new(heap, boxed_make(keys), count);
    for (size_t i = 0; i < count; i++) {
        keys[1 + i] = pairs[i].key;
        words[2 + i] = pairs[i].value;
    }
    return boxed_make(words);
}

static term small_from_distinct(struct heap *heap, term *terms, size_t count) {
    struct pair pairs[MAP_SMALL_MAX];
    for (size_t i = 0; i < count; i++)
        pairs[i] = (struct pair){.key = terms[2 * i], .value = terms[2 * i + 1]};
    return small_from_sorted(heap, pairs, pairs_sort_by_key(pairs, count));
}

// Stable, by one byte of the hash at a time; `other` has the same room. The result is in `pairs`.
static void pairs_sort_by_hash(struct pair *pairs, struct pair *other, size_t count) {
    for (unsigned shift = 0; shift < 32; shift += 8) {
        size_t starts[257] = {0};
        for (size_t i = 0; i < count; i++)
            starts[1 + (pairs[i].hash >> shift & 255)]++;
        for (size_t byte = 0; byte < 256; byte++)
            starts[byte + 1] += starts[byte];
        for (size_t i = 0; i < count; i++)
            other[starts[pairs[i].hash >> shift & 255]++] = pairs[i];
        struct pair *swap = pairs;
        pairs = other;
        other = swap;
    }
}

// Of pairs sorted by hash: sorts those of one hash by key and drops the earlier ones of equal keys.
static size_t pairs_unique(struct pair *pairs, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count;) {
        size_t run = 1;
        while (i + run < count && pairs[i + run].hash == pairs[i].hash)
            run++;
        size_t unique = run == 1 ? 1 : pairs_sort_by_key(pairs + i, run);
        memmove(pairs + kept, pairs + i, unique * sizeof *pairs);
        kept += unique;
        i += run;
    }
    return kept;
}

static term node_from_sorted(struct heap *heap, const struct pair *pairs, size_t count, unsigned depth);

// Splits sorted pairs by the digit at `depth` into children; returns the bitmap.
static unsigned children_from_sorted(struct heap *heap, const struct pair *pairs, size_t count, unsigned depth,
                                     term *children) {
    unsigned bitmap = 0;
    size_t child_count = 0;
    for (size_t i = 0; i < count;) {
        unsigned digit = digit_at(pairs[i].hash, depth);
        size_t run = 1;
        while (i + run < count && digit_at(pairs[i + run].hash, depth) == digit)
            run++;
        bitmap |= 1u << digit;
        children[child_count++] = node_from_sorted(heap, pairs + i, run, depth + 1);
        i += run;
    }
    return bitmap;
}

static term node_from_sorted(struct heap *heap, const struct pair *pairs, size_t count, unsigned depth) {
    if (count == 1)
        return heap_cons(heap, pairs->key, pairs->value);
    if (depth == HASH_DIGITS) {
        term *words = heap_alloc(heap, 1 + count);
        words[0] = HEADER(KIND_MAP_BRANCH, 0, count);
        for (size_t i = 0; i < count; i++)
            words[1 + i] = heap_cons(heap, pairs[i].key, pairs[i].value);
        return boxed_make(words);
    }
    term children[DIGIT_COUNT];
    unsigned bitmap = children_from_sorted(heap, pairs, count, depth, children);
    return branch_new(heap, bitmap, (size_t)__builtin_popcount(bitmap), children);
}

static term large_from_pairs(struct heap *heap, const term *terms, size_t count) {
    struct pair *pairs = sys_alloc(2 * count * sizeof *pairs);
    for (size_t i = 0; i < count; i++)
        pairs[i] = (struct pair){terms[2 * i], terms[2 * i + 1], map_hash(terms[2 * i])};
    pairs_sort_by_hash(pairs, pairs + count, count);
    size_t size = pairs_unique(pairs, count);
    term result;
    if (size <= MAP_SMALL_MAX) {
        result = small_from_sorted(heap, pairs, pairs_sort_by_key(pairs, size));
    } else {
        term children[DIGIT_COUNT];
        unsigned bitmap = children_from_sorted(heap, pairs, size, 0, children);
        result = root_new(heap, bitmap, (size_t)__builtin_popcount(bitmap), children, size);
    }
    sys_free(pairs);
    return result;
}

term map_from_pairs(struct heap *heap, const term *terms, size_t count) {
    if (count > MAP_SMALL_MAX)
        return large_from_pairs(heap, terms, count);
    struct pair pairs[MAP_SMALL_MAX];
    for (size_t i = 0; i < count; i++)
        pairs[i] = (struct pair){.key = terms[2 * i], .value = terms[2 * i + 1]};
    return small_from_sorted(heap, pairs, pairs_sort_by_key(pairs, count));
}

// ---- several pairs at once ----------------------------------------------------------------------------------------

term map_put_many(struct heap *heap, term map, const term *pairs, size_t count) {
    if (!map_is_small(map) || count == 1) {
        for (size_t i = 0; i < count; i++)
            map = map_put(heap, map, pairs[2 * i], pairs[2 * i + 1]);
        return map;
    }
    if (map_size(map) == 0)
        return map_from_pairs(heap, pairs, count);
    return map_merge(heap, map, map_from_pairs(heap, pairs, count));
}

term map_update_many(struct heap *heap, term map, const term *pairs, size_t count, term *missing) {
    if (!map_is_small(map) || count == 1) {
        for (size_t i = 0; i < count; i++) {
            term updated = map_update(heap, map, pairs[2 * i], pairs[2 * i + 1]);
            if (updated == NONE) {
                *missing = pairs[2 * i];
                return NONE;
            }
            map = updated;
        }
        return map;
    }
    size_t size = map_size(map);
    term *words = small_new(heap, boxed(map)[1], size), *values = words + 2; // garbage when nothing changes
    memcpy(values, small_values(map), size * sizeof(term));
    bool changed = false;
    for (size_t i = 0; i < count; i++) {
        ptrdiff_t index = small_find(map, pairs[2 * i]);
        if (index < 0) {
            *missing = pairs[2 * i];
            return NONE;
        }
        changed |= values[index] != pairs[2 * i + 1];
        values[index] = pairs[2 * i + 1];
    }
    if (!changed)
        return map;
    return boxed_make(words);
}

// ---- merging ------------------------------------------------------------------------------------------------------

static term merge_small(struct heap *heap, term a, term b) {
    struct pair merged[2 * MAP_SMALL_MAX];
    const term *keys_a = small_keys(a), *keys_b = small_keys(b);
    size_t size_a = map_size(a), size_b = map_size(b), i = 0, j = 0, size = 0;
    while (i < size_a || j < size_b) {
        int order = i == size_a ? 1 : j == size_b ? -1 : term_compare_exact(keys_a[i], keys_b[j]);
        if (order < 0) {
            merged[size++] = (struct pair){.key = keys_a[i], .value = small_values(a)[i]};
            i++;
        } else {
            merged[size++] = (struct pair){.key = keys_b[j], .value = small_values(b)[j]};
            i += order == 0;
            j++;
        }
    }
    if (size == size_a || size == size_b) { // no new keys: share the old ones
        term *words = small_new(heap, boxed(size == size_a ? a : b)[1], size);
        for (size_t k = 0; k < size; k++)
            words[2 + k] = merged[k].value;
        return boxed_make(words);
    }
    if (size <= MAP_SMALL_MAX)
        return small_from_sorted(heap, merged, size);
    term pairs[4 * MAP_SMALL_MAX];
    for (size_t k = 0; k < size; k++) {
        pairs[2 * k] = merged[k].key;
        pairs[2 * k + 1] = merged[k].value;
    }
    return large_from_pairs(heap, pairs, size);
}

static term merge_nodes(struct heap *heap, term a, term b, unsigned depth, size_t *shared);

// Puts one leaf into a node.
static term merge_leaf(struct heap *heap, term node, unsigned depth, term leaf, bool keep, size_t *shared) {
    term key = list_head(leaf);
    struct insertion in = {heap, key, list_tail(leaf), map_hash(key), .keep = keep};
    term result = node_put(&in, node, depth);
    *shared += !in.grew;
    return result;
}

static term merge_buckets(struct heap *heap, term a, term b, size_t *shared) {
    for (size_t i = 0; i < node_count(a); i++)
        b = merge_leaf(heap, b, HASH_DIGITS, boxed(a)[1 + i], true, shared);
    return b;
}

// The pairs of two subtries at the same place; b's values win. *shared counts the keys that both have.
static term merge_nodes(struct heap *heap, term a, term b, unsigned depth, size_t *shared) {
    if (is_list(b)) {
        if (is_list(a) && term_same(list_head(a), list_head(b))) {
            ++*shared;
            return b;
        }
        return merge_leaf(heap, a, depth, b, false, shared);
    }
    if (is_list(a))
        return merge_leaf(heap, b, depth, a, true, shared);
    if (depth == HASH_DIGITS)
        return merge_buckets(heap, a, b, shared);
    const term *children_a = node_children(a), *children_b = node_children(b);
    unsigned bitmap_a = node_bitmap(a), bitmap_b = node_bitmap(b), bitmap = bitmap_a | bitmap_b;
    term children[DIGIT_COUNT];
    size_t count = 0;
    for (unsigned digit = 0; digit < DIGIT_COUNT; digit++) {
        bool in_a = bitmap_a >> digit & 1, in_b = bitmap_b >> digit & 1;
        if (in_a && in_b)
            children[count++] = merge_nodes(heap, *children_a, *children_b, depth + 1, shared);
        else if (in_a || in_b)
            children[count++] = in_a ? *children_a : *children_b;
        children_a += in_a;
        children_b += in_b;
    }
    return node_like(heap, b, bitmap, count, children);
}

term map_merge(struct heap *heap, term a, term b) {
    if (a == b || map_size(a) == 0)
        return b;
    if (map_size(b) == 0)
        return a;
    bool small_a = map_is_small(a), small_b = map_is_small(b);
    if (small_a && small_b)
        return merge_small(heap, a, b);
    if (small_a || small_b) {
        term result = small_a ? b : a;
        for (struct map_iterator it = map_iterate(small_a ? a : b); map_next(&it);)
            result = large_put(&(struct insertion){heap, it.key, it.value, map_hash(it.key), .keep = small_a}, result);
        return result;
    }
    size_t shared = 0;
    term result = merge_nodes(heap, a, b, 0, &shared);
    boxed(result)[1] = SMALL(map_size(a) + map_size(b) - shared);
    return result;
}
