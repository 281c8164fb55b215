// The VM's beginning and end.

#include "vm.h"

#include "bif/bif.h"
#include "boot.h"
#include "code/code.h"
#include "ets/ets.h"
#include "exec/exec.h"
#include "io/port.h"
#include "io/signals.h"
#include "options.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "term/atom.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct vm vm;

static void register_builtins(void) {
    for (size_t i = 0; i < bif_count; i++)
        code_register_builtin(atom_from_c(bif_table[i].module), atom_from_c(bif_table[i].name), bif_table[i].arity,
                              bif_table[i].function);
}

// As many schedulers as processors, where the command line does not say otherwise.
static void choose_schedulers(struct boot_options *options) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned cores = processors > 0 ? (unsigned)processors : 1;
    if (!options->schedulers)
        options->schedulers = options->schedulers_online > cores ? options->schedulers_online : cores;
    if (!options->schedulers_online)
        options->schedulers_online = options->schedulers < cores ? options->schedulers : cores;
    if (!options->dirty_cpu)
        options->dirty_cpu = options->schedulers;
    if (!options->dirty_cpu_online)
        options->dirty_cpu_online =
            options->dirty_cpu < options->schedulers_online ? options->dirty_cpu : options->schedulers_online;
    if (!options->dirty_io)
        options->dirty_io = 10;
}

static void start_rooms(struct boot_options *options) {
    atom_init(options->atom_limit);
    vm.node_name = ATOM_nonode_nohost;
    literal_init();
    code_init();
    exec_init();
    proc_init(options->process_limit);
    ets_init();
    io_init(options->port_limit);
    register_builtins();
    sched_init(&(struct sched_options){.schedulers = options->schedulers,
                                       .schedulers_online = options->schedulers_online,
                                       .dirty_cpu = options->dirty_cpu,
                                       .dirty_cpu_online = options->dirty_cpu_online,
                                       .dirty_io = options->dirty_io});
    signals_init();
}

int vm_run(struct boot_options *options) {
    if (!getenv("BINDIR")) {
        fputs("Environment variable BINDIR is not set\n", stderr);
        return 1;
    }
    vm.options = options;
    vm.start_time = sys_monotonic_time();
    vm.time_offset = sys_system_time() - VM_TIME_START;
    choose_schedulers(options);
    start_rooms(options);
    if (!boot_load_preloaded(options))
        return 1;
    boot_start_processes(options);
    sched_run();
    return 0;
}

void vm_halt(int status, bool flush) {
    if (flush)
        io_flush();
    io_restore();
    _exit(status);
}

static void write_crash_dump(const char *name, const char *slogan) {
    FILE *file = fopen(name, "w");
    if (!file) {
        fprintf(stderr, "cannot write the crash dump %s: %s\n", name, strerror(errno));
        return;
    }
    time_t now = time(NULL);
    fprintf(file,
            "=erl_crash_dump:0.5\n%sSlogan: %s\nSystem version: Erlang/OTP %s [erts-%s] [purlin %s]\nAtoms: %zu\n",
            ctime(&now), slogan, PURLIN_OTP_RELEASE, PURLIN_ERTS_VERSION, PURLIN_VERSION, atom_count());
    fprintf(file, "=end\n");
    fclose(file);
}

void vm_crash(const char *slogan) {
    const char *name = getenv("ERL_CRASH_DUMP"), *bytes = getenv("ERL_CRASH_DUMP_BYTES");
    if (!name)
        name = "erl_crash.dump";
    io_flush();
    io_restore();
    fprintf(stderr, "%s\n\n", slogan);
    if (!vm.options->no_crash_dump && !(bytes && !strcmp(bytes, "0"))) {
        fprintf(stderr, "Crash dump is being written to: %s...", name);
        write_crash_dump(name, slogan);
        fputs("done\n", stderr);
    }
    _exit(1);
}
