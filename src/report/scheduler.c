// Schedulers and what waits for them.

#include "report/sections.h"

#include "sched/scheduler.h"
#include "vm.h"

#define STACK_LINES 20

static void write_lengths(struct writer *writer, const struct queue *queues) {
    static const char *const names[PRIORITY_COUNT] = {"Max", "High", "Normal", "Low"};
    for (unsigned i = 0; i < PRIORITY_COUNT; i++)
        writer_format(writer, "Run Queue %s Length: %u\n", names[i],
                      queues ? (unsigned)atomic_load_explicit(&queues[i].length, memory_order_relaxed) : 0);
    writer_format(writer, "Run Queue Port Length: 0\nRun Queue Flags: \n");
}

static void write_sleep(struct writer *writer, bool sleeps) {
    writer_format(writer, "Scheduler Sleep Info Flags: %s\nScheduler Sleep Info Aux Work: \n",
                  sleeps ? "SLEEPING | WAITING" : "");
}

static void write_current(struct writer *writer, const struct process *process) {
    writer_format(writer, "Current Process: ");
    if (process)
        writer_term(writer, process->pid);
    writer_format(writer, "\n");
    if (!process)
        return;
    writer_format(writer, "Current Process State: Running\n");
    writer_format(writer, "Current Process Internal State: ");
    report_internal_state(writer, process);
    if (!report_may_read(process))
        return;
    writer_format(writer, "Current Process ");
    report_program_counter(writer, process);
    writer_format(writer, "Current Process Limited Stack Trace:\n");
    report_return_addresses(writer, process, STACK_LINES);
}

static void write_scheduler(struct writer *writer, const struct scheduler *scheduler) {
    writer_format(writer, "=scheduler:%u\n", scheduler->number);
    write_sleep(writer, atomic_load(&scheduler->still));
    writer_format(writer, "Current Port: \n");
    write_lengths(writer, scheduler->queue.queues);
    // Of one that still runs there is no telling what it has come to.
    write_current(writer, scheduler == scheduler_current() ? scheduler->process : NULL);
}

static void write_slow_threads(struct writer *writer, enum sched_thread kind, const char *name, unsigned *number) {
    for (unsigned i = 1; i <= sched_thread_count(kind); i++) {
        writer_format(writer, "=%s_scheduler:%u\n", name, (*number)++);
        write_sleep(writer, true);
        write_current(writer, NULL);
    }
    writer_format(writer, "=%s_run_queue\n", name);
    write_lengths(writer, NULL);
}

void report_schedulers(struct writer *writer) {
    for (unsigned i = 0; i < sched_count(); i++)
        write_scheduler(writer, &vm.schedulers->all[i]);
    unsigned number = sched_count() + 1;
    write_slow_threads(writer, SCHED_DIRTY_CPU, "dirty_cpu", &number);
    write_slow_threads(writer, SCHED_DIRTY_IO, "dirty_io", &number);
}
