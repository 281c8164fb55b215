// The VM's beginning and end.

#include "vm.h"

#include "bif/bif.h"
#include "bif/spawn.h"
#include "bif/system_info.h"
#include "boot.h"
#include "code/code.h"
#include "dist/dist.h"
#include "driver/driver.h"
#include "ets/ets.h"
#include "exec/exec.h"
#include "io/port.h"
#include "io/signals.h"
#include "nif/nif.h"
#include "options.h"
#include "report/report.h"
#include "sched/sched.h"
#include "socket/socket.h"
#include "sys/sys.h"
#include "term/atom.h"
#include "trace/trace.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// How long a crash waits for the schedulers to stand still: a slice takes a few milliseconds.
#define CRASH_PATIENCE_NS 500000000

struct vm vm;

int64_t vm_unique_now(void) {
    int64_t now = vm_monotonic_time(sys_monotonic_time()) + vm.time_offset;
    uint64_t current = (uint64_t)now / 1000, last = atomic_load(&vm.last_now), next;
    do
        next = current > last ? current : last + 1;
    while (!atomic_compare_exchange_weak(&vm.last_now, &last, next));
    return (int64_t)next;
}

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
    sockets_init();
    dist_init();
    nif_init();
    driver_init();
    report_init();
    multi_scheduling_init();
    spawn_set_hooks(&vm.hooks);
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
    if (!boot_load_preloaded())
        return 1;
    boot_start_processes(options);
    sys_keep_emergency_room();
    sys_on_fatal = vm_crash;
    sched_run();
    return 0;
}

// Whoever comes here while another thread writes a crash dump leaves the end to it.
static void leave_end_to_crash(void) {
    uintptr_t crashing = atomic_load(&vm.crashing);
    while (crashing && crashing != (uintptr_t)pthread_self())
        pause();
}

void vm_halt(int status, bool flush) {
    leave_end_to_crash();
    if (flush)
        io_flush();
    io_restore();
    _exit(status);
}

// With OTP's line ends, since the terminal may be in any mode.
static void say_slogan(const char *slogan) {
    for (; *slogan; slogan++)
        *slogan == '\n' ? fputs("\r\n", stderr) : putc(*slogan, stderr);
}

static void write_last_words(const char *slogan, const char *end) {
    uintptr_t nobody = 0;
    if (atomic_compare_exchange_strong(&vm.crashing, &nobody, (uintptr_t)pthread_self())) {
        io_restore();
        say_slogan(slogan);
        fputs(end, stderr);
        sched_freeze(CRASH_PATIENCE_NS);
        sys_use_emergency_room();
        crash_dump(slogan);
    }
    leave_end_to_crash(); // if it is not this thread: done, or failed while at it
}

void vm_crash(const char *slogan) {
    write_last_words(slogan, "\r\n");
    _exit(1);
}

void vm_abort(const char *slogan) {
    write_last_words(slogan, ""); // as OTP does it
    abort();
}
