// Literals: areas in one reserved range of addresses, and their purge.
//
// Room in the range is handed out first fit from a list of free pieces, in the order of their addresses; neighbours
// melt together. Memory is committed up to the highest address ever used.

#include <pthread.h>

#include "heap/copy.h"
#include "heap/heap.h"
#include "sys/sys.h"
#include "vm.h"

uintptr_t literal_base;

struct literal_area {
    uintptr_t start;
    size_t size; // bytes
    struct off_heap *off_heap;
};

struct free_piece {
    struct free_piece *next;
    uintptr_t start;
    size_t size;
};

struct literals {
    pthread_mutex_t lock; // of the pieces and of `committed`
    struct free_piece *free;
    uintptr_t committed; // end of the memory that may be used
    _Atomic(struct literal_area *) purging;
};

#define COMMIT_BYTES ((size_t)1 << 20)
#define PIECE_BYTES 64 // what sizes are rounded to: a cache line, so that areas share none

void literal_init(void) {
    struct literals *literals = sys_alloc_zero(sizeof *literals);
    pthread_mutex_init(&literals->lock, NULL);
    literal_base = (uintptr_t)sys_reserve(LITERAL_RANGE);
    literals->committed = literal_base;
    literals->free = sys_alloc(sizeof *literals->free);
    *literals->free = (struct free_piece){NULL, literal_base, LITERAL_RANGE};
    vm.literals = literals;
}

// ---- room in the range --------------------------------------------------------------------------------------------

static void commit_to(struct literals *literals, uintptr_t end) {
    if (end <= literals->committed)
        return;
    size_t bytes = (end - literals->committed + COMMIT_BYTES - 1) & ~(COMMIT_BYTES - 1);
    sys_commit((void *)literals->committed, bytes);
    literals->committed += bytes;
}

static uintptr_t room_take(struct literals *literals, size_t size) {
    pthread_mutex_lock(&literals->lock);
    struct free_piece **link = &literals->free;
    while (*link && (*link)->size < size)
        link = &(*link)->next;
    struct free_piece *piece = *link;
    if (!piece)
        sys_fatal("literal_alloc: Cannot allocate %zu bytes of memory (of type \"literal\").", size);
    uintptr_t start = piece->start;
    piece->start += size;
    piece->size -= size;
    if (piece->size == 0) {
        *link = piece->next;
        sys_free(piece);
    }
    commit_to(literals, start + size);
    pthread_mutex_unlock(&literals->lock);
    return start;
}

static void room_give(struct literals *literals, uintptr_t start, size_t size) {
    pthread_mutex_lock(&literals->lock);
    struct free_piece *before = NULL, *after = literals->free;
    while (after && after->start < start) {
        before = after;
        after = after->next;
    }
    if (before && before->start + before->size == start) {
        before->size += size;
    } else {
        struct free_piece *piece = sys_alloc(sizeof *piece);
        *piece = (struct free_piece){after, start, size};
        *(before ? &before->next : &literals->free) = piece;
        before = piece;
    }
    if (after && before->start + before->size == after->start) {
        before->size += after->size;
        before->next = after->next;
        sys_free(after);
    }
    pthread_mutex_unlock(&literals->lock);
}

// ---- areas --------------------------------------------------------------------------------------------------------

struct literal_area *literal_area_new(term *values, size_t count) {
    struct copy_rule rule = copy_rule_all();
    size_t words = 0;
    for (size_t i = 0; i < count; i++)
        words += copy_size(rule, values[i]);
    struct literal_area *area = sys_alloc_zero(sizeof *area);
    if (words == 0)
        return area;
    area->size = (words * sizeof(term) + PIECE_BYTES - 1) & ~(size_t)(PIECE_BYTES - 1);
    area->start = room_take(vm.literals, area->size);
    term *at = (term *)area->start;
    for (size_t i = 0; i < count; i++) {
        size_t size = copy_size(rule, values[i]);
        copy_words(rule, &values[i], at, size, &area->off_heap);
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
    if (area->size > 0)
        room_give(vm.literals, area->start, area->size);
    sys_free(area);
}

// ---- purge --------------------------------------------------------------------------------------------------------

void literal_purge_begin(struct literal_area *area) {
    atomic_store(&vm.literals->purging, area);
}

void literal_purge_end(void) {
    atomic_store(&vm.literals->purging, NULL);
}

struct copy_rule copy_rule_purging(void) {
    struct literal_area *area = vm.literals ? atomic_load(&vm.literals->purging) : NULL;
    return area ? (struct copy_rule){area->start, area->size} : (struct copy_rule){0, 0};
}

bool literal_purging(const void *address) {
    struct copy_rule rule = copy_rule_purging();
    return (uintptr_t)address - rule.literals < rule.literals_size;
}
