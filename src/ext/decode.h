// Decoding with all its options: what the distribution needs beyond ext.h.

#ifndef PURLIN_EXT_DECODE_H
#define PURLIN_EXT_DECODE_H

#include "heap/heap.h"
#include "term/work.h"

struct ext_reader {
    bool safe;         // no new atoms, no new external funs
    const term *atoms; // that ATOM_CACHE_REF leads to, by index
    size_t atom_count;
    struct shared_binary *source; // in which the bytes lie: a binary that is most of them shares them. Or NULL
};

term ext_read(struct heap *heap, const struct ext_reader *reader, const uint8_t *bytes, size_t size, size_t *used,
              struct work *work);

#endif
