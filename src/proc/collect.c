// Collection of a process: where its roots are beside its stack.

#include "proc/dictionary.h"
#include "proc/log.h"
#include "proc/mailbox.h"
#include "proc/signal.h"
#include "proc/system_monitor.h"
#include "proc/trace.h"
#include "sys/microstate.h"
#include "sys/sys.h"
#include "vm.h"

#define WORDS_A_REDUCTION 10
#define SLOW_WORDS (HARD_TEST ? 4096 : 512 << 10) // 4 MiB, twice the largest young block beside a large heap

static_assert(offsetof(struct process, exception_extra) ==
              offsetof(struct process, exception_reason) + 2 * sizeof(term));
static_assert(offsetof(struct process, parent) == offsetof(struct process, group_leader) + sizeof(term));

static size_t roots_of(struct process *self, term *x, size_t live, struct heap_roots roots[4]) {
    if (self->flags & FLAG_MATCHING) { // registers refer to a message, whose memory is not the heap's yet
        self->flags &= ~(uint32_t)FLAG_MATCHING;
        mailbox_detach(self);
    }
    roots[0] = (struct heap_roots){&self->exception_reason, 3}; // reason, trace, extra
    roots[1] = (struct heap_roots){&self->group_leader, 2};     // and parent
    roots[2] = dictionary_roots(self);
    roots[3] = (struct heap_roots){x, live};
    return 4;
}

static size_t words_used(const struct heap *heap) {
    return (size_t)(heap->top - heap->start) + (size_t)(heap->old_top - heap->old_start) + heap->fragment_words;
}

static void count_collection(size_t before, size_t after) {
    atomic_fetch_add_explicit(&vm.statistics.collections, 1, memory_order_relaxed);
    if (before > after)
        atomic_fetch_add_explicit(&vm.statistics.words_reclaimed, before - after, memory_order_relaxed);
}

static void heap_maximum_passed(struct process *self) {
    if (!(self->flags & FLAG_HEAP_MAXIMUM_QUIET))
        log_heap_maximum(self);
    if (!(self->flags & FLAG_HEAP_MAXIMUM_SPARES)) { // taken when this slice ends, which is now
        proc_signal(self, signal_exit(SIGNAL_EXIT, self->pid, ATOM_kill));
        self->work.reductions = 0;
    }
}

// A collection does not give way. One that may take more than a few slices goes on in a thread of the slow-work pool.
static bool leave_scheduler(struct process *self, bool full) {
    bool leaves = !self->slow && heap_collection_words(&self->heap, full) > SLOW_WORDS;
    if (leaves)
        proc_slow_enter(self, SLOW_COMPUTES);
    return leaves;
}

static void return_to_scheduler(struct process *self, bool left, size_t copied) {
    if (left)
        proc_slow_leave(self);
    else
        self->work.reductions -= (int64_t)(copied / WORDS_A_REDUCTION);
}

#define WATCH_COLLECTIONS (1 << MONITOR_LONG_GC | 1 << MONITOR_LARGE_HEAP | WATCH_MICROSTATES)

struct collection_watch {
    int64_t start;
    enum microstate microstate; // before
};

static struct collection_watch watch_begin(void) {
    return (struct collection_watch){sys_monotonic_time(), microstate_enter(MICROSTATE_GC)};
}

// How long it took, in ns.
static int64_t watch_end(const struct collection_watch *watch) {
    microstate_enter(watch->microstate);
    return sys_monotonic_time() - watch->start;
}

void proc_collect(struct process *self, size_t need, term *x, size_t live, bool full) {
    struct heap_roots roots[4];
    bool too_large = false;
    trace_collection(self, true, full, need);
    bool left = leave_scheduler(self, full);
    size_t count = roots_of(self, x, live, roots);
    size_t before = words_used(&self->heap);
    bool watched = vm_watches(WATCH_COLLECTIONS);
    struct collection_watch watch = watched ? watch_begin() : (struct collection_watch){0};
    self->flags |= FLAG_COLLECTING;
    size_t copied = heap_collect(&self->heap, need, roots, count, full, &too_large);
    self->flags &= ~(uint32_t)FLAG_COLLECTING;
    int64_t took = watched ? watch_end(&watch) : 0; // before another scheduler takes it back
    return_to_scheduler(self, left, copied);
    size_t after = words_used(&self->heap);
    count_collection(before, after);
    trace_collection(self, false, full, before > after ? before - after : 0);
    if (watched)
        system_monitor_collected(self, took);
    if (too_large)
        heap_maximum_passed(self);
}

void proc_shrink(struct process *self, term *x, size_t live) {
    struct heap_roots roots[4];
    bool left = leave_scheduler(self, true);
    size_t count = roots_of(self, x, live, roots);
    self->flags |= FLAG_COLLECTING;
    size_t copied = heap_shrink(&self->heap, roots, count);
    self->flags &= ~(uint32_t)FLAG_COLLECTING;
    return_to_scheduler(self, left, copied);
}

void proc_copy_literals(struct process *self) {
    struct heap_roots roots[4];
    size_t count = roots_of(self, NULL, 0, roots);
    heap_copy_literals(&self->heap, roots, count);
    mailbox_copy_literals(self);
}
