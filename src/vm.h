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
struct packed;
struct process;
struct signal;
struct spawn_options;
struct timer;
struct breakpoint;
struct nif_library;

// Calls that go up the floors: set once at boot, by the room that is called.
struct vm_hooks {
    // code: what funs in the external format name. export_find: NULL if there is none.
    struct export *(*export_make)(uint64_t module, uint64_t function, uint32_t arity);
    struct export *(*export_find)(uint64_t module, uint64_t function, uint32_t arity);
    struct lambda *(*lambda_make)(uint64_t module, uint32_t index, const uint8_t uniq[16], uint32_t old_uniq,
                                  uint32_t arity, uint32_t free_count);
    void (*export_link)(struct export *export);                          // exec: point it at the stub it needs
    void (*export_close)(struct export *export);                         // exec: who calls it waits until that is done
    void (*function_link)(struct function *function);                    // exec
    void (*code_free)(struct code *code);                                // exec: prepared functions of a purged module
    bool (*uses_code)(struct process *process, const struct code *code); // exec
    void (*process_start)(struct process *process, struct export *target, const uint64_t *arguments,
                          unsigned arity);                       // exec
    void (*enqueue)(struct process *process);                    // sched
    void (*retire)(void *memory, void (*free_function)(void *)); // sched: epoch_retire
    void (*give_way)(struct process *process, int64_t deadline); // sched: parks the C stack; -1: runnable at once,
                                                                 // INT64_MAX: until a signal, else a time limit too
    void (*slow_enter)(struct process *process, int kind);       // sched; enum slow_work
    void (*slow_leave)(struct process *process);                 // sched
    bool (*port_send)(struct process *from, uint64_t port, uint64_t message);       // io: Port ! Message
    void (*port_exit_signal)(struct process *from, uint64_t port, uint64_t reason); // io: a link broke, or exit/2
    // io: the port's side of link, unlink, monitor, demonitor and register. The boolean ones: false when there is no
    // such port. port_name: true, or why not (none: there is no such port; registered_name: it has a name already);
    // `name` NIL takes the name away.
    bool (*port_link)(uint64_t pid, uint64_t port);
    void (*port_unlink)(uint64_t pid, uint64_t port);
    bool (*port_monitor)(uint64_t pid, uint64_t port, uint64_t reference);
    void (*port_demonitor)(uint64_t pid, uint64_t port, uint64_t reference);
    uint64_t (*port_name)(uint64_t port, uint64_t name);
    bool (*port_exists)(uint64_t port);                 // io
    bool (*port_tell)(uint64_t port, uint64_t message); // io: the message in the external format; false: it is gone
    unsigned (*scheduler_number)(void);                 // sched: 0 outside all schedulers
    // dist: what goes to other nodes (proc/remote.h), and what came from there and is still in bytes. unpack: false
    // when the bytes are malformed. controller_gone: of the channel with that reference; NIL: of this node's name.
    uint64_t (*remote_send)(struct process *from, uint64_t to, uint64_t message, unsigned options);
    uint32_t (*remote_signal)(struct process *self, uint64_t to, struct signal *signal, uint32_t channel);
    bool (*spawn_options)(uint64_t list, struct spawn_options *options); // bif: those of spawn_opt; false: bad ones
    bool (*unpack)(struct process *self, struct signal *signal);
    void (*packed_free)(struct packed *packed);
    void (*controller_gone)(struct process *self, uint64_t reference, uint64_t reason);
    void (*timer_start)(struct timer *timer, int64_t deadline, void (*fire)(struct timer *)); // sched
    bool (*timer_cancel)(struct timer *timer);                                                // sched
    // trace: a call of a function that has a breakpoint, whose arguments are in `x` (true: it is the debugger's); and
    // the end of a breakpoint whose place another has taken.
    // trace_message: whether trace_pattern(send | 'receive') wants the message told, and what it adds.
    bool (*trace_message)(struct process *process, bool received, size_t count, const uint64_t *arguments,
                          uint64_t *extra);
    bool (*trace_call)(struct process *process, struct breakpoint *breakpoint, uint64_t *x);
    void (*breakpoint_gone)(struct breakpoint *breakpoint);
    // nif: calls the native function that a library has put in that place, in an environment of no process. False when
    // there is none. `arguments` NULL: only tells whether there is.
    bool (*native_call)(uint64_t module, uint64_t function, unsigned arity, const uint64_t *arguments,
                        uint64_t *result);
    void (*interrupt)(void);                                // report: ^C was typed
    void (*process_gone)(struct process *process);          // ets: tables of a dead process (runs in it, may give way)
    void (*drivers_process_gone)(struct process *process);  // driver: it has loaded some (FLAG_DRIVERS)
    void (*blocker_gone)(struct process *process);          // bif: it blocks multi-scheduling (FLAG_BLOCKS_SCHEDULING)
    void (*nif_library_purge)(struct nif_library *library); // nif: the code that used it is gone
    // nif: the process that a library's resource monitors has ended.
    void (*resource_down)(uint64_t reference, uint64_t pid);
    void (*socket_owner_gone)(uint64_t reference, uint64_t pid);  // socket: the owner of the socket of that number
    void (*port_process_down)(uint64_t port, uint64_t reference); // driver: the process that a port watches has ended
    void (*code_loaded)(struct code *code);                       // trace: it is current now
    // trace: the time that a process takes is another function's from now on, or nobody's (0); see trace/time.c
    void (*call_time_goes_to)(struct process *process, uint64_t next);
    void (*call_savers_change)(bool one_more); // exec: a process begins to save its calls, or ends
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
    struct atom_table *atoms;                    // term/atom.c
    struct literals *literals;                   // heap/literal.c
    struct process_table *processes;             // proc/table.c
    struct name_table *names;                    // proc/name.c
    struct foreign *foreign;                     // proc/foreign.c
    struct clock *clock;                         // proc/clock.c: erlang:start_timer and its kin
    struct code_table *code;                     // code/table.c: modules, exports, lambdas
    struct schedulers *schedulers;               // sched/sched.c
    struct tables *tables;                       // ets/
    struct port_table *ports;                    // io/
    struct sockets *sockets;                     // socket/
    struct signal_watch *signals;                // io/signals.c
    struct scheduling_blocks *scheduling_blocks; // bif/multi_scheduling.c
    struct drivers *drivers;                     // driver/: loaded ones, who waits for them
    struct nif *nif;                             // nif/: libraries, resource types, monitors, events
    struct persistent_terms *persistent_terms;
    struct node_monitors *node_monitors;   // proc/node_monitor.c
    struct nodes *nodes;                   // dist/node.c
    _Atomic(struct regex_cache *) regexes; // term/regex.c: made when first used
    struct boot_options *options;          // main.c: the command line
    int64_t start_time;                    // sys_monotonic_time at the start
    int64_t time_offset;                   // system time minus Erlang's monotonic time
    _Atomic uint64_t last_now;             // erlang:now, in microseconds
    _Atomic uint64_t unique;               // erlang:unique_integer
    _Atomic uint64_t unique_monotonic;     // ... with the option monotonic
    _Atomic uint64_t reference;            // numbers of references
    _Atomic uint32_t channel_id;           // of channels to other nodes
    _Atomic uint64_t node_name;            // this node's name (a term); nonode@nohost at first
    _Atomic uint32_t creation;
    _Atomic uint64_t system_logger; // a pid, or the atom logger or undefined
    _Atomic uint32_t trace_control_word;
    _Atomic uint64_t sequential_tracer;    // proc/tracer.h, or 0
    struct trace_defaults *trace_defaults; // proc/trace.c
    struct tracers *tracers;               // proc/tracer.c
    _Atomic bool traces_cpu_time;          // erlang:trace(all, true, [cpu_timestamp])
    _Atomic bool traces_new[2];            // ... there are some for processes, for ports
    _Atomic bool traces_messages_by_pattern;
    struct trace_patterns *trace_patterns; // trace/
    struct trace_messages *trace_messages; // trace/message.c
    struct trace_times *trace_times;       // trace/time.c
    struct call_savers *call_savers;       // exec/saving.c
    _Atomic bool scheduler_wall_time;      // measured
    _Atomic uintptr_t crashing;            // the thread that writes a crash dump, 0: none
    struct vm_statistics statistics;
    struct system_monitor *system_monitor;       // proc/
    struct system_profile *system_profile;       // proc/
    _Atomic uint32_t watched;                    // enum watched
    _Atomic uint32_t backtrace_depth;            // entries in a stack trace: exec/exception.h
    struct account_line accounts[ACCOUNT_LINES]; // sys/account.c
};

extern struct vm vm;

// What somebody wants to know of the work that is done, so that one look tells that nobody does. The lowest bits are 1
// << enum system_monitor_event.
enum watched {
    WATCH_MONITORED = 0xff,
    WATCH_MICROSTATES = 1 << 8, // sys/microstate.h
    WATCH_PROCESSES = 1 << 9,   // proc/system_profile.h
    WATCH_PORTS = 1 << 10,
    WATCH_SCHEDULERS = 1 << 11,
    WATCH_EXCLUSIVELY = 1 << 12, // a process whose port works does not
    WATCH_PROFILE_NOTES = 1 << 13,
};
static inline bool vm_watches(uint32_t what) {
    return atomic_load_explicit(&vm.watched, memory_order_relaxed) & what;
}

// Time as Erlang code sees it, in nanoseconds (the native unit). Erlang's monotonic time starts at a fixed negative
// number, as on OTP; the offset to system time is fixed at the start (no_time_warp).
#define VM_TIME_START (-576460752000000000)

static inline int64_t vm_monotonic_time(int64_t sys_monotonic) {
    return sys_monotonic - vm.start_time + VM_TIME_START;
}
static inline int64_t vm_sys_time(int64_t monotonic) { // the inverse
    return monotonic - VM_TIME_START + vm.start_time;
}

// erlang:now, in microseconds: strictly increasing over the whole node, so it may run ahead of the clock by as many
// microseconds as it was asked.
int64_t vm_unique_now(void);

// Boots from the options and runs until halt; returns the exit status.
int vm_run(struct boot_options *options);
// Ends the VM: flushes ports first when `flush`.
[[noreturn]] void vm_halt(int status, bool flush);
// Prints the slogan, writes a crash dump and ends the VM with status 1. Nothing is flushed: any lock may be held.
[[noreturn]] void vm_crash(const char *slogan);
// The same, but ends it by SIGABRT.
[[noreturn]] void vm_abort(const char *slogan);

#endif
