// Operations on the objects of one key.

#include "ets/table.h"

#include "sys/sys.h"

// ---- changes of a chain or the tree, under the lock

static struct object *detach(struct object **link) {
    struct object *object = *link;
    *link = object_next(object);
    object->fragment.next = NULL;
    return object;
}

static void note_fixed_bucket(struct table *table, size_t index) {
    struct fixed_bucket *bucket = sys_alloc(sizeof *bucket);
    bucket->index = index;
    bucket->next = atomic_load_explicit(&table->fixed_buckets, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&table->fixed_buckets, &bucket->next, bucket))
        ;
}

struct object *table_remove_link(struct table *table, struct object **link) {
    struct object *object = *link;
    if (!table->fixed) {
        table_count(table, (size_t)-1, -object_memory(object));
        return detach(link);
    }
    object->deleted = true;
    note_fixed_bucket(table, hash_index(&table->hash, object->hash));
    table_count(table, (size_t)-1, 0);
    return NULL;
}

struct object *table_exchange(struct table *table, struct object **link, struct object *object) {
    struct object *old = detach(link);
    object->fragment.next = object_fragment(*link);
    *link = object;
    table_count(table, old->deleted, object_memory(object) - object_memory(old));
    return old;
}

static void link_in(struct table *table, struct object **link, struct object *object) {
    object->fragment.next = object_fragment(*link);
    *link = object;
    table_count(table, 1, object_memory(object));
}

void table_purge(struct table *table) {
    struct fixed_bucket *bucket = atomic_exchange(&table->fixed_buckets, NULL);
    while (bucket) {
        struct object **link = hash_bucket(&table->hash, bucket->index);
        while (*link) {
            if ((*link)->deleted) {
                struct object *object = detach(link);
                table_count(table, 0, -object_memory(object));
                object_free(object);
            } else {
                link = (struct object **)&(*link)->fragment.next;
            }
        }
        struct fixed_bucket *next = bucket->next;
        sys_free(bucket);
        bucket = next;
    }
}

// 1 when it should grow, -1 when it should shrink.
static int resize_direction(const struct table *table) {
    size_t items = table_items(table), buckets = hash_count(&table->hash);
    if (table->fixed)
        return 0;
    if (items > buckets)
        return 1;
    return items < buckets / 4 && buckets > HASH_BUCKETS_MIN ? -1 : 0;
}

static void resize(struct hash *hash, int direction) {
    if (direction > 0)
        hash_grow(hash);
    else
        hash_shrink(hash);
}

void table_resize(struct table *table) {
    int direction = resize_direction(table);
    if (!direction)
        return;
    if (!table->stripes) {
        resize(&table->hash, direction);
        return;
    }
    if (atomic_exchange_explicit(&table->resizing, true, memory_order_acquire))
        return;
    direction = resize_direction(table);
    if (direction) {
        size_t bucket = direction > 0 ? hash_grow_bucket(&table->hash) : hash_shrink_bucket(&table->hash);
        stripe_enter(table, bucket, true);
        resize(&table->hash, direction);
        stripe_leave(table, bucket, true);
    }
    atomic_store_explicit(&table->resizing, false, memory_order_release);
}

// Releases the locks of an operation on one key that has changed the number of objects.
static void leave_resized(struct table *table, uint32_t hash) {
    if (table->stripes)
        stripe_leave(table, hash, true);
    if (!table_is_ordered(table))
        table_resize(table);
    table_leave(table, !table->stripes);
}

// ---- inserting

bool table_has_key_position(const struct table *table, term tuple) {
    return is_tuple(tuple) && tuple_arity(tuple) >= table->keypos;
}

static term key_of(const struct table *table, const struct object *object) {
    return object->words[table->keypos];
}

// Copies a flat tuple over a flat object of the same size and key: the commonest update needs no memory.
static bool overwrite(struct object *object, size_t keypos, term tuple) {
    const term *words = boxed(tuple);
    if (object->words[0] != words[0] || object->deleted || !object_is_flat(object) || !tuple_is_flat(tuple) ||
        object->words[keypos] != words[keypos])
        return false;
    memcpy(object->words + 1, words + 1, header_size(words[0]) * sizeof(term));
    return true;
}

// The same tuple among the objects of its key in a bag: *link leads there, or to where a new object goes.
static struct object *find_in_bag(struct table *table, struct object **link, term tuple, uint32_t hash) {
    term key = tuple_element(tuple, table->keypos);
    for (struct object *object = *link; hash_has_key(object, table->keypos, key, hash); object = object_next(object))
        if (term_same(object_tuple(object), tuple))
            return object;
    return NULL;
}

// Puts `object` in; returns what to free: an object that it replaces, or itself when the bag has such a one.
static struct object *put(struct table *table, struct object *object) {
    term key = key_of(table, object);
    if (table_is_ordered(table)) {
        struct object *old = tree_put(&table->tree, key, object);
        table_count(table, old == NULL, object_memory(object) - (old ? object_memory(old) : 0));
        return old;
    }
    struct object **link = hash_find(&table->hash, table->keypos, key, object->hash);
    if (table->type == TABLE_SET && *link)
        return table_exchange(table, link, object);
    if (table->type == TABLE_BAG) {
        struct object *same = find_in_bag(table, link, object_tuple(object), object->hash);
        if (same) {
            table_count(table, same->deleted, 0);
            same->deleted = false;
            return object;
        }
    }
    link_in(table, link, object);
    return NULL;
}

static struct object *new_object(const struct table *table, term tuple, uint32_t hash) {
    struct object *object = object_new(tuple);
    object->hash = hash;
    return object;
}

bool ets_insert(struct table *table, term tuple) {
    term key = tuple_element(tuple, table->keypos);
    uint32_t hash = table_hash(table, key);
    // A copy is made before the lock is taken, unless a flat tuple may do without one.
    bool try_overwrite = table_is_set(table) && tuple_is_flat(tuple);
    struct object *object = try_overwrite ? NULL : new_object(table, tuple, hash);
    if (!table_enter_key(table, hash, true)) {
        if (object)
            object_free(object);
        return false;
    }
    if (try_overwrite) {
        struct object *old =
            table_is_ordered(table) ? tree_find(&table->tree, key) : *hash_find(&table->hash, table->keypos, key, hash);
        if (old && overwrite(old, table->keypos, tuple)) {
            table_leave_key(table, hash, true);
            return true;
        }
        object = new_object(table, tuple, hash);
    }
    struct object *garbage = put(table, object);
    leave_resized(table, hash);
    if (garbage)
        object_free(garbage);
    return true;
}

// The first live object of the key; *link leads to it in hash tables.
static struct object *find_live(const struct table *table, term key, uint32_t hash, struct object ***link) {
    if (table_is_ordered(table))
        return tree_find(&table->tree, key);
    *link = hash_find(&table->hash, table->keypos, key, hash);
    for (; hash_has_key(**link, table->keypos, key, hash); *link = (struct object **)&(**link)->fragment.next)
        if (!(**link)->deleted)
            return **link;
    return NULL;
}

bool ets_insert_new(struct table *table, term tuple, bool *inserted) {
    term key = tuple_element(tuple, table->keypos);
    uint32_t hash = table_hash(table, key);
    if (!table_enter_key(table, hash, true))
        return false;
    struct object **link;
    *inserted = !find_live(table, key, hash, &link);
    struct object *garbage = *inserted ? put(table, new_object(table, tuple, hash)) : NULL;
    leave_resized(table, hash);
    if (garbage)
        object_free(garbage);
    return true;
}

// ---- inserting many

// Objects on their way into a table: owned by a magic reference, so that a process killed meanwhile leaves nothing.
struct pending {
    struct object *first;
};

static void pending_destroy(struct shared_binary *shared) {
    object_free_chain(((struct pending *)shared->bytes)->first);
}

// The objects, in the order in which they go in. OTP puts a list into a bag from its end: lookups show it.
static struct object *make_objects(struct process *self, const struct table *table, term tuples,
                                   struct pending *pending) {
    struct fragment **end = (struct fragment **)&pending->first;
    unsigned made = 0;
    for (; is_list(tuples); tuples = list_tail(tuples)) {
        term tuple = list_head(tuples);
        struct object *object = new_object(table, tuple, table_hash(table, tuple_element(tuple, table->keypos)));
        if (table->type == TABLE_BAG) {
            object->fragment.next = object_fragment(pending->first);
            pending->first = object;
        } else {
            *end = &object->fragment;
            end = &object->fragment.next;
        }
        if (++made % 256 == 0)
            work_charge(&self->work, 256);
    }
    return pending->first;
}

static bool has_any_key(const struct table *table, const struct object *object) {
    struct object **link;
    for (; object; object = object_next(object))
        if (find_live(table, key_of(table, object), object->hash, &link))
            return true;
    return false;
}

bool ets_insert_list(struct process *self, struct table *table, term tuples, bool only_new, bool *inserted) {
    struct shared_binary *owner = shared_binary_new(sizeof(struct pending));
    struct pending *pending = (struct pending *)owner->bytes;
    pending->first = NULL;
    owner->destroy = pending_destroy;
    heap_magic_reference(&self->heap, owner);
    make_objects(self, table, tuples, pending);
    if (!table_enter(table, true))
        return false;
    *inserted = !only_new || !has_any_key(table, pending->first);
    struct object *garbage = NULL;
    while (*inserted && pending->first) {
        struct object *object = detach(&pending->first);
        struct object *old = put(table, object);
        if (old) {
            old->fragment.next = object_fragment(garbage);
            garbage = old;
        }
        // Here no other stripe is in use, but growing must go on with each object.
        if (!table_is_ordered(table))
            table_resize(table);
    }
    table_leave(table, true);
    object_free_chain(garbage);
    return true;
}

// ---- looking up

bool ets_lookup(struct table *table, struct heap *heap, term key, term *objects) {
    uint32_t hash = table_hash(table, key);
    if (!table_enter_key(table, hash, false))
        return false;
    struct object **link;
    struct object *object = find_live(table, key, hash, &link);
    *objects = NIL;
    if (object && table_is_set(table))
        *objects = heap_cons(heap, object_copy(heap, object), NIL);
    else
        for (; hash_has_key(object, table->keypos, key, hash); object = object_next(object))
            if (!object->deleted)
                *objects = heap_cons(heap, object_copy(heap, object), *objects);
    table_leave_key(table, hash, false);
    return true;
}

bool ets_lookup_element(struct table *table, struct heap *heap, term key, size_t position, term *element, term *error) {
    uint32_t hash = table_hash(table, key);
    if (!table_enter_key(table, hash, false))
        return false;
    struct object **link;
    struct object *object = find_live(table, key, hash, &link);
    *element = NONE;
    *error = NONE;
    if (object && !table_is_set(table))
        *element = NIL;
    for (bool more = object != NULL; more && *error == NONE; more = !table_is_set(table) &&
                                                                    (object = object_next(object)) &&
                                                                    hash_has_key(object, table->keypos, key, hash)) {
        if (object->deleted)
            continue;
        if (position > object_arity(object)) {
            *error = ATOM_badarg;
            break;
        }
        term copy = object_copy_element(heap, object->words[position]);
        *element = table_is_set(table) ? copy : heap_cons(heap, copy, *element);
    }
    table_leave_key(table, hash, false);
    return true;
}

bool ets_member(struct table *table, term key, bool *found) {
    uint32_t hash = table_hash(table, key);
    if (!table_enter_key(table, hash, false))
        return false;
    struct object **link;
    *found = find_live(table, key, hash, &link) != NULL;
    table_leave_key(table, hash, false);
    return true;
}

// ---- deleting

// Takes out the live objects of the key, in a hash table those equal to `tuple` only if that is not NONE. They are
// copied to a list if `objects` is given. Returns what to free.
static struct object *remove_key(struct table *table, term key, uint32_t hash, term tuple, struct heap *heap,
                                 term *objects) {
    struct object *garbage = NULL;
    if (table_is_ordered(table)) {
        struct object *object = tree_find(&table->tree, key);
        if (!object || (tuple != NONE && !term_same(object_tuple(object), tuple)))
            return NULL;
        if (objects)
            *objects = heap_cons(heap, object_copy(heap, object), NIL);
        tree_remove(&table->tree, key);
        table_count(table, (size_t)-1, -object_memory(object));
        return object;
    }
    struct object **link = hash_find(&table->hash, table->keypos, key, hash);
    while (hash_has_key(*link, table->keypos, key, hash)) {
        struct object *object = *link;
        if (!object->deleted && (tuple == NONE || term_same(object_tuple(object), tuple))) {
            if (objects)
                *objects = heap_cons(heap, object_copy(heap, object), *objects);
            struct object *removed = table_remove_link(table, link);
            if (removed) {
                removed->fragment.next = object_fragment(garbage);
                garbage = removed;
                continue;
            }
        }
        link = (struct object **)&object->fragment.next;
    }
    return garbage;
}

static bool remove_and_free(struct table *table, term key, term tuple, struct heap *heap, term *objects) {
    uint32_t hash = table_hash(table, key);
    if (!table_enter_key(table, hash, true))
        return false;
    struct object *garbage = remove_key(table, key, hash, tuple, heap, objects);
    leave_resized(table, hash);
    object_free_chain(garbage);
    return true;
}

bool ets_delete_key(struct table *table, term key) {
    return remove_and_free(table, key, NONE, NULL, NULL);
}

bool ets_delete_object(struct table *table, term tuple) {
    return remove_and_free(table, tuple_element(tuple, table->keypos), tuple, NULL, NULL);
}

bool ets_take(struct table *table, struct heap *heap, term key, term *objects) {
    *objects = NIL;
    return remove_and_free(table, key, NONE, heap, objects);
}

// ---- changing an object

bool spot_open(struct spot *spot, struct table *table, term key) {
    *spot = (struct spot){.table = table, .hash = table_hash(table, key)};
    if (!table_enter_key(table, spot->hash, true))
        return false;
    spot->object = find_live(table, key, spot->hash, &spot->link);
    return true;
}

static void add_garbage(struct spot *spot, struct object *garbage) {
    if (garbage) {
        garbage->fragment.next = object_fragment(spot->garbage);
        spot->garbage = garbage;
    }
}

void spot_set(struct spot *spot, size_t position, term value) {
    struct table *table = spot->table;
    if (!is_pointer(value) && !is_pointer(spot->object->words[position])) {
        spot->object->words[position] = value;
        return;
    }
    struct object *object = object_new_with(object_tuple(spot->object), position, value);
    object->hash = spot->hash;
    add_garbage(spot, table_is_ordered(table) ? put(table, object) : table_exchange(table, spot->link, object));
    spot->object = object;
}

void spot_insert(struct spot *spot, term tuple) {
    struct object *object = new_object(spot->table, tuple, spot->hash);
    add_garbage(spot, put(spot->table, object));
    struct object **link = NULL; // of a hash table alone
    spot->object = find_live(spot->table, key_of(spot->table, object), spot->hash, &link);
    spot->link = link;
}

void spot_remove(struct spot *spot) {
    struct table *table = spot->table;
    add_garbage(spot, remove_key(table, key_of(table, spot->object), spot->hash, NONE, NULL, NULL));
    spot->object = NULL;
}

void spot_close(struct spot *spot) {
    leave_resized(spot->table, spot->hash);
    object_free_chain(spot->garbage);
}
