// Iodata as bytes: binaries and lists, nested at will, of bytes and binaries.

#ifndef PURLIN_IO_IODATA_H
#define PURLIN_IO_IODATA_H

#include "term/term.h"
#include "term/work.h"

// False when the term is no iodata. Charges `work` (NULL: never gives way) for itself and for the copy that follows.
bool iodata_size(term data, size_t *size, struct work *work);
// Writes the bytes of what iodata_size has measured.
void iodata_copy(term data, uint8_t *bytes);
// The bytes of a binary, in place when they are aligned, else copied to `room` (which has the binary's size).
const uint8_t *binary_bytes(term binary, uint8_t *room);
// Copies a bitstring's whole bytes, whatever its alignment.
void bits_copy_bytes(struct bits bits, uint8_t *bytes);

#endif
