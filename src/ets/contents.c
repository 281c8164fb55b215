// Emptying tables: all objects at once, freed a few at a time.

#include "ets/table.h"

#include "sys/sys.h"

enum { FREED_AT_ONCE = 256 };

// Frees up to `budget` objects and buckets; returns what is left of it, so more than 0 when all is gone.
static size_t free_some(struct contents *contents, size_t budget) {
    if (contents->ordered) {
        for (struct object *object; budget > 0 && (object = contents->dissolved); budget--) {
            contents->dissolved = object_next(object);
            object_free(object);
        }
        return budget;
    }
    for (; budget > 0 && contents->bucket < hash_count(&contents->hash); contents->bucket++, budget--) {
        struct object **bucket = hash_bucket(&contents->hash, contents->bucket);
        object_free_chain(*bucket);
        *bucket = NULL;
    }
    return budget;
}

// When its process was killed before all was freed.
static void contents_destroy(struct shared_binary *shared) {
    struct contents *contents = (struct contents *)shared->bytes;
    free_some(contents, SIZE_MAX);
    if (!contents->ordered)
        hash_free_segments(&contents->hash);
}

struct shared_binary *table_contents_take(struct table *table, bool renew) {
    struct shared_binary *shared = shared_binary_new(sizeof(struct contents));
    struct contents *contents = (struct contents *)shared->bytes;
    memset(contents, 0, sizeof *contents);
    contents->ordered = table_is_ordered(table);
    if (contents->ordered) {
        contents->dissolved = tree_dissolve(&table->tree);
    } else {
        memcpy(&contents->hash, &table->hash, sizeof contents->hash);
        memset(&table->hash, 0, sizeof table->hash);
        if (renew)
            hash_init(&table->hash);
    }
    shared->destroy = contents_destroy;
    atomic_store_explicit(&table->items, 0, memory_order_relaxed);
    atomic_store_explicit(&table->words, 0, memory_order_relaxed);
    return shared;
}

void table_contents_free(struct process *self, struct shared_binary *shared) {
    struct contents *contents = (struct contents *)shared->bytes;
    size_t left = free_some(contents, FREED_AT_ONCE);
    if (left > 0) {
        shared_binary_release(shared);
        return;
    }
    heap_magic_reference(&self->heap, shared);
    while (left == 0) {
        work_charge(&self->work, FREED_AT_ONCE / 2);
        left = free_some(contents, FREED_AT_ONCE);
    }
}

// Those who fixed the table still find their place: the objects stay, marked.
static size_t mark_all(struct table *table) {
    size_t count = 0;
    for (size_t i = 0; i < hash_count(&table->hash); i++)
        for (struct object **link = hash_bucket(&table->hash, i); *link;
             link = (struct object **)&(*link)->fragment.next)
            if (!(*link)->deleted) {
                table_remove_link(table, link);
                count++;
            }
    return count;
}

bool ets_delete_all(struct process *self, struct table *table, size_t *count) {
    if (!table_enter(table, true))
        return false;
    struct shared_binary *contents = NULL;
    if (table->fixed && !table_is_ordered(table)) {
        *count = mark_all(table);
    } else {
        *count = table_items(table);
        contents = table_contents_take(table, true);
    }
    table_leave(table, true);
    if (contents)
        table_contents_free(self, contents);
    return true;
}
