// The timer of receive ... after: one a process, kept for the next time once it is made.

#include "proc/timer.h"

#include "proc/signal.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "vm.h"

struct process_timer {
    struct timer timer;
    struct process *process;
    _Atomic bool armed; // until it was stopped, or the one who fires it has let go of it
};

static void fire(struct timer *timer) {
    struct process_timer *self = (struct process_timer *)timer;
    atomic_fetch_or(&self->process->state, STATE_TIMED_OUT);
    proc_wake(self->process);
    atomic_store(&self->armed, false);
}

void proc_timer_start(struct process *self, int64_t deadline) {
    proc_timer_stop(self);
    if (!self->timer) {
        self->timer = sys_alloc_zero(sizeof *self->timer);
        self->timer->process = self;
    }
    atomic_store(&self->timer->armed, true);
    vm.hooks.timer_start(&self->timer->timer, deadline, fire);
}

void proc_timer_stop(struct process *self) {
    struct process_timer *timer = self->timer;
    if (!timer)
        return;
    if (atomic_load(&timer->armed)) {
        if (!vm.hooks.timer_cancel(&timer->timer)) {
            while (atomic_load(&timer->armed))
                thread_relax();
        }
        atomic_store(&timer->armed, false);
    }
    if (proc_timed_out(self))
        atomic_fetch_and(&self->state, ~(uint32_t)STATE_TIMED_OUT);
}

void proc_timer_free(struct process *self) {
    proc_timer_stop(self);
    sys_free(self->timer);
    self->timer = NULL;
}
