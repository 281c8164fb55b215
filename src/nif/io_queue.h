// Queues of bytes in parts, each of which lies in a shared binary: ErlNifIOQueue, and the queues of drivers' ports.
//
// A shared binary, seen from its capacity on, is an ErlDrvBinary; drivers look at those of a queue, so it holds them.

#ifndef PURLIN_NIF_IO_QUEUE_H
#define PURLIN_NIF_IO_QUEUE_H

#include <erl_driver.h>

#include "heap/heap.h"

static_assert(offsetof(struct shared_binary, bytes) - offsetof(struct shared_binary, capacity) ==
              offsetof(ErlDrvBinary, orig_bytes));

static inline ErlDrvBinary *binary_of_shared(struct shared_binary *shared) {
    return (ErlDrvBinary *)&shared->capacity;
}
static inline struct shared_binary *binary_shared(ErlDrvBinary *binary) {
    return (struct shared_binary *)((char *)binary - offsetof(struct shared_binary, capacity));
}

// Parts from `head` to `tail`, none of them empty; each owns one reference to its binary.
struct erts_io_queue {
    SysIOVec *parts;
    ErlDrvBinary **binaries;
    size_t head, tail, room;
    size_t size; // bytes
};

enum io_queue_end { IO_QUEUE_FRONT, IO_QUEUE_BACK };

// Adds a part there; takes over one reference.
void io_queue_add(struct erts_io_queue *queue, enum io_queue_end end, struct shared_binary *shared, char *bytes,
                  size_t size);
// The same with a copy of the bytes.
void io_queue_add_copy(struct erts_io_queue *queue, enum io_queue_end end, const void *bytes, size_t size);
// Takes `count` bytes, at most queue->size, off the front.
void io_queue_drop(struct erts_io_queue *queue, size_t count);
// Frees what the queue holds.
void io_queue_clear(struct erts_io_queue *queue);

#endif
