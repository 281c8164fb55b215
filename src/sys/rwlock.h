// A lock of four bytes for many readers or one writer.
//
// Taking it when nobody is in the way is one atomic instruction. Who must wait spins a little, then sleeps. Not
// recursive, not even for readers: once a thread waits, later readers queue behind it.

#ifndef PURLIN_SYS_RWLOCK_H
#define PURLIN_SYS_RWLOCK_H

#include <stdatomic.h>
#include <stdint.h>

#include "sys/assert.h"

// bit 31: a writer is in; bit 30: somebody sleeps; below: how many readers are in.
struct rwlock {
    _Atomic uint32_t state;
};

enum : uint32_t { RWLOCK_WRITER = 1u << 31, RWLOCK_WAITING = 1u << 30 };

void rwlock_read_slow(struct rwlock *lock);
void rwlock_write_slow(struct rwlock *lock);
void rwlock_wake(struct rwlock *lock);

static inline void rwlock_read(struct rwlock *lock) {
    uint32_t state = atomic_load_explicit(&lock->state, memory_order_relaxed);
    if ((state & (RWLOCK_WRITER | RWLOCK_WAITING)) ||
        !atomic_compare_exchange_weak_explicit(&lock->state, &state, state + 1, memory_order_acquire,
                                               memory_order_relaxed))
        rwlock_read_slow(lock);
}
static inline void rwlock_read_end(struct rwlock *lock) {
    uint32_t before = atomic_fetch_sub_explicit(&lock->state, 1, memory_order_release);
    assert_debug((before & ~RWLOCK_WAITING) != 0 && !(before & RWLOCK_WRITER));
    if (before == (RWLOCK_WAITING | 1))
        rwlock_wake(lock);
}
static inline void rwlock_write(struct rwlock *lock) {
    uint32_t state = 0;
    if (!atomic_compare_exchange_strong_explicit(&lock->state, &state, RWLOCK_WRITER, memory_order_acquire,
                                                 memory_order_relaxed))
        rwlock_write_slow(lock);
}
static inline void rwlock_write_end(struct rwlock *lock) {
    uint32_t before = atomic_fetch_and_explicit(&lock->state, RWLOCK_WAITING, memory_order_release);
    assert_debug(before & RWLOCK_WRITER);
    if (before & RWLOCK_WAITING)
        rwlock_wake(lock);
}

#endif
