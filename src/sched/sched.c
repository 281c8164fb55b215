// The loop of a scheduler, and how a process leaves it in the middle of a built-in function.

#include "sched/scheduler.h"

#include <stdio.h>
#include <stdlib.h>

#include "proc/signal.h"
#include "sys/sys.h"
#include "vm.h"

// While there is work, descriptors are looked at after so many short slices, or each full one.
#define POLL_EVERY 64
// The same for the clock: asking the time takes as long as a message does.
#define CLOCK_EVERY 8

// ---- the running scheduler ----------------------------------------------------------------------------------------

static _Thread_local struct scheduler *current;

// Out of line, because a stack may go on in another thread between two calls.
__attribute__((noinline)) struct scheduler *scheduler_current(void) {
    __asm__ volatile("");
    return current;
}
__attribute__((noinline)) void scheduler_set_current(struct scheduler *scheduler) {
    current = scheduler;
}

struct process *sched_process(void) {
    struct scheduler *scheduler = scheduler_current();
    return scheduler ? scheduler->process : NULL;
}

unsigned sched_number(void) {
    struct scheduler *scheduler = scheduler_current();
    return scheduler ? scheduler->number : 0;
}

unsigned sched_count(void) {
    return vm.schedulers->options.schedulers;
}

unsigned sched_set_online(unsigned count) {
    unsigned before = atomic_exchange(&vm.schedulers->online, count);
    for (unsigned i = 0; i < sched_count(); i++)
        gate_open(&vm.schedulers->all[i].gate);
    wake_all();
    return before;
}

// ---- switching ----------------------------------------------------------------------------------------------------

static void sleep_or_go_on(struct process *process) {
    watch_inactive(process);
    if (!proc_sleep(process)) {
        watch_active(process);
        sched_enqueue(process);
    }
}

void after_switch(struct scheduler *scheduler) {
    enum after after = scheduler->after;
    scheduler->after = AFTER_NOTHING;
    struct process *process = scheduler->after_process;
    switch (after) {
    case AFTER_NOTHING:
        break;
    case AFTER_ENQUEUE:
        sched_enqueue(process);
        break;
    case AFTER_SLEEP:
        sleep_or_go_on(process);
        break;
    case AFTER_POOL:
        context_give(scheduler, scheduler->after_context);
        break;
    case AFTER_BLOCK:
        slow_submit(process, SLOW_BLOCKS);
        break;
    case AFTER_COMPUTE:
        slow_submit(process, SLOW_COMPUTES);
        break;
    }
}

void switch_to(struct scheduler *scheduler, struct context *from, struct context *to) {
    scheduler->context = to;
    to->fresh = false;
    stack_switch(&from->stack, &to->stack);
    // Perhaps in another thread, long after; in one of the slow-work pool there is no scheduler to do anything for.
    if (scheduler_current())
        after_switch(scheduler_current());
}

// Parks the C stack with the process and goes on with the loop upon another.
static void park(struct process *process, enum after after) {
    struct scheduler *scheduler = scheduler_current();
    struct context *context = scheduler->context;
    watch_end(scheduler, process, true);
    process->parked = context;
    context->process = process;
    process->reductions_total += (uint64_t)(process->slice - process->work.reductions);
    process->slice = process->work.reductions;
    atomic_store_explicit(&process->scheduler, NULL, memory_order_relaxed);
    scheduler->process = NULL;
    scheduler->after = after;
    scheduler->after_process = process;
    switch_to(scheduler, context, context_take(scheduler));
}

static void give_way(struct process *process, int64_t deadline) {
    if (process->slow) { // it holds no scheduler that others wait for
        process->work.reductions = SLICE_REDUCTIONS;
        return;
    }
    bool waits = deadline != -1;
    if (waits) {
        process->flags |= FLAG_RECEIVING;
        if (deadline != INT64_MAX)
            proc_timer_start(process, deadline);
    }
    park(process, waits ? AFTER_SLEEP : AFTER_ENQUEUE);
    if (waits && deadline != INT64_MAX)
        proc_timer_stop(process);
}

void sched_slow_enter(struct process *process, int kind) {
    park(process, kind == SLOW_COMPUTES ? AFTER_COMPUTE : AFTER_BLOCK);
}

// ---- what can wait until a slice ends -----------------------------------------------------------------------------

static void settle(struct scheduler *scheduler) {
    void (*call)(term) = scheduler->put_off;
    scheduler->put_off = NULL;
    if (call)
        call(scheduler->put_off_argument);
}

void sched_settle(void) {
    struct scheduler *scheduler = scheduler_current();
    if (scheduler)
        settle(scheduler);
}

void sched_put_off(void (*call)(term), term argument) {
    struct scheduler *scheduler = scheduler_current();
    if (!scheduler || !scheduler->process) {
        call(argument);
        return;
    }
    if (scheduler->put_off != call || scheduler->put_off_argument != argument)
        settle(scheduler);
    scheduler->put_off = call;
    scheduler->put_off_argument = argument;
}

// ---- running a process --------------------------------------------------------------------------------------------

static void begin_slice(struct scheduler *scheduler, struct process *process) {
    atomic_store_explicit(&process->scheduler, scheduler, memory_order_relaxed);
    process->work.reductions = process->slice = SLICE_REDUCTIONS;
    scheduler->process = process;
    atomic_store_explicit(&scheduler->context_switches,
                          atomic_load_explicit(&scheduler->context_switches, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

static void end_slice(struct process *process, bool ran) {
    struct scheduler *scheduler = scheduler_current(); // the process may have moved
    int64_t used = process->slice - process->work.reductions;
    process->reductions_total += (uint64_t)used;
    atomic_fetch_add_explicit(&scheduler->reductions, (uint64_t)used, memory_order_relaxed);
    scheduler->since_poll += (uint32_t)(used * POLL_EVERY / SLICE_REDUCTIONS);
    atomic_store_explicit(&process->scheduler, NULL, memory_order_relaxed);
    scheduler->process = NULL;
    watch_end(scheduler, process, ran);
}

static void set_running(struct process *process) {
    uint32_t state = atomic_load(&process->state);
    while (!atomic_compare_exchange_weak(&process->state, &state, (state & ~STATE_MASK) | STATE_RUNNING))
        ;
}

static void process_exited(term pid) {
    struct scheduler *scheduler = scheduler_current();
    scheduler->process = NULL;
    watch_exited(scheduler, pid);
}

static void run_until_it_stops(struct context *context, struct process *process) {
    term pid = process->pid; // it may be gone afterwards
    switch (exec_run(process, context)) {
    case EXEC_SLICE_ENDED:
        end_slice(process, true);
        sched_enqueue(process);
        break;
    case EXEC_WAITING:
        process->flags |= FLAG_RECEIVING;
        end_slice(process, true);
        sleep_or_go_on(process);
        break;
    case EXEC_EXITED:
        process_exited(pid);
        break;
    }
}

static void run(struct scheduler *scheduler, struct context *context, struct process *process) {
    term pid = process->pid;
    set_running(process);
    begin_slice(scheduler, process);
    watch_begin(scheduler, process);
    enum proc_next next = proc_before_run(process);
    scheduler = scheduler_current(); // another one, where a system task has parked
    switch (next) {
    case PROC_WAIT:
        end_slice(process, false);
        sleep_or_go_on(process);
        break;
    case PROC_EXIT:
        if (process->parked) {
            context_drop(scheduler, process->parked);
            process->parked = NULL;
        }
        proc_exit(process, process->exception_reason);
        process_exited(pid);
        break;
    case PROC_RUN:
        if (!process->parked) {
            run_until_it_stops(context, process);
            break;
        }
        struct context *parked = process->parked;
        process->parked = NULL;
        scheduler->after = AFTER_POOL;
        scheduler->after_context = context;
        switch_to(scheduler, context, parked);
        break;
    }
}

// ---- the loop -----------------------------------------------------------------------------------------------------

static struct process *steal(struct scheduler *thief) {
    struct schedulers *schedulers = vm.schedulers;
    unsigned count = schedulers->options.schedulers;
    for (unsigned i = 1; i < count; i++) {
        struct process *process = run_queue_steal(&schedulers->all[(thief->number - 1 + i) % count].queue);
        if (process)
            return process;
    }
    return NULL;
}

static struct process *next_process(struct scheduler *scheduler) {
    struct process *process = run_queue_take(&scheduler->queue);
    if (!process)
        return steal(scheduler);
    if (atomic_load_explicit(&scheduler->queue.length, memory_order_relaxed) > 0)
        wake_one();
    return process;
}

static bool is_online(const struct scheduler *scheduler) {
    return scheduler->number <= atomic_load_explicit(&vm.schedulers->online, memory_order_relaxed);
}

static void fire_timers(struct scheduler *scheduler) {
    int64_t next = atomic_load_explicit(&scheduler->next_timer, memory_order_relaxed);
    if (next == INT64_MAX)
        return;
    int64_t now = sys_monotonic_time();
    if (now < next)
        return;
    // Timers that start meanwhile may lower it. Whose deadline this takes away stands in the wheel already.
    atomic_exchange(&scheduler->next_timer, INT64_MAX);
    microstate_enter(MICROSTATE_AUX);
    next = wheel_advance(&scheduler->wheel, now);
    microstate_enter(MICROSTATE_OTHER);
    timers_until(scheduler, next);
}

// Between two slices: what was put off, memory, timers, descriptors.
static void look_around(struct scheduler *scheduler) {
    settle(scheduler);
    epoch_safe_point(&scheduler->epoch);
    if (atomic_load_explicit(&vm.schedulers->frozen, memory_order_relaxed))
        scheduler_stand_still(scheduler);
    if (++scheduler->since_poll >= scheduler->clock_at) {
        scheduler->clock_at = scheduler->since_poll + CLOCK_EVERY;
        fire_timers(scheduler);
    }
    if (scheduler->since_poll >= POLL_EVERY) {
        scheduler->since_poll = 0;
        scheduler->clock_at = CLOCK_EVERY;
        microstate_enter(MICROSTATE_CHECK_IO);
        poll_until(scheduler, 0);
        microstate_enter(MICROSTATE_OTHER);
    }
}

static void idle(struct scheduler *scheduler, bool online) {
    busy_end(&scheduler->busy);
    watch_idle(scheduler, online);
    microstate_enter(MICROSTATE_SLEEP);
    if (atomic_load_explicit(&scheduler->queue.length, memory_order_relaxed) == 0 || !online)
        scheduler_sleep(scheduler, online);
    microstate_enter(MICROSTATE_OTHER);
    scheduler->clock_at = 0; // a timer may have ended the sleep
    busy_begin(&scheduler->busy);
}

// The entry of every context. It never returns: in the end it switches to its thread's own stack.
void scheduler_main(void *argument) {
    struct context *context = argument;
    after_switch(scheduler_current());
    while (!atomic_load_explicit(&vm.schedulers->stopping, memory_order_relaxed)) {
        struct scheduler *scheduler = scheduler_current(); // another one, when this stack was in the pool meanwhile
        look_around(scheduler);
        bool online = is_online(scheduler);
        struct process *process = online ? next_process(scheduler) : NULL;
        if (process)
            run(scheduler, context, process);
        else
            idle(scheduler, online);
    }
    struct scheduler *scheduler = scheduler_current();
    stack_switch(&context->stack, &scheduler->thread);
    assert_always(!"a stopped scheduler goes on");
}

void sched_enqueue(struct process *process) {
    uint32_t state = atomic_load(&process->state);
    while (!atomic_compare_exchange_weak(&process->state, &state, (state & ~STATE_MASK) | STATE_RUNNABLE))
        ;
    if ((state & STATE_MASK) != STATE_RUNNING)
        watch_active(process);
    struct scheduler *scheduler = scheduler_current();
    if (scheduler) {
        // The first in the queue waits for this scheduler, which is about to be free as a rule: a process that sends
        // and then waits. Two that talk to each other stay on one processor so. A second one is worth a wake-up.
        bool online = is_online(scheduler);
        if (run_queue_put(&scheduler->queue, process, online) > 0 || !online)
            wake_one();
        return;
    }
    run_queue_put(&vm.schedulers->all[0].queue, process, false);
    wake_one();
}

// ---- the beginning and the end ------------------------------------------------------------------------------------

static void scheduler_thread(void *argument) {
    struct scheduler *scheduler = argument;
    scheduler_set_current(scheduler);
    stack_of_thread(&scheduler->thread);
    epoch_return(&scheduler->epoch);
    microstates_set_own(&scheduler->microstates);
    busy_begin(&scheduler->busy);
    struct context *first = context_take(scheduler);
    scheduler->context = first;
    stack_switch(&scheduler->thread, &first->stack);
    scheduler_set_current(NULL);
    atomic_fetch_sub(&vm.schedulers->running, 1);
}

static void default_options(struct sched_options *options) {
    if (!options->schedulers)
        options->schedulers = thread_processor_count();
    if (!options->schedulers_online || options->schedulers_online > options->schedulers)
        options->schedulers_online = options->schedulers;
    if (!options->dirty_io)
        options->dirty_io = 10;
}

void sched_init(const struct sched_options *options) {
    struct schedulers *schedulers = sys_alloc_zero(sizeof *schedulers);
    schedulers->options = *options;
    default_options(&schedulers->options);
    unsigned count = schedulers->options.schedulers;
    atomic_store(&schedulers->online, schedulers->options.schedulers_online);
    atomic_store(&schedulers->epoch, 1);
    mutex_init(&schedulers->retire_lock);
    mutex_init(&schedulers->account_lock);
    vm.schedulers = schedulers;
    sleep_init();
    slow_init(SLOW_BLOCKS, schedulers->options.dirty_io);
    slow_init(SLOW_COMPUTES, schedulers->options.dirty_cpu);
    schedulers->all = sys_alloc_aligned(CACHE_LINE, count * sizeof *schedulers->all);
    for (unsigned i = 0; i < count; i++) {
        struct scheduler *scheduler = &schedulers->all[i];
        scheduler->number = i + 1;
        scheduler->next_timer = INT64_MAX;
        run_queue_init(&scheduler->queue);
        wheel_init(&scheduler->wheel);
        epoch_join(&scheduler->epoch);
        microstates_init(&scheduler->microstates);
    }
    vm.hooks.enqueue = sched_enqueue;
    vm.hooks.retire = epoch_retire;
    vm.hooks.give_way = give_way;
    vm.hooks.slow_enter = sched_slow_enter;
    vm.hooks.slow_leave = sched_slow_leave;
    vm.hooks.scheduler_number = sched_number;
    vm.hooks.timer_start = timer_start;
    vm.hooks.timer_cancel = timer_cancel;
}

void sched_run(void) {
    struct schedulers *schedulers = vm.schedulers;
    unsigned count = schedulers->options.schedulers;
    atomic_store(&schedulers->running, count);
    for (unsigned i = 1; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "purlin-%u", i + 1);
        thread_start(name, scheduler_thread, &schedulers->all[i]);
    }
    scheduler_thread(&schedulers->all[0]);
    while (atomic_load(&schedulers->running) > 0)
        thread_relax();
}

void sched_stop(void) {
    atomic_store(&vm.schedulers->stopping, true);
    wake_all();
}

struct sched_statistics sched_statistics(unsigned number) {
    struct scheduler *scheduler = &vm.schedulers->all[number - 1];
    return (struct sched_statistics){
        .context_switches = atomic_load(&scheduler->context_switches),
        .reductions = atomic_load(&scheduler->reductions),
        .run_queue = atomic_load(&scheduler->queue.length),
        .running = atomic_load(&scheduler->busy.busy),
    };
}
