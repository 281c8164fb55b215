"""Expressions of a wanted type, mostly of the types that their places want, sometimes deliberately not."""
import os
import re
from collections import defaultdict

import bits
import control
from literals import literal
from tree import bind, expr, items, make

# A place for a type takes what has one of these types.
ACCEPTS = {
    "number": ["int", "float"],
    "list": ["list", "ints", "string", "pairs", "binaries"],
    "bits": ["bits", "binary"],
    "iodata": ["iodata", "binary", "string", "binaries"],
    "atom": ["atom", "bool"],
    "tuple": ["tuple", "record"],
    "any": ["any", "int", "float", "bool", "atom", "list", "ints", "string", "pairs", "tuple", "map", "record", "binary", "bits"],
    "data": ["int", "float", "bool", "atom", "ints", "string", "binary", "bits"],
}
LIMITED = ["small", "shift", "base", "char", "byte"]
SIMPLE = ["int", "float", "number", "string", "binary", "bits", "bool", "atom", "char", "byte"]  # their literals are patterns, too
FUNS = {"fun0": 0, "fun1": 1, "fun2": 2}


def read_templates():
    """{type: [text with $types]}, for all expressions and for those of guards."""
    everywhere, in_guards = defaultdict(list), defaultdict(list)
    with open(os.path.join(os.path.dirname(__file__), "templates.txt"), encoding="utf-8") as file:
        for line in file:
            found = re.match(r"(\* )?\s*(\w+) +=\s+(.*)$", line)
            if line.startswith("#") or not found:
                continue
            star, kind, text = found.groups()
            everywhere[kind].append(text)
            if star:
                in_guards[kind].append(text)
    return everywhere, in_guards


TEMPLATES, GUARDS = read_templates()


def accepted(kind):
    return ACCEPTS.get(kind, [kind])


def fill(g, kind, text, operand):
    holes = [operand(g, name) for name in re.findall(r"\$(\w+)", text)]
    return make(kind, re.sub(r"\$\w+", "%", text), *holes)


def expression(g, kind, depth):
    if kind not in LIMITED and kind != "data" and not g.quiet and g.chance(0.015):
        kind = g.pick(["any", "fun1", "atom", "float", "bits", "map"])
    if kind in LIMITED:
        return expr("(% band 15)", expression(g, "int", depth - 1)) if depth > 1 and g.chance(0.1) else opaque(g, literal(g, kind))
    if g.chance(0.3 if depth > 0 else 0.7):
        found = g.variable(accepted(kind))
        if found:
            return found
    if depth <= 0:
        return function(g, kind, 0) if kind in FUNS else opaque(g, literal(g, kind, 1))
    if kind in FUNS and g.chance(0.7):
        return function(g, kind, depth)
    shape = g.random.random()
    if shape < 0.12:
        return control.expression(g, kind, depth)
    if shape < 0.2 and kind in bits.KINDS:
        return bits.construction(g, kind, depth)
    choices = [text for one in accepted(kind) for text in TEMPLATES[one]]
    if not choices:
        return function(g, kind, depth) if kind in FUNS else opaque(g, literal(g, kind))
    return fill(g, "expr", g.pick(choices), lambda g, name: expression(g, name, depth - 1))


def opaque(g, node):
    """Half of the values are hidden from the compiler."""
    return expr("id(%)", node) if g.chance(0.5) else node


def guard(g, kind="bool", depth=2):
    """What stands after `when`. Names and kinds as for expressions."""
    if kind in LIMITED:
        return make("guard", "%", str(literal(g, kind)))
    if kind == "fun1":
        found = g.variable(["fun0", "fun1", "fun2"])
        return found and make("guard", "%", found.parts[0]) or make("guard", "a")
    if g.chance(0.35 if depth > 0 else 0.8):
        found = g.variable(accepted(kind))
        if found:
            return make("guard", "%", found.parts[0])
    choices = [text for one in accepted(kind) for text in GUARDS[one]]
    if depth <= 0 or not choices:
        return make("guard", "%", str(literal(g, "atom" if kind == "map" else kind, 0)))
    return fill(g, "guard", g.pick(choices), lambda g, name: guard(g, name, depth - 1))


def maybe_guard(g, probability=0.4):
    return items([make("guard", " when %", guard(g))] if g.chance(probability) else [], "")


def pattern(g, kind, depth=2):
    """A pattern that values of the type may match. Declares what it binds."""
    shape = g.random.random()
    if depth <= 0 or shape < 0.3:
        name = g.fresh()
        g.declare(name, kind)
        return bind(name)
    if shape < 0.36:
        found = g.variable(accepted(kind))
        if found and kind not in FUNS:
            return found.parts[0]
    if shape < 0.42:
        return make("pattern", "_")
    if shape < 0.5 and kind not in FUNS:
        return make("pattern", "%", literal(g, kind if kind in SIMPLE else "atom"))
    if kind == "any":
        kind = g.pick(["list", "tuple", "map", "bits", "int", "atom"])
    inner = lambda want="any": pattern(g, want, depth - 1)
    if kind in ("list", "ints", "pairs", "binaries", "string"):
        element = {"ints": "int", "pairs": "tuple", "binaries": "binary", "string": "int"}.get(kind, "any")
        if g.chance(0.6):
            return make("pattern", "[% | %]", inner(element), inner(kind))
        return make("pattern", "[%]", items([inner(element) for _ in range(g.number(0, 3))], ", "))
    if kind == "tuple":
        return make("pattern", "{%}", items([inner() for _ in range(g.number(0, 3))], ", "))
    if kind == "record":
        return make("pattern", "#rec{x = %, z = %}", inner(), inner())
    if kind == "map":
        key = g.pick(["k0", "1", "{2}", "a", "ok"])
        return make("pattern", "#{%}", items([make("pattern", f"{key} := %", inner())], ", "))
    if kind in ("bits", "binary"):
        return bits.pattern(g)
    name = g.fresh()
    g.declare(name, kind)
    return bind(name)


def clause(g, kind, subject, depth):
    with g.inner():
        shape = pattern(g, subject)
        return make("clause", "%% -> %", shape, maybe_guard(g), body(g, kind, depth))


def body(g, kind, depth):
    """Some steps, and the value that counts."""
    steps = []
    while depth > 1 and g.chance(0.2):
        name, step = g.fresh(), g.pick(["int", "any", "list", "binary", "float"])
        value = expression(g, step, depth - 1)
        steps.append(make("step", "% = %", bind(name), value))
        g.declare(name, step)
    return items(steps + [expression(g, kind, depth - 1)], ", ", 1)


def function(g, kind, depth):
    arity = FUNS[kind]
    if g.chance(0.15) and arity:
        return expr(g.pick(TEMPLATES[kind]))
    clauses = []
    for _ in range(1 if arity == 0 else g.number(1, 2)):
        with g.inner():
            shapes = items([pattern(g, "any", 1) for _ in range(arity)], ", ", arity)
            clauses.append(make("clause", "(%)% -> %", shapes, maybe_guard(g, 0.25), body(g, g.pick(["any", "int", "list"]), depth)))
    return expr("fun % end", items(clauses, "; ", 1))
