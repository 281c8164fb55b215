// Literals: areas in one reserved range of addresses, and their purge.
//
// Memory is committed in chunks, each as long as something lies in it.

#include <pthread.h>
#include <stdlib.h>

#include "heap/copy.h"
#include "heap/heap.h"
#include "heap/room.h"
#include "sys/sys.h"
#include "term/work.h"
#include "vm.h"

uintptr_t literal_base;

struct literal_area {
    uintptr_t start;
    size_t size; // bytes
    struct off_heap *off_heap;
};

#define CHUNK_BYTES ((size_t)1 << 20)
#define AREA_REDUCTIONS 4 // to free one
#define PIECE_BYTES 64    // what sizes are rounded to: a cache line, so that areas share none

struct literals {
    pthread_mutex_t lock; // of `room` and `used`
    struct room room;
    struct literal_set all;
    uint32_t used[LITERAL_RANGE / CHUNK_BYTES]; // bytes of each chunk
    _Atomic(struct literal_purge *) purge;      // the one under way
};

void literal_init(void) {
    struct literals *literals = sys_alloc_zero(sizeof *literals);
    pthread_mutex_init(&literals->lock, NULL);
    literal_base = (uintptr_t)sys_reserve(LITERAL_RANGE);
    room_init(&literals->room, literal_base, LITERAL_RANGE);
    literals->all = (struct literal_set){{literal_base, LITERAL_RANGE}, 1, NULL};
    vm.literals = literals;
}

// ---- room in the range --------------------------------------------------------------------------------------------

// Of [start, start + size), the part that lies in the chunk.
static uint32_t part_in(size_t chunk, uintptr_t start, size_t size) {
    uintptr_t from = literal_base + chunk * CHUNK_BYTES, to = from + CHUNK_BYTES, end = start + size;
    return (uint32_t)((end < to ? end : to) - (start > from ? start : from));
}
static size_t chunk_of(uintptr_t address) {
    return (address - literal_base) / CHUNK_BYTES;
}
static void *chunk_memory(size_t chunk) {
    return (void *)(literal_base + chunk * CHUNK_BYTES);
}

static uintptr_t memory_take(struct literals *literals, size_t size) {
    uintptr_t start;
    pthread_mutex_lock(&literals->lock);
    if (!room_take(&literals->room, size, &start))
        sys_fatal("literal_alloc: Cannot allocate %zu bytes of memory (of type \"literal\").", size);
    for (size_t chunk = chunk_of(start); chunk <= chunk_of(start + size - 1); chunk++) {
        if (literals->used[chunk] == 0)
            sys_commit(chunk_memory(chunk), CHUNK_BYTES);
        literals->used[chunk] += part_in(chunk, start, size);
        assert_debug(literals->used[chunk] <= CHUNK_BYTES);
    }
    pthread_mutex_unlock(&literals->lock);
    return start;
}

static void memory_give(struct literals *literals, uintptr_t start, size_t size) {
    pthread_mutex_lock(&literals->lock);
    room_give(&literals->room, start, size);
    for (size_t chunk = chunk_of(start); chunk <= chunk_of(start + size - 1); chunk++) {
        assert_debug(literals->used[chunk] >= part_in(chunk, start, size));
        literals->used[chunk] -= part_in(chunk, start, size);
        if (literals->used[chunk] == 0)
            sys_decommit(chunk_memory(chunk), CHUNK_BYTES);
    }
    pthread_mutex_unlock(&literals->lock);
}

// ---- areas --------------------------------------------------------------------------------------------------------

struct literal_area *literal_area_new(term *values, size_t count) {
    const struct literal_set *all = literals_all();
    size_t words = 0;
    for (size_t i = 0; i < count; i++)
        words += copy_size(all, values[i]);
    if (words == 0)
        return NULL;
    struct literal_area *area = sys_alloc_zero(sizeof *area);
    area->size = (words * sizeof(term) + PIECE_BYTES - 1) & ~(size_t)(PIECE_BYTES - 1);
    area->start = memory_take(vm.literals, area->size);
    term *at = (term *)area->start;
    for (size_t i = 0; i < count; i++) {
        size_t size = copy_size(all, values[i]);
        copy_words(all, &values[i], at, size, &area->off_heap);
        at += size;
    }
    return area;
}

void literal_area_free(struct literal_area *area) {
    if (!area)
        return;
    for (struct off_heap *value = area->off_heap, *next; value; value = next) {
        next = value->next;
        shared_binary_release(value->shared);
    }
    memory_give(vm.literals, area->start, area->size);
    sys_free(area);
}

// ---- sets ---------------------------------------------------------------------------------------------------------

const struct literal_set *literals_all(void) {
    return vm.literals ? &vm.literals->all : NULL;
}

bool literal_set_search(const struct literal_set *set, const void *address) {
    size_t low = 0, high = set->count; // the first range that ends behind the address
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (set->ranges[middle].start + set->ranges[middle].size <= (uintptr_t)address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set->count && (uintptr_t)address >= set->ranges[low].start;
}

// ---- purge --------------------------------------------------------------------------------------------------------

struct literal_purge {
    struct literal_set set;
    size_t area_count;
    struct literal_area *areas[];
};

static int by_address(const void *one, const void *other) {
    uintptr_t left = (*(struct literal_area *const *)one)->start, right = (*(struct literal_area *const *)other)->start;
    return left < right ? -1 : left > right;
}

// The ranges of the areas, which are sorted; those that touch become one.
static struct literal_set set_of(struct literal_area **areas, size_t count) {
    struct literal_range *ranges = sys_alloc(count * sizeof *ranges);
    size_t last = 0;
    ranges[0] = (struct literal_range){areas[0]->start, areas[0]->size};
    for (size_t i = 1; i < count; i++) {
        if (ranges[last].start + ranges[last].size == areas[i]->start)
            ranges[last].size += areas[i]->size;
        else
            ranges[++last] = (struct literal_range){areas[i]->start, areas[i]->size};
    }
    uintptr_t start = ranges[0].start;
    return (struct literal_set){{start, ranges[last].start + ranges[last].size - start}, last + 1, ranges};
}

struct literal_purge *literal_purge_begin(struct literal_area **areas, size_t count) {
    struct literal_purge *purge = sys_alloc(sizeof *purge + count * sizeof areas[0]);
    purge->area_count = count;
    memcpy(purge->areas, areas, count * sizeof areas[0]);
    qsort(purge->areas, count, sizeof areas[0], by_address);
    purge->set = set_of(purge->areas, count);
    atomic_store(&vm.literals->purge, purge);
    return purge;
}

void literal_purge_end(void) {
    atomic_store(&vm.literals->purge, NULL);
}

void literal_purge_free(struct literal_purge *purge, struct work *work) {
    for (size_t i = 0; i < purge->area_count; i++) {
        literal_area_free(purge->areas[i]);
        work_charge(work, AREA_REDUCTIONS);
    }
    sys_free((void *)purge->set.ranges);
    sys_free(purge);
}

const struct literal_set *literals_purging(void) {
    struct literal_purge *purge = vm.literals ? atomic_load(&vm.literals->purge) : NULL;
    return purge ? &purge->set : NULL;
}

bool literal_purging(const void *address) {
    return literal_set_has(literals_purging(), address);
}
