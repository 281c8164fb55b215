// Run queues: one a scheduler, a list for each priority.

#include "sched/scheduler.h"

#define LOW_EVERY 8 // a low process runs after so many normal ones

void run_queue_init(struct run_queue *queue) {
    mutex_init(&queue->lock);
}

static void append(struct queue *queue, struct process *process) {
    process->queue_next = NULL;
    if (queue->last)
        queue->last->queue_next = process;
    else
        queue->first = process;
    queue->last = process;
}

static struct process *shift(struct queue *queue) {
    struct process *process = queue->first;
    if (process && !(queue->first = process->queue_next))
        queue->last = NULL;
    return process;
}

uint32_t run_queue_put(struct run_queue *queue, struct process *process, bool reserve) {
    mutex_lock(&queue->lock);
    append(&queue->queues[process->priority], process);
    uint32_t before = atomic_load_explicit(&queue->length, memory_order_relaxed);
    atomic_store(&queue->reserved, reserve && before == 0);
    atomic_store(&queue->length, before + 1);
    mutex_unlock(&queue->lock);
    return before;
}

static struct process *choose(struct run_queue *queue) {
    struct process *process;
    if ((process = shift(&queue->queues[PRIORITY_MAX])) || (process = shift(&queue->queues[PRIORITY_HIGH])))
        return process;
    bool low_waits = queue->queues[PRIORITY_LOW].first != NULL;
    if (low_waits && queue->low_skipped >= LOW_EVERY) {
        queue->low_skipped = 0;
        return shift(&queue->queues[PRIORITY_LOW]);
    }
    if ((process = shift(&queue->queues[PRIORITY_NORMAL]))) {
        queue->low_skipped += low_waits;
        return process;
    }
    return shift(&queue->queues[PRIORITY_LOW]);
}

static struct process *take_locked(struct run_queue *queue) {
    struct process *process = choose(queue);
    if (process)
        atomic_store(&queue->length, atomic_load_explicit(&queue->length, memory_order_relaxed) - 1);
    return process;
}

struct process *run_queue_take(struct run_queue *queue) {
    if (atomic_load(&queue->length) == 0)
        return NULL;
    mutex_lock(&queue->lock);
    struct process *process = take_locked(queue);
    mutex_unlock(&queue->lock);
    return process;
}

bool run_queue_has_spoils(const struct run_queue *queue) {
    return atomic_load(&queue->length) > 0 && !atomic_load(&queue->reserved);
}

struct process *run_queue_steal(struct run_queue *queue) {
    if (!run_queue_has_spoils(queue))
        return NULL;
    mutex_lock(&queue->lock);
    struct process *process = run_queue_has_spoils(queue) ? take_locked(queue) : NULL;
    mutex_unlock(&queue->lock);
    return process;
}

void run_queue_give_up(struct run_queue *queue) {
    mutex_lock(&queue->lock);
    atomic_store(&queue->reserved, false);
    mutex_unlock(&queue->lock);
}
