// Fragments: what a heap holds outside its blocks, and how heaps pass values on.

#include "heap/collect.h"
#include "heap/heap.h"
#include "sys/sys.h"

// A fragment is at least this large, and grows with what the heap has in fragments already up to the second number, so
// that a builder of many small values asks the allocator seldom.
#define FRAGMENT_WORDS_MIN 32
#define FRAGMENT_WORDS_MAX 16384

static size_t fragment_size(const struct heap *heap, size_t words) {
    size_t size = heap->fragment_words;
    if (size < FRAGMENT_WORDS_MIN)
        size = FRAGMENT_WORDS_MIN;
    if (size > FRAGMENT_WORDS_MAX)
        size = FRAGMENT_WORDS_MAX;
    return words > size ? words : size;
}

term *heap_alloc_fragment(struct heap *heap, size_t words) {
    size_t room = (size_t)(heap->fragment_end - heap->fragment_top);
    if (room >= words) {
        term *at = heap->fragment_top;
        heap->fragment_top += words;
        return at;
    }
    size_t size = fragment_size(heap, words);
    struct fragment *fragment = sys_alloc(sizeof *fragment + size * sizeof(term));
    *fragment = (struct fragment){.next = heap->fragments, .words = size};
    heap->fragments = fragment;
    heap->fragment_words += size;
    term *at = (term *)(fragment + 1);
    if (size - words > room) { // go on in the one with more room left
        heap->fragment_top = at + words;
        heap->fragment_end = at + size;
    }
    return at;
}

// ---- passing on ---------------------------------------------------------------------------------------------------

static size_t referred_bytes(const struct off_heap *value) {
    return header_kind(value->header) == KIND_SLICE ? ((const term *)value)[4] >> 3 : 0;
}

void heap_adopt_fragment(struct heap *to, struct fragment *fragments) {
    if (!fragments)
        return;
    struct fragment *last = fragments;
    for (;; last = last->next) {
        to->fragment_words += last->words;
        for (struct off_heap *value = last->off_heap; value; value = value->next)
            to->binary_bytes += referred_bytes(value);
        if (!last->next)
            break;
    }
    last->next = to->fragments;
    to->fragments = fragments;
}

void heap_adopt(struct heap *to, struct heap *from) {
    assert_debug(!from->start); // a builder
    if (from->off_heap) {
        struct off_heap *last = from->off_heap;
        while (last->next)
            last = last->next;
        last->next = to->off_heap;
        to->off_heap = from->off_heap;
        to->binary_bytes += from->binary_bytes;
    }
    heap_adopt_fragment(to, from->fragments);
    if (from->fragment_end - from->fragment_top > to->fragment_end - to->fragment_top) {
        to->fragment_top = from->fragment_top;
        to->fragment_end = from->fragment_end;
    }
    *from = (struct heap){};
}

// ---- the end ------------------------------------------------------------------------------------------------------

// Slices of the same binary often follow one another, left by its growing.
void off_heap_release(struct off_heap *values) {
    while (values) {
        struct shared_binary *shared = values->shared;
        size_t count = 0;
        for (; values && values->shared == shared; values = values->next)
            count++;
        shared_binary_release_many(shared, count);
    }
}

void fragment_free(struct fragment *fragments) {
    while (fragments) {
        struct fragment *next = fragments->next;
        off_heap_release(fragments->off_heap);
        sys_free(fragments);
        fragments = next;
    }
}

void heap_free(struct heap *heap) {
    heap_give_back(heap);
    off_heap_release(heap->off_heap);
    off_heap_release(heap->old_off_heap);
    fragment_free(heap->fragments);
    heap_block_free(heap->start, (size_t)(heap->end - heap->start));
    heap_block_free(heap->old_start, (size_t)(heap->old_end - heap->old_start));
    *heap = (struct heap){};
}
