// Between the files of the collector.

#ifndef PURLIN_HEAP_COLLECT_H
#define PURLIN_HEAP_COLLECT_H

#include "heap/heap.h"

// All that leads into a heap from outside, but for its own stack.
struct root_list {
    const struct heap_roots *roots;
    size_t count;
};

static inline size_t heap_block_size(const struct heap *heap) {
    return (size_t)(heap->end - heap->start);
}
static inline size_t heap_stack_size(const struct heap *heap) {
    return (size_t)(heap->end - heap->stack);
}
static inline size_t heap_old_used(const struct heap *heap) {
    return (size_t)(heap->old_top - heap->old_start);
}

// The hard-test build collects after nearly every instruction. What costs as much as the old block holds (moving it,
// reading it) it does once in so many minor collections that each has about this many words to bear.
#define HARD_TEST_WORDS 256

// Blocks, counted in the accounts.
term *heap_block_alloc(size_t words);
void heap_block_free(term *start, size_t words);

void off_heap_release(struct off_heap *values); // the whole list lets go of what it owns

// The size of a block for that many words: the next in a series that grows as Fibonacci's, from about a million words
// on by a fifth.
size_t heap_size_class(size_t words);

// Moves the block (the old block) to a new one of `size` words and corrects all that points into it (size.c). Only
// right after a collection: no fragments, all words written.
void heap_resize(struct heap *heap, size_t size, struct root_list roots);
void heap_resize_old(struct heap *heap, size_t size, struct root_list roots);

// Collects everything into one block that has `need` words to spare (and a good many more).
void heap_compact(struct heap *heap, size_t need, struct root_list roots);

// Walks a heap: every word is a term, every pointer leads to this heap or to literals, the old block does not point
// into the young one, off-heap lists hold what they should (valid.c).
bool heap_is_valid(const struct heap *heap, struct root_list roots);

#endif
