// Moving literals of a purged module into the heaps that refer to them.
//
// Many processes may do this at once, so no forward can be left in the literal. A table, by address, keeps each literal
// from being copied more than once into the same heap.

#include "heap/collect.h"
#include "heap/walk.h"
#include "sys/sys.h"

struct literal_copy {
    term literal, copy;
};

struct literal_copies {
    struct literal_copy *entries;
    size_t count, room; // room is a power of two
    struct heap *heap;
};

static struct literal_copy *find(struct literal_copies *copies, term literal) {
    size_t at = (size_t)((literal >> 3) * 0x9e3779b97f4a7c15u >> 20);
    for (;; at++) {
        struct literal_copy *entry = &copies->entries[at & (copies->room - 1)];
        if (entry->literal == literal || entry->literal == 0)
            return entry;
    }
}

static void grow(struct literal_copies *copies) {
    struct literal_copy *entries = copies->entries;
    size_t room = copies->room;
    copies->room = room ? 2 * room : 16;
    copies->entries = sys_alloc_zero(copies->room * sizeof *entries);
    for (size_t i = 0; i < room; i++) {
        if (entries[i].literal)
            *find(copies, entries[i].literal) = entries[i];
    }
    sys_free(entries);
}

static void replace_word(struct literal_copies *copies, term *slot) {
    if (!is_pointer(*slot) || !literal_purging((const term *)(*slot & ~(term)TAG_MASK)))
        return;
    if (copies->count >= copies->room / 2)
        grow(copies);
    struct literal_copy *entry = find(copies, *slot);
    if (!entry->literal) {
        *entry = (struct literal_copy){*slot, heap_copy(copies->heap, *slot)};
        copies->count++;
    }
    *slot = entry->copy;
}

static void replace_words(struct literal_copies *copies, term *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        replace_word(copies, words + i);
}

void heap_copy_literals(struct heap *heap, const struct heap_roots *roots, size_t root_count) {
    // In one block, because it can be read from one end to the other. The copies lie behind it, or in fragments, and
    // hold no purged literals.
    heap_compact(heap, 0, (struct root_list){roots, root_count});
    struct literal_copies copies = {.heap = heap};
    for (term *at = heap->start, *end = heap->top; at < end;) {
        if (is_header(*at) && header_kind(*at) >= KIND_OPAQUE)
            at += 1 + header_size(*at);
        else
            replace_word(&copies, at++);
    }
    replace_words(&copies, heap->stack, heap_stack_size(heap));
    for (size_t i = 0; i < root_count; i++)
        replace_words(&copies, roots[i].terms, roots[i].count);
    heap->mature = heap->start; // old values point to new ones now, so none of them counts as old
    sys_free(copies.entries);
}

bool heap_refers_to_purged(term value) {
    if (!is_pointer(value))
        return false;
    bool found = false;
    struct walk walk;
    walk_begin(&walk, &value, 1);
    for (term word; !found && walk_next(&walk, &word);) {
        if (!is_pointer(word))
            continue;
        const term *words = (const term *)(word & ~(term)TAG_MASK);
        found = literal_purging(words);
        if (is_literal(words))
            continue;
        if (is_list(word))
            walk_into(&walk, words, 2);
        else if (header_kind(words[0]) < KIND_OPAQUE)
            walk_into(&walk, words + 1, header_size(words[0]));
    }
    walk_end(&walk);
    return found;
}
