// The messages of a process that stands still.

#include "report/sections.h"

#include "dist/dist.h"
#include "proc/signal.h"
#include "sys/sys.h"

// Who visits, and what has been visited.
struct visit {
    struct heap *heap;
    report_visit_message *function;
    void *argument;
    size_t number;
};

static void visit_message(struct visit *visit, const struct signal *message) {
    term value = message->value;
    if (signal_is_packed(message) && (value = channel_peek(message, visit->heap)) == NONE)
        value = ATOM_undecoded_message;
    visit->function(visit->argument, value, message->token, visit->number++);
}

// Those in the inbox, which is a stack: the newest comes first.
static size_t count_arrived(const struct signal *newest) {
    size_t count = 0;
    for (; newest; newest = newest->next)
        count += newest->kind == SIGNAL_MESSAGE;
    return count;
}

static void visit_arrived(struct visit *visit, const struct signal *newest) {
    size_t count = count_arrived(newest), at = count;
    const struct signal **messages = sys_try_alloc(count * sizeof *messages);
    for (; messages && newest; newest = newest->next) {
        if (newest->kind == SIGNAL_MESSAGE)
            messages[--at] = newest;
    }
    for (; at < count; at++)
        visit_message(visit, messages[at]);
    sys_free(messages);
}

size_t report_message_count(const struct process *process) {
    return process->mailbox_length + count_arrived(atomic_load(&process->inbox));
}

void report_messages(const struct process *process, struct heap *heap, report_visit_message *function, void *argument) {
    struct visit visit = {heap, function, argument, 0};
    for (const struct signal *message = process->mailbox; message; message = message->next)
        visit_message(&visit, message);
    visit_arrived(&visit, atomic_load(&process->inbox));
}
