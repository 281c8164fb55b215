// Random operations on maps, against a plain list of pairs; and that equal maps have equal forms.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "heap/heap.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "term/compare.h"
#include "term/map.h"

#define PAIRS_MAX 4000

static uint64_t random_state = 1;

static unsigned random_below(unsigned limit) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % limit;
}

// What a map should hold, in no order.
struct model {
    term keys[PAIRS_MAX], values[PAIRS_MAX];
    size_t size;
};

static struct model model;

static size_t model_find(term key) {
    size_t i = 0;
    while (i < model.size && !term_same(model.keys[i], key))
        i++;
    return i;
}

static void model_put(term key, term value) {
    size_t i = model_find(key);
    if (i == model.size)
        model.keys[model.size++] = key;
    model.values[i] = value;
}

static void model_remove(term key) {
    size_t i = model_find(key);
    if (i < model.size) {
        model.size--;
        model.keys[i] = model.keys[model.size];
        model.values[i] = model.values[model.size];
    }
}

// Keys of several types, from a range that makes repetitions likely.
static term random_key(struct heap *heap, unsigned range) {
    unsigned n = random_below(range);
    switch (n % 4) {
    case 0:
        return SMALL(n);
    case 1:
        return heap_binary(heap, &n, sizeof n);
    case 2:
        return heap_float(heap, n);
    default:
        return heap_tuple_of(heap, 2, SMALL(n), NIL);
    }
}

static void check_form(term map) {
    assert_int_equal(map_size(map), model.size);
    assert_int_equal(map_is_small(map), model.size <= MAP_SMALL_MAX);
    if (map_is_small(map))
        for (size_t i = 2; i < map_size(map) + 1; i++)
            assert_true(term_compare_exact(boxed(boxed(map)[1])[i - 1], boxed(boxed(map)[1])[i]) < 0);
}

static void check(struct heap *heap, term map) {
    check_form(map);
    size_t count = 0;
    for (struct map_iterator it = map_iterate(map); map_next(&it); count++) {
        size_t i = model_find(it.key);
        assert_true(i < model.size);
        assert_true(model.values[i] == it.value);
    }
    assert_int_equal(count, model.size);
    term *pairs = sys_alloc((2 * model.size + 1) * sizeof(term));
    for (size_t i = 0; i < model.size; i++) {
        assert_true(map_get(map, model.keys[i]) == model.values[i]);
        pairs[2 * i] = model.keys[i];
        pairs[2 * i + 1] = model.values[i];
    }
    term made = map_from_pairs(heap, pairs, model.size);
    assert_true(term_same(map, made));
    assert_int_equal(term_compare_exact(map, made), 0);
    sys_free(pairs);
}

static void random_step(struct heap *heap, term *map, unsigned range, unsigned removal_percent) {
    term key = random_key(heap, range), value = SMALL(random_below(1000)), removed;
    if (random_below(100) < removal_percent) {
        size_t i = model_find(key);
        *map = map_remove(heap, *map, key, &removed);
        assert_true(removed == (i < model.size ? model.values[i] : NONE));
        model_remove(key);
    } else if (random_below(4) == 0) {
        term updated = map_update(heap, *map, key, value);
        assert_int_equal(updated != NONE, model_find(key) < model.size);
        if (updated != NONE) {
            *map = updated;
            model_put(key, value);
        }
    } else {
        *map = map_put(heap, *map, key, value);
        assert_true(map_put(heap, *map, key, value) == *map);
        model_put(key, value);
    }
    check_form(*map);
}

static void test_random_operations(void **state) {
    static const struct {
        unsigned range, removals, steps;
    } rounds[] = {{10, 50, 2000}, {80, 45, 5000}, {80, 60, 5000}, {3000, 20, 4000}, {3000, 80, 4000}};
    for (size_t r = 0; r < sizeof rounds / sizeof *rounds; r++) {
        struct heap heap = {0};
        term map = map_empty(&heap);
        model.size = 0;
        for (unsigned i = 0; i < rounds[r].steps; i++) {
            random_step(&heap, &map, rounds[r].range, rounds[r].removals);
            if (i % 200 == 0)
                check(&heap, map);
        }
        check(&heap, map);
        heap_free(&heap);
    }
}

static term random_map(struct heap *heap, unsigned size, unsigned range) {
    term map = map_empty(heap);
    for (unsigned i = 0; i < size; i++)
        map = map_put(heap, map, random_key(heap, range), SMALL(random_below(3)));
    return map;
}

static void test_merge(void **state) {
    static const unsigned sizes[] = {0, 1, 5, 20, 32, 60, 300};
    for (unsigned i = 0; i < 7 * 7 * 10; i++) {
        struct heap heap = {0};
        term a = random_map(&heap, sizes[i % 7], 300), b = random_map(&heap, sizes[i / 7 % 7], 300);
        model.size = 0;
        for (struct map_iterator it = map_iterate(a); map_next(&it);)
            model_put(it.key, it.value);
        for (struct map_iterator it = map_iterate(b); map_next(&it);)
            model_put(it.key, it.value);
        check(&heap, map_merge(&heap, a, b));
        heap_free(&heap);
    }
}

static void test_several_at_once(void **state) {
    for (unsigned i = 0; i < 500; i++) {
        struct heap heap = {0};
        term map = random_map(&heap, random_below(60), 100), pairs[2 * 40], one_by_one = map, missing = NONE;
        size_t count = 1 + random_below(40);
        for (size_t p = 0; p < count; p++) {
            pairs[2 * p] = random_key(&heap, 100);
            pairs[2 * p + 1] = SMALL(p);
            one_by_one = map_put(&heap, one_by_one, pairs[2 * p], pairs[2 * p + 1]);
        }
        term many = map_put_many(&heap, map, pairs, count);
        assert_true(term_same(many, one_by_one));
        assert_true(map_update_many(&heap, many, pairs, count, &missing) != NONE);
        term updated = map_update_many(&heap, map, pairs, count, &missing);
        assert_true(updated == NONE ? map_get(map, missing) == NONE : term_same(updated, many));
        heap_free(&heap);
    }
}

// An iteration that stops and goes on after every `batch` pairs sees what one in a single go sees.
static void test_positions(void **state) {
    static const unsigned sizes[] = {0, 1, 32, 33, 200, 2000};
    for (unsigned i = 0; i < 6; i++) {
        struct heap heap = {0};
        term map = random_map(&heap, sizes[i], 100000);
        struct map_iterator whole = map_iterate(map);
        int64_t position = 0;
        for (unsigned batch = 1; position != MAP_POSITION_END; batch = batch % 5 + 1) {
            struct map_iterator it = map_iterate_from(map, position);
            for (unsigned b = 0; b < batch && map_next(&it); b++) {
                assert_true(map_next(&whole));
                assert_true(it.key == whole.key);
            }
            position = map_position(&it);
        }
        assert_false(map_next(&whole));
        for (unsigned n = 0; n < 1000; n++) { // any number is safe
            struct map_iterator it =
                map_iterate_from(map, (int64_t)((uint64_t)random_below(UINT32_MAX) << random_below(30)));
            while (map_next(&it))
                ;
        }
        heap_free(&heap);
    }
}

// The order is by size, then by the sorted keys, then by the values in the order of the keys.
static int reference_compare(term a, term b) {
    if (map_size(a) != map_size(b))
        return map_size(a) < map_size(b) ? -1 : 1;
    term keys_a = NONE, keys_b = NONE;
    for (size_t n = 0; n < 2 * map_size(a); n++) { // first round: keys, second: values
        if (n % map_size(a) == 0)
            keys_a = keys_b = NONE;
        term next_a = NONE, next_b = NONE;
        for (struct map_iterator it = map_iterate(a); map_next(&it);)
            if ((keys_a == NONE || term_compare_exact(it.key, keys_a) > 0) &&
                (next_a == NONE || term_compare_exact(it.key, next_a) < 0))
                next_a = it.key;
        for (struct map_iterator it = map_iterate(b); map_next(&it);)
            if ((keys_b == NONE || term_compare_exact(it.key, keys_b) > 0) &&
                (next_b == NONE || term_compare_exact(it.key, next_b) < 0))
                next_b = it.key;
        int order =
            n < map_size(a) ? term_compare_exact(next_a, next_b) : term_compare(map_get(a, next_a), map_get(b, next_b));
        if (order)
            return order;
        keys_a = next_a;
        keys_b = next_b;
    }
    return 0;
}

static int sign(int n) {
    return (n > 0) - (n < 0);
}

static void test_compare(void **state) {
    for (unsigned i = 0; i < 600; i++) {
        struct heap heap = {0};
        unsigned size = i % 2 ? 3 : 45;
        term a = random_map(&heap, size, size * 40), removed;
        term b = i % 3 ? a : random_map(&heap, size, size * 40);
        for (unsigned change = random_below(3); change > 0; change--) {
            struct map_iterator it = map_iterate_from(b, random_below(UINT32_MAX));
            if (map_next(&it))
                b = map_remove(&heap, b, it.key, &removed);
            b = map_put(&heap, b, random_key(&heap, size * 40), SMALL(random_below(3)));
        }
        assert_int_equal(sign(term_compare(a, b)), sign(reference_compare(a, b)));
        assert_int_equal(term_same(a, b), term_compare_exact(a, b) == 0);
        heap_free(&heap);
    }
}

// ---- keys with the same hash --------------------------------------------------------------------------------------

struct hashed {
    uint32_t hash;
    term key;
};

static int by_hash(const void *a, const void *b) {
    uint32_t x = ((const struct hashed *)a)->hash, y = ((const struct hashed *)b)->hash;
    return (x > y) - (x < y);
}

// Keys of which each has the hash of another; returns how many there are.
static size_t colliding_keys(term *keys, size_t room) {
    enum { TRIALS = 1 << 19 };
    struct hashed *trials = sys_alloc(TRIALS * sizeof *trials);
    for (size_t i = 0; i < TRIALS; i++) {
        term key = SMALL(((uint64_t)random_below(UINT32_MAX) << 29 ^ random_below(UINT32_MAX)));
        trials[i] = (struct hashed){map_hash(key), key};
    }
    qsort(trials, TRIALS, sizeof *trials, by_hash);
    size_t count = 0;
    for (size_t i = 1; i < TRIALS && count + 2 <= room; i++)
        if (trials[i - 1].hash == trials[i].hash && trials[i - 1].key != trials[i].key) {
            keys[count++] = trials[i - 1].key;
            keys[count++] = trials[i].key;
            i++;
        }
    sys_free(trials);
    return count;
}

static void test_collisions(void **state) {
    term keys[60], removed;
    size_t count = colliding_keys(keys, 60);
    assert_true(count > 4);
    struct heap heap = {0};
    term map = random_map(&heap, 60, 100000), other = map;
    model.size = 0;
    for (struct map_iterator it = map_iterate(map); map_next(&it);)
        model_put(it.key, it.value);
    for (unsigned step = 0; step < 3000; step++) {
        term key = keys[random_below((unsigned)count)], value = SMALL(step);
        if (random_below(2)) {
            map = map_put(&heap, map, key, value);
            model_put(key, value);
        } else {
            map = map_remove(&heap, map, key, &removed);
            model_remove(key);
        }
        if (step % 100 == 0)
            check(&heap, map);
        int64_t position = 0;
        size_t seen = 0;
        for (; position != MAP_POSITION_END; seen++) {
            struct map_iterator it = map_iterate_from(map, position);
            assert_true(map_next(&it));
            position = map_position(&it);
        }
        assert_int_equal(seen, map_size(map));
    }
    for (size_t i = 0; i < count; i += 1 + random_below(2))
        other = map_put(&heap, other, keys[i], SMALL(i));
    for (struct map_iterator it = map_iterate(other); map_next(&it);)
        model_put(it.key, it.value);
    check(&heap, map_merge(&heap, map, other));
    heap_free(&heap);
}

int main(void) {
    literal_init();
    atom_init(1 << 16);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations), cmocka_unit_test(test_merge),
        cmocka_unit_test(test_several_at_once),   cmocka_unit_test(test_positions),
        cmocka_unit_test(test_compare),           cmocka_unit_test(test_collisions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
