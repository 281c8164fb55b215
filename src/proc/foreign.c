// Processes that foreign code runs, and who attends to them.
//
// Foreign code that runs long (a dirty NIF) would keep its process from its signals. So it lets go of the process: what
// it makes lies in a heap of its own, and until it returns the process belongs to whoever attends to it. That is one
// at a time, for a moment: a scheduler that handles its signals soon after one of them has come, or the code itself
// (proc_foreign_claim). A signal's sender may hold locks, so he only has somebody summoned.
//
// Who attends does with the signals what the process would: takes messages in, makes and cuts links, answers questions.
// Two things wait for the code to return: system tasks, which may move the heap that the code reads, and suspensions,
// as on OTP. When a signal ends the process, its end is seen by everybody else at once: links and monitors fire, its
// name, its tables and its pid are gone. The code itself is not stopped; what it reads is freed when it returns.
//
//   STATE_FOREIGN    foreign code runs
//   STATE_ATTENDED   somebody attends to it; changes with the lock held, as FOREIGN does at the end
//   STATE_SUMMONED   somebody will: the timer runs, or who attends is to look once more
//   STATE_DEPARTED   with STATE_EXITING: its end has been seen to

#include <pthread.h>

#include "proc/bond.h"
#include "proc/extra.h"
#include "proc/signal.h"
#include "proc/timer.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "vm.h"

struct foreign {
    mutex lock;
    pthread_cond_t left; // somebody has ceased to attend
};

void foreign_init(void) {
    vm.foreign = sys_alloc_zero(sizeof *vm.foreign);
    mutex_init(&vm.foreign->lock);
    pthread_cond_init(&vm.foreign->left, NULL);
}

static void lock(void) {
    mutex_lock(&vm.foreign->lock);
}
static void unlock(void) {
    mutex_unlock(&vm.foreign->lock);
}

// ---- what will end a process, asked in its own thread -------------------------------------------------------------

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

bool proc_is_doomed(struct process *self) {
    uint32_t state = atomic_load(&self->state);
    if (state & (STATE_FOREIGN | STATE_EXITING)) // while it is foreign the signals are for others to look at
        return state & STATE_EXITING;
    struct signal *signal = atomic_load(&self->inbox);
    while (signal && !ends(self, signal))
        signal = signal->next;
    return signal;
}

// ---- attending ----------------------------------------------------------------------------------------------------

// False when it is not foreign any more, when it has ended, or when somebody attends already: he looks once more.
static bool attend(struct process *process) {
    lock();
    uint32_t state = atomic_fetch_and(&process->state, ~(uint32_t)STATE_SUMMONED);
    bool lives = (state & STATE_FOREIGN) && !(state & STATE_EXITING), begun = lives && !(state & STATE_ATTENDED);
    if (lives)
        atomic_fetch_or(&process->state, begun ? STATE_ATTENDED : STATE_SUMMONED);
    unlock();
    return begun;
}

// (locked)
static void cease(struct process *process) {
    atomic_fetch_and(&process->state, ~(uint32_t)STATE_ATTENDED);
    pthread_cond_broadcast(&vm.foreign->left);
}

// False when signals have come meanwhile.
static bool is_done(struct process *process) {
    lock();
    uint32_t state = atomic_fetch_and(&process->state, ~(uint32_t)STATE_SUMMONED);
    bool done = !(state & STATE_SUMMONED) || (state & STATE_EXITING);
    if (done)
        cease(process);
    unlock();
    return done;
}

static void depart(struct process *process) {
    atomic_fetch_or(&process->state, STATE_EXITING);
    process_extra_bury(process);
    proc_depart(process, process->exception_reason);
    atomic_fetch_or(&process->state, STATE_DEPARTED);
}

static void take_signals(struct process *process) {
    struct signal *signal = signal_take_inbox(process, false), *next;
    for (; signal; signal = next) {
        next = signal->next;
        if (signal->kind == SIGNAL_SUSPEND || signal->kind == SIGNAL_RESUME) {
            process_extra_put_off(process, signal);
        } else if (signal_handle(process, signal)) {
            signal_give_back(process, next);
            depart(process);
            return;
        }
    }
}

struct summons {
    struct timer timer; // first
    term pid;
};

static void come(struct timer *timer) {
    struct process *process = proc_lookup(((struct summons *)timer)->pid);
    sys_free(timer);
    if (!process || !attend(process))
        return;
    do
        take_signals(process);
    while (!is_done(process));
}

static void summon(const struct process *process) {
    struct summons *summons = sys_alloc_zero(sizeof *summons);
    summons->pid = process->pid;
    vm.hooks.timer_start(&summons->timer, 0, come);
}

void foreign_summon(struct process *process) {
    if (!(atomic_fetch_or(&process->state, STATE_SUMMONED) & STATE_SUMMONED))
        summon(process);
}

// ---- for foreign code ---------------------------------------------------------------------------------------------

bool proc_foreign_claim(struct process *self) {
    uint32_t state;
    lock();
    // Its end may call what waits for this code: so that is not waited for.
    while (((state = atomic_load(&self->state)) & STATE_ATTENDED) && !(state & STATE_EXITING))
        pthread_cond_wait(&vm.foreign->left, &vm.foreign->lock);
    bool alive = !(state & STATE_EXITING);
    if (alive)
        atomic_fetch_or(&self->state, STATE_ATTENDED);
    unlock();
    return alive;
}

void proc_foreign_release(struct process *self) {
    lock();
    cease(self);
    bool wanted = atomic_load(&self->state) & STATE_SUMMONED; // by one who has found it attended to
    unlock();
    if (wanted)
        summon(self);
}

void proc_foreign_enter(struct process *self, const struct foreign_call *call) {
    process_extra(self)->foreign = call;
    atomic_fetch_or(&self->state, STATE_FOREIGN);
    if (atomic_load(&self->inbox)) // of what came before nobody has been told
        foreign_summon(self);
}

void proc_foreign_leave(struct process *self) {
    lock();
    while (atomic_load(&self->state) & STATE_ATTENDED)
        pthread_cond_wait(&vm.foreign->left, &vm.foreign->lock);
    atomic_fetch_and(&self->state, ~(uint32_t)STATE_FOREIGN);
    unlock();
    self->extra->foreign = NULL;
}
