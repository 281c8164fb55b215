"""The whole of a seed's program: a function seed_N/0 and its helpers."""
import bits
import control
import expressions as e
import processes
from context import Context
from tree import Node, bind, expr, items, make, use

KINDS = ["any", "any", "int", "number", "float", "bool", "list", "ints", "pairs", "string", "tuple", "map", "map", "binary", "bits", "iodata", "fun1", "fun2", "atom"]


def program(seed):
    g = Context(seed)
    # Most programs are plain ones; each fourth also runs processes.
    steps, seen = [], []
    for _ in range(g.number(3, 7)):
        name, kind, value = step(g)
        steps.append(make("step", "% = %", bind(name), value))
        g.declare(name, kind)
        seen.append(name)
    if seed % 4 == 0:
        name = g.fresh()
        steps.append(make("step", "% = %", bind(name), processes.script(g)))
        seen.append(name)
    result = expr("[%]", items([use(name) for name in seen], ", "))
    main = expr("%() ->\n    %", bind(g.name), items(steps + [result], ",\n    ", 1))
    main.kind = "function"
    return items([main] + g.functions, ".\n\n", 1)


def step(g):
    """A variable's name, its type, and its value; in most cases an exception is a value, too."""
    name, shape = g.fresh(), g.random.random()
    if shape < 0.12:
        kind, value = "tuple", bits.round_trip(g)
    elif shape < 0.2:
        kind, value = "tuple", bits.loop(g)
    elif shape < 0.3:
        kind = g.pick(["any", "int", "list"])
        value = control.choice(g, kind, 3)
    else:
        kind = g.pick(KINDS)
        value = e.expression(g, kind, g.number(2, 5))
    if g.chance(0.85):
        value = expr("try % catch C%:R%:S% -> generate_driver:caught(C%, R%, S%) end", value, *[name] * 6)
    return name, kind, value


def text(node):
    return str(node) + ".\n"


HEADER = """-module({module}).
-compile([export_all, nowarn_export_all{options}]).
-record(rec, {{x, y = 1, z = []}}).

id(X) -> X.

"""

# Other passes of the compiler make other code of the same source.
OPTIONS = ["", "", ", no_type_opt", ", no_ssa_opt", ", inline", ", no_copt", ", no_bsm_opt", ", no_bool_opt, no_share_opt"]


def module(name, programs, options):
    return HEADER.format(module=name, options=options) + "\n".join(text(one) for one in programs)
