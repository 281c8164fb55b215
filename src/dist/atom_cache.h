// Atom caches: what a packet's header says about the atoms that it names.
//
// Each direction of a channel has a cache of 2,048 atoms, which the sender fills: a header gives, for each atom of the
// packet, its place in the cache, and its text when it was not there yet. Layout (OTP's "External Term Format",
// Distribution Header), behind the tag:
//
//     count:8, then, unless count is 0:
//     flags: 4 bits for each atom and 4 for all, the first in the low half of the first byte.
//            An atom's: bit 3 = it is new, bits 0..2 = segment of its place. The last: bit 0 = long texts.
//     for each atom: place in the segment:8; when new: size of the text:8 (long texts: 16), UTF-8

#ifndef PURLIN_DIST_ATOM_CACHE_H
#define PURLIN_DIST_ATOM_CACHE_H

#include "term/term.h"

#define CACHE_ATOMS 2048
#define HEADER_ATOMS_MAX 255

// A cache is CACHE_ATOMS terms, NONE where it is empty.
term *atom_cache_new(void);

// Reads a header and stores its atoms. Returns its size in bytes; 0 when it is malformed.
size_t atom_cache_read(term *cache, const uint8_t *bytes, size_t size, term atoms[HEADER_ATOMS_MAX], unsigned *count);
// The header for `atoms`: how many bytes it may have, and the writing of it, which stores new atoms and returns its
// size.
size_t atom_cache_size_max(const term *atoms, unsigned count);
size_t atom_cache_write(term *cache, const term *atoms, unsigned count, uint8_t *bytes);

#endif
