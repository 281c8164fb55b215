// Private ways to shared files.
//
// Whether a read blocks is a property of the open file, which every process that inherited the descriptor shares. So
// the file is opened a second time, through /proc. Where that fails (sockets, a terminal of another user) the
// shared one is made non-blocking, and put back at the end.

#include "io/descriptor.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/port.h"

void descriptor_open_standard(void) {
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0)
            (void)!open("/dev/null", O_RDWR); // gets the lowest free number: this one
    }
}

static int open_again(int descriptor, bool writing) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    return open(path, (writing ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

int descriptor_private(int descriptor, bool writing) {
    struct stat status;
    if (fstat(descriptor, &status) < 0)
        return -1;
    bool stream = S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode);
    int private = stream ? open_again(descriptor, writing) : -1;
    if (private >= 0)
        return private;
    // A second descriptor for the same open file: a regular file keeps its position.
    int flags = fcntl(descriptor, F_GETFL);
    if (!S_ISREG(status.st_mode) && !(flags & O_NONBLOCK) && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0)
        io_restore_later(descriptor);
    return fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
}

void descriptor_set_blocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags >= 0)
        fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK);
}
