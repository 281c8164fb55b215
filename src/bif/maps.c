// Maps.

#include "bif/bif.h"
#include "term/map_trie.h"

enum {
    ITERATION_BATCH = 32, // pairs that one step of a maps:iterator/1 takes from a large map
    TO_LIST_BATCH = 1024,
    PAIRS_PER_REDUCTION = 8,
    LONG_PAIRS = HARD_TEST ? 200 : 8192,
};

static term raise_badmap(struct process *self, term value) {
    return raise_error(self, heap_tuple_of(&self->heap, 2, ATOM_badmap, value));
}
static term raise_badkey(struct process *self, term key) {
    return raise_error(self, heap_tuple_of(&self->heap, 2, ATOM_badkey, key));
}

// ---- one key ------------------------------------------------------------------------------------------------------

static term get(struct process *self, term key, term map) {
    if (!is_map(map))
        return raise_badmap(self, map);
    term value = map_get(map, key);
    return value == NONE ? raise_badkey(self, key) : value;
}

BIF(erlang, map_get, 2) {
    return get(self, arguments[0], arguments[1]);
}

BIF(maps, get, 2) {
    return get(self, arguments[0], arguments[1]);
}

BIF(maps, find, 2) {
    if (!is_map(arguments[1]))
        return raise_badmap(self, arguments[1]);
    term value = map_get(arguments[1], arguments[0]);
    return value == NONE ? ATOM_error : ok_tuple(self, value);
}

static term is_key(struct process *self, term key, term map) {
    if (!is_map(map))
        return raise_badmap(self, map);
    return term_boolean(map_get(map, key) != NONE);
}

BIF(erlang, is_map_key, 2) {
    return is_key(self, arguments[0], arguments[1]);
}

BIF(maps, is_key, 2) {
    return is_key(self, arguments[0], arguments[1]);
}

BIF(erlang, map_size, 1) {
    if (!is_map(arguments[0]))
        return raise_badmap(self, arguments[0]);
    return SMALL(map_size(arguments[0]));
}

BIF(maps, put, 3) {
    if (!is_map(arguments[2]))
        return raise_badmap(self, arguments[2]);
    return map_put(&self->heap, arguments[2], arguments[0], arguments[1]);
}

BIF(maps, update, 3) {
    if (!is_map(arguments[2]))
        return raise_badmap(self, arguments[2]);
    term map = map_update(&self->heap, arguments[2], arguments[0], arguments[1]);
    return map == NONE ? raise_badkey(self, arguments[0]) : map;
}

BIF(maps, remove, 2) {
    if (!is_map(arguments[1]))
        return raise_badmap(self, arguments[1]);
    term removed;
    return map_remove(&self->heap, arguments[1], arguments[0], &removed);
}

BIF(maps, take, 2) {
    if (!is_map(arguments[1]))
        return raise_badmap(self, arguments[1]);
    term removed, map = map_remove(&self->heap, arguments[1], arguments[0], &removed);
    return removed == NONE ? ATOM_error : heap_tuple_of(&self->heap, 2, removed, map);
}

// ---- whole maps ---------------------------------------------------------------------------------------------------

// Large maps are made in the slow-work pool: building a trie cannot give way.
static bool leave_scheduler(struct process *self, size_t pairs) {
    bool slow = pairs > LONG_PAIRS;
    if (slow)
        proc_slow_enter(self, SLOW_COMPUTES);
    return slow;
}

static void return_to_scheduler(struct process *self, bool slow, size_t pairs) {
    if (slow)
        proc_slow_leave(self);
    else
        work_charge(&self->work, (int64_t)pairs / PAIRS_PER_REDUCTION);
}

BIF(maps, merge, 2) {
    for (int i = 0; i < 2; i++)
        if (!is_map(arguments[i]))
            return raise_badmap(self, arguments[i]);
    size_t pairs = map_size(arguments[0]) + map_size(arguments[1]);
    bool slow = leave_scheduler(self, pairs);
    term map = map_merge(&self->heap, arguments[0], arguments[1]);
    return_to_scheduler(self, slow, pairs);
    return map;
}

enum part { PART_KEYS, PART_VALUES };

static term list_part(struct process *self, term map, enum part part) {
    if (!is_map(map))
        return raise_badmap(self, map);
    size_t size = map_size(map);
    if (size == 0)
        return NIL;
    term *cells = heap_alloc(&self->heap, 2 * size), *cell = cells;
    for (struct map_iterator it = map_iterate(map); map_next(&it); cell += 2) {
        cell[0] = part == PART_KEYS ? it.key : it.value;
        cell[1] = list_make(cell + 2);
    }
    cell[-1] = NIL;
    work_charge(&self->work, (int64_t)size / PAIRS_PER_REDUCTION);
    return list_make(cells);
}

BIF(maps, keys, 1) {
    return list_part(self, arguments[0], PART_KEYS);
}

BIF(maps, values, 1) {
    return list_part(self, arguments[0], PART_VALUES);
}

// -1 when it is no proper list.
static int64_t length_of(term list) {
    int64_t length = 0;
    for (; is_list(list); list = list_tail(list))
        length++;
    return is_nil(list) ? length : -1;
}

// The map of `count` pairs that `pairs` holds, and the bill for it.
static term map_made(struct process *self, const term *pairs, int64_t count) {
    bool slow = leave_scheduler(self, (size_t)count);
    term map = map_from_pairs(&self->heap, pairs, (size_t)count);
    return_to_scheduler(self, slow, (size_t)count);
    return map;
}

BIF(maps, from_list, 1) {
    int64_t length = length_of(arguments[0]), count = 0;
    if (length < 0)
        return raise_badarg(self);
    term few[2 * MAP_SMALL_MAX];
    term *pairs = length <= MAP_SMALL_MAX ? few : proc_scratch(self, 2 * (size_t)length * sizeof(term));
    for (term list = arguments[0]; is_list(list); list = list_tail(list), count++) {
        term pair = list_head(list);
        if (!is_tuple_of(pair, 2))
            return raise_badarg(self);
        pairs[2 * count] = tuple_element(pair, 1);
        pairs[2 * count + 1] = tuple_element(pair, 2);
    }
    return map_made(self, pairs, count);
}

BIF(maps, from_keys, 2) {
    int64_t length = length_of(arguments[0]), count = 0;
    if (length < 0)
        return raise_badarg(self);
    term few[2 * MAP_SMALL_MAX];
    term *pairs = length <= MAP_SMALL_MAX ? few : proc_scratch(self, 2 * (size_t)length * sizeof(term));
    for (term list = arguments[0]; is_list(list); list = list_tail(list), count++) {
        pairs[2 * count] = list_head(list);
        pairs[2 * count + 1] = arguments[1];
    }
    return map_made(self, pairs, count);
}

// ---- iteration ----------------------------------------------------------------------------------------------------

// The pairs from the iterator on as {K, V, Next}, nested. Next of the last one is [Position | Map], or none.
static term iterator_triples(struct process *self, struct map_iterator *it, size_t limit) {
    term first = NONE, *link = &first;
    for (size_t i = 0; i < limit && map_next(it); i++) {
        term *triple = heap_tuple(&self->heap, 3);
        triple[1] = it->key;
        triple[2] = it->value;
        *link = boxed_make(triple);
        link = triple + 3;
    }
    int64_t position = map_position(it);
    *link = position == MAP_POSITION_END ? ATOM_none : heap_cons(&self->heap, SMALL(position), it->map);
    return first;
}

// The pairs of a small map before `tail`, in order.
static term small_pairs(struct process *self, struct map_iterator *it, term tail) {
    term first = tail, *link = &first;
    while (map_next(it)) {
        term cell = heap_cons(&self->heap, heap_tuple_of(&self->heap, 2, it->key, it->value), tail);
        *link = cell;
        link = list_cell(cell) + 1;
    }
    return first;
}

// A batch of the pairs of a large map put before `tail` one by one; if there are more, [Position, Map | Pairs].
static term large_pairs(struct process *self, struct map_iterator *it, term tail) {
    for (size_t i = 0; i < TO_LIST_BATCH && map_next(it); i++)
        tail = heap_cons(&self->heap, heap_tuple_of(&self->heap, 2, it->key, it->value), tail);
    work_charge(&self->work, TO_LIST_BATCH / PAIRS_PER_REDUCTION);
    int64_t position = map_position(it);
    if (position == MAP_POSITION_END)
        return tail;
    return heap_cons(&self->heap, SMALL(position), heap_cons(&self->heap, it->map, tail));
}

// map_next(Position, Map, iterator | List): what maps:next/1 and maps:to_list/1 stand on.
BIF(erts_internal, map_next, 3) {
    term position = arguments[0], map = arguments[1], how = arguments[2];
    if (!is_map(map) || !is_small(position) || small_value(position) < 0)
        return raise_badarg(self);
    bool small = map_is_small(map);
    if (small && position != SMALL(0)) // a small map is taken in one step
        return raise_badarg(self);
    struct map_iterator it = map_iterate_from(map, small_value(position));
    if (how == ATOM_iterator)
        return iterator_triples(self, &it, small ? MAP_SMALL_MAX : ITERATION_BATCH);
    if (!is_list(how) && !is_nil(how))
        return raise_badarg(self);
    return small ? small_pairs(self, &it, how) : large_pairs(self, &it, how);
}

// The keys of a small map as it keeps them.
BIF(erts_internal, map_to_tuple_keys, 1) {
    if (!is_map(arguments[0]))
        return raise_badmap(self, arguments[0]);
    return map_is_small(arguments[0]) ? boxed(arguments[0])[1] : raise_badarg(self);
}

// An inner node of a map is no term of Erlang's: a tuple of its children takes as many words. The depth is limited.
static term tuple_of_node(struct heap *heap, term node) {
    if (is_list(node))
        return node;
    size_t count = node_count(node);
    term *words = heap_tuple(heap, count);
    for (size_t i = 0; i < count; i++)
        words[1 + i] = tuple_of_node(heap, node_children(node)[i]);
    return boxed_make(words);
}

// What erts_debug:size/1 wants to know of a large map.
BIF(erts_internal, map_hashmap_children, 1) {
    if (!is_map(arguments[0]))
        return raise_badmap(self, arguments[0]);
    if (map_is_small(arguments[0]))
        return raise_badarg(self);
    term list = NIL;
    for (size_t i = node_count(arguments[0]); i-- > 0;)
        list = heap_cons(&self->heap, tuple_of_node(&self->heap, node_children(arguments[0])[i]), list);
    return list;
}
