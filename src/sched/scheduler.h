// A scheduler, for the files of this room.
//
// The loop of a scheduler (sched.c) runs on the C stack of a context, and so do the processes it runs. When a built-in
// function gives way, its stack is parked with its process, and the loop goes on upon another context: from the
// scheduler's point of view the call that ran the process has not returned yet. What must happen only when the old
// stack is no longer in use (putting the process in a queue, the context in the pool) is left in `after` and done by
// whoever stands on the new stack.

#ifndef PURLIN_SCHED_SCHEDULER_H
#define PURLIN_SCHED_SCHEDULER_H

#include "exec/exec.h"
#include "sched/sched.h"
#include "sys/microstate.h"
#include "sys/poller.h"
#include "sys/thread.h"
#include "vm.h"

#define CACHE_LINE 64

// ---- queues -------------------------------------------------------------------------------------------------------

struct queue {
    struct process *first, *last;
    _Atomic uint32_t length; // written under the lock, read by thieves without
};

struct run_queue {
    mutex lock;
    struct queue queues[PRIORITY_COUNT];
    uint32_t low_skipped; // normal processes taken while low ones waited
    _Atomic uint32_t length;
    _Atomic bool reserved; // there is one process, and it is for the owner, who comes for it soon
};

void run_queue_init(struct run_queue *queue);
// Returns the length before. A process put into an empty queue may be reserved.
uint32_t run_queue_put(struct run_queue *queue, struct process *process, bool reserve);
struct process *run_queue_take(struct run_queue *queue);
// What a thief may take.
bool run_queue_has_spoils(const struct run_queue *queue);
struct process *run_queue_steal(struct run_queue *queue);
// The owner will not come.
void run_queue_give_up(struct run_queue *queue);

// ---- timers -------------------------------------------------------------------------------------------------------

#define WHEEL_BITS 6
#define WHEEL_SLOTS (1 << WHEEL_BITS)
#define WHEEL_LEVELS 8
#define WHEEL_TICK_BITS 17 // a tick is 2^17 ns, 0.13 ms

struct wheel {
    mutex lock;
    uint64_t now; // ticks; everything before it has fired
    struct timer *slots[WHEEL_LEVELS][WHEEL_SLOTS];
    uint64_t occupied[WHEEL_LEVELS]; // a bit a slot
    _Atomic size_t count;
};

void wheel_init(struct wheel *wheel);
// Fires what is due. Returns when to look again (monotonic, ns; INT64_MAX: nothing is waiting): not later than the
// first deadline, but perhaps earlier.
int64_t wheel_advance(struct wheel *wheel, int64_t now);
// Makes it look at its wheel not later than then.
void timers_until(struct scheduler *scheduler, int64_t deadline);

// ---- epochs -------------------------------------------------------------------------------------------------------

struct retired {
    struct retired *next;
    void *memory;
    void (*free_function)(void *);
    uint64_t epoch; // freed when everybody has left it
};

#define EPOCH_AWAY UINT64_MAX

struct epoch_member {
    _Atomic uint64_t seen;             // the epoch of the last safe point, or EPOCH_AWAY while asleep
    struct retired *pending;           // since the last safe point
    struct retired *oldest, *newest;   // stamped, in order
    struct epoch_member *_Atomic next; // all members, for ever
    bool visitor;                      // see epoch_visit
};

void epoch_join(struct epoch_member *member);
void epoch_safe_point(struct epoch_member *member);
void epoch_leave(struct epoch_member *member);  // before sleeping
void epoch_return(struct epoch_member *member); // after
void epoch_defer(struct epoch_member *member, void *memory, void (*free_function)(void *));

// ---- how long a thread has been at work ---------------------------------------------------------------------------

// Only the thread itself writes.
struct busy_time {
    _Atomic int64_t total, since; // ns; `total` is up to `since`
    _Atomic bool busy;
};

void busy_begin(struct busy_time *time);
void busy_end(struct busy_time *time);
int64_t busy_total(const struct busy_time *time);

// ---- the scheduler ------------------------------------------------------------------------------------------------

enum after { AFTER_NOTHING, AFTER_ENQUEUE, AFTER_SLEEP, AFTER_POOL, AFTER_BLOCK, AFTER_COMPUTE };

struct scheduler {
    alignas(CACHE_LINE) struct run_queue queue;
    struct wheel wheel;
    struct epoch_member epoch;
    unsigned number;         // from 1
    struct context *context; // whose stack the loop stands on
    struct process *process; // that runs
    struct stack thread;     // the thread's own stack
    enum after after;
    struct context *after_context;
    struct process *after_process;
    struct context *pool; // contexts not in use
    uint32_t pool_count;
    struct gate gate; // where it sleeps, unless it polls
    struct scheduler *next_sleeper;
    bool asleep;           // in the list of sleepers
    bool polling;          // ... in the poller
    void (*put_off)(term); // to be called when the slice ends, or NULL
    term put_off_argument;
    uint32_t since_poll;                        // see POLL_EVERY
    uint32_t clock_at;                          // of since_poll: when to look at the clock again
    _Atomic int64_t next_timer;                 // when to look at the wheel; threads that are no schedulers lower it
    _Atomic(struct poll_source *) ready_source; // whose `ready` it runs
    bool worked;                                // while schedulers are profiled: for others than the profiler
    bool told_idle;                             // ... and its idleness was told
    bool told_of;                               // a traced process's `in` was
    int64_t taken_up;    // when it took up the process, while system_monitor's long_schedule is watched; else 0
    term taken_up_in[3]; // ... in which function; [0] is NONE: in none
    // statistics: only the owner writes
    _Atomic uint64_t context_switches, reductions;
    struct busy_time busy;
    struct microstates microstates;
    _Atomic bool still; // waits for the VM to thaw
};

struct slow_pool;

struct schedulers {
    struct sched_options options;
    struct scheduler *all; // options.schedulers of them
    _Atomic bool stopping;
    _Atomic unsigned frozen;  // how many want it to stand still
    _Atomic unsigned running; // threads in the loop
    _Atomic uint32_t sleeper_count;
    mutex sleep_lock;
    struct scheduler *sleepers; // under sleep_lock
    struct scheduler *poller;   // the one in poller_wait, under sleep_lock
    struct poller descriptors;
    mutex poll_lock;
    struct poll_source **sources; // by descriptor, under poll_lock
    size_t source_room;
    _Atomic uint64_t epoch;
    _Atomic(struct epoch_member *) members;
    mutex retire_lock;
    struct epoch_member outside; // for threads that are no schedulers, under retire_lock
    struct slow_pool *slow[SLOW_KINDS];
    mutex account_lock; // of changes of microstate accounting
    _Atomic unsigned online;
};

// The scheduler that the calling thread is, or NULL. Not to be kept across a switch of stacks.
struct scheduler *scheduler_current(void);
void scheduler_set_current(struct scheduler *scheduler);

// ---- sleeping and waking (sleep.c)

void sleep_init(void);
// Waits for work, a descriptor or a timer. A scheduler that is not online waits for timers alone.
void scheduler_sleep(struct scheduler *scheduler, bool online);
// Wakes a sleeper if there is one.
void wake_one(void);
void wake_all(void);
// Calls the owners of descriptors that are ready, waiting for the first one until the deadline (0: not at all).
void poll_until(struct scheduler *scheduler, int64_t deadline);

// ---- contexts (context_pool.c)

struct context *context_take(struct scheduler *scheduler);
void context_give(struct scheduler *scheduler, struct context *context);
// What stood on it is dropped.
void context_drop(struct scheduler *scheduler, struct context *context);

// ---- the loop (sched.c)

void scheduler_main(void *context);
// Goes from the stack the caller stands on to another context; the rest as described above.
void switch_to(struct scheduler *scheduler, struct context *from, struct context *to);
// On arrival: what the one who left wanted done.
void after_switch(struct scheduler *scheduler);

// ---- what is told of it (watch.c)

// Around the time that a scheduler gives to a process; `ran`: not only to take signals. Exited: it is gone by now.
void watch_tell_process(struct process *process, bool active);
void watch_begin(struct scheduler *scheduler, struct process *process);
void watch_end(struct scheduler *scheduler, struct process *process, bool ran);
void watch_exited(struct scheduler *scheduler, term pid);
// system_profile: a process has something to do again (it is in no queue yet), or nothing (it has stopped, and is not
// asleep yet).
static inline void watch_active(struct process *process) {
    if (vm_watches(WATCH_PROCESSES))
        watch_tell_process(process, true);
}
static inline void watch_inactive(struct process *process) {
    if (vm_watches(WATCH_PROCESSES))
        watch_tell_process(process, false);
}
// The scheduler has nothing to do. What it does for the profiler itself is not told, nor when it has nothing else.
void watch_idle(struct scheduler *scheduler, bool online);

// ---- standing still (freeze.c)

bool sched_frozen(void);
// Returns when the VM thaws.
void scheduler_stand_still(struct scheduler *scheduler);

// ---- the slow-work pool (slow.c)

void slow_init(enum slow_work kind, unsigned threads);
// Gives a process whose stack is parked to a thread of the pool.
void slow_submit(struct process *process, enum slow_work kind);
// Before the pool's thread goes on with the process: not while the VM stands still.
void slow_begin(struct slow_thread *thread, struct process *process);
void sched_slow_enter(struct process *process, int kind);
void sched_slow_leave(struct process *process);
// Of all that there may be, made or not.
unsigned slow_thread_count(enum slow_work kind);
// Of a thread by its number, from 1.
const struct busy_time *slow_thread_busy(enum slow_work kind, unsigned number);
struct microstates *slow_thread_microstates(enum slow_work kind, unsigned number);

#endif
