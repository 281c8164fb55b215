// A question to another process: a C function that runs in it and answers with a term.

#ifndef PURLIN_PROC_ASK_H
#define PURLIN_PROC_ASK_H

#include "proc/proc.h"

// Runs in the thread of `owner`, the process that was asked; builds its answer in `builder`. It must neither allocate
// in the owner's heap nor collect: a built-in function of the owner may stand in the middle of its work.
typedef term ask_function(struct process *owner, term argument, struct heap *builder);

// Asks the local process `pid` and waits for the answer, which lies in self's heap on return. NONE when there is no
// such process. Signals that self has sent to that process before have been handled when the answer is made. May be
// asked of oneself.
term proc_ask(struct process *self, term pid, ask_function *question, term argument);

#endif
