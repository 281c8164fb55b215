// Going through a table key by key.

#include "ets/table.h"

static term copy_key(const struct table *table, struct heap *heap, const struct object *object) {
    return object_copy_element(heap, object->words[table->keypos]);
}

// ---- hash tables: bucket after bucket, each under its own lock

static const struct object *first_live(const struct object *object) {
    while (object && object->deleted)
        object = object_next(object);
    return object;
}

// The key of the first live object in the buckets from `index` on.
static bool first_from(struct table *table, struct heap *heap, size_t index, term *key) {
    *key = ATOM_end_of_table;
    for (bool more = true; more && *key == ATOM_end_of_table; index++) {
        if (!table_enter_key(table, index, false))
            return false;
        more = index < hash_count(&table->hash);
        const struct object *object = more ? first_live(*hash_bucket(&table->hash, index)) : NULL;
        if (object)
            *key = copy_key(table, heap, object);
        table_leave_key(table, index, false);
    }
    return true;
}

static bool next_in_hash(struct table *table, struct heap *heap, term key, term *next) {
    uint32_t hash = hash_of_key(key);
    if (!table_enter_key(table, hash, false))
        return false;
    size_t index = hash_index(&table->hash, hash);
    const struct object *object = *hash_find(&table->hash, table->keypos, key, hash);
    bool found = object != NULL;
    while (hash_has_key(object, table->keypos, key, hash))
        object = object_next(object);
    object = first_live(object);
    *next = object ? copy_key(table, heap, object) : NONE;
    table_leave_key(table, hash, false);
    return object || !found || first_from(table, heap, index + 1, next);
}

// ---- ordered sets

static void key_at(struct heap *heap, const struct tree_place *place, bool found, term *key) {
    *key = found ? object_copy_element(heap, tree_key(place)) : ATOM_end_of_table;
}

static bool neighbour(struct table *table, struct heap *heap, term key, bool after, term *found) {
    if (!table_enter(table, false))
        return false;
    struct tree_place place;
    bool there = after ? tree_seek_after(&table->tree, &place, tree_compare_term, &key, false)
                       : tree_seek_before(&table->tree, &place, tree_compare_term, &key, false);
    key_at(heap, &place, there, found);
    table_leave(table, false);
    return true;
}

static bool end_of_tree(struct table *table, struct heap *heap, bool last, term *key) {
    if (!table_enter(table, false))
        return false;
    struct tree_place place;
    bool there = last ? tree_seek_last(&table->tree, &place) : tree_seek_first(&table->tree, &place);
    key_at(heap, &place, there, key);
    table_leave(table, false);
    return true;
}

// ---- both

bool ets_first(struct table *table, struct heap *heap, term *key) {
    return table_is_ordered(table) ? end_of_tree(table, heap, false, key) : first_from(table, heap, 0, key);
}

bool ets_last(struct table *table, struct heap *heap, term *key) {
    return table_is_ordered(table) ? end_of_tree(table, heap, true, key) : first_from(table, heap, 0, key);
}

bool ets_next(struct table *table, struct heap *heap, term key, term *next) {
    return table_is_ordered(table) ? neighbour(table, heap, key, true, next) : next_in_hash(table, heap, key, next);
}

bool ets_previous(struct table *table, struct heap *heap, term key, term *previous) {
    return table_is_ordered(table) ? neighbour(table, heap, key, false, previous)
                                   : next_in_hash(table, heap, key, previous);
}

static term slot_of_tree(struct table *table, struct heap *heap, size_t slot) {
    struct tree_place place;
    if (slot < table_items(table) && tree_seek_index(&table->tree, &place, slot))
        return heap_cons(heap, object_copy(heap, tree_object(&place)), NIL);
    return slot == table_items(table) ? ATOM_end_of_table : NONE;
}

static term slot_of_hash(struct table *table, struct heap *heap, size_t slot) {
    if (slot >= hash_count(&table->hash))
        return slot == hash_count(&table->hash) ? ATOM_end_of_table : NONE;
    term list = NIL;
    for (const struct object *object = *hash_bucket(&table->hash, slot); object; object = object_next(object))
        if (!object->deleted)
            list = heap_cons(heap, object_copy(heap, object), list);
    return list;
}

bool ets_slot(struct table *table, struct heap *heap, size_t slot, term *objects) {
    if (!table_enter_key(table, slot, false))
        return false;
    *objects = table_is_ordered(table) ? slot_of_tree(table, heap, slot) : slot_of_hash(table, heap, slot);
    table_leave_key(table, slot, false);
    return true;
}

// ---- shared binaries

static term binaries_of(const struct object *object, struct heap *heap, term list) {
    for (const struct off_heap *value = object->fragment.off_heap; value; value = value->next) {
        if (header_kind(value->header) != KIND_SLICE)
            continue;
        size_t references = atomic_load_explicit(&value->shared->references, memory_order_relaxed);
        list = heap_cons(heap,
                         heap_tuple_of(heap, 3, heap_unsigned(heap, (uintptr_t)value->shared),
                                       heap_unsigned(heap, value->shared->capacity), heap_unsigned(heap, references)),
                         list);
    }
    return list;
}

// `key` NONE stands for all keys.
static term binaries_in_hash(struct table *table, struct heap *heap, term key, size_t index, term list) {
    for (const struct object *object = *hash_bucket(&table->hash, index); object; object = object_next(object))
        if (!object->deleted && (key == NONE || term_same(object->words[table->keypos], key)))
            list = binaries_of(object, heap, list);
    return list;
}

static term binaries_in_tree(struct table *table, struct heap *heap, term key) {
    term list = NIL;
    struct tree_place place;
    if (key != NONE) {
        const struct object *object = tree_find(&table->tree, key);
        return object ? binaries_of(object, heap, NIL) : NIL;
    }
    for (bool more = tree_seek_first(&table->tree, &place); more; more = tree_next(&place))
        list = binaries_of(tree_object(&place), heap, list);
    return list;
}

// For debuggers: holds the lock all the way.
term ets_binary_info(struct process *self, struct table *table, term key) {
    struct heap *heap = &self->heap;
    if (!table_enter(table, true))
        return ATOM_undefined;
    term list = NIL;
    if (table_is_ordered(table))
        list = binaries_in_tree(table, heap, key);
    else if (key != NONE)
        list = binaries_in_hash(table, heap, key, hash_index(&table->hash, hash_of_key(key)), NIL);
    else
        for (size_t index = 0; index < hash_count(&table->hash); index++)
            list = binaries_in_hash(table, heap, NONE, index, list);
    table_leave(table, true);
    return list;
}
