// Processes that foreign code runs, and their end.
//
// Foreign code that runs long (a dirty NIF) keeps its process from its signals. When one of them is to end the process,
// everybody else sees that at once: links and monitors fire, its name, its tables and its pid are gone. The code itself
// is not stopped, and may go on using the process's heap; what it uses is freed when it returns.
//
// Who delivers an exit signal has somebody look at the inbox a moment later, because he may hold locks. Whether a
// signal ends the process follows from its links and flags, which nobody changes meanwhile.
//
//   STATE_FOREIGN    foreign code runs
//   STATE_DEPARTING  with STATE_EXITING: somebody takes away what others see of it
//   STATE_DEPARTED   that is done
//
// The lock is held by who looks at the inbox of such a process, and when the first two of these bits change.

#include <pthread.h>

#include "proc/bond.h"
#include "proc/signal.h"
#include "proc/timer.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "vm.h"

struct foreign {
    mutex lock;
    pthread_cond_t departed;
};

void foreign_init(void) {
    vm.foreign = sys_alloc_zero(sizeof *vm.foreign);
    mutex_init(&vm.foreign->lock);
    pthread_cond_init(&vm.foreign->departed, NULL);
}

static void lock(void) {
    mutex_lock(&vm.foreign->lock);
}
static void unlock(void) {
    mutex_unlock(&vm.foreign->lock);
}

// ---- what ends it: (locked, or in the process)

// Whether the process will be linked to the sender when it takes the signal: older ones in the inbox lie behind it.
static bool is_linked(const struct process *self, const struct signal *signal) {
    const struct bond *link = bond_find(self, BOND_LINK, signal->from);
    for (const struct signal *older = signal->next; older; older = older->next) {
        if (older->from != signal->from)
            continue;
        if (older->kind == SIGNAL_LINK)
            return !link || link->value == NONE;
        if (older->kind == SIGNAL_UNLINK || older->kind == SIGNAL_EXIT_LINK)
            return false;
    }
    return link && link->value == NONE;
}

static bool ends(struct process *self, struct signal *signal) {
    if (signal->kind != SIGNAL_EXIT && signal->kind != SIGNAL_EXIT_LINK)
        return false;
    if (signal_is_packed(signal) && !vm.hooks.unpack(self, signal)) {
        signal->kind = SIGNAL_NOTHING;
        return false;
    }
    term reason = signal_exit_reason(signal);
    if (signal->kind == SIGNAL_EXIT && reason == ATOM_kill)
        return true;
    if ((self->flags & FLAG_TRAP_EXIT) || (reason == ATOM_normal && signal->from != self->pid))
        return false;
    return signal->kind == SIGNAL_EXIT || is_linked(self, signal);
}

// The first of its signals that ends the process, or NULL.
static struct signal *find_end(struct process *self) {
    struct signal *found = NULL;
    for (struct signal *signal = atomic_load(&self->inbox); signal; signal = signal->next)
        if (ends(self, signal))
            found = signal;
    return found;
}

bool proc_is_doomed(struct process *self) {
    lock();
    bool doomed = (atomic_load(&self->state) & STATE_EXITING) || find_end(self);
    unlock();
    return doomed;
}

// ---- the end

// Those change nothing that foreign code could use.
static bool concerns_bonds(const struct signal *signal) {
    switch (signal->kind) {
    case SIGNAL_LINK:
    case SIGNAL_UNLINK:
    case SIGNAL_UNLINK_ACK:
    case SIGNAL_MONITOR:
    case SIGNAL_DEMONITOR:
        return true;
    default:
        return false;
    }
}

static void depart(struct process *self, struct signal *inbox, struct signal *end) {
    bool before = true;
    for (struct signal *signal = inbox, *next; signal; signal = next) {
        next = signal->next;
        if (signal == end)
            before = false;
        else if (before && concerns_bonds(signal))
            signal_handle(self, signal);
        else
            signal_bury(self->pid, signal);
    }
    term reason = signal_exit_reason(end);
    proc_depart(self, end->kind == SIGNAL_EXIT && reason == ATOM_kill ? ATOM_killed : reason);
    signal_free(end);
}

struct look {
    struct timer timer; // first
    term pid;
};

static void look(struct timer *timer) {
    struct process *process = proc_lookup(((struct look *)timer)->pid);
    sys_free(timer);
    lock();
    uint32_t state = process ? atomic_load(&process->state) : 0;
    struct signal *end = (state & STATE_FOREIGN) && !(state & STATE_EXITING) ? find_end(process) : NULL;
    if (!end) {
        unlock();
        return;
    }
    atomic_fetch_or(&process->state, STATE_EXITING | STATE_DEPARTING);
    struct signal *inbox = signal_take_inbox(process, true);
    unlock();
    depart(process, inbox, end);
    lock();
    atomic_fetch_xor(&process->state, STATE_DEPARTING | STATE_DEPARTED);
    pthread_cond_broadcast(&vm.foreign->departed);
    unlock();
}

void foreign_look(term pid) {
    struct look *made = sys_alloc_zero(sizeof *made);
    made->pid = pid;
    vm.hooks.timer_start(&made->timer, 0, look);
}

// ---- around foreign code

void proc_foreign_enter(struct process *self) {
    atomic_fetch_or(&self->state, STATE_FOREIGN);
    if (atomic_load(&self->inbox) && proc_is_doomed(self)) // of what came before nobody has taken notice
        foreign_look(self->pid);
}

void proc_foreign_leave(struct process *self) {
    lock();
    atomic_fetch_and(&self->state, ~(uint32_t)STATE_FOREIGN);
    while (atomic_load(&self->state) & STATE_DEPARTING)
        pthread_cond_wait(&vm.foreign->departed, &vm.foreign->lock);
    unlock();
}
