// What ets:info/2 tells.

#include "ets/table.h"

#include "vm.h"

size_t table_memory(const struct table *table) {
    size_t contents = table_is_ordered(table) ? tree_memory(&table->tree) : hash_memory(&table->hash);
    return sizeof(struct table) / sizeof(term) + contents + atomic_load_explicit(&table->words, memory_order_relaxed);
}

enum table_type ets_type(const struct table *table) {
    return table->type;
}

size_t ets_keypos(const struct table *table) {
    return table->keypos;
}

term table_type_atom(const struct table *table) {
    switch ((enum table_type)table->type) {
    case TABLE_SET:
        return ATOM_set;
    case TABLE_ORDERED_SET:
        return ATOM_ordered_set;
    case TABLE_BAG:
        return ATOM_bag;
    case TABLE_DUPLICATE_BAG:
        return ATOM_duplicate_bag;
    }
    return NONE;
}

term table_access_atom(const struct table *table) {
    switch ((enum table_access)atomic_load_explicit(&table->access, memory_order_relaxed)) {
    case ACCESS_PRIVATE:
        return ATOM_private;
    case ACCESS_PROTECTED:
        return ATOM_protected;
    case ACCESS_PUBLIC:
        return ATOM_public;
    }
    return NONE;
}

struct hash_chains hash_chains(const struct hash *hash) {
    struct hash_chains chains = {.shortest = SIZE_MAX};
    size_t buckets = hash_count(hash), total = 0;
    double squares = 0;
    for (size_t i = 0; i < buckets; i++) {
        size_t length = 0;
        for (const struct object *object = *hash_bucket(hash, i); object; object = object_next(object)) {
            length++;
            chains.deleted += object->deleted;
        }
        chains.shortest = length < chains.shortest ? length : chains.shortest;
        chains.longest = length > chains.longest ? length : chains.longest;
        total += length;
        squares += (double)length * (double)length;
    }
    double count = (double)buckets, average = (double)total / count;
    double variance = squares / count - average * average;
    chains.average = average;
    chains.deviation = variance > 0 ? __builtin_sqrt(variance) : 0;
    chains.expected_deviation = __builtin_sqrt(average * (1 - 1 / count));
    return chains;
}

// {Buckets, AverageChain, Deviation, ExpectedDeviation, ShortestChain, LongestChain, KeptDeleted, 1} of a hash table;
// of an ordered set the numbers that OTP gives for one without its concurrent trees.
static term statistics(struct heap *heap, struct table *table) {
    if (table_is_ordered(table))
        return heap_tuple_of(heap, 3, SMALL(0), SMALL(1), SMALL(0));
    struct hash_chains chains = hash_chains(&table->hash);
    return heap_tuple_of(heap, 8, heap_unsigned(heap, hash_count(&table->hash)), heap_float(heap, chains.average),
                         heap_float(heap, chains.deviation), heap_float(heap, chains.expected_deviation),
                         heap_unsigned(heap, chains.shortest), heap_unsigned(heap, chains.longest),
                         heap_unsigned(heap, chains.deleted), SMALL(1));
}

// What changes while the table is used, or needs its lock; under the lock for writing.
static term locked_item(struct heap *heap, struct table *table, term item) {
    switch (item) {
    case ATOM_memory:
        return heap_unsigned(heap, table_memory(table));
    case ATOM_fixed:
        return term_boolean(table->fixed > 0);
    case ATOM_stats:
        return statistics(heap, table);
    case ATOM_heir:
        return is_local_pid(table->heir) && proc_lookup(table->heir) ? table->heir : ATOM_none;
    default:
        return NONE;
    }
}

static term item_of(struct heap *heap, struct table *table, term item) {
    switch (item) {
    case ATOM_id:
        return ets_identifier(heap, table);
    case ATOM_decentralized_counters:
        return term_boolean(table->decentralized_counters);
    case ATOM_read_concurrency:
        return term_boolean(table->read_concurrency);
    case ATOM_write_concurrency:
        return table->write_concurrency;
    case ATOM_compressed:
        return term_boolean(table->compressed);
    case ATOM_owner:
        return atomic_load_explicit(&table->owner, memory_order_relaxed);
    case ATOM_name:
        return atomic_load_explicit(&table->name, memory_order_relaxed);
    case ATOM_size:
        return heap_unsigned(heap, table_items(table));
    case ATOM_node:
        return atomic_load_explicit(&vm.node_name, memory_order_relaxed);
    case ATOM_named_table:
        return term_boolean(table->named);
    case ATOM_type:
        return table_type_atom(table);
    case ATOM_keypos:
        return SMALL(table->keypos);
    case ATOM_protection:
        return table_access_atom(table);
    default:
        return NONE;
    }
}

term ets_info(struct process *self, struct table *table, term item) {
    struct heap *heap = &self->heap;
    if (item == ATOM_safe_fixed || item == ATOM_safe_fixed_monotonic_time)
        return ets_fixers(heap, table, item == ATOM_safe_fixed_monotonic_time);
    if (!table_enter(table, true))
        return ATOM_undefined;
    term value = locked_item(heap, table, item);
    table_leave(table, true);
    return value == NONE ? item_of(heap, table, item) : value;
}
