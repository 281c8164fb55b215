// What a thread notes of its states.

#include "sys/microstate.h"

#include <string.h>

#include "sys/sys.h"

static _Thread_local struct microstates *own;

// Out of line, because a stack may go on in another thread between two calls.
__attribute__((noinline)) static struct microstates *own_microstates(void) {
    __asm__ volatile("");
    return own;
}
__attribute__((noinline)) void microstates_set_own(struct microstates *thread) {
    own = thread;
}

void microstates_init(struct microstates *thread) {
    mutex_init(&thread->lock);
    thread->state = MICROSTATE_SLEEP;
}

// Under the thread's lock: accounts for the time up to now.
static void settle(struct microstates *thread) {
    int64_t now = sys_monotonic_time();
    if (vm_watches(WATCH_MICROSTATES))
        thread->spent[thread->state] += (uint64_t)(now - thread->since);
    thread->since = now;
}

enum microstate microstate_note(enum microstate state) {
    struct microstates *thread = own_microstates();
    if (!thread)
        return MICROSTATE_OTHER;
    mutex_lock(&thread->lock);
    enum microstate before = thread->state;
    settle(thread);
    thread->state = state;
    mutex_unlock(&thread->lock);
    return before;
}

void microstates_begin(struct microstates *thread, enum microstate state) {
    mutex_lock(&thread->lock);
    thread->state = state;
    thread->since = sys_monotonic_time();
    mutex_unlock(&thread->lock);
}

void microstates_end(struct microstates *thread) {
    mutex_lock(&thread->lock);
    settle(thread);
    mutex_unlock(&thread->lock);
}

void microstates_clear(struct microstates *thread) {
    mutex_lock(&thread->lock);
    memset(thread->spent, 0, sizeof thread->spent);
    thread->since = sys_monotonic_time();
    mutex_unlock(&thread->lock);
}

void microstates_read(struct microstates *thread, uint64_t spent[MICROSTATES]) {
    mutex_lock(&thread->lock);
    settle(thread);
    memcpy(spent, thread->spent, sizeof thread->spent);
    mutex_unlock(&thread->lock);
}
