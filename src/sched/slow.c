// The slow-work pool: threads on which a process's C stack goes on while it blocks in the system or computes long in
// foreign code. They are made on demand.

#include "sched/scheduler.h"
#include "sys/sys.h"
#include "vm.h"

struct slow_thread {
    struct stack stack; // the thread's own
    struct process *process;
    struct gate gate;
    struct slow_thread *next; // idle
};

struct slow_pool {
    mutex lock;
    struct slow_thread *idle;
    struct process *first, *last; // waiting for a thread
    unsigned threads, threads_max;
};

void slow_init(unsigned threads) {
    struct slow_pool *pool = sys_alloc_zero(sizeof *pool);
    mutex_init(&pool->lock);
    pool->threads_max = threads ? threads : 1;
    vm.schedulers->slow = pool;
}

// The next process that waits, or NULL with the thread put among the idle ones.
static struct process *next_process(struct slow_pool *pool, struct slow_thread *thread) {
    mutex_lock(&pool->lock);
    struct process *process = pool->first;
    if (process) {
        if (!(pool->first = process->queue_next))
            pool->last = NULL;
    } else {
        thread->next = pool->idle;
        pool->idle = thread;
    }
    mutex_unlock(&pool->lock);
    return process;
}

static void slow_main(void *argument) {
    struct slow_thread *thread = argument;
    stack_of_thread(&thread->stack);
    for (;;) {
        struct process *process = thread->process;
        if (!process && !(process = next_process(vm.schedulers->slow, thread))) {
            gate_wait(&thread->gate, INT64_MAX);
            continue;
        }
        thread->process = NULL;
        process->slow = thread;
        stack_switch(&thread->stack, &process->parked->stack);
        sched_enqueue(process); // it has left: any scheduler may take it from here on
    }
}

void slow_submit(struct process *process) {
    struct slow_pool *pool = vm.schedulers->slow;
    mutex_lock(&pool->lock);
    struct slow_thread *thread = pool->idle;
    if (thread) {
        pool->idle = thread->next;
    } else if (pool->threads < pool->threads_max) {
        pool->threads++;
        thread = sys_alloc_zero(sizeof *thread);
        thread->process = process;
        mutex_unlock(&pool->lock);
        thread_start("purlin-slow", slow_main, thread);
        return;
    } else {
        process->queue_next = NULL;
        *(pool->last ? &pool->last->queue_next : &pool->first) = process;
        pool->last = process;
    }
    mutex_unlock(&pool->lock);
    if (thread) {
        thread->process = process;
        gate_open(&thread->gate);
    }
}

void sched_slow_leave(struct process *process) {
    struct slow_thread *thread = process->slow;
    assert_debug(thread);
    process->slow = NULL;
    stack_switch(&process->parked->stack, &thread->stack);
    // On a scheduler again.
    after_switch(scheduler_current());
}
