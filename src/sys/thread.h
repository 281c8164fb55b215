// Threads, and what they wait with.

#ifndef PURLIN_SYS_THREAD_H
#define PURLIN_SYS_THREAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

typedef pthread_mutex_t mutex;

static inline void mutex_init(mutex *lock) {
    pthread_mutex_init(lock, NULL);
}
static inline void mutex_lock(mutex *lock) {
    pthread_mutex_lock(lock);
}
static inline void mutex_unlock(mutex *lock) {
    pthread_mutex_unlock(lock);
}

// A thread that runs function(argument) until the program ends; `name` has at most 15 characters.
void thread_start(const char *name, void (*function)(void *argument), void *argument);
unsigned thread_processor_count(void);        // that exist
unsigned thread_processor_online_count(void); // that this program may run on
void thread_relax(void);                      // in a loop that waits for another thread's next few instructions

// A gate that one thread waits at until another opens it; closed again by the waiter when it goes through.
struct gate {
    _Atomic uint32_t open;
};
void gate_open(struct gate *gate);
// Returns when the gate was opened or the deadline (monotonic, ns; INT64_MAX: never) has passed.
void gate_wait(struct gate *gate, int64_t deadline);

#endif
