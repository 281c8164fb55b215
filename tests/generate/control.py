"""Expressions that choose, catch and repeat."""
import expressions as e
from tree import bind, expr, items, make


def expression(g, kind, depth):
    choices = [choice, condition, attempt, attempt, block, call]
    if kind in e.accepted("list") or kind == "any":
        choices += [comprehension, comprehension]
    if kind == "any":
        choices.append(message)
    return g.pick(choices)(g, kind, depth)


def choice(g, kind, depth):
    subject = g.pick(["any", "list", "tuple", "int", "bits", "map", "atom"])
    value = e.expression(g, subject, depth - 1)
    clauses = [e.clause(g, kind, subject, depth) for _ in range(g.number(1, 3))]
    if g.chance(0.8):
        clauses.append(make("clause", "_ -> %", e.expression(g, kind, depth - 1)))
    return expr("case % of % end", value, items(clauses, "; ", 1))


def condition(g, kind, depth):
    clauses = [make("clause", "% -> %", e.guard(g), e.expression(g, kind, depth - 1)) for _ in range(g.number(1, 3))]
    if g.chance(0.8):
        clauses.append(make("clause", "true -> %", e.expression(g, kind, depth - 1)))
    return expr("if % end", items(clauses, "; ", 1))


def attempt(g, kind, depth):
    """try, with each of its parts or without."""
    with g.inner():
        protected = e.body(g, kind, depth)
    parts = [protected]
    if g.chance(0.25):
        clauses = [e.clause(g, kind, kind, depth) for _ in range(g.number(1, 2))]
        parts.append(make("part", " of %", items(clauses, "; ", 1)))
    handlers = [handler(g, kind, depth) for _ in range(g.number(0, 2))]
    if handlers:
        parts.append(make("part", " catch %", items(handlers, "; ", 1)))
    if not handlers or g.chance(0.3):
        parts.append(make("part", " after put(%, %)", e.expression(g, "atom", 0), e.expression(g, "any", depth - 1)))
    return expr("try " + "%" * len(parts) + " end", *parts)


def handler(g, kind, depth):
    with g.inner():
        name = g.fresh()
        g.declare(name, "any")
        class_ = g.pick(["error", "throw", "exit", "_"])
        return make("clause", f"{class_}:%% -> %", bind(name), e.maybe_guard(g, 0.2), e.expression(g, kind, depth - 1))


def block(g, kind, depth):
    with g.inner():
        return expr("begin % end", e.body(g, kind, depth + 1))


def comprehension(g, _, depth):
    with g.inner():
        qualifiers = []
        for _ in range(g.number(1, 2)):
            if g.chance(0.7):
                source = e.expression(g, g.pick(["list", "ints", "pairs"]), depth - 1)
                shape = e.pattern(g, "any", 1)
                qualifiers.append(make("qualifier", "% <- %", shape, expr("lists:sublist(%, 8)", source)))
            else:
                source = e.expression(g, "binary", depth - 1)
                name = g.fresh()
                g.declare(name, "int")
                size = g.pick(["1", "4", "7", "8", "8/signed", "11", "16/little", "24"])
                qualifiers.append(make("qualifier", f"<<%:{size}>> <= generate_driver:first(%)", bind(name), source))
        if g.chance(0.4):
            qualifiers.append(make("qualifier", "%", e.guard(g)))
        return expr("[% || %]", e.expression(g, "any", depth - 1), items(qualifiers, ", ", 1))


def call(g, kind, depth):
    """A call of a function of its own, with clauses."""
    if g.quiet or len(g.functions) > 4:
        return block(g, kind, depth)
    name = f"{g.name}_f{len(g.functions)}"
    subjects = [g.pick(["any", "int", "list", "bits", "tuple", "map"]) for _ in range(g.number(1, 3))]
    g.functions.append(None)
    place = len(g.functions) - 1
    arguments = [e.expression(g, subject, depth - 1) for subject in subjects]
    clauses = []
    for _ in range(g.number(1, 3)):
        with g.alone():
            shapes = items([e.pattern(g, subject) for subject in subjects], ", ", len(subjects))
            clauses.append(make("clause", "%(%)% -> %", bind(name), shapes, e.maybe_guard(g), e.body(g, kind, depth)))
    g.functions[place] = items(clauses, ";\n", 1)
    return expr("%(%)", make("use", name), items(arguments, ", ", len(arguments)))


def message(g, _, depth):
    """A message to oneself, and a receive that may take it or another."""
    clauses = [e.clause(g, "any", "any", depth) for _ in range(g.number(1, 2))]
    sent = e.expression(g, "any", depth - 1)
    return expr("begin self() ! %, receive % after % -> nothing end end", sent, items(clauses, "; ", 1), g.pick(["0", "0", "1"]))
