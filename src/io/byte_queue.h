// Bytes that wait to be read, as binaries were given: large ones are shared, not copied.

#ifndef PURLIN_IO_BYTE_QUEUE_H
#define PURLIN_IO_BYTE_QUEUE_H

#include "heap/heap.h"

struct byte_piece {
    struct byte_piece *next;
    struct shared_binary *shared; // one reference is ours
    size_t offset, size;          // what is left of it, in bytes
};

struct byte_queue {
    struct byte_piece *first, **end; // `end` is set by the first push
    size_t size;                     // bytes in all pieces
};

void byte_queue_push(struct byte_queue *queue, term binary);
// The front piece's bytes; NULL when the queue is empty.
uint8_t *byte_queue_front(const struct byte_queue *queue, size_t *size);
// A binary of the front piece.
term byte_queue_front_binary(const struct byte_queue *queue, struct heap *heap);
// Both take at most what is there.
void byte_queue_skip(struct byte_queue *queue, size_t size);
void byte_queue_copy(const struct byte_queue *queue, uint8_t *to, size_t size);
// The index of the first such byte; false when there is none.
bool byte_queue_find(const struct byte_queue *queue, uint8_t byte, size_t *index);
void byte_queue_clear(struct byte_queue *queue);

#endif
