// Schedulers: giving way, the slow-work pool, timers, epochs, descriptors, sleeping.

#include "process_world.h"

#include <time.h>

#define PATIENCE_NS 60000000000 // others use this machine, too

// ---- giving way ---------------------------------------------------------------------------------------------------

static int64_t deep_sum(struct process *self, int depth) { // has something on its C stack at each level
    volatile int64_t here = depth;
    work_charge(&self->work, 7);
    return depth ? here + deep_sum(self, depth - 1) : here;
}

BODY(gives_way_often) {
    for (int i = 0; i < 200; i++)
        check(deep_sum(self, 200) == 200 * 201 / 2);
    return ATOM_ok;
}

static void wait_for_all(struct process *self, int count) {
    for (int i = 0; i < count; i++)
        check(tuple_element(world_receive(self), 5) == ATOM_normal);
}

BODY(stacks_move) {
    term monitor;
    for (int i = 0; i < 50; i++)
        world_spawn(self, gives_way_often, NIL, false, &monitor);
    wait_for_all(self, 50);
    return world_end();
}

// ---- slow work ----------------------------------------------------------------------------------------------------

BODY(works_slowly) {
    for (int i = 0; i < 20; i++) {
        unsigned number = sched_number();
        check(number >= 1);
        proc_slow_enter(self, SLOW_BLOCKS);
        check(sched_number() == 0);
        nanosleep(&(struct timespec){0, 200000}, NULL);
        work_charge(&self->work, 10000);
        proc_slow_leave(self);
        check(sched_number() >= 1);
    }
    return ATOM_ok;
}

BODY(slow_work_moves) {
    term monitor;
    for (int i = 0; i < 40; i++)
        world_spawn(self, works_slowly, NIL, false, &monitor);
    wait_for_all(self, 40);
    return world_end();
}

// ---- timers -------------------------------------------------------------------------------------------------------

struct test_timer {
    struct timer timer;
    int64_t fired;
};
static _Atomic int fired_count;

static void note(struct timer *timer) {
    ((struct test_timer *)timer)->fired = sys_monotonic_time();
    atomic_fetch_add(&fired_count, 1);
}

BODY(wheel_is_right) {
    enum { COUNT = 2000 };
    static struct test_timer timers[COUNT];
    uint64_t random = 1;
    int64_t start = sys_monotonic_time();
    int cancelled = 0;
    for (int i = 0; i < COUNT; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        timer_start(&timers[i].timer, start + (int64_t)(random >> 40) % 300000000, note);
    }
    for (int i = 0; i < COUNT; i += 5)
        cancelled += timer_cancel(&timers[i].timer);
    proc_wait_until(self, start + 310000000);
    while (atomic_load(&fired_count) + cancelled < COUNT)
        proc_wait_until(self, sys_monotonic_time() + 1000000);
    for (int i = 0; i < COUNT; i++)
        check(timers[i].fired == 0 || timers[i].fired >= timers[i].timer.deadline);
    return world_end();
}

// From a thread that is no scheduler, while all of those sleep and none has a timer, or a later one.
BODY(outside_timers_fire) {
    static struct test_timer outside, later;
    proc_slow_enter(self, SLOW_BLOCKS);
    for (int round = 0; round < 20; round++) {
        int before = atomic_load(&fired_count);
        if (round == 10)
            timer_start(&later.timer, sys_monotonic_time() + PATIENCE_NS, note);
        nanosleep(&(struct timespec){0, 2000000}, NULL);
        timer_start(&outside.timer, sys_monotonic_time() + 1000000, note);
        for (int i = 0; i < 10000 && atomic_load(&fired_count) == before; i++)
            nanosleep(&(struct timespec){0, 1000000}, NULL);
        check(atomic_load(&fired_count) == before + 1);
    }
    check(timer_cancel(&later.timer));
    proc_slow_leave(self);
    return world_end();
}

// ---- epochs -------------------------------------------------------------------------------------------------------

struct node {
    _Atomic int alive;
};
static _Atomic(struct node *) shared_node;
static _Atomic int live_nodes;

static void free_node(void *memory) {
    struct node *node = memory;
    atomic_store(&node->alive, 0);
    atomic_fetch_sub(&live_nodes, 1);
    sys_free(node);
}

BODY(reads_and_replaces) {
    for (int i = 0; i < 5000; i++) {
        struct node *node = atomic_load(&shared_node);
        check(!node || atomic_load(&node->alive) == 1);
        if (i % 7 == 0) {
            struct node *fresh = sys_alloc_zero(sizeof *fresh);
            atomic_store(&fresh->alive, 1);
            atomic_fetch_add(&live_nodes, 1);
            struct node *old = atomic_exchange(&shared_node, fresh);
            if (old)
                epoch_retire(old, free_node);
        }
        check(!node || atomic_load(&node->alive) == 1);
        work_charge(&self->work, 100);
    }
    return ATOM_ok;
}

BODY(epochs_protect) {
    term monitor;
    for (int i = 0; i < 8; i++)
        world_spawn(self, reads_and_replaces, NIL, false, &monitor);
    wait_for_all(self, 8);
    for (int i = 0; i < 1000 && atomic_load(&live_nodes) > 1; i++)
        proc_wait_until(self, sys_monotonic_time() + 1000000);
    return world_end();
}

// ---- descriptors --------------------------------------------------------------------------------------------------

static struct poll_source reader;
static term waiting_pid;
static int pipe_ends[2];

static void readable(struct poll_source *source, unsigned events) {
    char byte;
    check(events == POLL_READ && read(source->descriptor, &byte, 1) == 1);
    struct heap builder = {0};
    proc_send_built(waiting_pid, &builder, SMALL(byte));
}

BODY(descriptors_wake) {
    check(pipe(pipe_ends) == 0);
    reader = (struct poll_source){.descriptor = pipe_ends[0], .ready = readable};
    waiting_pid = self->pid;
    for (char i = 0; i < 50; i++) {
        check(poll_arm(&reader, POLL_READ) == 0);
        if (i % 2) // let the schedulers fall asleep in between
            proc_wait_until(self, sys_monotonic_time() + 2000000);
        check(write(pipe_ends[1], &i, 1) == 1);
        check(world_receive(self) == SMALL(i));
    }
    poll_disarm(&reader);
    return world_end();
}

// ---- standing still -----------------------------------------------------------------------------------------------

#define BUSY 12

// Written by their processes without any care: nobody does while the VM stands still.
static uint64_t counts[BUSY];
static _Atomic bool enough;

BODY(counts_up) {
    uint64_t *count = &counts[small_value(arguments[0])];
    for (; !atomic_load(&enough); ++*count) {
        work_charge(&self->work, 50);
        if (*count % 1000 == 999) { // the slow-work pool has its share
            proc_slow_enter(self, SLOW_BLOCKS);
            work_charge(&self->work, 50);
            proc_slow_leave(self);
        }
    }
    return ATOM_ok;
}

static void check_that_all_stand(struct process *self) {
    uint64_t before[BUSY];
    check(sched_freeze(PATIENCE_NS));
    memcpy(before, counts, sizeof before);
    nanosleep(&(struct timespec){0, 3000000}, NULL);
    check(!memcmp(before, counts, sizeof before));
    check(sched_stands(self));
    sched_thaw();
}

BODY(stands_still) {
    term monitor;
    for (int i = 0; i < BUSY; i++)
        world_spawn(self, counts_up, SMALL(i), false, &monitor);
    for (int round = 0; round < 30; round++) {
        check_that_all_stand(self);
        proc_wait_until(self, sys_monotonic_time() + 1000000); // sleepers have been woken and sleep again
    }
    atomic_store(&enough, true);
    wait_for_all(self, BUSY);
    return world_end();
}

// ---- idle ---------------------------------------------------------------------------------------------------------

BODY(idle_costs_nothing) {
    proc_wait_until(self, sys_monotonic_time() + 50000000);
    int64_t before = sys_cpu_time();
    proc_wait_until(self, sys_monotonic_time() + 300000000);
    check(sys_cpu_time() - before < 30000000);
    return world_end();
}

BODY(spawns_and_ends) {
    int64_t depth = small_value(arguments[0]);
    term monitor;
    for (int i = 0; depth > 0 && i < 4; i++)
        world_spawn(self, spawns_and_ends, SMALL(depth - 1), false, &monitor);
    if (depth > 0)
        wait_for_all(self, 4);
    return ATOM_ok;
}

BODY(trees_of_processes) {
    term monitor;
    world_spawn(self, spawns_and_ends, SMALL(5), false, &monitor);
    wait_for_all(self, 1);
    check(proc_count() == 1);
    return world_end();
}

#define TEST(name)                                                                                                     \
    static void test_##name(void **state) {                                                                            \
        world_run(name);                                                                                               \
    }
TEST(stacks_move)
TEST(slow_work_moves)
TEST(wheel_is_right)
TEST(outside_timers_fire)
TEST(epochs_protect)
TEST(descriptors_wake)
TEST(stands_still)
TEST(idle_costs_nothing)
TEST(trees_of_processes)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stacks_move),        cmocka_unit_test(test_slow_work_moves),
        cmocka_unit_test(test_wheel_is_right),     cmocka_unit_test(test_outside_timers_fire),
        cmocka_unit_test(test_epochs_protect),     cmocka_unit_test(test_descriptors_wake),
        cmocka_unit_test(test_stands_still),       cmocka_unit_test(test_idle_costs_nothing),
        cmocka_unit_test(test_trees_of_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
