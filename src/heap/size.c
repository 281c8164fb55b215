// Sizes of blocks, and moving a whole block to one of another size.

#include "heap/collect.h"
#include "sys/account.h"
#include "sys/sys.h"

#define CLASS_FIRST 24
#define CLASS_FIBONACCI_MAX (1024 * 1024)

size_t heap_size_class(size_t words) {
    size_t before = CLASS_FIRST * 2 / 3, size = CLASS_FIRST;
    while (size < words) {
        size_t next = size < CLASS_FIBONACCI_MAX ? before + size : size + size / 5;
        before = size;
        size = next;
    }
    return size;
}

term *heap_block_alloc(size_t words) {
    account_add(ACCOUNT_PROCESSES, (ptrdiff_t)(words * sizeof(term)));
    return sys_alloc(words * sizeof(term));
}

void heap_block_free(term *start, size_t words) {
    if (!start)
        return;
    account_add(ACCOUNT_PROCESSES, -(ptrdiff_t)(words * sizeof(term)));
    sys_free(start);
}

void heap_init(struct heap *heap, size_t words) {
    term *start = heap_block_alloc(words);
    *heap = (struct heap){
        .start = start,
        .top = start,
        .mature = start,
        .stack = start + words,
        .end = start + words,
        .fullsweep_after = 65535, // as on OTP
    };
}

// ---- moving a block -----------------------------------------------------------------------------------------------

// The values that lay in `bytes` bytes from `start` on are now `delta` bytes further.
struct shift {
    uintptr_t start, bytes;
    uintptr_t delta;
};

static inline bool is_shifted(struct shift shift, uintptr_t address) {
    return address - shift.start < shift.bytes;
}

static void shift_word(struct shift shift, term *slot) {
    if (is_pointer(*slot) && is_shifted(shift, *slot))
        *slot += shift.delta;
}

static void shift_words(struct shift shift, term *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        shift_word(shift, words + i);
}

static void shift_values(struct shift shift, term *at, const term *end) {
    while (at < end) {
        if (is_header(*at) && header_kind(*at) >= KIND_OPAQUE)
            at += 1 + header_size(*at);
        else
            shift_word(shift, at++);
    }
}

static void shift_off_heap(struct shift shift, struct off_heap **link) {
    for (; *link; link = &(*link)->next) {
        if (is_shifted(shift, (uintptr_t)*link))
            *link = (struct off_heap *)((uintptr_t)*link + shift.delta);
    }
}

static void shift_roots(struct shift shift, struct heap *heap, struct root_list roots) {
    shift_words(shift, heap->stack, heap_stack_size(heap));
    for (size_t i = 0; i < roots.count; i++)
        shift_words(shift, roots.roots[i].terms, roots.roots[i].count);
}

// Copies the used words and says by how much they moved.
static struct shift copy_block(term *to, const term *from, size_t words) {
    if (words > 0)
        memcpy(to, from, words * sizeof(term)); // NOLINT(*NonNullParamChecker): words need a block
    return (struct shift){(uintptr_t)from, words * sizeof(term), (uintptr_t)to - (uintptr_t)from};
}

void heap_resize(struct heap *heap, size_t size, struct root_list roots) {
    size_t used = (size_t)(heap->top - heap->start), stack = heap_stack_size(heap);
    assert_debug(!heap->fragments && used + stack <= size);
    term *start = heap_block_alloc(size);
    struct shift shift = copy_block(start, heap->start, used);
    if (stack > 0)
        memcpy(start + size - stack, heap->stack, stack * sizeof(term));
    heap_block_free(heap->start, heap_block_size(heap));
    heap->mature = start + (heap->mature - heap->start);
    heap->start = start;
    heap->top = start + used;
    heap->end = start + size;
    heap->stack = heap->end - stack;

    shift_values(shift, heap->start, heap->top);
    shift_roots(shift, heap, roots);
    shift_off_heap(shift, &heap->off_heap);
}

void heap_resize_old(struct heap *heap, size_t size, struct root_list roots) {
    size_t used = heap_old_used(heap);
    assert_debug(!heap->fragments && used <= size);
    term *start = size ? heap_block_alloc(size) : NULL;
    struct shift shift = copy_block(start, heap->old_start, used);
    heap_block_free(heap->old_start, (size_t)(heap->old_end - heap->old_start));
    heap->old_start = start;
    heap->old_top = start ? start + used : NULL;
    heap->old_end = start ? start + size : NULL;

    shift_values(shift, heap->old_start, heap->old_top);
    shift_values(shift, heap->start, heap->top);
    shift_roots(shift, heap, roots);
    shift_off_heap(shift, &heap->old_off_heap);
}
