// erlang:system_flag(multi_scheduling, _): processes that want to run while nothing runs beside them.
//
// While anyone blocks, one scheduler is online. OTP's two kinds of blocking differ only for its dirty schedulers.

#include <pthread.h>

#include "bif/bif.h"
#include "bif/system_info.h"
#include "options.h"
#include "proc/extra.h"
#include "sched/sched.h"
#include "sys/sys.h"
#include "vm.h"

struct scheduling_block {
    struct scheduling_block *next;
    term pid;
    uint64_t counts[2]; // how often it blocks; how often normally
};

struct scheduling_blocks {
    pthread_mutex_t lock;
    struct scheduling_block *all; // the newest first
};

static struct scheduling_block **block_of(struct scheduling_blocks *blocks, term pid) {
    struct scheduling_block **at = &blocks->all;
    while (*at && (*at)->pid != pid)
        at = &(*at)->next;
    return at;
}

static bool has_kind(const struct scheduling_blocks *blocks, bool normal) {
    for (const struct scheduling_block *block = blocks->all; block; block = block->next)
        if (block->counts[normal])
            return true;
    return false;
}

// (locked)
static void remove_block(struct scheduling_block **at) {
    struct scheduling_block *block = *at;
    *at = block->next;
    sys_free(block);
    if (!vm.scheduling_blocks->all)
        sched_set_online(vm.options->schedulers_online);
}

static void block(struct scheduling_blocks *blocks, struct process *self, bool normal) {
    struct scheduling_block **at = block_of(blocks, self->pid);
    if (!*at) {
        if (!blocks->all)
            sched_set_online(1);
        struct scheduling_block *new = sys_alloc_zero(sizeof *new);
        new->pid = self->pid;
        new->next = blocks->all;
        blocks->all = new;
        at = &blocks->all;
        self->flags |= FLAG_BLOCKS_SCHEDULING;
    }
    (*at)->counts[normal]++;
}

static void unblock(struct scheduling_blocks *blocks, struct process *self, bool normal) {
    struct scheduling_block **at = block_of(blocks, self->pid);
    if (!*at || !(*at)->counts[normal])
        return;
    (*at)->counts[normal]--;
    if (!(*at)->counts[0] && !(*at)->counts[1])
        remove_block(at);
}

static void process_gone(struct process *self) {
    struct scheduling_blocks *blocks = vm.scheduling_blocks;
    pthread_mutex_lock(&blocks->lock);
    struct scheduling_block **at = block_of(blocks, self->pid);
    if (*at)
        remove_block(at);
    pthread_mutex_unlock(&blocks->lock);
}

static term state(const struct scheduling_blocks *blocks) {
    if (has_kind(blocks, false))
        return ATOM_blocked;
    return has_kind(blocks, true) ? ATOM_blocked_normal : ATOM_enabled;
}

term set_multi_scheduling(struct process *self, term value) {
    struct scheduling_blocks *blocks = vm.scheduling_blocks;
    bool normal = value == ATOM_block_normal || value == ATOM_unblock_normal;
    bool blocks_it = value == ATOM_block || value == ATOM_block_normal;
    if (!normal && value != ATOM_block && value != ATOM_unblock)
        return raise_badarg(self);
    pthread_mutex_lock(&blocks->lock);
    (blocks_it ? block : unblock)(blocks, self, normal);
    term answer = state(blocks);
    pthread_mutex_unlock(&blocks->lock);
    return answer;
}

unsigned multi_scheduling_set_online(unsigned count) {
    struct scheduling_blocks *blocks = vm.scheduling_blocks;
    pthread_mutex_lock(&blocks->lock);
    unsigned old = vm.options->schedulers_online;
    vm.options->schedulers_online = count;
    if (!blocks->all)
        sched_set_online(count);
    pthread_mutex_unlock(&blocks->lock);
    return old;
}

term info_multi_scheduling(struct process *self) {
    struct scheduling_blocks *blocks = vm.scheduling_blocks;
    pthread_mutex_lock(&blocks->lock);
    term answer = state(blocks);
    pthread_mutex_unlock(&blocks->lock);
    return answer;
}

static term blockers(struct process *self, bool normal) {
    struct scheduling_blocks *blocks = vm.scheduling_blocks;
    term list = NIL;
    pthread_mutex_lock(&blocks->lock);
    for (const struct scheduling_block *block = blocks->all; block; block = block->next)
        if (block->counts[normal])
            list = heap_cons(&self->heap, block->pid, list);
    pthread_mutex_unlock(&blocks->lock);
    return list;
}

term info_multi_scheduling_blockers(struct process *self) {
    return blockers(self, false);
}
term info_normal_multi_scheduling_blockers(struct process *self) {
    return blockers(self, true);
}

void multi_scheduling_init(void) {
    vm.scheduling_blocks = sys_alloc_zero(sizeof *vm.scheduling_blocks);
    pthread_mutex_init(&vm.scheduling_blocks->lock, NULL);
    vm.hooks.blocker_gone = process_gone;
}
