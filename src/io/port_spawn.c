// The driver spawn: programs, with pipes to their standard input and output.

#define _GNU_SOURCE // pipe2

#include "io/port.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "io/child.h"
#include "io/posix_error.h"
#include "sys/sys.h"

const struct driver driver_spawn = {.name = "spawn", .output = port_write_framed};

// The program's ends of the pipes; -1: it has the VM's own.
struct pipe_ends {
    int input, output;
};

static void close_ends(struct pipe_ends ends) {
    if (ends.input >= 0)
        close(ends.input);
    if (ends.output >= 0)
        close(ends.output);
}

static int make_pipe(int *reader, int *writer) {
    int both[2];
    if (pipe2(both, O_CLOEXEC) < 0)
        return errno;
    *reader = both[0];
    *writer = both[1];
    return 0;
}

static int make_pipes(struct port *port, struct pipe_ends *ends) {
    int error = 0;
    *ends = (struct pipe_ends){-1, -1};
    if (port->flags & PORT_OUT)
        error = make_pipe(&ends->input, &port->output.descriptor);
    if (!error && (port->flags & PORT_IN))
        error = make_pipe(&port->input.descriptor, &ends->output);
    if (error)
        return error;
    if (port->input.descriptor >= 0)
        fcntl(port->input.descriptor, F_SETFL, O_NONBLOCK);
    if (port->output.descriptor >= 0)
        fcntl(port->output.descriptor, F_SETFL, O_NONBLOCK);
    return 0;
}

static int start(struct port *port, const char *program, char *const *arguments, const struct port_options *options) {
    struct pipe_ends ends;
    pid_t pid;
    int error = make_pipes(port, &ends);
    if (!error) {
        char **environment = environment_vector(io_environment(), options->environment, options->environment_count);
        struct child_request request = {
            .program = program,
            .arguments = arguments,
            .environment = environment,
            .directory = options->directory,
            .input = ends.input,
            .output = ends.output,
            .error = port->flags & PORT_STDERR ? ends.output : -1,
            .no_stdio = port->flags & PORT_NO_STDIO,
        };
        error = child_start(&request, port->id, &pid);
        sys_free(environment);
    }
    close_ends(ends);
    if (!error)
        port->system_pid = pid;
    return error;
}

term port_open_command(struct process *self, const char *command, const struct port_options *options, term *error) {
    struct port *port = port_new(&driver_spawn, self->pid, command, options);
    if (!port)
        return *error = ATOM_system_limit, NONE;
    size_t room = sizeof "exec " + strlen(command);
    char *line = proc_scratch(self, room);
    memcpy(line, "exec ", 5);
    memcpy(line + 5, command, room - 5);
    char *arguments[] = {"sh", "-c", line, NULL};
    return port_opened(self, port, start(port, "/bin/sh", arguments, options), error);
}

term port_open_executable(struct process *self, const char *program, const struct port_options *options, term *error) {
    if (access(program, X_OK) < 0)
        return *error = posix_error_atom(errno), NONE;
    struct port *port = port_new(&driver_spawn, self->pid, program, options);
    if (!port)
        return *error = ATOM_system_limit, NONE;
    size_t count = 0;
    while (options->arguments && options->arguments[count])
        count++;
    char **arguments = proc_scratch(self, (count + 2) * sizeof *arguments);
    arguments[0] = (char *)(options->zeroth ? options->zeroth : program);
    if (count > 0)
        memcpy(arguments + 1, options->arguments, count * sizeof *arguments);
    arguments[count + 1] = NULL;
    return port_opened(self, port, start(port, program, arguments, options), error);
}
