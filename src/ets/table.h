// What a table is, for the files of this room.
//
// Locks of a table:
//
//   without stripes   `lock` for reading or writing
//   with stripes      an operation on one key: `lock` for reading, then the key's stripe for reading or writing;
//                     one on more: `lock` for writing
//
// Fixing a table and killing it take `lock` for writing: so whoever holds it, in any way, sees `fixed` and `dead`
// unchanged.

#ifndef PURLIN_ETS_TABLE_H
#define PURLIN_ETS_TABLE_H

#include "ets/ets.h"
#include "ets/hash.h"
#include "ets/tree.h"
#include "sys/rwlock.h"

struct stripe {
    alignas(64) struct rwlock lock;
};

// One process's fixations of one table; in the table's list and in the process's.
struct fixation {
    struct table *table;
    struct process_tables *holder;
    struct fixation *next_in_table, *next_in_process;
    size_t count;
};

// A bucket that holds objects deleted while the table was fixed.
struct fixed_bucket {
    struct fixed_bucket *next;
    size_t index;
};

struct table {
    struct rwlock lock;
    bool dead;
    uint8_t type; // enum table_type
    uint32_t keypos;
    _Atomic uint8_t access; // enum table_access
    _Atomic bool resizing;  // with stripes: somebody grows or shrinks it
    struct stripe *stripes; // HASH_STRIPES of them, or NULL
    _Atomic size_t items;   // objects that are not deleted
    _Atomic size_t words;   // of all objects
    size_t fixed;           // fixations, from all processes
    _Atomic(struct fixed_bucket *) fixed_buckets;
    union {
        struct hash hash;
        struct tree tree;
    };

    // below: the registry's
    _Atomic term owner; // a pid
    _Atomic term name;
    bool named, compressed, read_concurrency, decentralized_counters;
    term write_concurrency;
    term identifier;      // a magic reference to the table itself
    struct heap identity; // in which it lies
    term heir, heir_data;
    struct heap heir_heap;
    struct table *next, *previous;                    // all tables
    struct table *next_of_owner, **previous_of_owner; // the owner's
    struct fixation *fixations;
    int64_t fixed_monotonic, fixed_system; // time of the first fixation, ns
};

static inline bool table_is_ordered(const struct table *table) {
    return table->type == TABLE_ORDERED_SET;
}
static inline bool table_is_set(const struct table *table) {
    return table->type <= TABLE_ORDERED_SET;
}

// ---- locks: false when the table is dead (and then not locked)

static inline bool table_enter(struct table *table, bool write) {
    if (write)
        rwlock_write(&table->lock);
    else
        rwlock_read(&table->lock);
    if (!table->dead)
        return true;
    if (write)
        rwlock_write_end(&table->lock);
    else
        rwlock_read_end(&table->lock);
    return false;
}
static inline void table_leave(struct table *table, bool write) {
    if (write)
        rwlock_write_end(&table->lock);
    else
        rwlock_read_end(&table->lock);
}
static inline void stripe_enter(struct table *table, size_t hash_or_index, bool write) {
    struct rwlock *lock = &table->stripes[hash_or_index % HASH_STRIPES].lock;
    if (write)
        rwlock_write(lock);
    else
        rwlock_read(lock);
}
static inline void stripe_leave(struct table *table, size_t hash_or_index, bool write) {
    struct rwlock *lock = &table->stripes[hash_or_index % HASH_STRIPES].lock;
    if (write)
        rwlock_write_end(lock);
    else
        rwlock_read_end(lock);
}
// For the objects of one key, or of one bucket.
static inline bool table_enter_key(struct table *table, size_t hash_or_index, bool write) {
    if (!table_enter(table, write && !table->stripes))
        return false;
    if (table->stripes)
        stripe_enter(table, hash_or_index, write);
    return true;
}
static inline void table_leave_key(struct table *table, size_t hash_or_index, bool write) {
    if (table->stripes)
        stripe_leave(table, hash_or_index, write);
    table_leave(table, write && !table->stripes);
}

// The first table, and the one after `table`, NULL at the end; without the registry's lock: the VM stands still.
struct table *table_after(const struct table *table);

// ---- accounts

static inline void table_add(struct table *table, _Atomic size_t *counter, size_t difference) {
    if (table->stripes)
        atomic_fetch_add_explicit(counter, difference, memory_order_relaxed);
    else
        atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + difference,
                              memory_order_relaxed);
}
static inline void table_count(struct table *table, size_t items, size_t words) {
    if (items)
        table_add(table, &table->items, items);
    if (words)
        table_add(table, &table->words, words);
}
static inline size_t table_items(const struct table *table) {
    return atomic_load_explicit(&table->items, memory_order_relaxed);
}
size_t table_memory(const struct table *table); // words; under the lock
term table_type_atom(const struct table *table);
term table_access_atom(const struct table *table);
// How long the chains of a hash table are; `deleted`: objects that are kept while the table is fixed.
struct hash_chains {
    size_t shortest, longest, deleted;
    double average, deviation, expected_deviation;
};
struct hash_chains hash_chains(const struct hash *hash); // under the lock

// ---- between the files of the room

static inline uint32_t table_hash(const struct table *table, term key) {
    return table_is_ordered(table) ? 0 : hash_of_key(key);
}
// Takes the object that *link leads to out of its chain, or marks it when the table is fixed. Returns what to free.
struct object *table_remove_link(struct table *table, struct object **link);
// Puts an object in the place of another with the same key; returns what to free.
struct object *table_exchange(struct table *table, struct object **link, struct object *object);
// Adjusts the number of buckets after an insertion or deletion, by one. The caller holds `lock` and no stripe.
void table_resize(struct table *table);
// Takes out the objects that were deleted while the table was fixed: nobody fixes it any longer, `lock` is held for
// writing.
void table_purge(struct table *table);

// The contents of a table that nobody can reach any more, on their way out.
struct contents {
    bool ordered;
    union {
        struct hash hash;
        struct tree tree;
    };
    size_t bucket;            // hash: those before it are empty
    struct object *dissolved; // ordered: what is left
};
// Takes the contents out of a table (for a new, empty one if `renew`), to be freed by table_contents_free.
struct shared_binary *table_contents_take(struct table *table, bool renew);
// Frees them; gives way meanwhile.
void table_contents_free(struct process *self, struct shared_binary *contents);

#endif
