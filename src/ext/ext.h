// Values as bytes: the external term format.

#ifndef PURLIN_EXT_EXT_H
#define PURLIN_EXT_EXT_H

#include "heap/heap.h"
#include "term/print.h"
#include "term/work.h"

struct ext_options {
    uint32_t flags;    // distribution flags of the reader (which tags it knows); EXT_FLAGS_LOCAL for term_to_binary
    int minor_version; // 0, 1 or 2
    bool deterministic;
};

// Appends the value, without the version byte.
void ext_encode(struct text *out, term value, const struct ext_options *options, struct work *work);
size_t ext_encoded_size(term value, const struct ext_options *options);
// Reads one value (no version byte) and sets *used; NONE when the bytes are malformed. With `safe` it makes no new
// atoms and no external funs.
term ext_decode(struct heap *heap, const uint8_t *bytes, size_t size, bool safe, size_t *used, struct work *work);
// The same with version byte and compression: what binary_to_term takes.
term ext_decode_binary(struct heap *heap, const uint8_t *bytes, size_t size, bool safe, size_t *used,
                       struct work *work);

#endif
