// Collection of a process: where its roots are beside its stack.

#include "proc/dictionary.h"
#include "proc/log.h"
#include "proc/mailbox.h"
#include "proc/signal.h"
#include "proc/trace.h"
#include "vm.h"

#define WORDS_A_REDUCTION 10

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

void proc_collect(struct process *self, size_t need, term *x, size_t live, bool full) {
    struct heap_roots roots[4];
    size_t count = roots_of(self, x, live, roots);
    bool too_large = false;
    trace_collection(self, true, full);
    size_t before = words_used(&self->heap);
    size_t copied = heap_collect(&self->heap, need, roots, count, full, &too_large);
    self->work.reductions -= (int64_t)(copied / WORDS_A_REDUCTION);
    count_collection(before, words_used(&self->heap));
    trace_collection(self, false, full);
    if (too_large)
        heap_maximum_passed(self);
}

void proc_shrink(struct process *self, term *x, size_t live) {
    struct heap_roots roots[4];
    size_t count = roots_of(self, x, live, roots);
    size_t copied = heap_shrink(&self->heap, roots, count);
    self->work.reductions -= (int64_t)(copied / WORDS_A_REDUCTION);
}

void proc_copy_literals(struct process *self) {
    struct heap_roots roots[4];
    size_t count = roots_of(self, NULL, 0, roots);
    heap_copy_literals(&self->heap, roots, count);
    mailbox_copy_literals(self);
}
