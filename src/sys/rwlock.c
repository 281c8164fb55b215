// The slow paths of the read-write lock: spinning, then sleeping on the state word.

#include "sys/rwlock.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SPINS = 200 };

static void sleep_while(struct rwlock *lock, uint32_t state) {
    syscall(SYS_futex, &lock->state, FUTEX_WAIT_PRIVATE, state, NULL, NULL, 0);
}

// Clears the waiting mark while nobody is in, and lets all sleepers try again. If somebody has come in meanwhile the
// mark stays, and waking the sleepers is left to whoever goes last.
void rwlock_wake(struct rwlock *lock) {
    uint32_t state = RWLOCK_WAITING;
    if (atomic_compare_exchange_strong_explicit(&lock->state, &state, 0, memory_order_relaxed, memory_order_relaxed))
        syscall(SYS_futex, &lock->state, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

// Waits until the bits in `blockers` are all clear, then makes the state `state + add`.
static void enter(struct rwlock *lock, uint32_t blockers, uint32_t add) {
    for (unsigned spins = 0;;) {
        uint32_t state = atomic_load_explicit(&lock->state, memory_order_relaxed);
        if (!(state & blockers)) {
            if (atomic_compare_exchange_weak_explicit(&lock->state, &state, state + add, memory_order_acquire,
                                                      memory_order_relaxed))
                return;
        } else if (spins < SPINS) {
            spins++;
            __builtin_ia32_pause();
        } else if ((state & RWLOCK_WAITING) ||
                   atomic_compare_exchange_weak_explicit(&lock->state, &state, state | RWLOCK_WAITING,
                                                         memory_order_relaxed, memory_order_relaxed)) {
            sleep_while(lock, state | RWLOCK_WAITING);
        }
    }
}

void rwlock_read_slow(struct rwlock *lock) {
    // Behind a sleeping writer, unless the lock is free at this moment.
    for (;;) {
        uint32_t state = atomic_load_explicit(&lock->state, memory_order_relaxed);
        if (state == RWLOCK_WAITING || !(state & RWLOCK_WAITING))
            break;
        sleep_while(lock, state);
    }
    enter(lock, RWLOCK_WRITER, 1);
}

void rwlock_write_slow(struct rwlock *lock) {
    enter(lock, ~RWLOCK_WAITING, RWLOCK_WRITER);
}
