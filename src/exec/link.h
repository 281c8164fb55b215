// What exports and functions point at while they have no prepared code: the stubs of instructions/call.c.

#ifndef PURLIN_EXEC_LINK_H
#define PURLIN_EXEC_LINK_H

#include "exec/exec.h"

// Stubs do their work at once; only what stands behind them can be where a process stops.
bool exec_is_stub(word instruction_address);
// The operand of stub_closed (which stands at `closed`): where it leads when it is closed no more.
const word *exec_wait_open(struct export *export, const word *closed);
// True for the functions that are neither code nor C, but instructions: erlang:yield/0, hibernate/3.
bool exec_is_special(term module, term function, uint32_t arity);
// True for erlang:apply/2 and 3: code, which consists of a call of itself. All calls of them are instructions.
bool exec_is_apply(const struct export *export);

#endif
