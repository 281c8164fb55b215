// The collector: copying, two generations.
//
// What a collection does with a value depends on where it lies:
//
//                       minor          full           compact
//   block below mature  old block      new old block  new block
//   block above mature  new block      new block      new block
//   fragments           new block      new block      new block
//   old block           stays          new old block  new block
//   literals            stay           stay           stay
//
// So a value is promoted when it survives its second collection. A full collection is due when the old block lacks the
// room for what a minor one would promote (then its size grows by half of what it could hold at most, so that the words
// copied stay in proportion to the words allocated), after `fullsweep_after` minor ones, or when the binaries of the
// old block have piled up. Heaps below a few thousand bytes are always compacted: that costs next to nothing and saves
// the second block.
//
// Moved values leave a forward: a boxed term in place of the header, MARK_MOVED and the new list term in a cell.

#include "heap/collect.h"
#include "heap/copy.h"
#include "sys/sys.h"

#define COMPACT_WORDS (HARD_TEST ? 64 : 1024) // heaps up to this size have no old block
#define OLD_BINARY_BYTES ((size_t)32 << 20)   // promoted since the last full collection: time for the next
#define YOUNG_BINARY_BYTES ((size_t)512 << 10)
#define FRAGMENT_WORDS 256

enum mode { MODE_MINOR, MODE_FULL, MODE_COMPACT };

// Where values are copied to.
struct space {
    term *start, *scan, *top, *end; // scanned up to `scan`, filled up to `top`
};

struct collection {
    struct heap *heap;
    struct space young, old;
    uintptr_t block, block_bytes, mature; // what is collected
    uintptr_t old_block, old_block_bytes; // no bytes when its values stay
    bool has_fragments;
    struct space *aged_to; // for values below mature
    struct space *old_to;  // for values of the old block; NULL when they stay
};

// ---- moving -------------------------------------------------------------------------------------------------------

static inline bool in_space(const struct space *space, const term *words) {
    return words >= space->start && words < space->end;
}

// The space that a value is moved to; NULL when it stays.
static inline struct space *destination(struct collection *collection, const term *words) {
    uintptr_t address = (uintptr_t)words;
    if (address - collection->block < collection->block_bytes)
        return address < collection->mature ? collection->aged_to : &collection->young;
    if (address - collection->old_block < collection->old_block_bytes)
        return collection->old_to;
    if (!collection->has_fragments || in_space(&collection->young, words) || in_space(&collection->old, words) ||
        is_literal(words))
        return NULL;
    return &collection->young; // a fragment
}

static inline term *space_take(struct space *space, size_t words) {
    assert_always((size_t)(space->end - space->top) >= words);
    term *at = space->top;
    space->top += words;
    return at;
}

static inline void move_boxed(struct space *to, term *slot) {
    term *words = boxed(*slot);
    if (is_boxed(words[0])) {
        *slot = words[0];
        return;
    }
    assert_debug(is_header(words[0]));
    size_t count = 1 + header_size(words[0]);
    term *copy = space_take(to, count);
    words_copy(copy, words, count);
    *slot = words[0] = boxed_make(copy);
}

// Moves a cell and the ones behind it, so that a list's cells lie together.
static inline void move_list(struct collection *collection, struct space *to, struct space *forced, term *slot) {
    for (;;) {
        term *words = list_cell(*slot);
        if (words[0] == MARK_MOVED) {
            *slot = words[1];
            return;
        }
        term *cell = space_take(to, 2);
        cell[0] = words[0];
        cell[1] = words[1];
        words[0] = MARK_MOVED;
        *slot = words[1] = list_make(cell);
        slot = cell + 1;
        if (!is_list(*slot))
            return;
        to = destination(collection, list_cell(*slot));
        if (!to)
            return;
        if (forced)
            to = forced;
    }
}

// Moves what the pointer leads to, if it has to move, and corrects the pointer. `forced` overrides the destination:
// what a promoted value refers to is promoted with it, for the old block never points into the young one.
static inline void move_pointer(struct collection *collection, struct space *forced, term *slot) {
    struct space *to = destination(collection, (term *)(*slot & ~(term)TAG_MASK));
    if (!to)
        return;
    if (forced)
        to = forced;
    if (is_list(*slot))
        move_list(collection, to, forced, slot);
    else
        move_boxed(to, slot);
}

static void move_words(struct collection *collection, term *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (is_pointer(words[i]))
            move_pointer(collection, NULL, words + i);
    }
}

static void scan_space(struct collection *collection, struct space *space, struct space *forced) {
    term *at = space->scan;
    for (; at < space->top; at++) {
        if (is_pointer(*at))
            move_pointer(collection, forced, at);
        else if (is_header(*at) && header_kind(*at) >= KIND_OPAQUE)
            at += header_size(*at);
    }
    space->scan = at;
}

static void move_reachable(struct collection *collection, struct root_list roots) {
    move_words(collection, collection->young.end, heap_stack_size(collection->heap));
    for (size_t i = 0; i < roots.count; i++)
        move_words(collection, roots.roots[i].terms, roots.roots[i].count);
    struct space *young = &collection->young, *old = &collection->old;
    while (young->scan < young->top || old->scan < old->top) {
        scan_space(collection, young, NULL);
        scan_space(collection, old, old);
    }
}

// ---- what lies outside the heap -----------------------------------------------------------------------------------

// The values of one off-heap list: those that moved are linked into the list of the space where they are now, and the
// others let go of what they own.
static void sweep(struct collection *collection, struct off_heap *values) {
    struct heap *heap = collection->heap;
    struct off_heap *dead = NULL;
    for (struct off_heap *next; values; values = next) {
        next = values->next;
        if (!is_boxed(values->header)) {
            values->next = dead;
            dead = values;
            continue;
        }
        struct off_heap *moved = (struct off_heap *)boxed(values->header);
        if (in_space(&collection->old, (term *)moved)) {
            moved->next = heap->old_off_heap;
            heap->old_off_heap = moved;
            if (header_kind(moved->header) == KIND_SLICE)
                heap->old_binary_bytes += ((term *)moved)[4] >> 3;
        } else {
            moved->next = heap->off_heap;
            heap->off_heap = moved;
        }
    }
    off_heap_release(dead);
}

static void sweep_all(struct collection *collection) {
    struct heap *heap = collection->heap;
    struct off_heap *young = heap->off_heap, *old = heap->old_off_heap;
    heap_give_back(heap);
    heap->off_heap = NULL;
    if (collection->old_to) {
        heap->old_off_heap = NULL;
        sweep(collection, old);
        heap->old_binary_bytes = 0; // counts what comes from now on
    }
    sweep(collection, young);
    for (struct fragment *fragment = heap->fragments; fragment; fragment = fragment->next) {
        sweep(collection, fragment->off_heap);
        fragment->off_heap = NULL;
    }
    heap->binary_bytes = 0;
}

// ---- one collection -----------------------------------------------------------------------------------------------

#define MINOR_IN_ROW 3 // in the hard-test build, so that the old block moves, too
static bool is_old_block_due(const struct heap *heap) {
    return heap->minor_count >= MINOR_IN_ROW + heap_old_used(heap) / HARD_TEST_WORDS;
}

static enum mode choose_mode(const struct heap *heap, bool full) {
    size_t young = (size_t)(heap->top - heap->start), aged = (size_t)(heap->mature - heap->start);
    if (young + heap->fragment_words + heap_old_used(heap) <= COMPACT_WORDS)
        return MODE_COMPACT;
    if (full || heap->minor_count >= heap->fullsweep_after || (HARD_TEST && is_old_block_due(heap)))
        return MODE_FULL;
    if (heap->old_start && (size_t)(heap->old_end - heap->old_top) < aged)
        return MODE_FULL;
    if (heap->old_binary_bytes > OLD_BINARY_BYTES + heap_old_used(heap) * sizeof(term))
        return MODE_FULL;
    return MODE_MINOR;
}

static struct space space_new(size_t words) {
    if (words == 0)
        return (struct space){};
    term *start = heap_block_alloc(words);
    return (struct space){start, start, start, start + words};
}

// The space for the young values: the same size again unless everything that might survive, the stack and `need` would
// not fit. The stack is copied to its end.
static struct space young_space(const struct heap *heap, size_t survivors, size_t need) {
    size_t stack = heap_stack_size(heap), size = heap_block_size(heap);
    if (survivors + stack + need > size)
        size = heap_size_class(survivors + stack + need);
    struct space space = space_new(size);
    space.end -= stack;
    if (stack > 0)
        memcpy(space.end, heap->stack, stack * sizeof(term)); // NOLINT(*NonNullParamChecker): a stack lies in a block
    return space;
}

static void begin(struct collection *collection, struct heap *heap, size_t need, enum mode mode) {
    *collection = (struct collection){
        .heap = heap,
        .block = (uintptr_t)heap->start,
        .block_bytes = (uintptr_t)heap->top - (uintptr_t)heap->start,
        .mature = (uintptr_t)heap->mature,
        .old_block = (uintptr_t)heap->old_start,
        .old_block_bytes = mode == MODE_MINOR ? 0 : (uintptr_t)heap->old_top - (uintptr_t)heap->old_start,
        .has_fragments = heap->fragments != NULL,
    };
    size_t aged = (size_t)(heap->mature - heap->start), old = heap_old_used(heap);
    size_t survivors = (size_t)(heap->top - heap->mature) + heap->fragment_words;
    switch (mode) {
    case MODE_COMPACT:
        survivors += aged + old;
        collection->aged_to = collection->old_to = &collection->young;
        break;
    case MODE_FULL:
        collection->old = space_new(aged + old ? heap_size_class((aged + old) / 2 * 3) : 0);
        collection->aged_to = collection->old_to = &collection->old;
        break;
    case MODE_MINOR:
        if (heap->old_start)
            collection->old = (struct space){heap->old_start, heap->old_top, heap->old_top, heap->old_end};
        else
            collection->old = space_new(aged ? heap_size_class(aged / 2 * 3) : 0);
        collection->aged_to = &collection->old;
        break;
    }
    collection->young = young_space(heap, survivors, need);
}

static void finish(struct collection *collection) {
    struct heap *heap = collection->heap;
    size_t stack = heap_stack_size(heap);
    fragment_free(heap->fragments);
    heap->fragments = NULL;
    heap->fragment_top = heap->fragment_end = NULL;
    heap->fragment_words = 0;

    heap_block_free(heap->start, heap_block_size(heap));
    heap->start = collection->young.start;
    heap->top = heap->mature = collection->young.top;
    heap->stack = collection->young.end;
    heap->end = heap->stack + stack;

    if (collection->old_to)
        heap_block_free(heap->old_start, (size_t)(heap->old_end - heap->old_start));
    heap->old_start = collection->old.start;
    heap->old_top = collection->old.top;
    heap->old_end = collection->old.end;
}

static size_t collect(struct heap *heap, size_t need, enum mode mode, struct root_list roots) {
    assert_deep(heap_is_valid(heap, roots));
    struct collection collection;
    begin(&collection, heap, need, mode);
    const term *old_start = collection.old.scan;
    move_reachable(&collection, roots);
    sweep_all(&collection);
    finish(&collection);
    heap->minor_count = mode == MODE_MINOR ? heap->minor_count + 1 : 0;
    return (size_t)(heap->top - heap->start) + (size_t)(heap->old_top - old_start);
}

// ---- sizes --------------------------------------------------------------------------------------------------------

#define NURSERY_WORDS_MAX 262144 // 2 MiB: about the second cache

// The size that the block should not be below: beside a large old block it has to be worth a collection, too. A process
// with much that lives does more with the next words, as a rule, and then few of them survive.
static size_t smallest_block(const struct heap *heap) {
    size_t size = heap_old_used(heap);
    if (size > NURSERY_WORDS_MAX)
        size = NURSERY_WORDS_MAX;
    return size > heap->size_minimum ? size : heap->size_minimum;
}

// The block should be neither so full that the next collection comes at once (for its cost is that of the survivors
// and the stack) nor mostly empty.
static void adjust_block(struct heap *heap, size_t need, struct root_list roots) {
    size_t size = heap_block_size(heap), smallest = smallest_block(heap);
    size_t used = (size_t)(heap->top - heap->start) + heap_stack_size(heap) + need;
    size_t wanted = size;
    if (used > size - size / 4)
        wanted = heap_size_class(used / 2 * 3);
    else if (used < size / 4)
        wanted = heap_size_class(used * 3);
    if (wanted < smallest)
        wanted = smallest;
    if (wanted > size || wanted <= size / 2)
        heap_resize(heap, wanted, roots);
}

static void adjust_old(struct heap *heap, struct root_list roots) {
    size_t size = (size_t)(heap->old_end - heap->old_start), used = heap_old_used(heap);
    if (size > 0 && used < size / 4)
        heap_resize_old(heap, used ? heap_size_class(used * 2) : 0, roots);
}

size_t heap_collect(struct heap *heap, size_t need, const struct heap_roots *roots, size_t root_count, bool full,
                    bool *too_large) {
    struct root_list list = {roots, root_count};
    enum mode mode = choose_mode(heap, full);
    size_t copied = collect(heap, need, mode, list);
    adjust_block(heap, need, list);
    if (mode == MODE_FULL)
        adjust_old(heap, list);
    assert_deep(heap_is_valid(heap, list));
    assert_debug((size_t)(heap->stack - heap->top) >= need);
    if (too_large)
        *too_large = heap->size_maximum > 0 &&
                     heap_block_size(heap) + (size_t)(heap->old_end - heap->old_start) > heap->size_maximum;
    return copied;
}

size_t heap_collection_words(const struct heap *heap, bool full) {
    size_t words = heap_block_size(heap) + heap->fragment_words;
    return choose_mode(heap, full) == MODE_MINOR ? words : words + heap_old_used(heap);
}

void heap_compact(struct heap *heap, size_t need, struct root_list roots) {
    collect(heap, need, MODE_COMPACT, roots);
}

size_t heap_shrink(struct heap *heap, const struct heap_roots *roots, size_t root_count) {
    struct root_list list = {roots, root_count};
    size_t copied = collect(heap, 0, MODE_COMPACT, list);
    heap_resize(heap, (size_t)(heap->top - heap->start) + heap_stack_size(heap), list);
    assert_deep(heap_is_valid(heap, list));
    return copied;
}

bool heap_wants_collection(const struct heap *heap) {
    size_t size = heap_block_size(heap);
    size_t binary_bytes = heap->binary_minimum ? heap->binary_minimum * sizeof(term) : YOUNG_BINARY_BYTES;
    return heap->fragment_words > FRAGMENT_WORDS + size || heap->binary_bytes > binary_bytes + size * sizeof(term);
}
