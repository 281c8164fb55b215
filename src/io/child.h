// Programs that the VM starts.
//
// A program is started with vfork and watched through a pidfd, so that its end is noticed by the poller like any other
// event, no SIGCHLD is needed, and the children of foreign libraries are left alone. Every child is waited for,
// whether or not its port still lives.

#ifndef PURLIN_IO_CHILD_H
#define PURLIN_IO_CHILD_H

#include <sys/types.h>

#include "term/term.h"

struct child_request {
    const char *program; // a path
    char *const *arguments, *const *environment;
    const char *directory;    // NULL: the VM's
    int input, output, error; // what becomes its descriptors 0, 1 and 2; -1: the VM's own
    bool no_stdio;            // input and output become 3 and 4
};

// Returns an errno when there can be no new process. When the program cannot be executed the child ends with the errno
// as its exit status, as OTP has it. port_program_end is called for the port `id` when it has ended.
int child_start(const struct child_request *request, term id, pid_t *pid);

#endif
