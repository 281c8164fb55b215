// Threads, and what they wait with (futexes).

#define _GNU_SOURCE // pthread_setname_np, sched_getaffinity

#include "sys/thread.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "sys/sys.h"

struct thread {
    void (*function)(void *argument);
    void *argument;
};

static void *run(void *memory) {
    struct thread thread = *(struct thread *)memory;
    sys_free(memory);
    thread.function(thread.argument);
    return NULL;
}

void thread_start(const char *name, void (*function)(void *argument), void *argument) {
    struct thread *thread = sys_alloc(sizeof *thread);
    *thread = (struct thread){function, argument};
    // Signals go to the main thread alone.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_t id;
    if (pthread_create(&id, NULL, run, thread) != 0)
        sys_fatal("cannot start a thread");
    pthread_setname_np(id, name);
    pthread_detach(id);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

unsigned thread_processor_count(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (unsigned)count : 1;
}

unsigned thread_processor_online_count(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : thread_processor_count();
}

void thread_relax(void) {
    sched_yield();
}

void gate_open(struct gate *gate) {
    if (!atomic_exchange(&gate->open, 1))
        syscall(SYS_futex, &gate->open, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void gate_wait(struct gate *gate, int64_t deadline) {
    struct timespec until = {deadline / 1000000000, deadline % 1000000000};
    while (!atomic_exchange(&gate->open, 0)) {
        // The bitset form takes an absolute time, by the monotonic clock.
        long result = syscall(SYS_futex, &gate->open, FUTEX_WAIT_BITSET_PRIVATE, 0,
                              deadline == INT64_MAX ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY);
        if (result < 0 && errno == ETIMEDOUT)
            return;
    }
}
