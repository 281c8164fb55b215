// Epochs: when may memory be freed that others may still be reading?
//
// Every member (a scheduler) notes at each safe point the epoch that it saw; between two safe points it may use what it
// found in the shared tables. What is unlinked is kept by the one who retires it; at his next safe point he stamps it
// with the epoch and begins a new one. A member that has seen a later epoch than the stamp did so after the unlinking,
// and holds no pointer to it. A member that sleeps is away and holds nothing.

#include "sched/scheduler.h"
#include "sys/sys.h"
#include "vm.h"

void epoch_join(struct epoch_member *member) {
    atomic_store(&member->seen, EPOCH_AWAY);
    struct epoch_member *first = atomic_load(&vm.schedulers->members);
    do
        atomic_store(&member->next, first);
    while (!atomic_compare_exchange_weak(&vm.schedulers->members, &first, member));
}

// The earliest epoch that a member may still be in.
static uint64_t oldest_seen(void) {
    uint64_t oldest = EPOCH_AWAY;
    for (struct epoch_member *member = atomic_load(&vm.schedulers->members); member;
         member = atomic_load_explicit(&member->next, memory_order_relaxed)) {
        uint64_t seen = atomic_load(&member->seen);
        if (seen < oldest)
            oldest = seen;
    }
    return oldest;
}

void epoch_defer(struct epoch_member *member, void *memory, void (*free_function)(void *)) {
    struct retired *retired = sys_alloc(sizeof *retired);
    *retired = (struct retired){member->pending, memory, free_function, 0};
    member->pending = retired;
}

static void stamp_pending(struct epoch_member *member) {
    struct retired *pending = member->pending;
    if (!pending)
        return;
    member->pending = NULL;
    uint64_t epoch = atomic_fetch_add(&vm.schedulers->epoch, 1);
    *(member->newest ? &member->newest->next : &member->oldest) = pending;
    for (; pending; pending = pending->next) {
        pending->epoch = epoch;
        member->newest = pending;
    }
}

static void free_old(struct epoch_member *member) {
    if (!member->oldest)
        return;
    uint64_t oldest = oldest_seen();
    struct retired *retired;
    while ((retired = member->oldest) && retired->epoch < oldest) {
        if (!(member->oldest = retired->next))
            member->newest = NULL;
        retired->free_function(retired->memory);
        sys_free(retired);
    }
}

void epoch_safe_point(struct epoch_member *member) {
    stamp_pending(member);
    atomic_store(&member->seen, atomic_load(&vm.schedulers->epoch));
    free_old(member);
}

void epoch_leave(struct epoch_member *member) {
    stamp_pending(member);
    atomic_store(&member->seen, EPOCH_AWAY);
    free_old(member);
}

void epoch_return(struct epoch_member *member) {
    atomic_store(&member->seen, atomic_load(&vm.schedulers->epoch));
}

void epoch_retire(void *memory, void (*free_function)(void *)) {
    struct scheduler *scheduler = scheduler_current();
    if (scheduler) {
        epoch_defer(&scheduler->epoch, memory, free_function);
        return;
    }
    mutex_lock(&vm.schedulers->retire_lock);
    struct epoch_member *outside = &vm.schedulers->outside;
    epoch_defer(outside, memory, free_function);
    stamp_pending(outside);
    free_old(outside);
    mutex_unlock(&vm.schedulers->retire_lock);
}

struct epoch_member *epoch_visit(void) {
    if (scheduler_current())
        return NULL;
    struct epoch_member *member;
    for (member = atomic_load(&vm.schedulers->members); member; member = atomic_load(&member->next)) {
        uint64_t away = EPOCH_AWAY;
        if (member->visitor && atomic_compare_exchange_strong(&member->seen, &away, 0))
            break;
    }
    if (!member) {
        member = sys_alloc_zero(sizeof *member);
        member->visitor = true;
        epoch_join(member);
    }
    epoch_return(member);
    return member;
}

void epoch_visit_end(struct epoch_member *member) {
    if (member)
        atomic_store(&member->seen, EPOCH_AWAY);
}
