// Who runs when: scheduler threads, run queues, stealing, the timer wheel, the slow-work pool.

#ifndef PURLIN_SCHED_SCHED_H
#define PURLIN_SCHED_SCHED_H

#include "proc/proc.h"
#include "proc/timer.h"
#include "sys/microstate.h"

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

// ---- what can wait until a slice ends -----------------------------------------------------------------------------

// Calls call(argument) when the slice that the calling thread runs has ended, once however often it is asked for; at
// once where no slice runs. What was put off for another reason before is not put off any longer.
void sched_put_off(void (*call)(term), term argument);
// Calls now what was put off: before what may take long without giving way, or cannot be taken back.
void sched_settle(void);

// ---- epochs: memory that others may still be reading --------------------------------------------------------------

// Calls free_function(memory) after every scheduler has passed a safe point.
void epoch_retire(void *memory, void (*free_function)(void *));

// ---- timers -------------------------------------------------------------------------------------------------------

void timer_start(struct timer *timer, int64_t deadline, void (*fire)(struct timer *));
// False when it has fired or is firing.
bool timer_cancel(struct timer *timer);

// ---- polling: file descriptors ------------------------------------------------------------------------------------

// An error or hang-up is told as such to those who wait for it, to others as what they wait for.
enum poll_events { POLL_READ = 1, POLL_WRITE = 2, POLL_ERROR = 4 };
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
size_t poll_count(void); // sources that are known

// ---- threads that are no schedulers -------------------------------------------------------------------------------

// Around what looks up processes or sends signals in a thread of one's own, so that epochs wait for it.
struct epoch_member;
struct epoch_member *epoch_visit(void);
void epoch_visit_end(struct epoch_member *member);

// With a visit of their own (visit.c). Whether a local process lives; false of what is no local pid.
bool visit_is_alive(term pid);
// A process will tell a watcher that is none (a port; ATOM_socket, ATOM_resource: see vm.hooks) of its end, under the
// reference of these ids, until that is taken back. False when it is gone.
bool visit_monitor(term pid, term watcher, const uint32_t ids[3]);
void visit_demonitor(term pid, term watcher, const uint32_t ids[3]);

// ---- standing still (freeze.c) ------------------------------------------------------------------------------------

// Stops all schedulers (but the caller's own) between two slices, and keeps the slow-work pool from beginning anything,
// until sched_thaw. Waits for them no longer than `patience` (ns): false when somebody still runs.
bool sched_freeze(int64_t patience);
void sched_thaw(void);
// While frozen: whether nobody runs the process, so that all that it owns may be read.
bool sched_stands(const struct process *process);

// ---- numbers ------------------------------------------------------------------------------------------------------

unsigned sched_count(void);
// Lets only the first `count` schedulers run processes; returns how many did before.
unsigned sched_set_online(unsigned count);
unsigned sched_number(void);         // of the calling thread's scheduler, from 1; 0 for other threads
struct process *sched_process(void); // that it runs, or NULL
struct sched_statistics {
    uint64_t context_switches, reductions;
    uint64_t run_queue; // processes waiting in it
    bool running;       // a process
};
struct slow_statistics {
    unsigned waiting, running; // processes
};
struct slow_statistics sched_slow_statistics(enum slow_work kind);
// Of scheduler `number`, from 1.
struct sched_statistics sched_statistics(unsigned number);

// The threads that run processes, each kind numbered from 1. Those of the slow-work pool count though they have not
// been made yet.
enum sched_thread { SCHED_NORMAL, SCHED_DIRTY_CPU, SCHED_DIRTY_IO, SCHED_THREADS };
unsigned sched_thread_count(enum sched_thread kind);
int64_t sched_busy_time(enum sched_thread kind, unsigned number); // ns

// Microstate accounting of all these threads.
bool sched_microstates_set(bool on); // whether it was on
bool sched_microstates_clear(void);  // whether it is on
void sched_microstates_read(enum sched_thread kind, unsigned number, uint64_t spent[MICROSTATES]);

#endif
