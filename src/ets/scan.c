// Match specifications over tables.
//
// A scan goes through the table in segments of some hundred objects, each under the lock; between segments the process
// may give way. Before the first time it does, the table is fixed (if it is a hash table), and table and program are
// tied to the process by references on its heap: so nothing is lost when the process is killed where it waits.

#include "ets/table.h"

#include "proc/proc.h"

enum { SEGMENT = 400, BOUND_KEYS_MAX = 64 };

struct walk {
    struct process *self;
    struct scan *scan;
    struct table *table;
    struct match_run run;
    bool write;   // the action changes objects
    bool tied;    // references are on the heap
    bool fixed;   // by this scan
    term *end;    // of the results, when they are appended
    size_t spent; // visited in this segment
    struct object *garbage;
    int64_t reductions; // of the process, while a lock is held
};

// ---- segments

// While a lock is held, built-in functions that a program calls must not give way: they get a slice without end.
#define ENDLESS (INT64_MAX / 2)

static void hold_slice(struct walk *walk) {
    walk->reductions = walk->self->work.reductions;
    walk->self->work.reductions = ENDLESS;
}

static int64_t release_slice(struct walk *walk) {
    int64_t used = ENDLESS - walk->self->work.reductions;
    walk->self->work.reductions = walk->reductions;
    return used;
}

static void tie(struct walk *walk) {
    if (walk->tied)
        return;
    walk->tied = true;
    ets_identifier(&walk->self->heap, walk->table);
    if (walk->scan->owns_program) {
        match_reference(&walk->self->heap, walk->scan->program);
        walk->scan->owns_program = false;
    }
}

// After a segment, with no lock held.
static void rest(struct walk *walk) {
    int64_t used = release_slice(walk) + (int64_t)walk->spent;
    walk->spent = 0;
    object_free_chain(walk->garbage);
    walk->garbage = NULL;
    if (walk->self->work.reductions <= used)
        tie(walk);
    work_charge(&walk->self->work, used);
}

static bool enter(struct walk *walk, size_t bucket) {
    if (!table_enter_key(walk->table, bucket, walk->write))
        return false;
    hold_slice(walk);
    return true;
}

// ---- one object

static void collect(struct walk *walk, term result) {
    struct scan *scan = walk->scan;
    struct heap *heap = &walk->self->heap;
    if (walk->end) {
        *walk->end = heap_cons(heap, result, NIL);
        walk->end = list_cell(*walk->end) + 1;
    } else {
        scan->results = heap_cons(heap, result, scan->results);
    }
    scan->count++;
}

// What is to be done with the object: nothing (NONE), deletion (true), or replacement by the tuple.
static term judge(struct walk *walk, const struct object *object) {
    struct scan *scan = walk->scan;
    walk->spent++;
    walk->run.object = object;
    term result = match_object(&walk->run, object_tuple(object));
    if (result == NONE)
        return NONE;
    switch (scan->action) {
    case SCAN_SELECT:
        collect(walk, result);
        return NONE;
    case SCAN_COUNT:
        scan->count += result == ATOM_true;
        return NONE;
    case SCAN_DELETE:
        scan->count += result == ATOM_true;
        return result == ATOM_true ? ATOM_true : NONE;
    case SCAN_REPLACE: {
        size_t keypos = walk->table->keypos;
        if (!table_has_key_position(walk->table, result) ||
            !term_same(tuple_element(result, keypos), object->words[keypos]))
            return NONE;
        scan->count++;
        return result;
    }
    }
    return NONE;
}

static void add_garbage(struct walk *walk, struct object *object) {
    if (object) {
        object->fragment.next = object_fragment(walk->garbage);
        walk->garbage = object;
    }
}

static struct object *replacement(const struct object *old, term tuple) {
    struct object *object = object_new(tuple);
    object->hash = old->hash;
    return object;
}

// ---- hash tables

// Visits the object that *link leads to; returns the link to the one behind it.
static struct object **visit_link(struct walk *walk, struct object **link) {
    struct object *object = *link;
    term verdict = object->deleted ? NONE : judge(walk, object);
    if (verdict == ATOM_true) {
        struct object *removed = table_remove_link(walk->table, link);
        add_garbage(walk, removed);
        if (removed)
            return link;
    } else if (verdict != NONE) {
        add_garbage(walk, table_exchange(walk->table, link, replacement(object, verdict)));
    }
    return (struct object **)&(*link)->fragment.next;
}

static bool scan_key_of_hash(struct walk *walk, term key) {
    uint32_t hash = hash_of_key(key);
    size_t keypos = walk->table->keypos;
    if (!enter(walk, hash))
        return false;
    struct object **link = hash_find(&walk->table->hash, keypos, key, hash);
    while (hash_has_key(*link, keypos, key, hash))
        link = visit_link(walk, link);
    table_leave_key(walk->table, hash, walk->write);
    rest(walk);
    return true;
}

static bool enough(const struct walk *walk) {
    return walk->scan->limit > 0 && walk->scan->count >= walk->scan->limit;
}

// A scan that goes on after the lock was free must find the buckets as they were; one that stops after some results
// is continued by a later call, and its caller fixes the table if need be.
static bool needs_fixing(const struct walk *walk) {
    const struct table *table = walk->table;
    bool is_short = !table->stripes && hash_count(&table->hash) + table_items(table) < SEGMENT;
    return !walk->fixed && !is_short && walk->scan->limit == 0;
}

static void fix(struct walk *walk) {
    walk->fixed = true;
    tie(walk);
    ets_fix(walk->self, walk->table);
}

// A part of the buckets under one hold of the lock: all that a segment allows, or one bucket when there are stripes.
static void scan_buckets(struct walk *walk) {
    struct scan *scan = walk->scan;
    struct table *table = walk->table;
    while (scan->bucket < hash_count(&table->hash) && walk->spent < SEGMENT && !enough(walk)) {
        for (struct object **link = hash_bucket(&table->hash, scan->bucket); *link;)
            link = visit_link(walk, link);
        walk->spent++;
        scan->bucket++;
        if (table->stripes)
            break;
    }
    if (scan->bucket >= hash_count(&table->hash))
        scan->bucket = SCAN_ENDED;
}

// A table that has lost objects gives up buckets.
static void shrink(struct walk *walk) {
    struct table *table = walk->table;
    for (size_t i = 0; i < walk->scan->count && !table_is_ordered(table); i++) {
        if (!table_enter(table, !table->stripes))
            return;
        size_t before = hash_count(&table->hash);
        table_resize(table);
        bool done = hash_count(&table->hash) >= before;
        table_leave(table, !table->stripes);
        if (done)
            return;
    }
}

static bool scan_hash(struct walk *walk) {
    bool alive = true;
    while (walk->scan->bucket != SCAN_ENDED && !enough(walk)) {
        size_t first = walk->scan->bucket;
        alive = enter(walk, first);
        if (!alive)
            break;
        bool fix_first = needs_fixing(walk);
        if (!fix_first)
            scan_buckets(walk);
        table_leave_key(walk->table, first, walk->write);
        rest(walk);
        if (fix_first)
            fix(walk);
    }
    if (walk->fixed)
        ets_unfix(walk->self, walk->table);
    if (walk->scan->action == SCAN_DELETE)
        shrink(walk);
    return alive;
}

// Results beyond the limit are left for the next time: the last ones found, which stand first.
static void keep_leftover(struct heap *heap, struct scan *scan) {
    if (scan->limit == 0 || scan->count <= scan->limit)
        return;
    scan->leftover_count = scan->count - scan->limit;
    term *end = &scan->leftover;
    for (size_t i = 0; i < scan->leftover_count; i++, scan->results = list_tail(scan->results)) {
        *end = heap_cons(heap, list_head(scan->results), NIL);
        end = list_cell(*end) + 1;
    }
    scan->count = scan->limit;
}

// ---- ordered sets

static bool step(struct walk *walk, struct tree_place *place) {
    return walk->scan->reverse ? tree_previous(place) : tree_next(place);
}

static int compare_pattern(term key, const void *context) {
    return match_key_order(key, *(const term *)context);
}

// To the first object in the range of the pattern, or to the one behind the last key visited.
static bool seek(const struct walk *walk, struct tree_place *place, term pattern) {
    const struct tree *tree = &walk->table->tree;
    term key = walk->scan->key;
    bool begin = key == NONE;
    if (begin && pattern == NONE)
        return walk->scan->reverse ? tree_seek_last(tree, place) : tree_seek_first(tree, place);
    tree_compare *compare = begin ? compare_pattern : tree_compare_term;
    const term *context = begin ? &pattern : &key;
    return walk->scan->reverse ? tree_seek_before(tree, place, compare, context, begin)
                               : tree_seek_after(tree, place, compare, context, begin);
}

// Visits the object at the place; false when that made the place invalid.
static bool visit_place(struct walk *walk, struct tree_place *place) {
    struct table *table = walk->table;
    struct object *object = tree_object(place);
    term verdict = judge(walk, object);
    if (verdict == NONE)
        return true;
    if (verdict != ATOM_true) {
        struct object *new = replacement(object, verdict);
        add_garbage(walk, tree_replace(place, new->words[table->keypos], new));
        table_count(table, 0, object_memory(new) - object_memory(object));
        return true;
    }
    tree_remove(&table->tree, object->words[table->keypos]);
    table_count(table, (size_t)-1, -object_memory(object));
    add_garbage(walk, object); // its key is still in use: it is freed after the segment
    return false;
}

// A segment under one hold of the lock. *key is the last key visited, still in the table's memory.
static bool scan_range(struct walk *walk, term pattern, bool *more) {
    struct scan *scan = walk->scan;
    if (!enter(walk, 0))
        return false;
    struct tree_place place;
    *more = seek(walk, &place, pattern);
    while (*more && walk->spent < SEGMENT && !enough(walk)) {
        term key = tree_key(&place);
        if (pattern != NONE && match_key_order(key, pattern) != 0) {
            *more = false;
            break;
        }
        scan->key = key;
        *more = visit_place(walk, &place) ? step(walk, &place) : seek(walk, &place, pattern);
    }
    if (scan->key != NONE)
        scan->key = object_copy_element(&walk->self->heap, scan->key);
    table_leave(walk->table, walk->write);
    return true;
}

static bool scan_tree(struct walk *walk) {
    term pattern = match_key_pattern(walk->scan->program, walk->table->keypos);
    bool more = true;
    while (more && !enough(walk)) {
        bool alive = scan_range(walk, pattern, &more);
        if (!alive)
            return false;
        rest(walk);
    }
    // With a full chunk OTP always lets the caller come back, even if nothing is left.
    walk->scan->ended = !enough(walk);
    return true;
}

static bool scan_key_of_tree(struct walk *walk, term key) {
    if (!enter(walk, 0))
        return false;
    struct tree_place place;
    if (tree_seek_after(&walk->table->tree, &place, tree_compare_term, &key, true) && term_equal(tree_key(&place), key))
        visit_place(walk, &place);
    table_leave(walk->table, walk->write);
    rest(walk);
    return true;
}

// ---- keys that the program names

struct bound_keys {
    size_t count;
    term keys[BOUND_KEYS_MAX];
};

// Adds a key in its place; equal ones only once.
static bool add_bound_key(void *context, term key) {
    struct bound_keys *bound = context;
    size_t at = bound->count;
    while (at > 0 && term_compare_exact(bound->keys[at - 1], key) > 0)
        at--;
    if (at > 0 && term_same(bound->keys[at - 1], key))
        return true;
    if (bound->count == BOUND_KEYS_MAX)
        return false;
    memmove(bound->keys + at + 1, bound->keys + at, (bound->count - at) * sizeof(term));
    bound->keys[at] = key;
    bound->count++;
    return true;
}

// The keys stand in the order that tells 1 from 1.0; an ordered set does not.
static bool are_in_table_order(const struct bound_keys *bound) {
    for (size_t i = 1; i < bound->count; i++)
        if (term_compare(bound->keys[i - 1], bound->keys[i]) >= 0)
            return false;
    return true;
}

// Whether the keys were enough; else the whole table has to be looked at.
static bool use_bound_keys(const struct walk *walk, struct bound_keys *bound) {
    bound->count = 0;
    if (!match_bound_keys(walk->scan->program, walk->table->keypos, add_bound_key, bound))
        return false;
    // A chunk of an ordered set ends at a key, to go on behind it.
    return !table_is_ordered(walk->table) || bound->count < 2 || (walk->scan->limit == 0 && are_in_table_order(bound));
}

static bool scan_bound_keys(struct walk *walk, const struct bound_keys *bound) {
    for (size_t i = 0; i < bound->count; i++) {
        term key = bound->keys[walk->scan->reverse ? bound->count - 1 - i : i];
        bool alive = table_is_ordered(walk->table) ? scan_key_of_tree(walk, key) : scan_key_of_hash(walk, key);
        if (!alive)
            return false;
    }
    walk->scan->bucket = SCAN_ENDED;
    walk->scan->ended = true;
    return true;
}

// ---- the whole

bool ets_scan(struct process *self, struct scan *scan) {
    struct walk walk = {.self = self, .scan = scan, .table = scan->table};
    walk.write = scan->action == SCAN_DELETE || scan->action == SCAN_REPLACE;
    scan->results = scan->leftover;
    scan->count = scan->leftover_count;
    scan->leftover = NIL;
    scan->leftover_count = 0;
    scan->ended = false;
    match_begin(&walk.run, self, scan->program);
    if (table_is_ordered(scan->table))
        walk.end = &scan->results;

    bool is_first = scan->bucket == 0 && scan->key == NONE && scan->count == 0, alive;
    struct bound_keys bound;
    if (is_first && use_bound_keys(&walk, &bound))
        alive = scan_bound_keys(&walk, &bound);
    else
        alive = table_is_ordered(scan->table) ? scan_tree(&walk) : scan_hash(&walk);
    if (!table_is_ordered(scan->table)) {
        keep_leftover(&self->heap, scan);
        scan->ended = scan->bucket == SCAN_ENDED && scan->leftover_count == 0;
    }
    return alive;
}
