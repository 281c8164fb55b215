// How a process ends.

#include "proc/bond.h"
#include "proc/dictionary.h"
#include "proc/extra.h"
#include "proc/link.h"
#include "proc/log.h"
#include "proc/name.h"
#include "proc/remote.h"
#include "proc/signal.h"
#include "proc/table.h"
#include "proc/timer.h"
#include "proc/trace.h"
#include "sys/sys.h"
#include "term/print.h"
#include "vm.h"

#define BOND_COST 20 // reductions

// Tells the other end of a bond that we are gone.
static void cut(struct process *self, const struct bond *bond, term reason) {
    switch (bond->kind) {
    case BOND_LINK:
        if (bond->value != NONE)
            break; // an unlink is under way
        if (!is_local_port(bond->other))
            signal_to(self, bond->other, signal_exit(SIGNAL_EXIT_LINK, self->pid, reason), bond->channel);
        else if (vm.hooks.port_exit_signal)
            vm.hooks.port_exit_signal(self, bond->other, reason);
        break;
    case BOND_MONITOR:
        monitor_send_end(self, bond);
        break;
    case BOND_WATCHED:
        signal_process_down(self, bond->other, bond->channel, self->pid, bond->reference,
                            bond->value == NONE ? self->pid : bond->value, reason);
        break;
    case BOND_SUSPEND:
        signal_to(self, bond->other, proc_signal_new(SIGNAL_RESUME, self->pid, NONE, NONE), 0);
        break;
    case BOND_CONTROLS:
        vm.hooks.controller_gone(self, bond->reference, reason);
        break;
    case BOND_ALIAS:
    case BOND_NODE:
    case BOND_SPAWN:
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
    trace_exited(self);
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

// What only the process itself could use.
static void release(struct process *self) {
    if (self->flags & FLAG_TIMED)
        vm.hooks.call_time_goes_to(self, 0);
    proc_timer_free(self);
    self->flags &= ~(uint32_t)FLAG_TRACED;
    sequence_clear(self);
    process_extra_free(self);
    for (struct signal *message = self->mailbox, *next; message; message = next) {
        next = message->next;
        signal_free(message);
    }
    self->mailbox = NULL;
    proc_scratch_release(self);
}

// Whoever is told of our end, be it because he asks now, finds our tables gone and our name free.
static void withdraw(struct process *self, term reason) {
    if (vm.hooks.process_gone)
        vm.hooks.process_gone(self);
    if (self->flags & FLAG_DRIVERS)
        vm.hooks.drivers_process_gone(self);
    if (self->flags & FLAG_BLOCKS_SCHEDULING)
        vm.hooks.blocker_gone(self);
    name_forget(self);
    signal_bury_all(self->pid, signal_take_inbox(self, true)); // nothing reaches us any more
    process_table_remove(self);
    cut_all(self, reason);
}

static void finish(struct process *self) {
    dictionary_free(self);
    heap_free(&self->heap);
    atomic_store(&self->state, STATE_FREE | STATE_EXITING);
    vm.hooks.retire(self, free_process);
}

void proc_depart(struct process *self, term reason) {
    trace_end(self, reason);
    withdraw(self, reason);
}

void proc_exit(struct process *self, term reason) {
    uint32_t state = atomic_load(&self->state);
    if (state & STATE_DEPARTED) {
        release(self);
        finish(self);
        return;
    }
    if (state & STATE_SYSTEM)
        system_process_ended(self, reason);
    if (self->exception_class == CLASS_ERROR || self->exception_class == CLASS_THROW) // that nothing caught
        log_crash(self, reason);
    atomic_fetch_or(&self->state, STATE_EXITING);
    trace_end(self, reason);
    release(self);
    withdraw(self, reason);
    finish(self);
}
