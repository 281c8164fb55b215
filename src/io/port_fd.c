// The driver fd: {fd, In, Out}, descriptors that are open already.

#include "io/port.h"

#include <errno.h>
#include <stdio.h>

#include "io/descriptor.h"
#include "io/posix_error.h"

const struct driver driver_fd = {.name = "fd", .output = port_write_framed};

// Opens the private descriptors; an errno when one is not open.
static int open_descriptors(struct port *port, int in, int out) {
    if (port->flags & PORT_IN) {
        port->input.descriptor = descriptor_private(in, false);
        if (port->input.descriptor < 0)
            return errno;
    }
    if (port->flags & PORT_OUT) {
        port->output.descriptor = descriptor_private(out, true);
        if (port->output.descriptor < 0)
            return errno;
    }
    return 0;
}

term port_open_fd(struct process *self, int in, int out, const struct port_options *options, term *error) {
    char title[32];
    snprintf(title, sizeof title, "%d/%d", in, out);
    struct port *port = port_new(&driver_fd, self->pid, title, options);
    if (!port)
        return *error = ATOM_system_limit, NONE;
    return port_opened(self, port, open_descriptors(port, in, out), error);
}
