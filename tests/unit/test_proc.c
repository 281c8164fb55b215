// Signals, links, monitors, names, aliases, timers: between processes on several schedulers.

#include "process_world.h"

#include "proc/ask.h"
#include "proc/clock.h"
#include "proc/dictionary.h"
#include "proc/signal.h"

// ---- order and messages -------------------------------------------------------------------------------------------

enum { MESSAGES = 20000 };

BODY(counts_up) { // sends 0, 1, 2 ... to the pid it gets
    for (int64_t i = 0; i < MESSAGES; i++) {
        proc_send(self, arguments[0], SMALL(i));
        work_charge(&self->work, 1);
    }
    return ATOM_ok;
}

BODY(order_is_kept) {
    world_spawn(self, counts_up, self->pid, false, NULL);
    for (int64_t i = 0; i < MESSAGES; i++)
        check(world_receive(self) == SMALL(i));
    return world_end();
}

static void send_self(struct process *self, int number) {
    check(proc_signal(self, proc_signal_new(SIGNAL_MESSAGE, self->pid, SMALL(number), NONE)));
}

BODY(given_back_comes_first) {
    signal_give_back(self, NULL);
    send_self(self, 1);
    send_self(self, 2);
    signal_give_back(self, signal_take_inbox(self, false));
    struct signal *taken = signal_take_inbox(self, false);
    send_self(self, 3);
    send_self(self, 4);
    signal_give_back(self, taken);
    for (int number = 1; number <= 4; number++)
        check(world_receive(self) == SMALL(number));
    return world_end();
}

BODY(echoes) {
    for (;;) {
        term message = world_receive(self);
        if (message == ATOM_exit)
            return ATOM_ok;
        proc_send(self, tuple_element(message, 1), message);
    }
}

BODY(plays_ping_pong) {
    term partner = world_spawn(self, echoes, NIL, false, NULL);
    for (int i = 0; i < 2000; i++) {
        term message = heap_tuple_of(&self->heap, 3, self->pid, SMALL(i), heap_string(&self->heap, "ping", 4));
        proc_send(self, partner, message);
        check(tuple_element(world_receive(self), 2) == SMALL(i));
    }
    proc_send(self, partner, ATOM_exit);
    proc_send(self, arguments[0], ATOM_true);
    return ATOM_ok;
}

BODY(many_pairs) {
    for (int i = 0; i < 20; i++)
        world_spawn(self, plays_ping_pong, self->pid, false, NULL);
    for (int i = 0; i < 20; i++)
        check(world_receive(self) == ATOM_true);
    return world_end();
}

// ---- links and monitors -------------------------------------------------------------------------------------------

BODY(waits_then_exits) {
    term reason = world_receive(self);
    raise_class(self, CLASS_EXIT, reason);
    return NONE;
}

BODY(monitors_tell) {
    enum { COUNT = 500 };
    term pids[COUNT], references[COUNT];
    for (int i = 0; i < COUNT; i++)
        pids[i] = world_spawn(self, waits_then_exits, NIL, false, &references[i]);
    for (int i = 0; i < COUNT; i++)
        proc_send(self, pids[i], SMALL(i));
    for (int i = 0; i < COUNT; i++) {
        term down = world_receive(self);
        check(is_tuple_of(down, 5) && tuple_element(down, 1) == ATOM_DOWN);
        term reason = tuple_element(down, 5);
        check(tuple_element(down, 4) == pids[small_value(reason)]);
    }
    check(!self->links);
    struct monitor_options options = {.tag = NONE};
    monitor_add(self, ATOM_process, pids[0], pids[0], &options);
    check(tuple_element(world_receive(self), 5) == ATOM_noproc);
    return world_end();
}

BODY(links_tell) {
    enum { COUNT = 500 };
    term pids[COUNT];
    self->flags |= FLAG_TRAP_EXIT;
    for (int i = 0; i < COUNT; i++)
        pids[i] = world_spawn(self, waits_then_exits, NIL, true, NULL);
    for (int i = 0; i < COUNT; i += 2)
        link_remove(self, pids[i]);
    for (int i = 0; i < COUNT; i++)
        proc_send(self, pids[i], SMALL(i));
    for (int i = 1; i < COUNT; i += 2) {
        term exit = world_receive(self);
        check(is_tuple_of(exit, 3) && tuple_element(exit, 1) == ATOM_EXIT);
        check(small_value(tuple_element(exit, 3)) % 2 == 1);
    }
    return world_end();
}

// Links and unlinks a partner that does the same, until one of them dies of it, or both are through.
BODY(links_and_unlinks) {
    self->flags |= FLAG_TRAP_EXIT;
    term partner = world_receive(self);
    for (int i = 0; i < 1000; i++) {
        link_add(self, partner);
        work_charge(&self->work, 50);
        link_remove(self, partner);
    }
    return ATOM_ok;
}

BODY(unlink_protocol) {
    for (int i = 0; i < 20; i++) {
        term monitor_a, monitor_b;
        term a = world_spawn(self, links_and_unlinks, NIL, false, &monitor_a);
        term b = world_spawn(self, links_and_unlinks, NIL, false, &monitor_b);
        proc_send(self, a, b);
        proc_send(self, b, a);
        check(tuple_element(world_receive(self), 5) == ATOM_normal);
        check(tuple_element(world_receive(self), 5) == ATOM_normal);
    }
    return world_end();
}

BODY(loops_for_ever) {
    for (;;)
        work_charge(&self->work, 10);
}

BODY(kills) {
    for (int i = 0; i < 100; i++) {
        term monitor, pid = world_spawn(self, i % 2 ? loops_for_ever : waits_then_exits, NIL, false, &monitor);
        if (i % 3 == 0)
            proc_wait_until(self, sys_monotonic_time() + 100000);
        proc_exit_signal(self, pid, ATOM_kill);
        check(tuple_element(world_receive(self), 5) == ATOM_killed);
    }
    return world_end();
}

// ---- names --------------------------------------------------------------------------------------------------------

BODY(fights_for_a_name) {
    for (int i = 0; i < 300; i++) {
        if (proc_register(ATOM_process, self->pid) == ATOM_true) {
            check(proc_whereis(ATOM_process) == self->pid);
            work_charge(&self->work, 20);
            if (i % 2)
                proc_unregister(ATOM_process);
            else
                break; // the end gives it back
        }
        work_charge(&self->work, 100);
    }
    return ATOM_ok;
}

BODY(names_are_unique) {
    enum { COUNT = 200 };
    for (int i = 0; i < COUNT; i++) {
        term monitor;
        world_spawn(self, fights_for_a_name, NIL, false, &monitor);
    }
    for (int i = 0; i < COUNT; i++)
        world_receive(self);
    check(proc_whereis(ATOM_process) == ATOM_undefined);
    return world_end();
}

// ---- aliases, questions, timers, dictionary -----------------------------------------------------------------------

BODY(aliases_end) {
    term alias = alias_add(self, ALIAS_REPLY);
    proc_send(self, alias, SMALL(1));
    proc_send(self, alias, SMALL(2));
    proc_send(self, self->pid, SMALL(3));
    check(world_receive(self) == SMALL(1));
    check(world_receive(self) == SMALL(3));
    term other = alias_add(self, ALIAS_EXPLICIT);
    check(alias_remove(self, other) && !alias_remove(self, other));
    return world_end();
}

static term tell_pid(struct process *owner, term argument, struct heap *builder) {
    return heap_tuple_of(builder, 2, owner->pid, SMALL(small_value(argument) + 1));
}

BODY(asks) {
    for (int i = 0; i < 500; i++) {
        term answer = proc_ask(self, arguments[0], tell_pid, SMALL(i));
        check(tuple_element(answer, 1) == arguments[0] && tuple_element(answer, 2) == SMALL(i + 1));
    }
    return ATOM_ok;
}

BODY(questions_are_answered) {
    term target = world_spawn(self, waits_then_exits, NIL, false, NULL), busy, monitor;
    busy = world_spawn(self, loops_for_ever, NIL, false, NULL);
    for (int i = 0; i < 10; i++)
        world_spawn(self, asks, i % 5 ? target : busy, false, &monitor);
    for (int i = 0; i < 10; i++)
        check(tuple_element(world_receive(self), 5) == ATOM_normal);
    term gone = world_spawn(self, asks, self->pid, false, &monitor);
    check(tuple_element(world_receive(self), 4) == gone);
    check(proc_ask(self, gone, tell_pid, SMALL(0)) == NONE);
    return world_end();
}

BODY(timers_fire) {
    enum { COUNT = 300 };
    int64_t start = sys_monotonic_time();
    int left = 0;
    for (int i = 0; i < COUNT; i++) {
        term reference = clock_start(self, start + i * 100000, self->pid, SMALL(i), false);
        if (i % 3 == 0)
            left += clock_cancel(reference) < 0;
        else
            left++;
    }
    while (left-- > 0) {
        term message = world_receive(self);
        check(sys_monotonic_time() >= start + small_value(message) * 100000);
    }
    check(!proc_wait_until(self, sys_monotonic_time() + 1000000));
    return world_end();
}

BODY(dictionary_keeps) {
    enum { COUNT = 1000 };
    for (int i = 0; i < COUNT; i++)
        check(dictionary_put(self, SMALL(i * 64), SMALL(i)) == NONE);
    for (int i = 0; i < COUNT; i += 3)
        check(dictionary_erase(self, SMALL(i * 64)) == SMALL(i));
    for (int i = 0; i < COUNT; i++)
        check(dictionary_get(self, SMALL(i * 64)) == (i % 3 ? SMALL(i) : NONE));
    return world_end();
}

#define TEST(name)                                                                                                     \
    static void test_##name(void **state) {                                                                            \
        world_run(name);                                                                                               \
    }
TEST(order_is_kept)
TEST(given_back_comes_first)
TEST(many_pairs)
TEST(monitors_tell)
TEST(links_tell)
TEST(unlink_protocol)
TEST(kills)
TEST(names_are_unique)
TEST(aliases_end)
TEST(questions_are_answered)
TEST(timers_fire)
TEST(dictionary_keeps)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_is_kept),          cmocka_unit_test(test_many_pairs),
        cmocka_unit_test(test_monitors_tell),          cmocka_unit_test(test_links_tell),
        cmocka_unit_test(test_unlink_protocol),        cmocka_unit_test(test_kills),
        cmocka_unit_test(test_names_are_unique),       cmocka_unit_test(test_aliases_end),
        cmocka_unit_test(test_questions_are_answered), cmocka_unit_test(test_timers_fire),
        cmocka_unit_test(test_dictionary_keeps),       cmocka_unit_test(test_given_back_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
