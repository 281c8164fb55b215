// Tables: random operations beside a simple model, and many threads at one table.

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ets/ets.h"
#include "ets/persistent.h"
#include "ets/table.h"
#include "seekers.h"
#include "sys/assert.h"
#include "term/atom.h"
#include "term/compare.h"
#include "term/hash.h"
#include "vm.h"

// ---- processes that are none: a heap to work with, and a slice that never ends

static void renew_slice(struct work *work) {
    work->reductions = 4000;
}

static void process_begin(struct process *self, unsigned id) {
    memset(self, 0, sizeof *self);
    self->work = (struct work){4000, renew_slice};
    self->pid = IMMEDIATE_WORD(IMMEDIATE_PID, id);
    heap_init(&self->heap, 4096);
}

static void process_clean(struct process *self) { // all terms of it are gone
    heap_free(&self->heap);
    heap_init(&self->heap, 4096);
}

static void process_end(struct process *self) { // its tables go with it
    vm.hooks.process_gone(self);
    heap_free(&self->heap);
    proc_scratch_release(self);
}

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static struct table *table_make(struct process *self, enum table_type type, bool concurrent) {
    struct table_options options = {.name = ATOM_undefined,
                                    .type = type,
                                    .access = ACCESS_PUBLIC,
                                    .keypos = 1,
                                    .write_concurrency = term_boolean(concurrent),
                                    .heir = ATOM_none,
                                    .heir_data = NIL};
    term id = ets_new(self, &options);
    assert_true(is_kind(id, KIND_MAGIC_REFERENCE));
    return ets_open(self, id, NEED_WRITE);
}

// ---- the model: objects {Key, Value} in the order of their insertion

enum { KEYS = 400, KINDS = 3, ENTRIES_MAX = 20000 };

struct entry {
    unsigned kind, key, value;
};

struct model {
    enum table_type type;
    size_t count;
    struct entry entries[ENTRIES_MAX];
};

static bool same_key(const struct model *model, const struct entry *entry, unsigned kind, unsigned key) {
    // Kinds 0 and 1 are an integer and the float equal to it: one key of an ordered set.
    bool same_kind = entry->kind == kind || (model->type == TABLE_ORDERED_SET && entry->kind < 2 && kind < 2);
    return entry->key == key && same_kind;
}

static size_t model_remove(struct model *model, unsigned kind, unsigned key, int value) {
    size_t kept = 0, before = model->count;
    for (size_t i = 0; i < before; i++) {
        struct entry entry = model->entries[i];
        bool exact = value < 0 || (entry.value == (unsigned)value && entry.kind == kind);
        if (!same_key(model, &entry, kind, key) || !exact)
            model->entries[kept++] = entry;
    }
    model->count = kept;
    return before - kept;
}

static void model_insert(struct model *model, unsigned kind, unsigned key, unsigned value) {
    if (model->type <= TABLE_ORDERED_SET)
        model_remove(model, kind, key, -1);
    for (size_t i = 0; model->type == TABLE_BAG && i < model->count; i++)
        if (same_key(model, &model->entries[i], kind, key) && model->entries[i].value == value)
            return;
    assert_true(model->count < ENTRIES_MAX);
    model->entries[model->count++] = (struct entry){kind, key, value};
}

static term key_term(struct heap *heap, unsigned kind, unsigned key) {
    if (kind == 0)
        return SMALL(key);
    if (kind == 1)
        return heap_float(heap, key);
    return heap_tuple_of(heap, 2, ATOM_ok, heap_cons(heap, SMALL(key), NIL));
}

// Every other value is a flat one.
static term value_term(struct heap *heap, unsigned value) {
    return value % 2 ? SMALL(value) : heap_cons(heap, SMALL(value), NIL);
}
static unsigned value_of(term t) {
    return (unsigned)small_value(is_list(t) ? list_head(t) : t);
}

static term object_term(struct heap *heap, unsigned kind, unsigned key, unsigned value) {
    return heap_tuple_of(heap, 2, key_term(heap, kind, key), value_term(heap, value));
}

// Whether the list has an object with that value, and not two.
static bool has_value(term objects, unsigned value) {
    unsigned count = 0;
    for (; is_list(objects); objects = list_tail(objects))
        count += value_of(tuple_element(list_head(objects), 2)) == value;
    return count == 1;
}

// An object put back into a bag while the table is fixed takes its old place, so the order says nothing there.
static void check_objects(const struct model *model, unsigned kind, unsigned key, term objects) {
    term rest = objects;
    for (size_t i = 0; i < model->count; i++) {
        const struct entry *entry = &model->entries[i];
        if (!same_key(model, entry, kind, key))
            continue;
        assert_true(is_list(rest));
        if (model->type == TABLE_BAG)
            assert_true(has_value(objects, entry->value));
        else
            assert_int_equal(value_of(tuple_element(list_head(rest), 2)), entry->value);
        rest = list_tail(rest);
    }
    assert_true(is_nil(rest));
}

static struct match_program *program_of(struct heap *heap, term head, term result) {
    term clause = heap_tuple_of(heap, 3, head, NIL, heap_cons(heap, result, NIL));
    struct match_program *program = match_compile(heap_cons(heap, clause, NIL), MATCH_TABLE, false, NULL);
    assert_non_null(program);
    return program;
}

static struct scan scan_of(struct table *table, struct match_program *program) {
    return (struct scan){.table = table, .program = program, .key = NONE, .leftover = NIL};
}

// All objects, in chunks when `limit` is not 0. A table that nobody changes is seen whole either way.
static void check_scan(struct process *self, struct table *table, const struct model *model, size_t limit) {
    struct heap *heap = &self->heap;
    struct match_program *program = program_of(heap, ATOM_match_anything, ATOM_match_object);
    struct scan scan = scan_of(table, program);
    scan.limit = limit;
    size_t found = 0;
    uint64_t values = 0, expected = 0;
    term last = NONE;
    do {
        assert_true(ets_scan(self, &scan));
        found += scan.count;
        for (term list = scan.results; is_list(list); list = list_tail(list)) {
            term key = tuple_element(list_head(list), 1);
            values += value_of(tuple_element(list_head(list), 2));
            if (model->type == TABLE_ORDERED_SET && last != NONE)
                assert_true(term_compare(last, key) < 0);
            last = key;
        }
    } while (limit && !scan.ended);
    match_release(program);
    for (size_t i = 0; i < model->count; i++)
        expected += model->entries[i].value;
    assert_int_equal(found, model->count);
    assert_int_equal(values, expected);
}

static void check_walk(struct process *self, struct table *table, const struct model *model) {
    term key;
    size_t keys = 0, distinct = 0;
    assert_true(ets_first(table, &self->heap, &key));
    for (; key != ATOM_end_of_table; keys++)
        assert_true(ets_next(table, &self->heap, key, &key) && key != NONE);
    for (size_t i = 0; i < model->count; i++) {
        size_t earlier = 0;
        while (earlier < i && !same_key(model, &model->entries[earlier], model->entries[i].kind, model->entries[i].key))
            earlier++;
        distinct += earlier == i;
    }
    assert_int_equal(keys, distinct);
}

static void one_step(struct process *self, struct table *table, struct model *model, uint64_t *random) {
    struct heap *heap = &self->heap;
    unsigned kind = next_random(random) % KINDS, key = next_random(random) % KEYS, value = next_random(random) % 8;
    term objects, found = key_term(heap, kind, key);
    bool flag;
    switch (next_random(random) % 10) {
    case 0:
        assert_true(ets_delete_key(table, found));
        model_remove(model, kind, key, -1);
        break;
    case 1:
        assert_true(ets_delete_object(table, object_term(heap, kind, key, value)));
        model_remove(model, kind, key, (int)value);
        break;
    case 2:
        assert_true(ets_take(table, heap, found, &objects));
        check_objects(model, kind, key, objects);
        model_remove(model, kind, key, -1);
        break;
    case 3:
        assert_true(ets_insert_new(table, object_term(heap, kind, key, value), &flag));
        if (flag)
            model_insert(model, kind, key, value);
        break;
    default:
        if (model->count < ENTRIES_MAX / 2) {
            assert_true(ets_insert(table, object_term(heap, kind, key, value)));
            model_insert(model, kind, key, value);
        }
    }
    assert_true(ets_lookup(table, heap, found, &objects));
    check_objects(model, kind, key, objects);
    assert_true(ets_member(table, found, &flag));
    assert_int_equal(flag, is_list(objects));
}

static void random_operations(enum table_type type, bool concurrent, uint64_t seed) {
    static struct process self;
    static struct model model;
    process_begin(&self, 1);
    struct table *table = table_make(&self, type, concurrent);
    model = (struct model){.type = type};
    bool fixed = false;
    for (unsigned step = 0; step < 20000; step++) {
        one_step(&self, table, &model, &seed);
        if (next_random(&seed) % 500 == 0) {
            if (fixed)
                ets_unfix(&self, table);
            else
                ets_fix(&self, table);
            fixed = !fixed;
        }
        if (step % 1000 == 0) {
            check_scan(&self, table, &model, 0);
            check_scan(&self, table, &model, 1 + next_random(&seed) % 50);
            check_walk(&self, table, &model);
            assert_int_equal(table_items(table), model.count);
        }
    }
    size_t count;
    assert_true(ets_delete_all(&self, table, &count));
    assert_int_equal(count, model.count);
    assert_true(ets_delete(&self, table));
    assert_false(ets_insert(table, heap_tuple_of(&self.heap, 1, ATOM_true)));
    process_end(&self);
}

static void test_set(void **state) {
    random_operations(TABLE_SET, false, 1);
    random_operations(TABLE_SET, true, 2);
}
static void test_ordered_set(void **state) {
    random_operations(TABLE_ORDERED_SET, false, 3);
    random_operations(TABLE_ORDERED_SET, true, 4);
}
static void test_bag(void **state) {
    random_operations(TABLE_BAG, false, 5);
    random_operations(TABLE_BAG, true, 6);
}
static void test_duplicate_bag(void **state) {
    random_operations(TABLE_DUPLICATE_BAG, false, 7);
    random_operations(TABLE_DUPLICATE_BAG, true, 8);
}

// ---- growing, shrinking, deleting by scan

static void fill_and_empty(enum table_type type, unsigned count) {
    static struct process self;
    process_begin(&self, 1);
    struct table *table = table_make(&self, type, false);
    for (unsigned i = 0; i < count; i++) {
        unsigned key = (unsigned)((uint64_t)i * 7919 % 1000003);
        assert_true(ets_insert(table, heap_tuple_of(&self.heap, 2, SMALL(key), SMALL(i))));
        if (i % 1000 == 0)
            process_clean(&self);
    }
    assert_int_equal(table_items(table), count);
    struct match_program *program = program_of(&self.heap, ATOM_match_anything, ATOM_true);
    struct scan scan = scan_of(table, program);
    scan.action = SCAN_COUNT;
    assert_true(ets_scan(&self, &scan));
    assert_int_equal(scan.count, count);
    scan = scan_of(table, program);
    scan.action = SCAN_DELETE;
    assert_true(ets_scan(&self, &scan));
    assert_int_equal(scan.count, count);
    assert_int_equal(table_items(table), 0);
    assert_int_equal(atomic_load(&table->words), 0);
    match_release(program);
    assert_true(ets_delete(&self, table));
    process_end(&self);
}

static void test_fill_and_empty(void **state) {
    fill_and_empty(TABLE_SET, 100000);
    fill_and_empty(TABLE_ORDERED_SET, 100000);
}

// ---- many threads

enum { THREADS = 4, ROUNDS = 20000, SHARED_KEYS = 1000 };

struct worker {
    pthread_t thread;
    struct process self;
    struct table *table;
    unsigned number;
    int64_t added;
};

// Each adds to counters under random keys; some are deleted on the way, which takes their sum out again.
static void *work(void *argument) {
    struct worker *worker = argument;
    struct process *self = &worker->self;
    uint64_t random = worker->number;
    process_begin(self, 100 + worker->number);
    for (unsigned round = 0; round < ROUNDS; round++) {
        term key = SMALL(next_random(&random) % SHARED_KEYS), objects;
        struct spot spot;
        switch (next_random(&random) % 20) {
        case 0:
            assert_true(ets_take(worker->table, &self->heap, key, &objects));
            if (is_list(objects))
                worker->added -= small_value(tuple_element(list_head(objects), 2));
            break;
        case 1:
            assert_true(ets_lookup(worker->table, &self->heap, key, &objects));
            break;
        default:
            assert_true(spot_open(&spot, worker->table, key));
            if (spot.object)
                spot_set(&spot, 2, spot.object->words[2] + SMALL(1));
            else
                spot_insert(&spot, heap_tuple_of(&self->heap, 2, key, SMALL(1)));
            spot_close(&spot);
            worker->added++;
        }
        if (round % 5000 == 0) {
            struct match_program *program = program_of(&self->heap, ATOM_match_anything, ATOM_true);
            struct scan scan = scan_of(worker->table, program);
            scan.action = SCAN_COUNT;
            assert_true(ets_scan(self, &scan));
            match_release(program);
        }
        if (round % 100 == 0)
            process_clean(self);
    }
    return NULL;
}

static int64_t sum_of_values(struct process *self, struct table *table) {
    int64_t sum = 0;
    struct match_program *program = program_of(&self->heap, ATOM_match_anything, ATOM_match_object);
    struct scan scan = scan_of(table, program);
    assert_true(ets_scan(self, &scan));
    for (term list = scan.results; is_list(list); list = list_tail(list))
        sum += small_value(tuple_element(list_head(list), 2));
    match_release(program);
    return sum;
}

static void many_threads(enum table_type type, bool concurrent) {
    static struct process self;
    static struct worker workers[THREADS];
    int64_t added = 0;
    process_begin(&self, 1);
    struct table *table = table_make(&self, type, concurrent);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.table = table, .number = i};
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        added += workers[i].added;
        process_end(&workers[i].self);
    }
    assert_int_equal(sum_of_values(&self, table), added);
    process_end(&self);
    assert_int_equal(ets_count(), 0);
}

static void test_threads(void **state) {
    many_threads(TABLE_SET, false);
    many_threads(TABLE_SET, true);
    many_threads(TABLE_ORDERED_SET, true);
}

// ---- persistent terms

// A key that is not there for each remainder of hashes: it ends where one that is put in ends, in every table up to
// that size.
enum { REMAINDERS = 1 << 16 };
static term absent_keys[REMAINDERS];

static void find_absent_keys(void) {
    for (unsigned i = 0, missing = REMAINDERS; missing > 0; i++) {
        term key = SMALL(TWINS + i);
        term *place = &absent_keys[term_hash(key) % REMAINDERS];
        missing -= *place == 0;
        *place = key;
    }
}

static bool absent_key_is_found(unsigned number) {
    return persistent_get(absent_keys[term_hash(SMALL(number)) % REMAINDERS]) != NONE;
}

static void put_key(unsigned number) {
    persistent_put(SMALL(number), ATOM_true);
}

// Somebody may be reading it until the test ends.
static struct retired {
    void *memory;
    void (*free_function)(void *);
} retired[64];
static unsigned retired_count;

static void keep_until_the_end(void *memory, void (*free_function)(void *)) {
    assert_always(retired_count < sizeof retired / sizeof *retired);
    retired[retired_count++] = (struct retired){.memory = memory, .free_function = free_function};
}

static void test_persistent_keys_of_one_slot(void **state) {
    vm.hooks.retire = keep_until_the_end;
    find_absent_keys();
    struct seekers seekers = {.is_found = absent_key_is_found, .make = put_key};
    assert_int_equal(seekers_run(&seekers), 0);
    for (unsigned i = 0; i < TWINS; i++)
        assert_true(persistent_get(SMALL(i)) == ATOM_true);
    vm.hooks.retire = NULL;
    while (retired_count > 0) {
        const struct retired *old = &retired[--retired_count];
        old->free_function(old->memory);
    }
}

int main(void) {
    atom_init(1 << 20);
    literal_init();
    ets_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_ordered_set),
        cmocka_unit_test(test_bag),
        cmocka_unit_test(test_duplicate_bag),
        cmocka_unit_test(test_fill_and_empty),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_persistent_keys_of_one_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
