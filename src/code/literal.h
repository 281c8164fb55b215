// A module's literals: the terms of its LitT chunk, and the large integers among its instructions.
//
// LitT: the size of what follows when inflated (0: it is not compressed), then, compressed, the number of literals and
// each with its size, in the external term format.

#ifndef PURLIN_CODE_LITERAL_H
#define PURLIN_CODE_LITERAL_H

#include "code/code.h"

// Sets literal_count; false when the chunk is damaged.
bool literals_count(struct code *code);
// The large integer that stands at that byte of the Code chunk.
term literal_big_integer(struct code *code, const uint8_t *operand);
void literals_free(struct code *code);

// Frees what a struct code owns, and itself. Its prepared functions are gone already.
void code_free(struct code *code);

#endif
