// Tables and match specifications.
//
// Who owns what: a table (struct table) lies in the bytes of a shared binary, so that a table identifier is a magic
// reference to it: the memory stays while any process still has the identifier. The table itself holds one reference
// until it is deleted.
//
//   - Finding a table takes no lock: a name is looked up in an array of atoms, an identifier points to its table. A
//     deleted table is marked dead under its lock; its own reference to itself goes when all schedulers have passed a
//     safe point.
//   - Its objects are guarded by the table's lock, and by stripes beneath it with write_concurrency (ets/table.h).
//   - Names, owners, heirs and fixations are guarded by the registry's one lock (ets/registry.c), which is taken before
//     a table's lock, never after.
//   - No lock is held where a process may give way.
//
// Operations that return a bool answer false when the table turns out to be dead, and do nothing then.

#ifndef PURLIN_ETS_ETS_H
#define PURLIN_ETS_ETS_H

#include "ets/match.h"
#include "proc/proc.h"

struct table;

enum table_type { TABLE_SET, TABLE_ORDERED_SET, TABLE_BAG, TABLE_DUPLICATE_BAG };
enum table_access { ACCESS_PRIVATE, ACCESS_PROTECTED, ACCESS_PUBLIC };
enum table_need { NEED_READ, NEED_WRITE, NEED_INFO };

void ets_init(void);

// ---- making, finding, passing on (ets/registry.c)

struct table_options {
    term name;
    enum table_type type;
    enum table_access access;
    uint32_t keypos;
    bool named, compressed, read_concurrency, decentralized_counters;
    term write_concurrency; // false, true or auto
    term heir;              // a pid or none
    term heir_data;
};

// Returns the table's name if it is a named one, else its identifier; NONE when the name is taken.
term ets_new(struct process *self, const struct table_options *options);
// The table that `id` means, if self may do that with it. Else NULL, with the error raised.
struct table *ets_open(struct process *self, term id, enum table_need need);
// As ets_open with NEED_INFO, without raising. *valid: whether id can mean a table at all.
struct table *ets_find(term id, bool *valid);
term ets_raise_dead(struct process *self);
term ets_identifier(struct heap *heap, const struct table *table);
// Deletes it; frees its objects (gives way meanwhile).
bool ets_delete(struct process *self, struct table *table);
bool ets_rename(struct table *table, term name, bool *taken);
// To a live process, which gets {'ETS-TRANSFER', Table, From, Gift}. *given: whether it was alive.
bool ets_give_away(struct process *self, struct table *table, struct process *to, term gift, bool *given);
bool ets_set_heir(struct table *table, term heir, term data);
bool ets_set_access(struct table *table, enum table_access access);
void ets_fix(struct process *self, struct table *table);
void ets_unfix(struct process *self, struct table *table);
// {Time, [{Pid, Count}]} of those who have fixed it, or false: the items safe_fixed and safe_fixed_monotonic_time.
term ets_fixers(struct heap *heap, struct table *table, bool monotonic);
void ets_super_user(struct process *self, bool on);
// All tables' identifiers, as a list.
term ets_all(struct heap *heap);
size_t ets_memory(void); // bytes, of all tables
size_t ets_count(void);
size_t ets_count_limit(void);

// ---- one key (ets/table.c). Terms are made on `heap`; a key that is not there gives NONE where nothing else is said.

bool table_has_key_position(const struct table *table, term tuple); // is it a tuple that is large enough
bool ets_insert(struct table *table, term tuple);
bool ets_insert_new(struct table *table, term tuple, bool *inserted);
// A proper list of such tuples, at once. *inserted is false when only_new and a key was there.
bool ets_insert_list(struct process *self, struct table *table, term tuples, bool only_new, bool *inserted);
bool ets_lookup(struct table *table, struct heap *heap, term key, term *objects);
// The element of the object(s); NONE when there is no such key, and ATOM_badarg in *error when the position is wrong.
bool ets_lookup_element(struct table *table, struct heap *heap, term key, size_t position, term *element, term *error);
bool ets_member(struct table *table, term key, bool *found);
bool ets_delete_key(struct table *table, term key);
bool ets_delete_object(struct table *table, term tuple);
bool ets_take(struct table *table, struct heap *heap, term key, term *objects);
bool ets_delete_all(struct process *self, struct table *table, size_t *count);

// ---- going through (ets/traverse.c). Keys, or '$end_of_table'; NONE when the key to go on from is not there.

bool ets_first(struct table *table, struct heap *heap, term *key);
bool ets_last(struct table *table, struct heap *heap, term *key);
bool ets_next(struct table *table, struct heap *heap, term key, term *next);
bool ets_previous(struct table *table, struct heap *heap, term key, term *previous);
bool ets_slot(struct table *table, struct heap *heap, size_t slot, term *objects);
// [{Address, Bytes, References}] of the shared binaries that the objects (of `key`, or with NONE all) refer to.
term ets_binary_info(struct process *self, struct table *table, term key);

// ---- changing an object in place (ets/table.c)

// An object found by its key, with the lock held for writing from spot_open to spot_close.
struct spot {
    struct table *table;
    uint32_t hash;
    struct object *object;  // NULL: no such key
    struct object **link;   // hash tables
    struct object *garbage; // freed by spot_close
};
bool spot_open(struct spot *spot, struct table *table, term key);
void spot_set(struct spot *spot, size_t position, term value); // an element other than the key
void spot_insert(struct spot *spot, term tuple);               // when there was no such key: then it is the spot's
void spot_remove(struct spot *spot);
void spot_close(struct spot *spot);

// ---- match specifications over tables (ets/scan.c)

enum scan_action { SCAN_SELECT, SCAN_COUNT, SCAN_DELETE, SCAN_REPLACE };

#define SCAN_ENDED SIZE_MAX

// Set up what is asked for, all else zero; ets_scan fills in the rest. `key`, `leftover` and `results` are terms on the
// process's heap.
struct scan {
    struct table *table;
    struct match_program *program;
    bool owns_program; // the scan may pass the caller's reference on to a magic one; then it clears this
    enum scan_action action;
    bool reverse; // ordered sets: from the last to the first
    size_t limit; // SCAN_SELECT: stop after so many results; 0: go through all
    // where to begin (key NONE, bucket 0: at the beginning), and afterwards where to go on
    term key;              // ordered sets: the last key visited
    size_t bucket;         // hash tables: the next one to visit, or SCAN_ENDED
    term leftover;         // hash tables: results of a bucket beyond the limit, NIL at first
    size_t leftover_count; // how many those are
    // what came out
    term results; // SCAN_SELECT
    size_t count; // of results, or of objects counted, deleted, replaced
    bool ended;   // there is nothing to go on with
};

// Gives way in long tables, which it fixes meanwhile.
bool ets_scan(struct process *self, struct scan *scan);

// ---- facts

bool ets_is_owner(const struct process *self, const struct table *table);
enum table_type ets_type(const struct table *table);
size_t ets_keypos(const struct table *table);
// The value of an item of ets:info/2; NONE for what is no item.
term ets_info(struct process *self, struct table *table, term item);

#endif
