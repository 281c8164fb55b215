// Flat copies of values.
//
// A copy is made in one block of known size: its first part is copied, and then the block is read from its start, and
// what a word points to is copied to the block's end, until the reader has caught up. So no stack is needed.

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
static inline bool is_copied(struct copy_rule rule, const term *words) {
    if (!is_literal(words))
        return true;
    return (uintptr_t)words - rule.literals < rule.literals_size;
}

struct copy_rule copy_rule_all(void) {
    return (struct copy_rule){literal_base, LITERAL_RANGE};
}

// However deep the value is.
static size_t size_far(struct copy_rule rule, term value) {
    size_t size = 0;
    struct walk walk;
    walk_begin(&walk, &value, 1);
    for (term word; walk_next(&walk, &word);) {
        if (!is_pointer(word))
            continue;
        const term *words = (const term *)(word & ~(term)TAG_MASK);
        if (!is_copied(rule, words))
            continue;
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

// Most values are shallow: they are measured by recursion, which is faster, and only what lies deeper by a walk.
enum { NEAR = 8 };

static size_t size_near(struct copy_rule rule, term value, unsigned depth) {
    size_t size = 0;
    while (is_pointer(value)) {
        const term *words = (const term *)(value & ~(term)TAG_MASK);
        if (!is_copied(rule, words))
            break;
        if (depth == 0)
            return size + size_far(rule, value);
        size_t last = 1;
        if (is_list(value)) {
            size += 2;
        } else {
            size_t count = header_size(words[0]);
            size += 1 + count;
            if (header_kind(words[0]) >= KIND_OPAQUE || count == 0)
                break;
            last = count - 1;
            words++;
        }
        for (size_t i = 0; i < last; i++) {
            if (is_pointer(words[i]))
                size += size_near(rule, words[i], depth - 1);
        }
        value = words[last];
    }
    return size;
}

size_t copy_size(struct copy_rule rule, term value) {
    return size_near(rule, value, NEAR);
}

// The copy under way.
struct copy {
    struct copy_rule rule;
    term *top;
    struct off_heap **off_heap;
    size_t binary_bytes;
};

// A list's cells are laid out one after the other; their heads are left to the reader.
static void copy_list(struct copy *copy, term *slot) {
    for (;;) {
        const term *words = list_cell(*slot);
        if (!is_copied(copy->rule, words))
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
    if (!is_copied(copy->rule, words))
        return;
    size_t count = 1 + header_size(words[0]);
    term *to = copy->top;
    copy->top += count;
    words_copy(to, words, count);
    *slot = boxed_make(to);
    if (header_kind(to[0]) >= KIND_OFF_HEAP) {
        struct off_heap *value = (struct off_heap *)to;
        shared_binary_retain(value->shared);
        value->next = *copy->off_heap;
        *copy->off_heap = value;
        if (header_kind(to[0]) == KIND_SLICE)
            copy->binary_bytes += to[4] >> 3;
    }
}

static void copy_word(struct copy *copy, term *slot) {
    if (is_list(*slot))
        copy_list(copy, slot);
    else if (is_boxed(*slot))
        copy_boxed(copy, slot);
}

size_t copy_words(struct copy_rule rule, term *value, term *to, size_t size, struct off_heap **off_heap) {
    struct copy copy = {rule, to, off_heap, 0};
    copy_word(&copy, value);
    // A list's later cells are in place when the reader comes to the first: it must not take their addresses for ones
    // of the source.
    for (term *at = to; at < copy.top;) {
        term word = *at;
        if (is_header(word) && header_kind(word) >= KIND_OPAQUE) {
            at += 1 + header_size(word);
            continue;
        }
        if (is_pointer(word) && (uintptr_t)word - (uintptr_t)to >= size * sizeof(term))
            copy_word(&copy, at);
        at++;
    }
    assert_always(copy.top == to + size);
    return copy.binary_bytes;
}

static term copy_to_heap(struct heap *to, struct copy_rule rule, term value) {
    size_t size = copy_size(rule, value);
    if (size > 0)
        to->binary_bytes += copy_words(rule, &value, heap_alloc(to, size), size, &to->off_heap);
    return value;
}

size_t heap_size_of(term value) {
    return copy_size(copy_rule_purging(), value);
}

size_t heap_size_of_all(term value) {
    return copy_size(copy_rule_all(), value);
}

term heap_copy(struct heap *to, term value) {
    return is_pointer(value) ? copy_to_heap(to, copy_rule_purging(), value) : value;
}

term heap_copy_all(struct heap *to, term value) {
    return is_pointer(value) ? copy_to_heap(to, copy_rule_all(), value) : value;
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
