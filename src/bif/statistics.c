// erlang:statistics/1.

#include "bif/bif.h"
#include "options.h"
#include "proc/proc.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "term/map.h"
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

// ---- queues -------------------------------------------------------------------------------------------------------

// Processes that wait in a scheduler's queue, with the one that it runs when `active`.
static uint64_t queue_length(unsigned scheduler, bool active) {
    struct sched_statistics statistics = sched_statistics(scheduler);
    return statistics.run_queue + (active && statistics.running);
}

// The same of the slow-work threads of a kind, which share one queue: what OTP's dirty schedulers are.
static uint64_t dirty_queue_length(enum slow_work kind, bool active) {
    struct slow_statistics statistics = sched_slow_statistics(kind);
    return statistics.waiting + (active ? statistics.running : 0);
}

// One length for each scheduler, then that for what computes and, when `all`, that for what blocks.
static term queue_lengths(struct process *self, bool active, bool all) {
    term list = all ? heap_cons(&self->heap, number(self, dirty_queue_length(SLOW_BLOCKS, active)), NIL) : NIL;
    list = heap_cons(&self->heap, number(self, dirty_queue_length(SLOW_COMPUTES, active)), list);
    for (unsigned i = sched_count(); i >= 1; i--)
        list = heap_cons(&self->heap, number(self, queue_length(i, active)), list);
    return list;
}

// {Length, ...}, as queue_lengths of all.
static term run_queues(struct process *self) {
    unsigned count = sched_count();
    term *words = heap_tuple(&self->heap, count + 2);
    for (unsigned i = 1; i <= count; i++)
        words[i] = SMALL(queue_length(i, false));
    words[count + 1] = SMALL(dirty_queue_length(SLOW_COMPUTES, false));
    words[count + 2] = SMALL(dirty_queue_length(SLOW_BLOCKS, false));
    return boxed_make(words);
}

static term total_queue_length(struct process *self, bool active, bool all) {
    uint64_t total = dirty_queue_length(SLOW_COMPUTES, active) + (all ? dirty_queue_length(SLOW_BLOCKS, active) : 0);
    for (unsigned i = 1; i <= sched_count(); i++)
        total += queue_length(i, active);
    return number(self, total);
}

// ---- times --------------------------------------------------------------------------------------------------------

// [{SchedulerId, ActiveTime, TotalTime}]; those of threads that block only when `all`.
static term scheduler_wall_time(struct process *self, bool all) {
    if (!atomic_load(&vm.scheduler_wall_time))
        return ATOM_undefined;
    uint64_t total = (uint64_t)(sys_monotonic_time() - vm.start_time);
    term list = NIL;
    unsigned id = 0;
    for (enum sched_thread kind = SCHED_NORMAL; kind <= (all ? SCHED_DIRTY_IO : SCHED_DIRTY_CPU); kind++) {
        for (unsigned i = 1; i <= sched_thread_count(kind); i++) {
            uint64_t busy = (uint64_t)sched_busy_time(kind, i);
            term row = heap_tuple_of(&self->heap, 3, SMALL(++id), number(self, busy < total ? busy : total),
                                     number(self, total));
            list = heap_cons(&self->heap, row, list);
        }
    }
    return list;
}

// [#{type => Kind, id => Number, counters => #{State => PerformanceCounter}}]
static term microstates(struct process *self) {
    static const term names[MICROSTATES] = {ATOM_aux,   ATOM_check_io, ATOM_emulator, ATOM_gc,
                                            ATOM_other, ATOM_port,     ATOM_sleep};
    static const term kinds[SCHED_THREADS] = {ATOM_scheduler, ATOM_dirty_cpu_scheduler, ATOM_dirty_io_scheduler};
    struct heap *heap = &self->heap;
    term list = NIL;
    for (enum sched_thread kind = SCHED_THREADS; kind-- > 0;) {
        for (unsigned i = sched_thread_count(kind); i >= 1; i--) {
            uint64_t spent[MICROSTATES];
            sched_microstates_read(kind, i, spent);
            term counters[2 * MICROSTATES];
            for (size_t j = 0; j < MICROSTATES; j++) {
                counters[2 * j] = names[j];
                counters[2 * j + 1] = number(self, spent[j]);
            }
            term pairs[] = {ATOM_counters, map_from_pairs(heap, counters, MICROSTATES), ATOM_id, SMALL(i), ATOM_type,
                            kinds[kind]};
            list = heap_cons(heap, map_from_pairs(heap, pairs, 3), list);
        }
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
        return total_queue_length(self, false, false);
    case ATOM_total_run_queue_lengths_all:
        return total_queue_length(self, false, true);
    case ATOM_run_queues:
        return run_queues(self);
    case ATOM_run_queue_lengths:
        return queue_lengths(self, false, false);
    case ATOM_run_queue_lengths_all:
        return queue_lengths(self, false, true);
    case ATOM_active_tasks:
        return queue_lengths(self, true, false);
    case ATOM_active_tasks_all:
        return queue_lengths(self, true, true);
    case ATOM_total_active_tasks:
        return total_queue_length(self, true, false);
    case ATOM_total_active_tasks_all:
        return total_queue_length(self, true, true);
    case ATOM_scheduler_wall_time:
        return scheduler_wall_time(self, false);
    case ATOM_scheduler_wall_time_all:
        return scheduler_wall_time(self, true);
    case ATOM_microstate_accounting:
        return microstates(self);
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
