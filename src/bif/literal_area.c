// What the process erts_literal_area_collector calls: see code/collector.h.

#include "bif/bif.h"
#include "code/collector.h"
#include "sys/sys.h"
#include "vm.h"

#define EPOCH_POLL 1000000 // ns

static void epoch_passed(void *flag) {
    atomic_store((_Atomic bool *)flag, true);
}

// Until every scheduler has passed a safe point.
static void wait_for_epoch(struct process *self) {
    _Atomic bool *passed = sys_alloc_zero(sizeof *passed);
    vm.hooks.retire((void *)passed, epoch_passed);
    while (!atomic_load(passed))
        proc_wait_until(self, sys_monotonic_time() + EPOCH_POLL);
    sys_free((void *)passed);
}

BIF(erts_literal_area_collector, release_area_switch, 0) {
    if (self->pid != collector_process())
        return raise_error(self, ATOM_notsup);
    struct literal_purge *ended = collector_end();
    bool more = collector_begin();
    if (ended || more)
        wait_for_epoch(self);
    if (ended)
        literal_purge_free(ended, &self->work);
    return term_boolean(more);
}

// In the process that was asked, or for it when it has died. The signal's value is the whole answer.
static void copy_literals(struct process *owner, struct signal *signal) {
    if (owner)
        proc_copy_literals(owner);
    struct process *collector = proc_lookup(signal->from);
    if (collector)
        proc_signal(collector, proc_signal_new(SIGNAL_MESSAGE, NONE, signal->value, NONE));
}

BIF(erts_literal_area_collector, send_copy_request, 3) {
    term pid = arguments[0], area = arguments[1], how = arguments[2];
    if (self->pid != collector_process())
        return raise_error(self, ATOM_notsup);
    if (!is_local_pid(pid))
        return raise_badarg(self);
    term request = heap_tuple_of(&self->heap, 3, area, how, pid);
    term answer = heap_tuple_of(&self->heap, 3, ATOM_copy_literals, request, ATOM_ok);
    struct process *process = proc_lookup(pid);
    if (!process) {
        proc_send(self, self->pid, answer);
        return ATOM_ok;
    }
    struct signal *signal = proc_signal_new(SIGNAL_SYSTEM_TASK, self->pid, answer, NONE);
    signal->call = copy_literals;
    proc_signal(process, signal); // when it is gone by now, `call` answers for it
    return ATOM_ok;
}
