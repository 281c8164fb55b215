// Processes: who I am, who there is, what others do to me.

#include "bif/bif.h"
#include "code/code.h"
#include "exec/exec.h"
#include "proc/ask.h"
#include "proc/remote.h"
#include "proc/signal.h"
#include "proc/table.h"
#include "sys/sys.h"
#include "term/print.h"
#include "vm.h"

#include <stdio.h>

#define BACKTRACE_DEPTH 1000

BIF(erlang, self, 0) {
    return self->pid;
}

static bool is_living(const struct process *process) {
    return !(atomic_load(&process->state) & STATE_EXITING);
}

BIF(erlang, processes, 0) {
    term list = NIL;
    size_t room = proc_count() + 16, count = 0, position = 0;
    term *pids = proc_scratch(self, room * sizeof *pids);
    struct process *process;
    while (count < room && (process = process_table_next(&position))) {
        if (is_living(process))
            pids[count++] = process->pid;
    }
    while (count > 0)
        list = heap_cons(&self->heap, pids[--count], list);
    return list;
}

// Oneself is; for others the answer comes as a signal, so that what was sent before has been seen.
BIF(erlang, is_process_alive, 1) {
    if (!is_local_pid(arguments[0]))
        return raise_badarg(self);
    if (arguments[0] == self->pid)
        return ATOM_true;
    return bif_call(self, ATOM_erts_internal, ATOM_is_process_alive, 1);
}

BIF(erts_internal, is_process_alive, 2) {
    term pid = arguments[0], reference = arguments[1];
    if (!is_local_pid(pid) || !is_local_reference(reference))
        return raise_badarg(self);
    struct process *process = proc_lookup(pid);
    if (!process || !proc_signal(process, proc_signal_new(SIGNAL_IS_ALIVE, self->pid, NONE, reference)))
        signal_reply(self->pid, reference, ATOM_false);
    return ATOM_ok;
}

BIF(erts_internal, is_system_process, 1) {
    if (!is_local_pid(arguments[0]))
        return raise_badarg(self);
    struct process *process = proc_lookup(arguments[0]);
    return term_boolean(process && (atomic_load(&process->state) & STATE_SYSTEM));
}

BIF(erlang, group_leader, 0) {
    return self->group_leader;
}

// true, badarg, or false: ask with a reference.
BIF(erts_internal, group_leader, 2) {
    term leader = arguments[0], pid = arguments[1];
    if (!is_pid(leader) || !is_pid(pid))
        return ATOM_badarg;
    if (!is_local_pid(pid)) {
        remote_signal(self, pid, proc_signal_new(SIGNAL_GROUP_LEADER, self->pid, leader, NONE), 0);
        return ATOM_true;
    }
    if (pid != self->pid)
        return proc_lookup(pid) ? ATOM_false : ATOM_badarg;
    self->group_leader = leader;
    return ATOM_true;
}

BIF(erts_internal, group_leader, 3) {
    term leader = arguments[0], pid = arguments[1], reference = arguments[2];
    if (!is_pid(leader) || !is_local_reference(reference))
        return raise_badarg(self);
    struct process *process = proc_lookup(pid);
    if (!process || !proc_signal(process, proc_signal_new(SIGNAL_GROUP_LEADER, self->pid, leader, reference)))
        signal_reply(self->pid, reference, ATOM_badarg);
    return ATOM_ok;
}

// ---- sending ------------------------------------------------------------------------------------------------------

BIF_NAMED(erlang_send_operator, "erlang", "!", 2) {
    return proc_send(self, arguments[0], arguments[1]) == NONE ? NONE : arguments[1];
}

BIF(erlang, send, 2) {
    return proc_send(self, arguments[0], arguments[1]) == NONE ? NONE : arguments[1];
}

BIF(erlang, send, 3) {
    unsigned remote = 0;
    term options = arguments[2];
    for (; is_list(options); options = list_tail(options)) {
        if (list_head(options) == ATOM_noconnect)
            remote |= REMOTE_NO_CONNECT;
        else if (list_head(options) == ATOM_nosuspend)
            remote |= REMOTE_NO_SUSPEND;
        else
            return raise_badarg(self);
    }
    if (!is_nil(options))
        return raise_badarg(self);
    term node = remote_node(arguments[0]);
    if (node != NONE && node != atomic_load(&vm.node_name))
        return remote_send(self, arguments[0], arguments[1], remote);
    return proc_send(self, arguments[0], arguments[1]);
}

// ---- exit signals -------------------------------------------------------------------------------------------------

// A signal to oneself has been handled when exit/2 returns.
static term exit_signal(struct process *self, term to, term reason) {
    if (is_local_pid(to)) {
        proc_exit_signal(self, to, reason);
        if (to == self->pid)
            proc_handle_own_signals(self);
    } else if (is_local_port(to)) {
        if (vm.hooks.port_exit_signal)
            vm.hooks.port_exit_signal(self, to, reason);
    } else if (is_pid(to)) {
        proc_exit_signal(self, to, reason);
    } else if (!is_port(to)) {
        return raise_badarg(self);
    }
    return ATOM_true;
}

BIF(erlang, exit, 2) {
    return exit_signal(self, arguments[0], arguments[1]);
}

BIF(erlang, exit_signal, 2) {
    return exit_signal(self, arguments[0], arguments[1]);
}

// ---- collection ---------------------------------------------------------------------------------------------------

// A built-in function cannot collect: a task does, at the next safe point, which erlang:yield/0 makes.
static void collect_task(struct process *owner, struct signal *signal) {
    if (owner)
        proc_collect(owner, 0, NULL, 0, signal->value == ATOM_major);
}

BIF(erts_internal, garbage_collect, 1) {
    if (arguments[0] != ATOM_major && arguments[0] != ATOM_minor)
        return raise_badarg(self);
    struct signal *task = proc_signal_new(SIGNAL_SYSTEM_TASK, self->pid, arguments[0], NONE);
    task->call = collect_task;
    proc_signal(self, task);
    return bif_call(self, ATOM_erlang, ATOM_yield, 0);
}

// Tasks for another process, each answered by a message {Type, RequestId, Result} to the requester.

static void answer_task(struct signal *signal, term result) {
    struct process *requester = proc_lookup(signal->from);
    const term *request = boxed(signal->value);
    if (requester)
        proc_signal(requester, signal_tuple(SIGNAL_MESSAGE, NONE, NONE, 3, (term[]){request[1], request[2], result}));
}

static void requested_collection(struct process *owner, struct signal *signal) {
    if (owner)
        proc_collect(owner, 0, NULL, 0, tuple_element(signal->value, 3) == ATOM_major);
    answer_task(signal, term_boolean(owner != NULL));
}

static bool uses_old_code(struct process *process, term name) {
    struct module *module = code_module(name);
    struct code *old = module ? atomic_load(&module->old) : NULL;
    return old && vm.hooks.uses_code(process, old);
}

static void requested_code_check(struct process *owner, struct signal *signal) {
    answer_task(signal, term_boolean(owner && uses_old_code(owner, tuple_element(signal->value, 3))));
}

static void requested_literal_copy(struct process *owner, struct signal *signal) {
    if (owner)
        proc_copy_literals(owner);
    answer_task(signal, ATOM_ok);
}

static term request_task(struct process *self, term requester, term target, term request) {
    if (!is_local_pid(target) || !is_local_pid(requester) || !is_tuple(request) || tuple_arity(request) < 2)
        return raise_badarg(self);
    void (*call)(struct process *, struct signal *);
    term type = tuple_element(request, 1);
    size_t arity = tuple_arity(request);
    if (type == ATOM_garbage_collect && arity == 3)
        call = requested_collection;
    else if (type == ATOM_check_process_code && arity == 3 && is_atom(tuple_element(request, 3)))
        call = requested_code_check;
    else if (type == ATOM_copy_literals && arity == 3)
        call = requested_literal_copy;
    else
        return raise_badarg(self);
    enum signal_kind kind = call == requested_code_check ? SIGNAL_CODE_CHECK : SIGNAL_SYSTEM_TASK;
    struct signal *signal = proc_signal_new(kind, requester, request, NONE);
    signal->call = call;
    struct process *process = proc_lookup(target);
    if (!process || !signal_deliver(process, signal))
        signal_bury(target, signal);
    return ATOM_ok;
}

BIF(erts_internal, request_system_task, 3) {
    return request_task(self, self->pid, arguments[0], arguments[2]);
}

BIF(erts_internal, request_system_task, 4) {
    return request_task(self, arguments[0], arguments[1], arguments[3]);
}

BIF(erts_internal, check_process_code, 1) {
    if (!is_atom(arguments[0]))
        return raise_badarg(self);
    return term_boolean(uses_old_code(self, arguments[0]));
}

// What OTP has an Erlang process do for those that execute dirty code is done by whoever attends to them
// (proc/foreign.c).
BIF(erts_internal, check_dirty_process_code, 2) {
    return ATOM_normal;
}

BIF(erts_internal, is_process_executing_dirty, 1) {
    if (!is_local_pid(arguments[0]))
        return raise_badarg(self);
    struct process *process = proc_lookup(arguments[0]);
    return term_boolean(process && (atomic_load(&process->state) & STATE_FOREIGN));
}

BIF(erts_internal, dirty_process_handle_signals, 1) {
    if (!is_local_pid(arguments[0]))
        return ATOM_false;
    return proc_lookup(arguments[0]) ? ATOM_false : ATOM_noproc;
}

// ---- erlang:process_display/2 -------------------------------------------------------------------------------------

static term print_backtrace(struct process *owner, term argument, struct heap *builder) {
    struct text text = {0};
    term trace = exec_stacktrace(owner, builder, BACKTRACE_DEPTH);
    for (; is_list(trace); trace = list_tail(trace)) {
        term_print(&text, list_head(trace));
        text_append(&text, "\n", 1);
    }
    fprintf(stderr, "%.*s", (int)text.size, text.bytes);
    text_free(&text);
    return ATOM_true;
}

BIF(erts_internal, process_display, 2) {
    if (!is_local_pid(arguments[0]))
        return ATOM_badarg;
    if (arguments[1] != ATOM_backtrace)
        return ATOM_badopt;
    return proc_ask(self, arguments[0], print_backtrace, NIL) == NONE ? ATOM_badarg : ATOM_true;
}

// ---- identity of things -------------------------------------------------------------------------------------------

BIF(erlang, make_ref, 0) {
    return heap_reference(&self->heap);
}

BIF(erlang, unique_integer, 0) {
    return heap_unique_integer(&self->heap, false, false);
}

BIF(erlang, unique_integer, 1) {
    bool positive = false, monotonic = false;
    term options = arguments[0];
    for (; is_list(options); options = list_tail(options)) {
        positive |= list_head(options) == ATOM_positive;
        monotonic |= list_head(options) == ATOM_monotonic;
        if (list_head(options) != ATOM_positive && list_head(options) != ATOM_monotonic)
            return raise_badarg(self);
    }
    return is_nil(options) ? heap_unique_integer(&self->heap, positive, monotonic) : raise_badarg(self);
}
