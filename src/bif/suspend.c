// Suspending processes. Who suspends keeps count for each process (a bond), and sends one signal at the first and one
// at the last.

#include "bif/bif.h"
#include "proc/bond.h"
#include "proc/signal.h"

struct request {
    bool unless_suspending, asynchronous;
    term tag; // of the asynchronous answer {Tag, suspended | badarg}, or NONE
};

static bool request_read(term options, struct request *request) {
    *request = (struct request){.tag = NONE};
    for (; is_list(options); options = list_tail(options)) {
        term option = list_head(options);
        if (option == ATOM_unless_suspending) {
            request->unless_suspending = true;
        } else if (option == ATOM_asynchronous) {
            request->asynchronous = true;
        } else if (is_tuple_of(option, 2) && tuple_element(option, 1) == ATOM_asynchronous) {
            request->asynchronous = true;
            request->tag = tuple_element(option, 2);
        } else {
            return false;
        }
    }
    return is_nil(options);
}

static void notify(struct process *self, const struct request *request, term value) {
    if (request->tag != NONE)
        signal_reply(self->pid, request->tag, value);
}

// One more; true when it was the first.
static bool count_up(struct process *self, term pid) {
    struct bond *bond = bond_find(self, BOND_SUSPEND, pid);
    if (bond)
        bond->value = SMALL(small_value(bond->value) + 1);
    else
        bond_add(self, BOND_SUSPEND, pid, NONE, SMALL(1));
    return !bond;
}

// boolean() | badarg | badopt | Reference of a coming {Reference, boolean()}
BIF(erts_internal, suspend_process, 2) {
    term pid = arguments[0];
    struct request request;
    if (!is_local_pid(pid) || pid == self->pid)
        return ATOM_badarg;
    if (!request_read(arguments[1], &request))
        return ATOM_badopt;
    if (request.unless_suspending && bond_find(self, BOND_SUSPEND, pid)) {
        notify(self, &request, ATOM_suspended);
        return ATOM_false;
    }
    struct process *process = proc_lookup(pid);
    if (!process) {
        notify(self, &request, ATOM_badarg); // as on OTP
        return request.asynchronous ? ATOM_true : ATOM_badarg;
    }
    if (!count_up(self, pid)) {
        notify(self, &request, ATOM_suspended);
        return ATOM_true;
    }
    term reference = request.asynchronous ? request.tag : heap_reference(&self->heap);
    struct signal *signal =
        proc_signal_new(SIGNAL_SUSPEND, self->pid, request.asynchronous ? ATOM_suspended : ATOM_true, reference);
    if (!proc_signal(process, signal)) {
        bond_remove(self, bond_find(self, BOND_SUSPEND, pid));
        notify(self, &request, ATOM_badarg);
        return request.asynchronous ? ATOM_true : ATOM_badarg;
    }
    return request.asynchronous ? ATOM_true : reference;
}

BIF(erlang, resume_process, 1) {
    struct bond *bond = is_local_pid(arguments[0]) ? bond_find(self, BOND_SUSPEND, arguments[0]) : NULL;
    if (!bond)
        return raise_badarg(self);
    if (small_value(bond->value) > 1) {
        bond->value = SMALL(small_value(bond->value) - 1);
        return ATOM_true;
    }
    bond_remove(self, bond);
    struct process *process = proc_lookup(arguments[0]);
    if (!process)
        return raise_badarg(self);
    proc_signal(process, proc_signal_new(SIGNAL_RESUME, self->pid, NONE, NONE));
    return ATOM_true;
}
