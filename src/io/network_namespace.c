// Another network namespace, for a while.

#define _GNU_SOURCE // setns

#include "io/network_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "sys/sys.h"

int network_namespace_enter(const char *path) {
    int there = open(path, O_RDONLY | O_CLOEXEC);
    if (there < 0)
        return -1;
    int back = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    bool entered = back >= 0 && setns(there, CLONE_NEWNET) == 0;
    int error = errno;
    close(there);
    if (entered)
        return back;
    if (back >= 0)
        close(back);
    errno = error;
    return -1;
}

void network_namespace_leave(int back) {
    int error = errno;
    if (setns(back, CLONE_NEWNET) < 0)
        sys_fatal("cannot return to the network namespace: errno %d", errno);
    close(back);
    errno = error;
}
