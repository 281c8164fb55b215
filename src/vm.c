// The VM's beginning and end.

#include "vm.h"

#include "bif/bif.h"
#include "boot.h"
#include "code/code.h"
#include "crash_dump.h"
#include "ets/ets.h"
#include "exec/exec.h"
#include "io/port.h"
#include "io/signals.h"
#include "options.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "trace/trace.h"

#include <stdio.h>
#include <stdlib.h>
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
    trace_start();
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

void vm_crash(const char *slogan) {
    io_flush();
    io_restore();
    fprintf(stderr, "%s\r\n\r\n", slogan); // OTP's line ends: the terminal may be in any mode
    crash_dump(slogan);
    _exit(1);
}
