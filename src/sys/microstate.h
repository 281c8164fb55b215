// Microstate accounting: how long each thread was in which state (erlang:statistics(microstate_accounting)).
//
// A thread notes its state only while it is accounted for (WATCH_MICROSTATES in vm.watched). What the others see of a
// thread is under its lock.

#ifndef PURLIN_SYS_MICROSTATE_H
#define PURLIN_SYS_MICROSTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sys/thread.h"
#include "vm.h"

enum microstate {
    MICROSTATE_AUX,      // timers
    MICROSTATE_CHECK_IO, // looks for descriptors that are ready
    MICROSTATE_EMULATOR, // runs a process
    MICROSTATE_GC,
    MICROSTATE_OTHER,
    MICROSTATE_PORT,
    MICROSTATE_SLEEP,
    MICROSTATES
};

// Of one thread.
struct microstates {
    mutex lock;
    enum microstate state;
    int64_t since;
    uint64_t spent[MICROSTATES]; // ns
};

void microstates_init(struct microstates *thread);
// The calling thread accounts for itself there.
void microstates_set_own(struct microstates *thread);
enum microstate microstate_note(enum microstate state);
// The calling thread goes over to that state; the one before. Nothing is noted while nobody accounts.
static inline enum microstate microstate_enter(enum microstate state) {
    return vm_watches(WATCH_MICROSTATES) ? microstate_note(state) : MICROSTATE_OTHER;
}

// By anyone, under the lock of all such changes (sched/sched.c).
void microstates_begin(struct microstates *thread, enum microstate state);
void microstates_end(struct microstates *thread);
void microstates_clear(struct microstates *thread);
void microstates_read(struct microstates *thread, uint64_t spent[MICROSTATES]);

#endif
