#ifndef PURLIN_DRIVER_BINARY_H
#define PURLIN_DRIVER_BINARY_H

#include "nif/io_queue.h"

// Whether it has `size` bytes at `offset`.
bool driver_binary_holds(const ErlDrvBinary *binary, size_t offset, size_t size);
// A binary of that part; takes a reference of its own, if any.
term driver_binary_term(struct heap *heap, ErlDrvBinary *binary, size_t offset, size_t size);

#endif
