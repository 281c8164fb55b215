// From the generic instructions of a module's file to what the interpreter runs, one function at a time.

#ifndef PURLIN_EXEC_PREPARE_H
#define PURLIN_EXEC_PREPARE_H

#include "code/code.h"

// Prepares the function if nobody has yet; returns its entry.
const word *exec_prepare(struct function *function);

#endif
