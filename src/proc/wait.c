// How a built-in function waits, and the memory it may use meanwhile.

#include "proc/signal.h"
#include "proc/timer.h"
#include "sys/sys.h"
#include "vm.h"

void proc_wait(struct process *self) {
    vm.hooks.give_way(self, INT64_MAX);
}

bool proc_wait_until(struct process *self, int64_t deadline) {
    vm.hooks.give_way(self, deadline);
    return sys_monotonic_time() < deadline;
}

void proc_handle_own_signals(struct process *self) {
    vm.hooks.give_way(self, -1);
}

void proc_slow_enter(struct process *self, enum slow_work kind) {
    vm.hooks.slow_enter(self, kind);
}

void proc_slow_leave(struct process *self) {
    vm.hooks.slow_leave(self);
}

void proc_away_enter(struct process *self, const struct foreign_call *call) {
    proc_slow_enter(self, SLOW_BLOCKS);
    proc_foreign_enter(self, call);
}

void proc_away_leave(struct process *self) {
    proc_foreign_leave(self);
    proc_slow_leave(self);
}

struct scratch {
    struct scratch *next;
    alignas(16) unsigned char bytes[];
};

void *proc_scratch(struct process *self, size_t bytes) {
    struct scratch *scratch = sys_alloc(sizeof *scratch + bytes);
    scratch->next = self->scratch;
    self->scratch = scratch;
    return scratch->bytes;
}

static struct scratch *scratch_of(void *memory) {
    return (struct scratch *)((unsigned char *)memory - offsetof(struct scratch, bytes));
}

void proc_scratch_take(struct process *self, void *memory) {
    struct scratch **at = &self->scratch;
    while (*at != scratch_of(memory))
        at = &(*at)->next;
    *at = (*at)->next;
}

void proc_scratch_free(void *memory) {
    sys_free(scratch_of(memory));
}

void proc_scratch_release(struct process *self) {
    while (self->scratch) {
        struct scratch *scratch = self->scratch;
        self->scratch = scratch->next;
        sys_free(scratch);
    }
}
