// A module's literals: the terms of its LitT chunk, and the large integers among its instructions.
//
// LitT: the size of what follows when inflated (0: it is not compressed), then, compressed, the number of literals and
// each with its size, in the external term format.

#ifndef PURLIN_CODE_LITERAL_H
#define PURLIN_CODE_LITERAL_H

#include "code/code.h"

// Decodes the chunk: sets literals and literal_count. Their values lie in `builder` until literals_finish. False when
// the chunk is damaged.
bool literals_read(struct code *code, struct code_span chunk, struct heap *builder);
// Adds the large integers, once the check has found them, moves all to an area of literals and frees the builder.
void literals_finish(struct code *code, struct heap *builder);
// The large integer that stands at that byte of the Code chunk.
term literal_big_integer(const struct code *code, const uint8_t *operand);
void literals_free(struct code *code);

// Frees what a struct code owns, and itself. Its prepared functions are gone already.
void code_free(struct code *code);

#endif
