// Persistent terms.
//
// A table of open addressing, of pointers to entries that never change. A put writes one slot; growing and erasing make
// a new table. Readers may be in an old table, or hold an old entry, until their slice ends: both are freed by epochs.

#include "ets/persistent.h"

#include <pthread.h>

#include "code/collector.h"
#include "sys/sys.h"
#include "term/compare.h"
#include "term/hash.h"
#include "vm.h"

#define FIRST_SIZE 64

struct entry {
    term key, value;           // in `area`
    struct literal_area *area; // NULL when both are immediates
    size_t words;
};

struct table {
    size_t mask;
    _Atomic size_t count; // may be read without the lock
    _Atomic(struct entry *) slots[];
};

struct persistent_terms {
    pthread_mutex_t lock; // taken for every change
    _Atomic(struct table *) table;
};

static struct table *table_new(size_t size) {
    struct table *table = sys_alloc_zero(sizeof *table + size * sizeof table->slots[0]);
    table->mask = size - 1;
    return table;
}

void persistent_init(void) {
    struct persistent_terms *terms = sys_alloc_zero(sizeof *terms);
    pthread_mutex_init(&terms->lock, NULL);
    atomic_store(&terms->table, table_new(FIRST_SIZE));
    vm.persistent_terms = terms;
}

static struct table *current_table(void) {
    return atomic_load_explicit(&vm.persistent_terms->table, memory_order_acquire);
}

// Where a search ended: at the slot that holds the key, or at an empty one, where it belongs.
struct place {
    _Atomic(struct entry *) *slot;
    struct entry *entry; // as the search saw it, or NULL. By now another key may have taken the slot.
};

static struct place find_place(struct table *table, term key) {
    for (size_t at = term_hash(key);; at++) {
        _Atomic(struct entry *) *slot = &table->slots[at & table->mask];
        struct entry *entry = atomic_load_explicit(slot, memory_order_acquire);
        if (!entry || term_same(entry->key, key))
            return (struct place){slot, entry};
    }
}

term persistent_get(term key) {
    struct entry *entry = find_place(current_table(), key).entry;
    return entry ? entry->value : NONE;
}

// ---- changes; the lock is held

static void retire(void *memory) {
    if (vm.hooks.retire)
        vm.hooks.retire(memory, sys_free);
    else
        sys_free(memory);
}

static struct entry *entry_new(term key, term value) {
    struct entry *entry = sys_alloc(sizeof *entry);
    term both[2] = {key, value};
    entry->words = heap_size_of_all(key) + heap_size_of_all(value);
    entry->area = literal_area_new(both, 2);
    entry->key = both[0];
    entry->value = both[1];
    return entry;
}

static void entry_drop(struct entry *entry) {
    if (entry->area)
        collector_add(entry->area);
    retire(entry);
}

// Makes a table of another size that has all entries but `without`.
static void rebuild(struct table *old, size_t size, const struct entry *without) {
    struct table *table = table_new(size);
    for (size_t i = 0; i <= old->mask; i++) {
        struct entry *entry = atomic_load_explicit(&old->slots[i], memory_order_relaxed);
        if (entry && entry != without) {
            atomic_store_explicit(find_place(table, entry->key).slot, entry, memory_order_relaxed);
            table->count++;
        }
    }
    atomic_store_explicit(&vm.persistent_terms->table, table, memory_order_release);
    retire(old);
}

static bool put_locked(term key, term value) {
    struct table *table = current_table();
    if (2 * table->count >= table->mask) {
        rebuild(table, 2 * (table->mask + 1), NULL);
        table = current_table();
    }
    struct place place = find_place(table, key);
    struct entry *before = place.entry;
    if (before && term_same(before->value, value))
        return false;
    atomic_store_explicit(place.slot, entry_new(key, value), memory_order_release);
    if (!before) {
        table->count++;
        return false;
    }
    entry_drop(before);
    return true;
}

bool persistent_put(term key, term value) {
    pthread_mutex_lock(&vm.persistent_terms->lock);
    bool dropped = put_locked(key, value);
    pthread_mutex_unlock(&vm.persistent_terms->lock);
    return dropped;
}

bool persistent_erase(term key) {
    pthread_mutex_lock(&vm.persistent_terms->lock);
    struct table *table = current_table();
    struct entry *entry = find_place(table, key).entry;
    if (entry) {
        rebuild(table, table->mask + 1, entry);
        entry_drop(entry);
    }
    pthread_mutex_unlock(&vm.persistent_terms->lock);
    return entry;
}

bool persistent_erase_all(void) {
    pthread_mutex_lock(&vm.persistent_terms->lock);
    struct table *table = current_table();
    bool any = table->count > 0;
    atomic_store_explicit(&vm.persistent_terms->table, table_new(FIRST_SIZE), memory_order_release);
    for (size_t i = 0; i <= table->mask; i++) {
        struct entry *entry = atomic_load_explicit(&table->slots[i], memory_order_relaxed);
        if (entry)
            entry_drop(entry);
    }
    retire(table);
    pthread_mutex_unlock(&vm.persistent_terms->lock);
    return any;
}

// ---- looking at all of them

void persistent_each(void (*visit)(void *argument, term key, term value), void *argument) {
    struct table *table = current_table();
    for (size_t i = 0; i <= table->mask; i++) {
        struct entry *entry = atomic_load_explicit(&table->slots[i], memory_order_acquire);
        if (entry)
            visit(argument, entry->key, entry->value);
    }
}

size_t persistent_count(void) {
    return current_table()->count;
}

size_t persistent_memory(void) {
    struct table *table = current_table();
    size_t bytes = sizeof *table + (table->mask + 1) * sizeof table->slots[0];
    for (size_t i = 0; i <= table->mask; i++) {
        struct entry *entry = atomic_load_explicit(&table->slots[i], memory_order_acquire);
        if (entry)
            bytes += sizeof *entry + entry->words * sizeof(term);
    }
    return bytes;
}
