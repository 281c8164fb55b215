// Sending: messages and exit signals.

#include "proc/link.h"
#include "proc/raise.h"
#include "proc/remote.h"
#include "proc/saved_calls.h"
#include "proc/signal.h"
#include "proc/trace.h"
#include "vm.h"

#define SEND_COST 4          // reductions
#define WORDS_A_REDUCTION 64 // of a message's copy

static void send_local(struct process *from, term pid, term message, term alias) {
    struct process *process = proc_lookup(pid);
    if (!process)
        return;
    struct signal *signal = proc_signal_new(SIGNAL_MESSAGE, from->pid, message, alias);
    if (from->flags & FLAG_SEQUENCED)
        sequence_sent(from, signal, pid, message);
    int64_t cost = SEND_COST + (int64_t)(signal->fragment.words / WORDS_A_REDUCTION);
    proc_signal(process, signal);
    // Charged, but without giving way here: the next call will.
    from->work.reductions -= cost;
}

// A name that nobody has counts as somebody, as on OTP.
static bool exists(term owner) {
    return !is_local_pid(owner) || proc_lookup(owner);
}

// For those who watch the sender.
static void show_sending(struct process *from, term to, term message, bool exists) {
    saved_calls_note(from, ATOM_send);
    trace_sent(from, to, message, exists);
}

static term send_to_owner(struct process *from, term to, term owner, term message) {
    if (from->flags & (FLAG_TRACED | FLAG_SAVES_CALLS))
        show_sending(from, to, message, exists(owner));
    if (is_local_pid(owner))
        send_local(from, owner, message, NONE);
    else if (is_local_port(owner) && vm.hooks.port_send)
        vm.hooks.port_send(from, owner, message);
    return ATOM_ok;
}

term proc_send(struct process *from, term to, term message) {
    if (is_local_pid(to) || is_local_port(to))
        return send_to_owner(from, to, to, message);
    if (is_atom(to)) {
        term owner = proc_whereis(to);
        send_to_owner(from, to, owner, message);
        return owner == ATOM_undefined ? raise_badarg(from) : ATOM_ok;
    }
    if (is_local_reference(to)) {
        term owner = alias_owner(to);
        show_sending(from, to, message, true);
        if (owner != NONE)
            send_local(from, owner, message, to);
        return ATOM_ok;
    }
    if (is_tuple_of(to, 2) && is_atom(tuple_element(to, 1)) && is_atom(tuple_element(to, 2))) {
        if (tuple_element(to, 2) != atomic_load(&vm.node_name))
            return remote_send(from, to, message, 0);
        term owner = proc_whereis(tuple_element(to, 1));
        return send_to_owner(from, to, owner, message);
    }
    if (is_pid(to) || is_reference(to) || is_port(to))
        return remote_send(from, to, message, 0);
    return raise_badarg(from);
}

bool proc_send_built(term to, struct heap *builder, term message) {
    term owner = is_atom(to) ? proc_whereis(to) : to;
    struct process *process = proc_lookup(owner);
    if (process)
        return proc_signal(process, proc_signal_built(SIGNAL_MESSAGE, builder, message));
    heap_free(builder);
    *builder = (struct heap){0};
    return false;
}

void proc_exit_signal(struct process *from, term to, term reason) {
    struct signal *signal = signal_exit(SIGNAL_EXIT, from->pid, reason);
    if (is_local_pid(to))
        signal_to(from, to, signal, 0);
    else
        remote_signal(from, to, signal, 0);
}
