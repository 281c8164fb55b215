// How a process ends.

#include "proc/bond.h"
#include "proc/dictionary.h"
#include "proc/extra.h"
#include "proc/log.h"
#include "proc/name.h"
#include "proc/signal.h"
#include "proc/table.h"
#include "proc/timer.h"
#include "proc/trace.h"
#include "sys/sys.h"
#include "term/print.h"
#include "vm.h"

#define BOND_COST 20 // reductions

static void send_to(term pid, struct signal *signal) {
    struct process *process = proc_lookup(pid);
    if (process)
        proc_signal(process, signal);
    else
        signal_free(signal);
}

// Tells the other end of a bond that we are gone.
static void cut(struct process *self, const struct bond *bond, term reason) {
    switch (bond->kind) {
    case BOND_LINK:
        if (bond->value != NONE)
            break; // an unlink is under way
        if (is_local_pid(bond->other))
            send_to(bond->other, signal_exit(SIGNAL_EXIT_LINK, self->pid, reason));
        else if (is_local_port(bond->other) && vm.hooks.port_exit_signal)
            vm.hooks.port_exit_signal(self, bond->other, reason);
        break;
    case BOND_MONITOR:
        if (is_local_pid(bond->watched))
            send_to(bond->watched, proc_signal_new(SIGNAL_DEMONITOR, self->pid, NONE, bond->reference));
        else if (is_local_port(bond->watched) && vm.hooks.port_demonitor)
            vm.hooks.port_demonitor(self->pid, bond->watched, bond->reference);
        break;
    case BOND_WATCHED:
        signal_down(bond->other, bond->reference, ATOM_process, bond->value == NONE ? self->pid : bond->value, reason);
        break;
    case BOND_SUSPEND:
        send_to(bond->other, proc_signal_new(SIGNAL_RESUME, self->pid, NONE, NONE));
        break;
    case BOND_ALIAS:
        break;
    }
}

// Links before monitors: one who has both gets 'EXIT' before 'DOWN', as on OTP.
static void cut_all(struct process *self, term reason) {
    for (int links = 1; links >= 0; links--) {
        for (struct bond *bond = bond_first(self); bond; bond = bond->newer) {
            if ((bond->kind == BOND_LINK) == links) {
                cut(self, bond, reason);
                work_charge(&self->work, BOND_COST);
            }
        }
    }
    bond_free_all(self);
}

static void trace_end(struct process *self, term reason) {
    term name = atomic_load(&self->registered_name);
    trace_event_if(self, TRACE_PROCS, ATOM_exit, reason);
    if (name != NIL)
        trace_event_if(self, TRACE_PROCS, ATOM_unregister, name);
}

static void free_process(void *memory) {
    sys_free(memory);
}

// Without its system processes, `init` the first of them, nothing is left that could start or stop a program.
[[noreturn]] static void system_process_ended(const struct process *self, term reason) {
    struct text text = {0};
    text_format(&text, "System process ");
    term_print(&text, self->pid);
    text_format(&text, " terminated: ");
    term_print(&text, reason);
    text_append(&text, "", 1);
    vm_crash(text.bytes);
}

void proc_exit(struct process *self, term reason) {
    if (atomic_load(&self->state) & STATE_SYSTEM)
        system_process_ended(self, reason);
    if (self->exception_class == CLASS_ERROR || self->exception_class == CLASS_THROW) // that nothing caught
        log_crash(self, reason);
    atomic_fetch_or(&self->state, STATE_EXITING);
    trace_end(self, reason);
    proc_timer_free(self);
    for (struct signal *signal = signal_take_inbox(self, true), *next; signal; signal = next) {
        next = signal->next;
        signal_bury(self->pid, signal);
    }
    self->flags &= ~(uint32_t)FLAG_TRACED;
    sequence_clear(self);
    process_extra_free(self);
    for (struct signal *message = self->mailbox, *next; message; message = next) {
        next = message->next;
        signal_free(message);
    }
    self->mailbox = NULL;
    proc_scratch_release(self);
    if (vm.hooks.process_gone)
        vm.hooks.process_gone(self);
    name_forget(self);
    process_table_remove(self);
    cut_all(self, reason);
    dictionary_free(self);
    heap_free(&self->heap);
    atomic_store(&self->state, STATE_FREE | STATE_EXITING);
    vm.hooks.retire(self, free_process);
}
