// erlang:statistics/1.

#include "bif/bif.h"
#include "options.h"
#include "proc/proc.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "vm.h"

#define MILLISECOND 1000000

static term number(struct process *self, uint64_t value) {
    return heap_unsigned(&self->heap, value);
}
static term pair(struct process *self, uint64_t a, uint64_t b) {
    return heap_tuple_of(&self->heap, 2, number(self, a), number(self, b));
}

// {Total, SinceLastCall}
static term since_last(struct process *self, _Atomic uint64_t *last, uint64_t total) {
    return pair(self, total, total - atomic_exchange(last, total));
}

static uint64_t reductions(struct process *self) {
    uint64_t total = (uint64_t)(self->slice - self->work.reductions);
    for (unsigned i = 1; i <= sched_count(); i++)
        total += sched_statistics(i).reductions;
    return total;
}

static uint64_t context_switches(void) {
    uint64_t total = 0;
    for (unsigned i = 1; i <= sched_count(); i++)
        total += sched_statistics(i).context_switches;
    return total;
}

// The lengths of the run queues, with the running processes when `active`; then zeros for the dirty queues.
static uint64_t queue_length(unsigned scheduler, bool active) {
    struct sched_statistics statistics = sched_statistics(scheduler);
    return statistics.run_queue + (active && statistics.running);
}

static term queue_lengths(struct process *self, bool active, unsigned dirty) {
    term list = NIL;
    for (unsigned i = 0; i < dirty; i++)
        list = heap_cons(&self->heap, SMALL(0), list);
    for (unsigned i = sched_count(); i >= 1; i--)
        list = heap_cons(&self->heap, number(self, queue_length(i, active)), list);
    return list;
}

// {Queue1, ..., 0, 0}: the last two are the dirty queues, which no process waits in.
static term run_queues(struct process *self) {
    unsigned count = sched_count();
    term *words = heap_tuple(&self->heap, count + 2);
    for (unsigned i = 1; i <= count + 2; i++)
        words[i] = i <= count ? SMALL(queue_length(i, false)) : SMALL(0);
    return boxed_make(words);
}

static term total_queue_length(struct process *self, bool active) {
    uint64_t total = 0;
    for (unsigned i = 1; i <= sched_count(); i++)
        total += queue_length(i, active);
    return number(self, total);
}

// [{SchedulerId, ActiveTime, TotalTime}], with those of the slow-work threads, which are not measured, when `all`.
static term scheduler_wall_time(struct process *self, bool all) {
    if (!atomic_load(&vm.scheduler_wall_time))
        return ATOM_undefined;
    uint64_t total = (uint64_t)(sys_monotonic_time() - vm.start_time);
    unsigned count = sched_count(), others = all ? vm.options->dirty_cpu : 0;
    term list = NIL;
    for (unsigned i = count + others; i >= 1; i--) {
        uint64_t busy = i <= count ? (uint64_t)sched_statistics(i).busy_time : 0;
        term row =
            heap_tuple_of(&self->heap, 3, SMALL(i), number(self, busy < total ? busy : total), number(self, total));
        list = heap_cons(&self->heap, row, list);
    }
    return list;
}

BIF(erlang, statistics, 1) {
    struct vm_statistics *last = &vm.statistics;
    switch (arguments[0]) {
    case ATOM_reductions:
        return since_last(self, &last->reductions, reductions(self));
    case ATOM_exact_reductions:
        return since_last(self, &last->exact_reductions, reductions(self));
    case ATOM_runtime:
        return since_last(self, &last->runtime, (uint64_t)sys_cpu_time() / MILLISECOND);
    case ATOM_wall_clock:
        return since_last(self, &last->wall_clock, (uint64_t)(sys_monotonic_time() - vm.start_time) / MILLISECOND);
    case ATOM_context_switches:
        return pair(self, context_switches(), 0);
    case ATOM_garbage_collection:
        return heap_tuple_of(&self->heap, 3, number(self, atomic_load(&last->collections)),
                             number(self, atomic_load(&last->words_reclaimed)), SMALL(0));
    case ATOM_io:
        return heap_tuple_of(&self->heap, 2,
                             heap_tuple_of(&self->heap, 2, ATOM_input, number(self, atomic_load(&last->bytes_in))),
                             heap_tuple_of(&self->heap, 2, ATOM_output, number(self, atomic_load(&last->bytes_out))));
    case ATOM_run_queue:
    case ATOM_total_run_queue_lengths:
    case ATOM_total_run_queue_lengths_all:
        return total_queue_length(self, false);
    case ATOM_run_queues:
        return run_queues(self);
    case ATOM_run_queue_lengths:
        return queue_lengths(self, false, 1);
    case ATOM_run_queue_lengths_all:
        return queue_lengths(self, false, 2);
    case ATOM_active_tasks:
        return queue_lengths(self, true, 1);
    case ATOM_active_tasks_all:
        return queue_lengths(self, true, 2);
    case ATOM_total_active_tasks:
    case ATOM_total_active_tasks_all:
        return total_queue_length(self, true);
    case ATOM_scheduler_wall_time:
        return scheduler_wall_time(self, false);
    case ATOM_scheduler_wall_time_all:
        return scheduler_wall_time(self, true);
    case ATOM_microstate_accounting:
        return ATOM_undefined;
    default:
        return raise_badarg(self);
    }
}

BIF(erlang, bump_reductions, 1) {
    term count = arguments[0];
    if (!is_small(count) || small_value(count) < 1)
        return raise_badarg(self);
    int64_t left = self->work.reductions;
    self->work.reductions -= small_value(count) < left ? small_value(count) : left;
    return ATOM_true;
}
