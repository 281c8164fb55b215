// Questions to other processes: a signal there, and a signal back.

#include "proc/ask.h"

#include "proc/signal.h"
#include "sys/sys.h"

// Lies on the C stack of the asker, which looks at it when the answer arrives; if the asker dies first, its inbox
// refuses the answer.
struct ask {
    bool answered;
    term answer;
};

static void take_answer(struct process *asker, struct signal *signal) {
    if (!asker)
        return;
    struct ask *ask = signal->argument;
    ask->answer = is_pointer(signal->value) ? heap_copy(&asker->heap, signal->value) : signal->value;
    ask->answered = true;
}

static void answer(struct process *owner, struct signal *signal) {
    struct process *asker = proc_lookup(signal->from);
    if (!asker)
        return;
    struct heap builder = {0};
    ask_function *question = (ask_function *)signal->question;
    term value = owner ? question(owner, signal->value, &builder) : NONE;
    struct signal *reply = proc_signal_built(SIGNAL_CALL, &builder, value);
    reply->call = take_answer;
    reply->argument = signal->argument;
    proc_signal(asker, reply);
}

term proc_ask(struct process *self, term pid, ask_function *question, term argument) {
    if (pid == self->pid) {
        // Signals that were sent to oneself come first here too.
        if (atomic_load(&self->inbox))
            proc_handle_own_signals(self);
        return question(self, argument, &self->heap);
    }
    struct process *process = proc_lookup(pid);
    if (!process)
        return NONE;
    struct ask *ask = proc_scratch(self, sizeof *ask);
    *ask = (struct ask){.answer = NONE};
    struct signal *signal = proc_signal_new(SIGNAL_QUESTION, self->pid, argument, NONE);
    signal->call = answer;
    signal->question = (void *)question;
    signal->argument = ask;
    if (!proc_signal(process, signal))
        return NONE; // closed: what would have answered has not run
    while (!ask->answered)
        proc_wait(self);
    return ask->answer;
}
