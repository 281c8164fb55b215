// Functions of a module in whose place a library of foreign code (nif/) has put C.
//
// Whoever calls such a function, by name, by label or through a fun, comes to instruction stub_native by the function's
// entry, so that no caller knows of it. The module's own code for the function, if it was ever prepared, is no longer
// reached.

#ifndef PURLIN_EXEC_NATIVE_H
#define PURLIN_EXEC_NATIVE_H

#include "exec/exec.h"

struct native {
    word stub[2]; // filled in by native_link
    struct function *function;
    // x holds the arguments. The result; or NONE with the exception in the process and its stack captured
    // (native_capture). May give way between two uses of foreign code.
    term (*call)(struct process *process, struct native *native, term *x);
};

// Calls of its function go there from now on. It lives as long as the function's code.
void native_link(struct native *native);

// The exception just raised happened in the function, called with those arguments.
void native_capture(struct process *process, const struct native *native, const term *arguments);

// The code whose function calls, by name, the built-in function that is running; NULL when it was applied.
struct code *exec_calling_code(struct process *process);

#endif
