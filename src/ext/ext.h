// Values as bytes: the external term format.

#ifndef PURLIN_EXT_EXT_H
#define PURLIN_EXT_EXT_H

#include "heap/heap.h"
#include "term/print.h"
#include "term/work.h"

#define EXT_VERSION 131

// Distribution flags that decide how a value is written. (The numbers are the protocol's.)
#define EXT_FLAG_V4_NC ((uint64_t)1 << 34) // knows ports of 64 bits
#define EXT_FLAGS_LOCAL (~(uint64_t)0)

// The atoms of a message between nodes, which the value names by index: up to 255, the rest is written out.
#define EXT_ATOMS_MAX 255
#define EXT_ATOM_SLOTS 512
struct ext_atoms {
    unsigned count;
    uint16_t slots[EXT_ATOM_SLOTS]; // by hash: 1 + index, 0: free
    term atoms[EXT_ATOMS_MAX];
};

// Large binaries that are left out of the bytes, and go to where the bytes go from where they lie.
#define EXT_PART_MIN 16384 // below that, copying is cheaper than holding on to it
struct ext_part {
    size_t at; // of the bytes, so many come before it
    struct shared_binary *shared;
    uint8_t *bytes;
    size_t size;
};
struct ext_parts {
    size_t count, size;    // how many, and their bytes together
    struct ext_part *list; // room for as many as were counted, or NULL while counting; it holds no references
};

struct ext_options {
    uint64_t flags;     // distribution flags of the reader (which tags it knows); EXT_FLAGS_LOCAL for term_to_binary
    int minor_version;  // 0: floats as text; 0 and 1: atoms in Latin-1 where possible; 2: all atoms in UTF-8
    bool deterministic; // large maps in the order of their keys
    struct ext_atoms *atoms; // collects the atoms; NULL: they are written out
    struct ext_parts *parts; // collects what is left out; NULL: nothing is
    bool estimates;          // for ext_encoded_size: the size that external_size tells, which is larger for funs
};

// Both directions may give way through `work` (NULL: never), and charge it. Neither recurses, however deep the value.

// Appends the value, without the version byte.
void ext_encode(struct text *out, term value, const struct ext_options *options, struct work *work);
// Writes the value to memory of exactly its size, which ext_encoded_size told with the same options.
void ext_encode_to(uint8_t *bytes, size_t size, term value, const struct ext_options *options, struct work *work);
size_t ext_encoded_size(term value, const struct ext_options *options, struct work *work);
// What term_to_binary returns: the version byte and the value.
term ext_encode_binary(struct heap *heap, term value, const struct ext_options *options, struct work *work);
// Such a binary, compressed with zlib's `level`; `binary` itself when that is no shorter. Takes its time.
term ext_compress(struct heap *heap, term binary, int level);

// Reads one value (no version byte) and sets *used; NONE when the bytes are malformed. With `safe` it makes no new
// atoms and no external funs. Whatever the bytes say, memory stays in proportion to their number.
term ext_decode(struct heap *heap, const uint8_t *bytes, size_t size, bool safe, size_t *used, struct work *work);
// The same with version byte and compression: what binary_to_term takes.
term ext_decode_binary(struct heap *heap, const uint8_t *bytes, size_t size, bool safe, size_t *used,
                       struct work *work);

#endif
