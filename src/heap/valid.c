// Is a heap in order? For the hard-test build, and to read as the list of what must hold.

#include "heap/collect.h"

// A large old block is read after it was made and then at every so many of the minor collections.
static bool is_old_block_due(const struct heap *heap) {
    return heap->minor_count % (1 + heap_old_used(heap) / HARD_TEST_WORDS) == 0;
}

struct check {
    const struct heap *heap;
    bool is_old; // the words being checked lie in the old block
};

static bool in_block(const struct heap *heap, const term *words) {
    return words >= heap->start && words < heap->top;
}

static bool in_old_block(const struct heap *heap, const term *words) {
    return words >= heap->old_start && words < heap->old_top;
}

static bool is_word_valid(struct check check, term word) {
    if (!is_pointer(word))
        return word != MARK_MOVED;
    const term *words = (const term *)(word & ~(term)TAG_MASK);
    bool is_young = in_block(check.heap, words);
    if (check.is_old && is_young)
        return false;
    if (!is_young && !in_old_block(check.heap, words) && !is_literal(words) && !check.heap->fragments)
        return false;
    return is_boxed(word) == is_header(words[0]);
}

static bool are_words_valid(struct check check, const term *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!is_word_valid(check, words[i]))
            return false;
    }
    return true;
}

static bool are_values_valid(struct check check, const term *at, const term *end) {
    while (at < end) {
        if (is_header(*at) && header_size(*at) >= (size_t)(end - at))
            return false;
        if (is_header(*at) && header_kind(*at) >= KIND_OPAQUE)
            at += 1 + header_size(*at);
        else if (is_header(*at) || is_word_valid(check, *at))
            at++;
        else
            return false;
    }
    return true;
}

static bool is_off_heap_valid(const struct heap *heap, const struct off_heap *value, bool is_old) {
    for (; value; value = value->next) {
        const term *words = (const term *)value;
        if (!is_header(value->header) || header_kind(value->header) < KIND_OFF_HEAP)
            return false;
        if (is_old != in_old_block(heap, words) || atomic_load(&value->shared->references) == 0)
            return false;
    }
    return true;
}

bool heap_is_valid(const struct heap *heap, struct root_list roots) {
    if (heap->start > heap->mature || heap->mature > heap->top || heap->top > heap->stack || heap->stack > heap->end)
        return false;
    if (heap->old_start > heap->old_top || heap->old_top > heap->old_end)
        return false;
    struct check young = {heap, false}, old = {heap, true};
    // What lies above `mature` may have gaps that a built-in function allocated and did not need.
    if (!are_values_valid(young, heap->start, heap->mature))
        return false;
    if (is_old_block_due(heap) && !are_values_valid(old, heap->old_start, heap->old_top))
        return false;
    if (!are_words_valid(young, heap->stack, heap_stack_size(heap)))
        return false;
    for (size_t i = 0; i < roots.count; i++) {
        if (!are_words_valid(young, roots.roots[i].terms, roots.roots[i].count))
            return false;
    }
    return is_off_heap_valid(heap, heap->off_heap, false) && is_off_heap_valid(heap, heap->old_off_heap, true);
}
