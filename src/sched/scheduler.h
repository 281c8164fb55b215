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
#include "sys/poll.h"
#include "sys/thread.h"

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
};

void run_queue_init(struct run_queue *queue);
// Returns the length before.
uint32_t run_queue_put(struct run_queue *queue, struct process *process);
struct process *run_queue_take(struct run_queue *queue);

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

// ---- the scheduler ------------------------------------------------------------------------------------------------

enum after { AFTER_NOTHING, AFTER_ENQUEUE, AFTER_SLEEP, AFTER_POOL, AFTER_SLOW };

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
    bool asleep;                                // in the list of sleepers
    bool polling;                               // ... in the poller
    uint32_t since_poll;                        // see POLL_EVERY
    uint32_t clock_at;                          // of since_poll: when to look at the clock again
    int64_t next_timer;                         // when to look at the wheel
    _Atomic(struct poll_source *) ready_source; // whose `ready` it runs
    // statistics: only the owner writes
    _Atomic uint64_t context_switches, reductions;
    _Atomic int64_t busy_time; // ns, up to busy_since
    _Atomic int64_t busy_since;
    _Atomic bool awake;
};

struct slow_pool;

struct schedulers {
    struct sched_options options;
    struct scheduler *all; // options.schedulers of them
    _Atomic bool stopping;
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
    struct slow_pool *slow;
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

// ---- the slow-work pool (slow.c)

void slow_init(unsigned threads);
// Gives a process whose stack is parked to a thread of the pool.
void slow_submit(struct process *process);
void sched_slow_enter(struct process *process);
void sched_slow_leave(struct process *process);

#endif
