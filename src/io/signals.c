// Unix signals.
//
// The handler may do next to nothing, so it writes the signal's number into a pipe; a scheduler that finds it there
// does the rest: mostly, a message {notify, Name} to the process erl_signal_server.

#define _GNU_SOURCE // pipe2

#include "io/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "heap/heap.h"
#include "options.h"
#include "proc/proc.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "vm.h"

struct signal_watch {
    struct poll_source source; // the pipe's end to read
    int writer;
    void (*_Atomic continued)(void);
};

struct named_signal {
    term name;
    int number;
};

// What os:set_signal/2 knows.
static const struct named_signal named_signals[] = {
    {ATOM_sighup, SIGHUP},   {ATOM_sigquit, SIGQUIT}, {ATOM_sigabrt, SIGABRT}, {ATOM_sigalrm, SIGALRM},
    {ATOM_sigterm, SIGTERM}, {ATOM_sigusr1, SIGUSR1}, {ATOM_sigusr2, SIGUSR2}, {ATOM_sigchld, SIGCHLD},
    {ATOM_sigstop, SIGSTOP}, {ATOM_sigtstp, SIGTSTP},
};
#define NAMED_SIGNALS (sizeof named_signals / sizeof *named_signals)

static void handler(int number) {
    int error = errno;
    unsigned char byte = (unsigned char)number;
    (void)!write(vm.signals->writer, &byte, 1); // when the pipe is full there are enough of them in it
    errno = error;
}

static void set_handler(int number, void (*function)(int)) {
    struct sigaction action = {.sa_handler = function, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

// ---- on a scheduler

static void notify(term name) {
    struct heap builder = {0};
    term server = proc_whereis(ATOM_erl_signal_server);
    if (server != ATOM_undefined)
        proc_send_built(server, &builder, heap_tuple_of(&builder, 2, ATOM_notify, name));
}

static void act(int number) {
    void (*continued)(void) = atomic_load(&vm.signals->continued);
    if (number == SIGINT) {
        vm.hooks.interrupt();
    } else if (number == SIGCONT) {
        if (continued)
            continued();
    } else {
        for (size_t i = 0; i < NAMED_SIGNALS; i++) {
            if (named_signals[i].number == number)
                notify(named_signals[i].name);
        }
    }
}

static void ready(struct poll_source *source, unsigned events) {
    unsigned char numbers[64];
    ssize_t got = read(source->descriptor, numbers, sizeof numbers);
    poll_arm(source, POLL_READ);
    for (ssize_t i = 0; i < got; i++)
        act(numbers[i]);
}

// ---- the face

void signals_init(void) {
    struct signal_watch *watch = sys_alloc_zero(sizeof *watch);
    int both[2];
    if (pipe2(both, O_CLOEXEC | O_NONBLOCK) < 0)
        sys_fatal("cannot make a pipe for signals: errno %d", errno);
    watch->source = (struct poll_source){.descriptor = both[0], .ready = ready};
    watch->writer = both[1];
    vm.signals = watch;
    poll_arm(&watch->source, POLL_READ);
    set_handler(SIGPIPE, SIG_IGN);
    set_handler(SIGTERM, handler);
    set_handler(SIGUSR1, handler);
    set_handler(SIGQUIT, handler);
    char mode = vm.options->break_mode; // of +B
    set_handler(SIGINT, mode == 'i' ? SIG_IGN : mode == 'd' ? SIG_DFL : handler);
}

bool signals_set(term name, enum signal_disposition disposition) {
    static void (*const functions[])(int) = {SIG_DFL, SIG_IGN, handler};
    for (size_t i = 0; i < NAMED_SIGNALS; i++) {
        if (named_signals[i].name == name) {
            set_handler(named_signals[i].number, functions[disposition]);
            return true;
        }
    }
    return false;
}

void signals_watch_terminal(void (*continued)(void)) {
    atomic_store(&vm.signals->continued, continued);
    set_handler(SIGCONT, continued ? handler : SIG_DFL);
}
