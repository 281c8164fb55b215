// A growing hash table of pointers that many threads read without a lock.

#include "code/index.h"

#include "sys/sys.h"
#include "vm.h"

// Block b holds the numbers from 64 * (2^b - 1) on, 64 * 2^b of them.
static inline unsigned block_of(uint32_t number, uint32_t *place) {
    uint32_t shifted = number + INDEX_FIRST_BLOCK;
    unsigned block = (unsigned)(31 - __builtin_clz(shifted / INDEX_FIRST_BLOCK));
    *place = shifted - (INDEX_FIRST_BLOCK << block);
    return block;
}

void *index_at(const struct index *index, uint32_t number) {
    uint32_t place;
    unsigned block = block_of(number, &place);
    return index->blocks[block][place];
}

void *index_find(const struct index *index, const void *key) {
    struct index_slots *slots = atomic_load_explicit(&index->slots, memory_order_acquire);
    if (!slots)
        return NULL;
    for (uint32_t at = index->hash(key);; at++) {
        uint32_t number = atomic_load_explicit(&slots->numbers[at & slots->mask], memory_order_acquire);
        if (number == 0)
            return NULL;
        void *item = index_at(index, number - 1);
        if (index->same(item, key))
            return item;
    }
}

static void place_number(const struct index *index, struct index_slots *slots, uint32_t number) {
    uint32_t at = index->hash(index_at(index, number));
    while (atomic_load_explicit(&slots->numbers[at & slots->mask], memory_order_relaxed) != 0)
        at++;
    atomic_store_explicit(&slots->numbers[at & slots->mask], number + 1, memory_order_release);
}

// Readers may still be in the old slots: they find all but what is inserted from now on there.
static void grow(struct index *index, struct index_slots *old) {
    uint32_t size = old ? (old->mask + 1) * 2 : INDEX_FIRST_BLOCK;
    struct index_slots *slots = sys_alloc_zero(sizeof *slots + size * sizeof slots->numbers[0]);
    slots->mask = size - 1;
    for (uint32_t number = 0; number < index_count(index); number++)
        place_number(index, slots, number);
    atomic_store_explicit(&index->slots, slots, memory_order_release);
    if (old && vm.hooks.retire)
        vm.hooks.retire(old, sys_free);
    else
        sys_free(old);
}

void index_insert(struct index *index, void *item) {
    uint32_t number = index_count(index);
    struct index_slots *slots = atomic_load_explicit(&index->slots, memory_order_relaxed);
    if (!slots || (uint64_t)number * 4 >= (uint64_t)(slots->mask + 1) * 3) {
        grow(index, slots);
        slots = atomic_load_explicit(&index->slots, memory_order_relaxed);
    }
    uint32_t place;
    unsigned block = block_of(number, &place);
    assert_always(block < INDEX_BLOCKS);
    if (!index->blocks[block])
        index->blocks[block] = sys_alloc(((size_t)INDEX_FIRST_BLOCK << block) * sizeof(void *));
    index->blocks[block][place] = item;
    place_number(index, slots, number); // releases what was written above to whoever finds the number
    atomic_store_explicit(&index->count, number + 1, memory_order_release);
}

struct hash_numbers index_numbers(const struct index *index) {
    const struct index_slots *slots = atomic_load_explicit(&index->slots, memory_order_acquire);
    struct hash_numbers numbers = {0};
    for (size_t i = 0; slots && i <= slots->mask; i++) {
        uint32_t number = atomic_load_explicit(&slots->numbers[i], memory_order_acquire);
        if (number == 0)
            continue;
        numbers.objects++;
        hash_numbers_deepen(&numbers, (((uint32_t)i - index->hash(index_at(index, number - 1))) & slots->mask) + 1);
    }
    numbers.used = numbers.objects;
    numbers.size = slots ? slots->mask + 1 : 0;
    return numbers;
}
