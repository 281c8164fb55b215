// Sets of words. They do without what cannot be allocated: memory may be what the report is about.

#include "report/address_set.h"

#include <string.h>

#include "sys/sys.h"

#define FIRST_ROOM 512

// What lies side by side in memory is found one after the other: 16 such words share two cache lines of the index.
static size_t *place(const struct address_set *set, uint64_t word) {
    size_t line = (word >> 7) * 0x9e3779b97f4a7c15u >> 20;
    for (size_t at = line << 4 | (word >> 3 & 15);; at++) {
        size_t *slot = &set->index[at & set->mask];
        if (*slot == 0 || set->items[*slot - 1] == word)
            return slot;
    }
}

static bool grow(struct address_set *set) {
    size_t room = set->room ? 2 * set->room : FIRST_ROOM;
    uint64_t *items = sys_try_realloc(set->items, room * sizeof *items);
    if (!items)
        return false;
    set->items = items;
    size_t *index = sys_try_alloc(2 * room * sizeof *index);
    if (!index)
        return false;
    sys_free(set->index);
    set->index = memset(index, 0, 2 * room * sizeof *index);
    set->mask = 2 * room - 1;
    set->room = room;
    for (size_t i = 0; i < set->count; i++)
        *place(set, set->items[i]) = i + 1;
    return true;
}

void address_set_add(struct address_set *set, uint64_t word) {
    if (set->count == set->room && !grow(set))
        return;
    size_t *slot = place(set, word);
    if (*slot)
        return;
    set->items[set->count++] = word;
    *slot = set->count;
}

void address_set_clear(struct address_set *set) {
    set->count = 0;
    if (set->index)
        memset(set->index, 0, (set->mask + 1) * sizeof *set->index);
}

void address_set_free(struct address_set *set) {
    sys_free(set->items);
    sys_free(set->index);
    *set = (struct address_set){0};
}
