// The one struct that holds a running VM, and its beginning and end.
//
// Each room keeps its part behind a pointer that only it looks into.

#ifndef PURLIN_VM_H
#define PURLIN_VM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/account.h"

struct code;
struct export;
struct function;
struct lambda;
struct process;
struct timer;
struct breakpoint;

// Calls that go up the floors: set once at boot, by the room that is called.
struct vm_hooks {
    // code: what funs in the external format name. export_find: NULL if there is none.
    struct export *(*export_make)(uint64_t module, uint64_t function, uint32_t arity);
    struct export *(*export_find)(uint64_t module, uint64_t function, uint32_t arity);
    struct lambda *(*lambda_make)(uint64_t module, uint32_t index, const uint8_t uniq[16], uint32_t old_uniq,
                                  uint32_t arity, uint32_t free_count);
    void (*export_link)(struct export *export);                          // exec: point it at the stub it needs
    void (*function_link)(struct function *function);                    // exec
    void (*code_free)(struct code *code);                                // exec: prepared functions of a purged module
    bool (*uses_code)(struct process *process, const struct code *code); // exec
    void (*process_start)(struct process *process, struct export *target, const uint64_t *arguments,
                          unsigned arity);                       // exec
    void (*enqueue)(struct process *process);                    // sched
    void (*retire)(void *memory, void (*free_function)(void *)); // sched: epoch_retire
    void (*give_way)(struct process *process, int64_t deadline); // sched: parks the C stack; -1: runnable at once,
                                                                 // INT64_MAX: until a signal, else a time limit too
    void (*slow_enter)(struct process *process);                 // sched
    void (*slow_leave)(struct process *process);                 // sched
    bool (*port_send)(struct process *from, uint64_t port, uint64_t message);       // io: Port ! Message
    void (*port_exit_signal)(struct process *from, uint64_t port, uint64_t reason); // io: a link broke, or exit/2
    // io: the port's side of link, unlink, monitor, demonitor and register. The boolean ones: false when there is no
    // such port (register: or it has a name already). `name` NIL takes the name away.
    bool (*port_link)(uint64_t pid, uint64_t port);
    void (*port_unlink)(uint64_t pid, uint64_t port);
    bool (*port_monitor)(uint64_t pid, uint64_t port, uint64_t reference);
    void (*port_demonitor)(uint64_t pid, uint64_t port, uint64_t reference);
    bool (*port_name)(uint64_t port, uint64_t name);
    void (*timer_start)(struct timer *timer, int64_t deadline, void (*fire)(struct timer *)); // sched
    bool (*timer_cancel)(struct timer *timer);                                                // sched
    // trace: a call of a function that has a breakpoint, whose arguments are in `x`; and the end of a breakpoint whose
    // place another has taken.
    void (*trace_call)(struct process *process, struct breakpoint *breakpoint, uint64_t *x);
    void (*breakpoint_gone)(struct breakpoint *breakpoint);
    void (*process_gone)(struct process *process); // ets: tables of a dead process (runs in it, may give way)
};

#define ACCOUNT_LINES 8
struct account_line {
    alignas(64) _Atomic ptrdiff_t bytes[ACCOUNT_COUNT];
};

// erlang:statistics/1: counters, and totals at the last call.
struct vm_statistics {
    _Atomic uint64_t reductions, exact_reductions, runtime, wall_clock;
    _Atomic uint64_t collections, words_reclaimed;
    _Atomic uint64_t bytes_in, bytes_out; // of ports
};

struct vm {
    struct vm_hooks hooks;
    struct atom_table *atoms;        // term/atom.c
    struct literals *literals;       // heap/literal.c
    struct process_table *processes; // proc/table.c
    struct name_table *names;        // proc/name.c
    struct clock *clock;             // proc/clock.c: erlang:start_timer and its kin
    struct code_table *code;         // code/table.c: modules, exports, lambdas
    struct schedulers *schedulers;   // sched/sched.c
    struct tables *tables;           // ets/
    struct port_table *ports;        // io/
    struct signal_watch *signals;    // io/signals.c
    struct persistent_terms *persistent_terms;
    struct node_monitors *node_monitors;   // proc/node_monitor.c
    _Atomic(struct regex_cache *) regexes; // term/regex.c: made when first used
    struct boot_options *options;          // main.c: the command line
    int64_t start_time;                    // sys_monotonic_time at the start
    int64_t time_offset;                   // system time minus Erlang's monotonic time
    _Atomic uint64_t last_now;             // erlang:now, in microseconds
    _Atomic uint64_t unique;               // erlang:unique_integer
    _Atomic uint64_t unique_monotonic;     // ... with the option monotonic
    _Atomic uint64_t reference;            // numbers of references
    _Atomic uint64_t node_name;            // this node's name (a term); nonode@nohost at first
    _Atomic uint32_t creation;
    _Atomic uint64_t system_logger; // a pid, or the atom logger or undefined
    _Atomic uint32_t trace_control_word;
    _Atomic uint64_t sequential_tracer;    // a pid, or 0
    struct trace_defaults *trace_defaults; // proc/trace.c
    _Atomic bool traces_new_processes;     // ... there are some
    struct trace_patterns *trace_patterns; // trace/
    _Atomic bool scheduler_wall_time;      // measured
    struct vm_statistics statistics;
    struct system_monitor *system_monitor;       // proc/
    _Atomic uint32_t backtrace_depth;            // entries in a stack trace: exec/exception.h
    struct account_line accounts[ACCOUNT_LINES]; // sys/account.c
};

extern struct vm vm;

// Time as Erlang code sees it, in nanoseconds (the native unit). Erlang's monotonic time starts at a fixed negative
// number, as on OTP; the offset to system time is fixed at the start (no_time_warp).
#define VM_TIME_START (-576460752000000000)

static inline int64_t vm_monotonic_time(int64_t sys_monotonic) {
    return sys_monotonic - vm.start_time + VM_TIME_START;
}
static inline int64_t vm_sys_time(int64_t monotonic) { // the inverse
    return monotonic - VM_TIME_START + vm.start_time;
}

// Boots from the options and runs until halt; returns the exit status.
int vm_run(struct boot_options *options);
// Ends the VM: flushes ports first when `flush`.
[[noreturn]] void vm_halt(int status, bool flush);
// Writes a crash dump with that slogan and ends the VM with status 1.
[[noreturn]] void vm_crash(const char *slogan);

#endif
