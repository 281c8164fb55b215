// The check of a module's instructions, done once, before anything is made of them. What passes is trusted.

#ifndef PURLIN_CODE_CHECK_H
#define PURLIN_CODE_CHECK_H

#include "code/code.h"

// `code` has its chunks, atoms, imports and counts, and room for function_count functions, which this fills in, with
// on_load and big_integers. False with a sentence in `why` when the instructions are bad.
bool check_instructions(struct code *code, char why[CODE_WHY_SIZE]);

struct opcode_info {
    const char *name; // NULL: not an instruction that we know
    const char *operands;
};
extern const struct opcode_info opcode_infos[OPCODE_COUNT];

#endif
