// Processes: life and death, mailbox, signals, links, monitors, aliases, names, groups, timers.
//
// A process is touched only by the thread that runs it. Everything else is a signal in its inbox, a lock-free stack of
// many producers and one consumer, which the owner takes whole and reverses: so the order between a pair is kept.
//
// A process that was looked up may be used as the target of signals until the looker's slice ends: its memory is freed
// by epochs. A closed inbox (the process is gone) makes proc_signal return false.

#ifndef PURLIN_PROC_PROC_H
#define PURLIN_PROC_PROC_H

#include <stdatomic.h>

#include "heap/heap.h"
#include "term/work.h"

struct code;
struct context;
struct export;
struct packed;
struct process;
struct scheduler;
struct slow_thread;

// ---- signals ------------------------------------------------------------------------------------------------------

enum signal_kind {
    SIGNAL_MESSAGE,
    SIGNAL_EXIT,      // exit/2
    SIGNAL_EXIT_LINK, // a linked process ended
    SIGNAL_LINK,
    SIGNAL_UNLINK,
    SIGNAL_UNLINK_ACK,
    SIGNAL_MONITOR,
    SIGNAL_DEMONITOR,
    SIGNAL_MONITOR_DOWN,
    SIGNAL_GROUP_LEADER,
    SIGNAL_IS_ALIVE,
    SIGNAL_SUSPEND,
    SIGNAL_RESUME,
    SIGNAL_SYSTEM_TASK,   // collect, copy literals, ... on behalf of another process
    SIGNAL_CODE_CHECK,    // a system task that does not wait for foreign code
    SIGNAL_QUESTION,      // runs a C function in the owner (proc/ask.h)
    SIGNAL_CALL,          // the same, and ends its proc_wait: for rooms with a rare need
    SIGNAL_CHANNEL_LOST,  // the channel to another node is gone
    SIGNAL_SPAWN_REQUEST, // only to other nodes
    SIGNAL_SPAWN_REPLY,   // from another node
    SIGNAL_NOTHING,       // was malformed
};

// A signal is a fragment with a kind: its values lie in the same allocation, and a received message's signal becomes
// one of the receiver's fragments.
struct signal {
    struct fragment fragment; // first: a signal is freed as a fragment
    struct signal *next;      // in the inbox, then in the mailbox
    enum signal_kind kind;
    uint32_t channel; // that it came through from another node (dist/), or 0
    term from;        // sender's pid, or an atom
    term value;       // message, reason, ...
    term reference;   // monitor, alias, request; NONE if there is none
    union {
        term token;     // of a message: sequential trace token, or NIL
        void *question; // of `call`: see proc/ask.c
    };
    // SIGNAL_QUESTION, SIGNAL_CALL, SIGNAL_SYSTEM_TASK, SIGNAL_CODE_CHECK. `owner` is NULL when the process died before
    // it took the signal. A system task runs while no C stack of the process is parked, so it may collect. The caller
    // frees the signal afterwards.
    void (*call)(struct process *owner, struct signal *signal);
    union {
        void *argument;        // for `call`
        struct packed *packed; // messages and exit signals of other nodes: the value, still in bytes (dist/), or NULL
    };
};

// ---- the process --------------------------------------------------------------------------------------------------

enum exception_class { CLASS_NONE, CLASS_ERROR, CLASS_EXIT, CLASS_THROW };

// The state word: one of these in its low bits, and the bits below. How it changes: proc/state.h.
enum process_state {
    STATE_RUNNABLE, // in a run queue or about to be
    STATE_RUNNING,
    STATE_WAITING, // until a signal comes: whoever changes this to runnable puts it in a queue
    STATE_FREE,
    STATE_MASK = 3,
    STATE_EXITING = 1 << 2,   // never cleared
    STATE_SUSPENDED = 1 << 3, // handles signals, but runs no code
    STATE_TIMED_OUT = 1 << 4, // its timer (proc_timer_start) has fired
    STATE_SYSTEM = 1 << 5,    // erts_internal:spawn_system_process
    STATE_FOREIGN = 1 << 6,   // these four: proc/foreign.c
    STATE_ATTENDED = 1 << 7,
    STATE_SUMMONED = 1 << 8,
    STATE_DEPARTED = 1 << 9,
};

enum priority { PRIORITY_MAX, PRIORITY_HIGH, PRIORITY_NORMAL, PRIORITY_LOW, PRIORITY_COUNT };

// What a built-in function wants its caller to do when it returned NONE.
enum bif_outcome {
    OUTCOME_RAISE, // exception_class, exception_reason (and exception_trace) are set
    OUTCOME_CALL,  // go on as a call of callee with callee_arguments in the x registers
};

struct process {
    struct work work; // first: rooms below see only this
    struct heap heap;
    term pid;

    // execution, for exec/
    const void *instruction;               // where to go on
    const void *link;                      // return address of a function without a frame
    uint32_t live;                         // x registers saved on top of the stack while not running
    uint32_t flags;                        // enum process_flag_bits, only the owner writes
    struct context *parked;                // C stack of a built-in function that gave way, or NULL
    _Atomic(struct scheduler *) scheduler; // that runs it, while it runs
    uint64_t reductions_total;             // before this slice
    int64_t slice;                         // work.reductions at the slice's start

    // the last exception, valid from raise to handler
    enum exception_class exception_class;
    enum bif_outcome outcome;
    term exception_reason;
    term exception_trace; // NIL, or the captured stack (exec/exception.h)
    term exception_extra; // error_info's map for the failing built-in, or NONE
    const struct export *callee;

    // mailbox: signals of kind SIGNAL_MESSAGE, in order
    _Atomic(struct signal *) inbox;
    struct signal *mailbox, **mailbox_end;
    struct signal **mailbox_save; // where the receive loop stands
    uint32_t mailbox_length;
    _Atomic uint32_t state; // enum process_state

    struct process_links *links; // links, monitors, aliases; NULL while there are none
    struct process_dictionary *dictionary;
    _Atomic(struct process_tables *) tables; // what it owns and has fixed, or NULL; ets/ looks after it
    struct process_extra *extra; // what few processes have: suspensions, tracer, save calls, receive markers, ...
    struct process *queue_next;  // in a run queue
    struct process_timer *timer; // of receive ... after and proc_wait_until; made at the first use
    term group_leader, parent;
    _Atomic(term) registered_name; // or NIL; written under the name table's lock
    struct export *initial_call;
    _Atomic(struct slow_thread *) slow; // of the slow-work pool, while it runs there
    struct scratch *scratch; // temporary memory, freed when the built-in function returns or the process dies
    uint8_t priority;
    uint8_t error_handler_depth;
};

enum process_flag_bits {
    FLAG_TRAP_EXIT = 1 << 0,
    FLAG_SENSITIVE = 1 << 1,
    FLAG_OFF_HEAP_MESSAGES = 1 << 2,
    FLAG_ASYNC_DIST = 1 << 3,
    FLAG_TRACED = 1 << 4,
    FLAG_HIBERNATED = 1 << 5,
    FLAG_RECEIVING = 1 << 6,           // stopped in a receive or proc_wait; see proc_before_run
    FLAG_RECEIVE_TIMER = 1 << 7,       // the timer of receive ... after has been started
    FLAG_MATCHING = 1 << 8,            // registers refer to the message at the mailbox's save position
    FLAG_HEAP_MAXIMUM_SPARES = 1 << 9, // passing max_heap_size does not kill
    FLAG_HEAP_MAXIMUM_QUIET = 1 << 10, // ... and is not logged
    FLAG_SEQUENCED = 1 << 11,          // has a token of sequential tracing (proc/sequence.h)
    FLAG_TIMED = 1 << 12,              // its time is counted for a function (trace/time.c)
    FLAG_DRIVERS = 1 << 13,            // has loaded drivers
    FLAG_BLOCKS_SCHEDULING = 1 << 14,  // system_flag(multi_scheduling, block)
    FLAG_IN_TASK = 1 << 15,            // runs a system task; where it is parked in one, it goes on with that first
    FLAG_SAVES_CALLS = 1 << 16,        // proc/saved_calls.h
    FLAG_COLLECTING = 1 << 17,         // its heap is in the midst of a collection
};

// ---- finding ------------------------------------------------------------------------------------------------------

void proc_init(size_t process_limit);
struct process *proc_lookup(term pid); // NULL when there is none (any more)
term proc_whereis(term name);          // a local pid or port, or ATOM_undefined
// True, or why not: notalive, registered_name (the owner has one), none (the name is taken). All are atoms.
term proc_register(term name, term pid_or_port);
bool proc_unregister(term name);
size_t proc_count(void);

// ---- making -------------------------------------------------------------------------------------------------------

enum alias_mode {
    ALIAS_NONE,
    ALIAS_EXPLICIT,  // until unalias/1
    ALIAS_DEMONITOR, // until the monitor is gone
    ALIAS_REPLY,     // until the first message through it, which takes the monitor too
};

struct spawn_options {
    bool link, monitor;
    term monitor_tag; // NONE: 'DOWN'
    enum alias_mode monitor_alias;
    enum priority priority;
    size_t heap_minimum, heap_maximum, binary_heap_minimum; // words
    uint32_t fullsweep_after;
    uint32_t flags;    // FLAG_OFF_HEAP_MESSAGES, ...
    bool system;       // erts_internal:spawn_system_process
    term group_leader; // NONE: the parent's
};

// What the command line and erlang:system_flag say; NONE and 0 elsewhere.
void proc_spawn_defaults(struct spawn_options *options);
// Makes a process that will apply module:function to the list `arguments`; returns its pid. `parent` is NULL only for
// the first. *reference receives the monitor (in the parent's heap) when one was asked for. NONE when the table is
// full.
term proc_spawn(struct process *parent, term module, term function, term arguments, const struct spawn_options *options,
                term *reference);
// The same in two steps: nobody knows of the process before it is launched. NULL when the table is full.
struct process *proc_spawn_prepare(struct process *parent, term module, term function, term arguments,
                                   const struct spawn_options *options, term *reference);
term proc_spawn_launch(struct process *child);
// Ends the running process; returns when all that it owned is gone but its own memory (its heap too is gone). May give
// way. Whoever called it touches the process no more: the interpreter returns EXEC_EXITED.
void proc_exit(struct process *self, term reason);
// The scheduler calls it before each slice, with the signals' order in mind: takes signals, runs system tasks.
enum proc_next { PROC_RUN, PROC_WAIT, PROC_EXIT }; // PROC_EXIT: proc_exit(self, self->exception_reason)
enum proc_next proc_before_run(struct process *self);

// ---- signals ------------------------------------------------------------------------------------------------------

// A signal with copies of `from`, `value` and `reference` (NONE for none).
struct signal *proc_signal_new(enum signal_kind kind, term from, term value, term reference);
// Hands the signal over, also when it returns false: the receiver is gone and the signal was freed.
bool proc_signal(struct process *to, struct signal *signal);
// A signal over what a builder made: takes over its fragments, in which `value` lies.
struct signal *proc_signal_built(enum signal_kind kind, struct heap *builder, term value);
// Sends a copy of `message` to a pid, port, registered name, {Name, Node}, or alias. Returns ATOM_ok or raises badarg.
term proc_send(struct process *from, term to, term message);
// From outside all processes (ports, timers), to a local pid or name: takes over the builder's fragments, in which
// `message` lies.
bool proc_send_built(term to, struct heap *builder, term message);
// Exit signal to a pid.
void proc_exit_signal(struct process *from, term to, term reason);
// The running process's side of a link that the other side knows already (open_port).
void proc_link_add(struct process *self, term other);
// Takes the inbox in: messages to the mailbox, the rest handled. True when the process must exit now (reason in
// exception_reason).
bool proc_take_signals(struct process *self);
// (running) Whether a signal that will end the process waits in its inbox, or has ended it: asked by foreign code that
// runs long.
bool proc_is_doomed(struct process *self);
// Kills or wakes where it stands: gives way at once, so that a signal just sent to oneself has been handled on return.
void proc_handle_own_signals(struct process *self);

// ---- giving way ---------------------------------------------------------------------------------------------------

// From a built-in function: wait until a signal comes (spurious returns are allowed: check and wait again). Signals
// other than messages have been handled on return.
void proc_wait(struct process *self);
// The same with a time limit (monotonic, ns); false when it passed.
bool proc_wait_until(struct process *self, int64_t deadline);
// Around calls that block in the system, or compute long in code that cannot give way: the C stack goes on in a thread
// of the slow-work pool. Each kind has threads of its own, so that no collection waits for another's file.
enum slow_work { SLOW_BLOCKS, SLOW_COMPUTES, SLOW_KINDS };
void proc_slow_enter(struct process *self, enum slow_work kind);
void proc_slow_leave(struct process *self);
// Inside them, around foreign code: the process is others' meanwhile (proc/foreign.c), and may end for everybody but
// the code. What runs, as it is told of:
struct foreign_call {
    term module, function;
    unsigned arity;
    const struct code *code;
};
void proc_foreign_enter(struct process *self, const struct foreign_call *call);
void proc_foreign_leave(struct process *self);
// Around calls of built-in functions that may wait for others than the VM (a device, another program, a server): the
// process is to be left alone in between, and what it would have to free lies on its heap or in scratch.
void proc_away_enter(struct process *self, const struct foreign_call *call);
void proc_away_leave(struct process *self);
// In foreign code, around what touches the process. False when it has ended: then it is not to be touched.
bool proc_foreign_claim(struct process *self);
void proc_foreign_release(struct process *self);

// ---- scratch ------------------------------------------------------------------------------------------------------

// Temporary memory of the running built-in function.
void *proc_scratch(struct process *self, size_t bytes);
// The memory that proc_scratch gave is the caller's from now on, who frees it with proc_scratch_free.
void proc_scratch_take(struct process *self, void *memory);
void proc_scratch_free(void *memory);
void proc_scratch_release(struct process *self); // exec/ calls it after each built-in function that used it

// ---- collection ---------------------------------------------------------------------------------------------------

// Collects at a safe point: x[0..live) are roots, `need` words will be free. A large heap is collected in a thread of
// the slow-work pool, with the C stack parked meanwhile.
void proc_collect(struct process *self, size_t need, term *x, size_t live, bool full);
// Collects into a block with no spare room: hibernation.
void proc_shrink(struct process *self, term *x, size_t live);
// Moves out what the heap holds of literals being purged. At a safe point with no registers live.
void proc_copy_literals(struct process *self);

// ---- the timer of receive ... after -------------------------------------------------------------------------------

// Wakes the process at the deadline (monotonic, ns) and sets STATE_TIMED_OUT. One at a time.
void proc_timer_start(struct process *self, int64_t deadline);
// Stops it, if it runs, and clears STATE_TIMED_OUT.
void proc_timer_stop(struct process *self);
static inline bool proc_timed_out(const struct process *self) {
    return (atomic_load_explicit(&self->state, memory_order_relaxed) & STATE_TIMED_OUT) != 0;
}
// start_timer, send_after and the BIFs' cancel and read are in proc/timer.h.

#endif
