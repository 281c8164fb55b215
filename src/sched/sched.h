// Who runs when: scheduler threads, run queues, stealing, the timer wheel, the slow-work pool.

#ifndef PURLIN_SCHED_SCHED_H
#define PURLIN_SCHED_SCHED_H

#include "proc/proc.h"
#include "proc/timer.h"

#define SLICE_REDUCTIONS (HARD_TEST ? 50 : 4000)

struct sched_options {
    unsigned schedulers, schedulers_online;
    unsigned dirty_cpu, dirty_cpu_online, dirty_io;
};

void sched_init(const struct sched_options *options);
// Runs the schedulers until sched_stop; the calling thread is scheduler 1.
void sched_run(void);
void sched_stop(void);
// Puts a runnable process in a queue and wakes a sleeper if that helps. From any thread.
void sched_enqueue(struct process *process);

// ---- epochs: memory that others may still be reading --------------------------------------------------------------

// Calls free_function(memory) after every scheduler has passed a safe point.
void epoch_retire(void *memory, void (*free_function)(void *));

// ---- timers -------------------------------------------------------------------------------------------------------

void timer_start(struct timer *timer, int64_t deadline, void (*fire)(struct timer *));
// False when it has fired or is firing.
bool timer_cancel(struct timer *timer);

// ---- polling: file descriptors ------------------------------------------------------------------------------------

enum poll_events { POLL_READ = 1, POLL_WRITE = 2 };
// One registration a descriptor, one shot: `ready` runs once on a scheduler thread, then it must be armed again. It
// must be short, and its owner serialises what it touches: it may run beside any process.
struct poll_source {
    int descriptor;
    void (*ready)(struct poll_source *source, unsigned events);
    unsigned armed; // sched's own: zero at first
};
// errno when the descriptor cannot be polled (EPERM: a file on disk, which is always ready), or 0. Arming again adds
// to the events.
int poll_arm(struct poll_source *source, unsigned events);
// Before the descriptor is closed. `ready` is not running and will not run when this returns, so not from `ready`
// itself: there it is enough not to arm again, and to call poll_forget.
void poll_disarm(struct poll_source *source);
void poll_forget(struct poll_source *source);

// ---- threads that are no schedulers -------------------------------------------------------------------------------

// Around what looks up processes or sends signals in a thread of one's own, so that epochs wait for it.
struct epoch_member;
struct epoch_member *epoch_visit(void);
void epoch_visit_end(struct epoch_member *member);

// ---- numbers ------------------------------------------------------------------------------------------------------

unsigned sched_count(void);
// Lets only the first `count` schedulers run processes; returns how many did before.
unsigned sched_set_online(unsigned count);
unsigned sched_number(void); // of the calling thread's scheduler, from 1; 0 for other threads
struct sched_statistics {
    uint64_t context_switches, reductions;
    uint64_t run_queue; // processes waiting in it
    int64_t busy_time;  // ns
    bool running;       // a process
};
// Of scheduler `number`, from 1.
struct sched_statistics sched_statistics(unsigned number);

#endif
