// A small VM for tests of processes: schedulers, and processes whose code is a C function.
//
// Each test runs in a program of its own (a fork), because a VM cannot be started twice.

#ifndef PROCESS_WORLD_H
#define PROCESS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "bif/bif.h"
#include "code/code.h"
#include "exec/exec.h"
#include "options.h"
#include "proc/link.h"
#include "proc/mailbox.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "vm.h"

#define SCHEDULERS 4

// The body of a process: it gets one argument.
#define BODY(name) static term name(struct process *self, term *arguments)

// What every process here runs: its arguments are the address of a body, and the body's argument.
BODY(world_enter) {
    bif_function *body = (bif_function *)small_value(arguments[0]);
    return body(self, arguments + 1);
}

static struct boot_options world_options = {.fullsweep_after = 65535, .heap_maximum_kill = true};

static void world_boot(void) {
    vm.options = &world_options;
    vm.start_time = sys_monotonic_time();
    atom_init(1 << 20);
    atomic_store(&vm.node_name, ATOM_nonode_nohost);
    literal_init();
    code_init();
    exec_init();
    proc_init(1 << 17);
    code_register_builtin(ATOM_erts_internal, ATOM_start, 2, world_enter);
    sched_init(&(struct sched_options){.schedulers = SCHEDULERS});
}

// Starts a process that runs the body with the argument.
static term world_spawn(struct process *parent, bif_function *body, term argument, bool link, term *monitor) {
    struct heap builder = {0};
    term list = heap_list_of(&builder, 2, (term[]){SMALL((int64_t)body), argument}, NIL);
    struct spawn_options options;
    proc_spawn_defaults(&options);
    options.link = link;
    options.monitor = monitor != NULL;
    term pid = proc_spawn(parent, ATOM_erts_internal, ATOM_start, list, &options, monitor);
    heap_free(&builder);
    return pid;
}

// The next message.
static term world_receive(struct process *self) {
    while (!self->mailbox)
        proc_wait(self);
    term message = self->mailbox->value;
    mailbox_rewind(self);
    mailbox_remove(self);
    return message;
}

// Runs the body as the first process, in a fork; it ends the test with world_end.
static void world_run(bif_function *body) {
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        world_boot();
        world_spawn(NULL, body, NIL, false, NULL);
        sched_run();
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static term world_end(void) {
    sched_stop();
    return ATOM_ok;
}

#define check(condition) assert_always(condition)

#endif
