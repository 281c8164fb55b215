// What exports and functions point at while they have no prepared code: the stubs of instructions/call.c.

#ifndef PURLIN_EXEC_LINK_H
#define PURLIN_EXEC_LINK_H

#include "exec/exec.h"

// Stubs do their work at once; only what stands behind them can be where a process stops.
bool exec_is_stub(word instruction_address);
// True for the functions that are neither code nor C, but instructions: erlang:apply/2,3, yield/0, hibernate/3.
bool exec_is_special(term module, term function, uint32_t arity);

#endif
