// Sockets from systemd: see systemd.h.

#include "tool/systemd.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_DESCRIPTOR 3

// The variable's number, or 0.
static unsigned long variable(const char *name) {
    const char *value = getenv(name);
    char *end;
    unsigned long number = value && *value >= '0' && *value <= '9' ? strtoul(value, &end, 10) : 0;
    return number && !*end ? number : 0;
}

static bool is_listening(int descriptor) {
    int listens = 0;
    socklen_t size = sizeof listens;
    return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens;
}

size_t systemd_listeners(int *descriptors, size_t room) {
    size_t count = variable("LISTEN_PID") == (unsigned long)getpid() ? variable("LISTEN_FDS") : 0;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    if (count > room)
        return 0;
    for (size_t i = 0; i < count; i++) {
        int descriptor = FIRST_DESCRIPTOR + (int)i;
        if (!is_listening(descriptor) || fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0 ||
            fcntl(descriptor, F_SETFL, O_NONBLOCK) < 0)
            return 0;
        descriptors[i] = descriptor;
    }
    return count;
}
