// The slow-work pool: threads on which a process's C stack goes on while it blocks in the system or computes long in
// code that cannot give way. They are made on demand. The two kinds have threads of their own.

#include "sched/scheduler.h"
#include "sys/sys.h"
#include "vm.h"

struct slow_thread {
    struct stack stack; // the thread's own
    struct slow_pool *pool;
    struct process *process;
    struct gate gate;
    struct slow_thread *next; // idle
    struct busy_time busy;
    struct microstates microstates;
};

struct slow_pool {
    mutex lock;
    struct slow_thread *idle;
    struct process *first, *last; // waiting for a thread
    unsigned waiting;             // so many
    unsigned threads, threads_max;
    struct slow_thread *all; // threads_max of them, of which `threads` run
};

void slow_init(enum slow_work kind, unsigned threads) {
    struct slow_pool *pool = sys_alloc_zero(sizeof *pool);
    mutex_init(&pool->lock);
    pool->threads_max = threads ? threads : 1;
    pool->all = sys_alloc_zero(pool->threads_max * sizeof *pool->all);
    for (unsigned i = 0; i < pool->threads_max; i++)
        microstates_init(&pool->all[i].microstates);
    vm.schedulers->slow[kind] = pool;
}

// The next process that waits, or NULL with the thread put among the idle ones.
static struct process *next_process(struct slow_thread *thread) {
    struct slow_pool *pool = thread->pool;
    mutex_lock(&pool->lock);
    struct process *process = pool->first;
    if (process) {
        if (!(pool->first = process->queue_next))
            pool->last = NULL;
        pool->waiting--;
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
    microstates_set_own(&thread->microstates);
    for (;;) {
        struct process *process = thread->process;
        if (!process && !(process = next_process(thread))) {
            gate_wait(&thread->gate, INT64_MAX);
            continue;
        }
        thread->process = NULL;
        slow_begin(thread, process);
        busy_begin(&thread->busy);
        microstate_enter(MICROSTATE_EMULATOR);
        stack_switch(&thread->stack, &process->parked->stack);
        microstate_enter(MICROSTATE_SLEEP);
        busy_end(&thread->busy);
        sched_enqueue(process); // it has left: any scheduler may take it from here on
    }
}

void slow_submit(struct process *process, enum slow_work kind) {
    struct slow_pool *pool = vm.schedulers->slow[kind];
    mutex_lock(&pool->lock);
    struct slow_thread *thread = pool->idle;
    if (thread) {
        pool->idle = thread->next;
    } else if (pool->threads < pool->threads_max) {
        thread = &pool->all[pool->threads++];
        thread->pool = pool;
        thread->process = process;
        mutex_unlock(&pool->lock);
        thread_start("purlin-slow", slow_main, thread);
        return;
    } else {
        process->queue_next = NULL;
        *(pool->last ? &pool->last->queue_next : &pool->first) = process;
        pool->last = process;
        pool->waiting++;
    }
    mutex_unlock(&pool->lock);
    if (thread) {
        thread->process = process;
        gate_open(&thread->gate);
    }
}

unsigned slow_thread_count(enum slow_work kind) {
    return vm.schedulers->slow[kind]->threads_max;
}

struct slow_statistics sched_slow_statistics(enum slow_work kind) {
    struct slow_pool *pool = vm.schedulers->slow[kind];
    mutex_lock(&pool->lock);
    struct slow_statistics statistics = {.waiting = pool->waiting};
    for (unsigned i = 0; i < pool->threads; i++)
        statistics.running += atomic_load(&pool->all[i].busy.busy);
    mutex_unlock(&pool->lock);
    return statistics;
}

const struct busy_time *slow_thread_busy(enum slow_work kind, unsigned number) {
    return &vm.schedulers->slow[kind]->all[number - 1].busy;
}

struct microstates *slow_thread_microstates(enum slow_work kind, unsigned number) {
    return &vm.schedulers->slow[kind]->all[number - 1].microstates;
}

void sched_slow_leave(struct process *process) {
    struct slow_thread *thread = process->slow;
    assert_debug(thread);
    process->slow = NULL;
    stack_switch(&process->parked->stack, &thread->stack);
    // On a scheduler again.
    after_switch(scheduler_current());
}
