// Room in a range of addresses: pieces of any size, handed out first fit, so that what lies highest empties first.
// Only the bookkeeping: the memory is the caller's business, and so is a lock.

#ifndef PURLIN_HEAP_ROOM_H
#define PURLIN_HEAP_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct room_piece;
struct room {
    struct room_piece *free; // a treap by address; no two pieces touch
};

void room_init(struct room *room, uintptr_t start, size_t size);
void room_destroy(struct room *room);
bool room_take(struct room *room, size_t size, uintptr_t *start); // false when no free piece is that large
void room_give(struct room *room, uintptr_t start, size_t size);
bool room_is_valid(const struct room *room); // walks it all

#endif
