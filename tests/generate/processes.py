"""Processes that follow a script, such that every effect has one order.

A worker waits for each of its tasks and answers it, and for one more before it ends; whoever drives it waits for the answer or
for the worker's end. Nobody prints or compares identifiers.
"""
import re

import expressions as e
from tree import bind, expr, items, make, use

# How a worker P (with the monitor M) starts.
STARTS = [
    "{%, %} = spawn_monitor(%)",
    "{%, %} = spawn_opt(%, [monitor, link])",
    "{%, %} = spawn_opt(%, [monitor, {priority, high}])",
    "{%, %} = spawn_opt(%, [monitor, link, {min_heap_size, 10}, {fullsweep_after, 0}, {message_queue_data, off_heap}])",
    "{%, %} = (fun(P) -> {P, monitor(process, P)} end)(spawn_link(%))",
    "{%, %} = (fun(P) -> {P, erlang:monitor(process, P)} end)(proc_lib:spawn(%))",
]


def script(g):
    """An expression whose value is the list of what was seen."""
    self, seen = g.fresh("Self"), []
    steps = [make("step", "% = self()", bind(self)), make("step", "process_flag(trap_exit, true)")]
    with g.inner():
        workers = [start(g, steps, self) for _ in range(g.number(1, 3))]
        for _ in range(g.number(2, 7)):
            name = g.fresh("R")
            steps.append(make("step", "% = %", bind(name), effect(g, workers)))
            seen.append(name)
        for worker in workers:
            name = g.fresh("R")
            steps.append(make("step", "% = %", bind(name), finish(g, worker)))
            seen.append(name)
    return expr("begin % end", items(steps + [expr("[%]", items([use(name) for name in seen], ", "))], ",\n    ", 1))


def start(g, steps, parent):
    pid, monitor = g.fresh("P"), g.fresh("M")
    with g.inner():
        tasks = [task(g, parent) for _ in range(g.number(1, 3))]
        end = g.pick(["%", "%", "exit(%)", "error(%)", "throw(%)", "exit({shutdown, %})", "exit(normal) + %"])
        last = make("end", end, e.expression(g, "any", 2))
        work = expr("fun() -> % end", items(tasks + [expr("receive {task, _} -> ok end"), last], ", ", 1))
    steps.append(make("step", g.pick(STARTS), bind(pid), bind(monitor), work))
    return pid, monitor


def task(g, parent):
    """Takes one message and answers it. Other messages may wait before it."""
    with g.inner():
        name = g.fresh("T")
        g.declare(name, "any")
        answer = expr("% ! {answer, self(), %}", use(parent), e.expression(g, "any", 3))
        guarded = e.maybe_guard(g, 0.2)
        return expr("receive {task, %}% -> %; {task, _} -> % end", bind(name), guarded, answer,
                    expr("% ! {answer, self(), refused}", use(parent)))


# What comes from a worker that has ended is on its way; a living one may take its time.
WAIT = "after case is_process_alive(%) of true -> 9000; false -> 1000 end"


def answer(pid):
    """What a worker says next, or how it ended."""
    return ("receive {answer, %, X} -> X; {'DOWN', _, process, %, Why} -> {down, Why}; {'EXIT', %, Why} -> {exit, Why} "
            + WAIT + " -> silence end", [use(pid)] * 4)


def effect(g, workers):
    pid, monitor = g.pick(workers)
    other, _ = g.pick(workers)
    value = lambda: e.expression(g, "any", 2)
    wait, places = answer(pid)
    ask = ("(fun() -> % ! {task, %}, " + wait + " end)()", [use(pid), value()] + places)
    choices = [
        ask, ask, ask, ask,
        ("(fun() -> % ! {noise, %}, % ! {task, %}, " + wait + " end)()", [use(pid), value(), use(pid), value()] + places),
        ("link(%)", [use(pid)]),
        ("unlink(%)", [use(pid)]),
        ("(fun() -> X = monitor(process, %), demonitor(X, [flush, info]) end)()", [use(pid)]),
        ("(fun() -> exit(%, normal), is_process_alive(%) end)()", [use(pid), use(other)]),
        ("(fun() -> exit(%, kill), " + wait + " end)()", [use(pid)] + places),
        ("(fun() -> unlink(%), exit(%, {why, %}), " + wait + " end)()", [use(pid), use(pid), value()] + places),
        ("(fun() -> true = register(worker_name, %), Z = whereis(worker_name) =:= %, worker_name ! {task, %}, {Z, " + wait
         + ", catch unregister(worker_name)} end)()", [use(pid), use(pid), value()] + places),
        ("(catch register(worker_name, %))", [value()]),
        ("(fun() -> self() ! %, self() ! {mark, %}, receive {mark, X} -> X after 0 -> none end end)()", [value(), value()]),
        ("(fun() -> self() ! %, self() ! {mark, %}, receive {mark, X} when X > 0 -> X after 1 -> none end end)()", [value(), e.expression(g, "int", 2)]),
        ("(fun() -> erlang:send_after(1, self(), {late, %}), receive {late, X} -> X after 5000 -> none end end)()", [value()]),
        ("(fun() -> X = erlang:start_timer(60000, self(), %), {is_integer(erlang:read_timer(X)), is_integer(erlang:cancel_timer(X)), erlang:cancel_timer(X)} end)()",
         [value()]),
        ("(fun() -> X = alias([reply]), X ! {one, %}, X ! {two, 2}, receive {one, Y} -> {Y, receive {two, Z} -> Z after 20 -> closed end} end end)()",
         [value()]),
        ("(fun() -> erlang:suspend_process(%), X = erlang:resume_process(%), X end)()", [use(pid), use(pid)]),
        ("element(2, erlang:process_info(%, trap_exit))", [use(pid)]),
        ("(fun() -> put(k, %), erlang:garbage_collect(), erase(k) end)()", [value()]),
        ("(fun() -> garbage_collect(%) end)()", [use(pid)]),
    ]
    template, holes = g.pick(choices)
    # The names inside such a fun are its own.
    local = {letter: g.fresh(letter) for letter in ("X", "Y", "Z", "Why")}
    for letter, name in local.items():
        template = re.sub(rf"\b{letter}\b", name, template)
    return expr(template, *holes)


def finish(g, worker):
    pid, monitor = worker
    reason = e.expression(g, "any", 2)
    name = g.fresh("Why")
    return expr(f"begin unlink(%), exit(%, {{over, %}}), receive {{'DOWN', %, _, _, {name}}} -> {name} {WAIT} -> gone end end",
                use(pid), use(pid), reason, use(monitor), use(pid))
