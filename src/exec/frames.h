// Walking a stack: where execution stands, function by function, the innermost first.

#ifndef PURLIN_EXEC_FRAMES_H
#define PURLIN_EXEC_FRAMES_H

#include "exec/instruction.h"

// for (struct frames frames = frames_of(...); frames_next(&frames);) ... frames.address, frames.function
struct frames {
    const word *address; // behind a site word
    struct function *function;
    const word *where, *link; // still to come, or NULL
    const term *at, *end;     // stack words not looked at yet
};

// From a raise or a stop at `where`; link counts only if the function there has no frame.
struct frames frames_begin(const struct process *process, const word *where, const word *link);
// Of a process that is stopped or calls a built-in function.
struct frames frames_of(const struct process *process);
// Skips the VM's own stubs, and shows a function that called itself from one place only once, as OTP does.
bool frames_next(struct frames *frames);

#endif
