// Programs that the VM starts: vfork, exec, and the end.

#define _GNU_SOURCE // close_range, vfork

#include "io/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/port.h"
#include "sys/sys.h"

// ---- in the child: it shares our memory until exec, so it calls nothing but the system

static void reset_signals(void) {
    struct sigaction action;
    for (int number = 1; number < NSIG; number++) {
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN && action.sa_handler != SIG_DFL) {
            action = (struct sigaction){.sa_handler = SIG_DFL};
            sigaction(number, &action, NULL);
        }
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// Moves the descriptors out of the way first, for one may have a number that another is to get.
static void place_descriptors(const struct child_request *request) {
    int first = request->no_stdio ? 3 : 0;
    int from[] = {request->input, request->output, request->error};
    int to[] = {first, first + 1, 2};
    for (int i = 0; i < 3; i++) {
        if (from[i] >= 0)
            from[i] = fcntl(from[i], F_DUPFD, 5);
    }
    for (int i = 0; i < 3; i++) {
        if (from[i] >= 0)
            dup2(from[i], to[i]);
    }
    close_range(request->no_stdio ? 5 : 3, ~0u, 0);
}

static void complain(const char *directory) {
    static const char text[] = "spawn: Could not cd to ";
    (void)!write(2, text, sizeof text - 1);
    (void)!write(2, directory, strlen(directory));
    (void)!write(2, "\n", 1);
}

[[noreturn]] static void run(const struct child_request *request) {
    place_descriptors(request);
    if (request->directory && chdir(request->directory) < 0) {
        int error = errno;
        complain(request->directory);
        _exit(error);
    }
    setsid();
    reset_signals();
    execve(request->program, request->arguments, request->environment);
    _exit(errno);
}

// ---- in the VM

struct child {
    struct poll_source source; // a pidfd
    term port;
};

static int exit_status(const siginfo_t *info) {
    return info->si_code == CLD_EXITED ? info->si_status : 128 + info->si_status;
}

static void child_ended(struct poll_source *source, unsigned events) {
    struct child *child = (struct child *)source;
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)source->descriptor, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0) {
        poll_arm(source, POLL_READ); // not yet
        return;
    }
    struct port *port = port_lookup(child->port);
    if (port && port_lock(port)) {
        port_program_end(port, exit_status(&info));
        port_unlock(port);
    }
    close(source->descriptor);
    vm.hooks.retire(child, sys_free);
}

static void watch(pid_t pid, term id) {
    struct child *child = sys_alloc_zero(sizeof *child);
    child->port = id;
    child->source = (struct poll_source){.descriptor = pidfd_open(pid, 0), .ready = child_ended};
    if (child->source.descriptor < 0)
        sys_fatal("cannot watch a child program: errno %d", errno);
    poll_arm(&child->source, POLL_READ);
}

int child_start(const struct child_request *request, term id, pid_t *pid) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); // none of our handlers may run in the child
    pid_t child = vfork(); // NOLINT(bugprone-unsafe-functions): posix_spawn cannot do what run() does
    if (child == 0)
        run(request); // NOLINT(*Vfork): it writes nothing that is the parent's
    int error = child < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error)
        watch(child, id);
    *pid = child;
    return error;
}
