// Flat copies of values.
//
// A value is measured, and then copied into one block of that size, its parts in the order in which a reader meets
// them. Most values are shallow: both is done by recursion. What lies deeper is measured by a walk; its copy is made by
// copying its first part and then reading what has been copied from there, and what a word points to is copied to the
// end, until the reader has caught up. So no stack is needed.

#include "heap/copy.h"
#include "heap/heap.h"
#include "heap/walk.h"

void walk_grow(struct walk *walk) {
    size_t bytes = walk->room * sizeof *walk->waiting;
    if (walk->waiting == walk->local)
        walk->waiting = memcpy(sys_alloc(2 * bytes), walk->local, bytes);
    else
        walk->waiting = sys_realloc(walk->waiting, 2 * bytes);
    walk->room *= 2;
}

// Whether the words that a pointer leads to belong to the copy.
static inline bool is_copied(const struct literal_set *literals, const term *words) {
    return __builtin_expect(!is_literal(words), true) || literal_set_has(literals, words);
}
static inline const term *pointed_to(term value) {
    return (const term *)(value & ~(term)TAG_MASK);
}
static inline bool has_copy(const struct literal_set *literals, term value) {
    return is_pointer(value) && is_copied(literals, pointed_to(value));
}

// However deep the value is.
__attribute__((noinline)) static size_t size_far(const struct literal_set *literals, term value) {
    size_t size = 0;
    struct walk walk;
    walk_begin(&walk, &value, 1);
    for (term word; walk_next(&walk, &word);) {
        if (!has_copy(literals, word))
            continue;
        const term *words = pointed_to(word);
        if (is_list(word)) {
            size += 2;
            walk_into(&walk, words, 2);
        } else {
            size_t count = header_size(words[0]);
            size += 1 + count;
            if (header_kind(words[0]) < KIND_OPAQUE)
                walk_into(&walk, words + 1, count);
        }
    }
    walk_end(&walk);
    return size;
}

enum { NEAR = 8 }; // levels of recursion

// Of what has a copy.
static size_t size_near(const struct literal_set *literals, term value, unsigned depth) {
    if (depth == 0)
        return size_far(literals, value);
    size_t size = 0;
    do {
        const term *words = pointed_to(value);
        if (is_list(value)) {
            size += 2;
            if (has_copy(literals, words[0]))
                size += size_near(literals, words[0], depth - 1);
            value = words[1];
            continue;
        }
        size_t count = header_size(words[0]);
        size += 1 + count;
        if (header_kind(words[0]) >= KIND_OPAQUE || count == 0)
            break;
        for (size_t i = 1; i < count; i++)
            if (has_copy(literals, words[i]))
                size += size_near(literals, words[i], depth - 1);
        value = words[count];
    } while (has_copy(literals, value));
    return size;
}

size_t copy_size(const struct literal_set *literals, term value) {
    return has_copy(literals, value) ? size_near(literals, value, NEAR) : 0;
}

// The copy under way, into the block [start, end).
struct copy {
    const struct literal_set *literals;
    term *start, *top, *end;
    struct off_heap **off_heap;
    size_t binary_bytes;
};

// The words of an opaque value have been copied.
static inline void keep_off_heap(struct copy *copy, term *to) {
    if (header_kind(to[0]) < KIND_OFF_HEAP)
        return;
    struct off_heap *value = (struct off_heap *)to;
    shared_binary_retain(value->shared);
    value->next = *copy->off_heap;
    *copy->off_heap = value;
    if (header_kind(to[0]) == KIND_SLICE)
        copy->binary_bytes += to[4] >> 3;
}

// A list's cells are laid out one after the other; their heads are left to the reader.
static void copy_list(struct copy *copy, term *slot) {
    for (;;) {
        const term *words = list_cell(*slot);
        if (!is_copied(copy->literals, words))
            return;
        term *cell = copy->top;
        copy->top += 2;
        cell[0] = words[0];
        cell[1] = words[1];
        *slot = list_make(cell);
        slot = cell + 1;
        if (!is_list(*slot))
            return;
    }
}

static void copy_boxed(struct copy *copy, term *slot) {
    const term *words = boxed(*slot);
    if (!is_copied(copy->literals, words))
        return;
    size_t count = 1 + header_size(words[0]);
    term *to = copy->top;
    copy->top += count;
    words_copy(to, words, count);
    *slot = boxed_make(to);
    keep_off_heap(copy, to);
}

static void copy_word(struct copy *copy, term *slot) {
    if (is_list(*slot))
        copy_list(copy, slot);
    else if (is_boxed(*slot))
        copy_boxed(copy, slot);
}

// However deep the value is.
__attribute__((noinline)) static void copy_far(struct copy *copy, term *slot) {
    term *at = copy->top;
    copy_word(copy, slot);
    // A list's later cells are in place when the reader comes to the first: it must not take their addresses for ones
    // of the source.
    size_t bytes = (size_t)(copy->end - copy->start) * sizeof(term);
    while (at < copy->top) {
        term word = *at;
        if (is_header(word) && header_kind(word) >= KIND_OPAQUE) {
            at += 1 + header_size(word);
            continue;
        }
        if (is_pointer(word) && (uintptr_t)word - (uintptr_t)copy->start >= bytes)
            copy_word(copy, at);
        at++;
    }
}

// What *slot leads to has a copy; *slot itself is outside the source.
static void copy_near(struct copy *copy, term *slot, unsigned depth) {
    if (depth == 0) {
        copy_far(copy, slot);
        return;
    }
    do {
        const term *words = pointed_to(*slot);
        term *to = copy->top;
        if (is_list(*slot)) {
            copy->top += 2;
            *slot = list_make(to);
            to[0] = words[0];
            to[1] = words[1];
            if (has_copy(copy->literals, to[0]))
                copy_near(copy, to, depth - 1);
            slot = to + 1;
            continue;
        }
        size_t count = header_size(words[0]);
        copy->top += 1 + count;
        *slot = boxed_make(to);
        if (header_kind(words[0]) >= KIND_OPAQUE || count == 0) {
            words_copy(to, words, 1 + count);
            keep_off_heap(copy, to);
            return;
        }
        to[0] = words[0];
        for (size_t i = 1; i < count; i++) {
            to[i] = words[i];
            if (has_copy(copy->literals, to[i]))
                copy_near(copy, to + i, depth - 1);
        }
        slot = to + count;
        *slot = words[count];
    } while (has_copy(copy->literals, *slot));
}

size_t copy_words(const struct literal_set *literals, term *value, term *to, size_t size, struct off_heap **off_heap) {
    struct copy copy = {literals, to, to, to + size, off_heap, 0};
    if (has_copy(literals, *value))
        copy_near(&copy, value, NEAR);
    assert_always(copy.top == copy.end);
    return copy.binary_bytes;
}

static term copy_to_heap(struct heap *to, const struct literal_set *literals, term value) {
    size_t size = copy_size(literals, value);
    if (size > 0)
        to->binary_bytes += copy_words(literals, &value, heap_alloc(to, size), size, &to->off_heap);
    return value;
}

size_t heap_size_of(term value) {
    return copy_size(literals_purging(), value);
}

size_t heap_size_of_all(term value) {
    return copy_size(literals_all(), value);
}

term heap_copy(struct heap *to, term value) {
    return is_pointer(value) ? copy_to_heap(to, literals_purging(), value) : value;
}

term heap_copy_all(struct heap *to, term value) {
    return is_pointer(value) ? copy_to_heap(to, literals_all(), value) : value;
}

// The words of an opaque value; one that owns something is put into the list of its new heap.
static void copy_opaque(struct heap *to, term *at, const term *from, size_t size) {
    memcpy(at + 1, from + 1, size * sizeof(term));
    if (header_kind(from[0]) < KIND_OFF_HEAP)
        return;
    struct off_heap *value = (struct off_heap *)at;
    shared_binary_retain(value->shared);
    value->next = to->off_heap;
    to->off_heap = value;
    if (header_kind(from[0]) == KIND_SLICE)
        to->binary_bytes += at[4] >> 3;
}

term *heap_copy_block(struct heap *to, const term *block, size_t words) {
    term *copy = heap_alloc(to, words);
    uintptr_t distance = (uintptr_t)copy - (uintptr_t)block;
    for (size_t i = 0; i < words; i++) {
        term word = block[i];
        copy[i] = is_pointer(word) ? word + distance : word;
        if (is_header(word) && header_kind(word) >= KIND_OPAQUE) {
            copy_opaque(to, copy + i, block + i, header_size(word));
            i += header_size(word);
        }
    }
    return copy;
}
