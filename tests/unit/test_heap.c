// Random values on a heap, collected in every way: each must stay as it was, and all that is owned must be let go.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "heap/heap.h"
#include "heap/room.h"
#include "sys/sys.h"

#define REGISTERS 40
#define VALUE_WORDS_MAX 400

static uint64_t random_state = 1;

static unsigned random_below(unsigned limit) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % limit;
}

static size_t alive; // shared binaries with a destructor

static void count_down(struct shared_binary *shared) {
    alive--;
}

static struct shared_binary *counted_binary(size_t size) {
    struct shared_binary *shared = shared_binary_new(size);
    shared->destroy = count_down;
    memset(shared->bytes, (int)random_below(256), size);
    alive++;
    return shared;
}

// Whether two values look the same, written without any help from the rooms under test.
static bool same(term a, term b) {
    for (; is_list(a) && is_list(b); a = list_tail(a), b = list_tail(b)) {
        if (!same(list_head(a), list_head(b)))
            return false;
    }
    if (!is_boxed(a) || !is_boxed(b))
        return a == b;
    term *x = boxed(a), *y = boxed(b);
    if (x[0] != y[0])
        return false;
    for (size_t i = 1; i <= header_size(x[0]); i++) {
        enum kind kind = header_kind(x[0]);
        if (kind >= KIND_OFF_HEAP && i == 1)
            continue;
        if (kind >= KIND_OPAQUE ? x[i] != y[i] : !same(x[i], y[i]))
            return false;
    }
    return true;
}

static term random_leaf(struct heap *heap) {
    switch (random_below(9)) {
    case 0:
        return heap_integer(heap, INT64_MIN + random_below(1000));
    case 1:
        return heap_float(heap, 1e300 + random_below(1000));
    case 2: {
        char bytes[40] = {(char)random_below(256)};
        return heap_binary(heap, bytes, random_below(sizeof bytes));
    }
    case 3:
        return heap_slice(heap, counted_binary(200), random_below(100), 800);
    case 4:
        return heap_magic_reference(heap, counted_binary(0));
    case 5:
        return heap_reference(heap);
    case 6:
        return NIL;
    case 7:
        return heap_tuple_of(heap, 0);
    default:
        return SMALL(random_below(1000));
    }
}

static term random_value(struct heap *heap, const term *registers) {
    term parts[6];
    unsigned count = random_below(6);
    for (unsigned i = 0; i < count; i++)
        parts[i] = registers[random_below(REGISTERS)];
    switch (random_below(4)) {
    case 0:
        return heap_list_of(heap, count, parts, registers[random_below(REGISTERS)]);
    case 1: {
        term *words = heap_tuple(heap, count);
        memcpy(words + 1, parts, count * sizeof(term));
        return boxed_make(words);
    }
    case 2: { // a fun: an aligned raw address among the terms
        term *words = heap_alloc(heap, 4);
        words[0] = HEADER(KIND_FUN, 2, 3);
        words[1] = (term)&random_state;
        words[2] = IMMEDIATE_WORD(IMMEDIATE_PID, 7);
        words[3] = registers[random_below(REGISTERS)];
        return boxed_make(words);
    }
    default:
        return random_leaf(heap);
    }
}

struct world {
    struct heap heap;
    term registers[REGISTERS];
    struct heap_roots roots;
};

static void world_init(struct world *world, size_t words, uint32_t fullsweep_after) {
    heap_init(&world->heap, words);
    world->heap.fullsweep_after = fullsweep_after;
    for (int i = 0; i < REGISTERS; i++)
        world->registers[i] = SMALL(i);
    world->roots = (struct heap_roots){world->registers, REGISTERS};
}

// The stack's words and the registers as they are now, on a heap of their own.
struct snapshot {
    struct heap heap;
    size_t stack;
    term *values;
};

static struct snapshot snapshot_take(struct world *world) {
    struct snapshot snapshot = {.stack = (size_t)(world->heap.end - world->heap.stack)};
    snapshot.values = sys_alloc((snapshot.stack + REGISTERS) * sizeof(term));
    for (size_t i = 0; i < snapshot.stack + REGISTERS; i++) {
        term value = i < snapshot.stack ? world->heap.stack[i] : world->registers[i - snapshot.stack];
        size_t size = heap_size_of(value);
        snapshot.values[i] = heap_copy(&snapshot.heap, value);
        assert_int_equal(size, heap_size_of(snapshot.values[i]));
    }
    return snapshot;
}

static void snapshot_check(struct world *world, struct snapshot *snapshot) {
    assert_int_equal(snapshot->stack, world->heap.end - world->heap.stack);
    for (size_t i = 0; i < snapshot->stack; i++)
        assert_true(same(snapshot->values[i], world->heap.stack[i]));
    for (size_t i = 0; i < REGISTERS; i++)
        assert_true(same(snapshot->values[snapshot->stack + i], world->registers[i]));
    heap_free(&snapshot->heap);
    sys_free(snapshot->values);
}

static void collect(struct world *world, size_t need) {
    bool checked = random_below(8) == 0;
    struct snapshot snapshot = {};
    if (checked)
        snapshot = snapshot_take(world);
    if (random_below(30) == 0)
        heap_shrink(&world->heap, &world->roots, 1);
    heap_collect(&world->heap, need, &world->roots, 1, random_below(20) == 0, NULL);
    assert_true((size_t)(world->heap.stack - world->heap.top) >= need);
    assert_null(world->heap.fragments);
    if (checked)
        snapshot_check(world, &snapshot);
}

static void step(struct world *world) {
    struct heap *heap = &world->heap;
    term *target = &world->registers[random_below(REGISTERS)];
    unsigned action = random_below(100);
    if (action < 70) {
        *target = random_value(heap, world->registers);
    } else if (action < 80) { // a message
        struct heap builder = {};
        term message = heap_copy(&builder, random_value(&builder, (term[REGISTERS]){}));
        heap_adopt(heap, &builder);
        *target = message;
    } else if (action < 88 && heap->stack - heap->top > 2) {
        *--heap->stack = random_below(3) ? world->registers[random_below(REGISTERS)] : NONE;
        *--heap->stack = IMMEDIATE_WORD(IMMEDIATE_RETURN, 0x1234);
    } else if (heap->stack < heap->end) {
        size_t popped = 2 * random_below((unsigned)(heap->end - heap->stack) / 2 + 1);
        heap->stack += popped < 8 ? popped : 8;
    }
    if (heap_size_of(*target) > VALUE_WORDS_MAX)
        *target = NIL;
    if (heap->stack - heap->top < 20 || heap_wants_collection(heap) || random_below(100) == 0)
        collect(world, 20 + random_below(50));
}

static void run(size_t words, uint32_t fullsweep_after, int steps) {
    struct world world;
    world_init(&world, words, fullsweep_after);
    for (int i = 0; i < steps; i++)
        step(&world);
    heap_free(&world.heap);
    assert_int_equal(alive, 0);
}

static void test_random(void **state) {
    run(24, 65535, 30000);
    run(3000, 65535, 30000);
    run(3000, 3, 30000);
    run(3000, 0, 10000);
}

// A growing list: the words copied must stay in proportion to the words allocated.
static void test_growth(void **state) {
    struct world world;
    world_init(&world, 24, 65535);
    term *list = &world.registers[0];
    *list = NIL;
    size_t copied = 0;
    const int length = HARD_TEST ? 30000 : 3000000;
    for (int i = 0; i < length; i++) {
        if (world.heap.stack - world.heap.top < 2)
            copied += heap_collect(&world.heap, 2, &world.roots, 1, false, NULL);
        *list = heap_cons(&world.heap, SMALL(i), *list);
    }
    assert_true(HARD_TEST || copied < (size_t)length * 2 * 12);
    term at = *list;
    for (int i = length; i-- > 0; at = list_tail(at))
        assert_int_equal(list_head(at), SMALL(i));
    // What has become garbage is given back.
    *list = at = NIL;
    heap_collect(&world.heap, 0, &world.roots, 1, true, NULL);
    heap_collect(&world.heap, 0, &world.roots, 1, true, NULL);
    assert_true(world.heap.end - world.heap.start + (world.heap.old_end - world.heap.old_start) < 100000);
    heap_free(&world.heap);
}

// A deep stack: collections must come seldom enough that reading it each time costs little.
static void test_deep_stack(void **state) {
    struct world world;
    world_init(&world, 24, 65535);
    size_t read = 0;
    const size_t depth = 1000000;
    for (size_t i = 0; i < depth; i++) {
        if (world.heap.stack - world.heap.top < 3) {
            read += (size_t)(world.heap.end - world.heap.stack);
            heap_collect(&world.heap, 3, &world.roots, 1, false, NULL);
        }
        *--world.heap.stack = heap_cons(&world.heap, SMALL(i), NIL);
    }
    assert_true(read < 12 * depth);
    for (size_t i = depth; i-- > 0;)
        assert_int_equal(list_head(*world.heap.stack++), SMALL(i));
    heap_free(&world.heap);
}

// Nested a million deep in heads and elements: nothing may recurse.
static void test_deep_value(void **state) {
    struct world world;
    world_init(&world, 24, 65535);
    term *value = &world.registers[0];
    for (int i = 0; i < 1000000; i++) {
        if (world.heap.stack - world.heap.top < 4)
            heap_collect(&world.heap, 4, &world.roots, 1, false, NULL);
        *value = heap_cons(&world.heap, heap_tuple_of(&world.heap, 1, *value), NIL);
    }
    assert_int_equal(heap_size_of(*value), 4000000);
    struct heap copy = {};
    term copied = heap_copy(&copy, *value);
    assert_int_equal(heap_size_of(copied), 4000000);
    heap_free(&copy);
    heap_collect(&world.heap, 0, &world.roots, 1, true, NULL);
    assert_int_equal(heap_size_of(*value), 4000000);
    heap_free(&world.heap);
}

static void test_parts(void **state) {
    struct heap heap = {};
    uint8_t bytes[100];
    for (int i = 0; i < 100; i++)
        bytes[i] = (uint8_t)(i * 37);
    term whole = heap_binary(&heap, bytes, sizeof bytes);
    assert_true(is_kind(whole, KIND_SLICE));
    for (size_t offset = 0; offset < 17; offset++) {
        for (size_t size = 0; size <= 700; size++) {
            term part = heap_bitstring_part(&heap, heap_bitstring_part(&heap, whole, offset, size + 3), 3, size);
            struct bits bits = bitstring_bits(part);
            assert_int_equal(bits.size, size);
            for (size_t i = 0; i < size; i++) {
                size_t from = offset + 3 + i, to = bits.offset + i;
                assert_int_equal(bytes[from / 8] >> (7 - from % 8) & 1, bits.bytes[to / 8] >> (7 - to % 8) & 1);
            }
        }
    }
    heap_free(&heap);
}

static void test_literals(void **state) {
    struct world world;
    world_init(&world, 24, 65535);
    struct heap builder = {};
    term values[3] = {
        heap_tuple_of(&builder, 2, SMALL(1), heap_slice(&builder, counted_binary(100), 0, 800)),
        NIL,
        heap_string(&builder, "text", 4),
    };
    term originals[3];
    memcpy(originals, values, sizeof values);
    struct literal_area *area = literal_area_new(values, 3);
    assert_null(literal_area_new((term[]){NIL, SMALL(1)}, 2));
    for (int i = 0; i < 3; i++)
        assert_true(same(values[i], originals[i]));
    assert_true(is_literal(boxed(values[0])) && is_literal(list_cell(values[2])));
    assert_int_equal(heap_size_of(values[0]), 0);
    assert_int_equal(heap_size_of_all(values[0]), 8);
    assert_int_equal(heap_copy(&builder, values[0]), values[0]);

    world.registers[0] = heap_tuple_of(&world.heap, 3, values[0], values[2], values[0]);
    world.registers[1] = values[2];
    *--world.heap.stack = values[0];
    heap_collect(&world.heap, 0, &world.roots, 1, false, NULL);
    assert_int_equal(tuple_element(world.registers[0], 1), values[0]);

    struct literal_purge *purge = literal_purge_begin(&area, 1);
    assert_int_equal(heap_size_of(values[0]), 8);
    assert_true(literal_purging(boxed(values[0])));
    heap_copy_literals(&world.heap, &world.roots, 1);
    literal_purge_end();
    literal_purge_free(purge, NULL);
    term *tuple = boxed(world.registers[0]);
    assert_false(is_literal(boxed(tuple[1])));
    assert_int_equal(tuple[1], tuple[3]);
    assert_int_equal(tuple[1], *world.heap.stack);
    assert_true(same(tuple[1], originals[0]) && same(world.registers[1], originals[2]));
    heap_collect(&world.heap, 0, &world.roots, 1, false, NULL);
    heap_collect(&world.heap, 0, &world.roots, 1, false, NULL);
    tuple = boxed(world.registers[0]);
    assert_true(same(tuple[1], originals[0]) && same(tuple[2], originals[2]));
    heap_free(&world.heap);
    heap_free(&builder);
    assert_int_equal(alive, 0);
}

// Pieces of a small range taken and given back at random, beside a map of its bytes.
static void test_room(void **state) {
    enum { START = 1000, SIZE = 5000, PIECES = 300 };
    static bool taken[SIZE];
    static struct piece {
        uintptr_t start;
        size_t size;
    } pieces[PIECES];
    struct room room;
    room_init(&room, START, SIZE);
    for (int step = 0; step < 100000; step++) {
        struct piece *piece = &pieces[random_below(PIECES)];
        if (piece->size > 0) {
            room_give(&room, piece->start, piece->size);
            memset(taken + (piece->start - START), false, piece->size);
            piece->size = 0;
        } else {
            size_t size = 1 + random_below(random_below(4) == 0 ? 200 : 10), run = 0, at = 0;
            for (; at < SIZE && run < size; at++)
                run = taken[at] ? 0 : run + 1;
            assert_int_equal(room_take(&room, size, &piece->start), run == size);
            if (run < size)
                continue;
            assert_int_equal(piece->start, START + at - size); // the first that fits
            memset(taken + (at - size), true, size);
            piece->size = size;
        }
        if (step % 100 == 0)
            assert_true(room_is_valid(&room));
    }
    for (int i = 0; i < PIECES; i++)
        if (pieces[i].size > 0)
            room_give(&room, pieces[i].start, pieces[i].size);
    uintptr_t start;
    assert_false(room_take(&room, SIZE + 1, &start)); // in one piece again
    assert_true(room_take(&room, SIZE, &start) && start == START);
    room_destroy(&room);
}

// Areas one behind the other, some of which are purged at once; then the memory of all of them is given back.
static void test_purge_of_several(void **state) {
    enum { AREAS = 64, WORDS = 1 << 15 };
    struct heap builder = {};
    term *words = heap_tuple(&builder, WORDS), values[AREAS];
    for (int i = 1; i <= WORDS; i++)
        words[i] = SMALL(i);
    struct literal_area *areas[AREAS], *purged[AREAS];
    size_t count = 0;
    for (int i = 0; i < AREAS; i++) {
        values[i] = boxed_make(words);
        areas[i] = literal_area_new(&values[i], 1);
    }
    for (int i = AREAS - 1; i >= 0; i--)
        if (i % 5 < 2)
            purged[count++] = areas[i];
    struct literal_purge *purge = literal_purge_begin(purged, count);
    for (int i = 0; i < AREAS; i++) {
        bool expected = i % 5 < 2;
        assert_int_equal(literal_purging(boxed(values[i])), expected);
        assert_int_equal(literal_purging(boxed(values[i]) + WORDS), expected);
        assert_int_equal(heap_size_of(values[i]), expected ? WORDS + 1 : 0);
        if (!expected)
            literal_area_free(areas[i]);
    }
    literal_purge_end();
    void *last = boxed(values[AREAS - 1]);
    unsigned char resident[1];
    void *page = (void *)((uintptr_t)last & ~(uintptr_t)4095);
    assert_true(mincore(page, 1, resident) == 0 && resident[0] & 1);
    literal_purge_free(purge, NULL);
    assert_true(mincore(page, 1, resident) == 0 && !(resident[0] & 1));
    heap_free(&builder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),     cmocka_unit_test(test_growth),
        cmocka_unit_test(test_deep_stack), cmocka_unit_test(test_deep_value),
        cmocka_unit_test(test_parts),      cmocka_unit_test(test_literals),
        cmocka_unit_test(test_room),       cmocka_unit_test(test_purge_of_several),
    };
    literal_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
