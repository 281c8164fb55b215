"""Bit syntax: construction and matching, at sizes and offsets that are seldom whole bytes."""
import expressions as e
from literals import literal
from tree import bind, expr, items, make, use

KINDS = ["bits", "binary", "any"]


def size(g):
    return g.pick([0, 1, 3, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 40, 48, 56, 59, 60, 61, 63, 64, 65, 72, 100, 128, 200, g.number(0, 70)])


def flags(g, signed):
    names = [name for name in (g.pick(["", "signed", "unsigned"]) if signed else "", g.pick(["", "", "little", "big", "native"])) if name]
    return names


def specification(names):
    return "/" + "-".join(names) if names else ""


def construction(g, kind, depth):
    segments = [segment(g, depth) for _ in range(g.number(1, 4))]
    if kind == "binary":
        # Filled up to whole bytes.
        return expr("generate_driver:whole(<<%>>)", items(segments, ", "))
    if g.chance(0.15):
        name = g.fresh()
        with g.inner():
            source = e.expression(g, "list", depth - 1)
            g.declare(name, "int")
            return expr("<< <<%>> || % <- lists:sublist(%, 9), is_integer(%)>>", items([segment(g, depth - 1)], ", "), bind(name), source, use(name))
    return expr("<<%>>", items(segments, ", "))


def segment(g, depth):
    """One segment of a construction."""
    value = lambda kind: parenthesized(g, kind, depth - 1)
    shape = g.random.random()
    if shape < 0.45:
        names = ["integer"] + flags(g, True)
        if g.chance(0.2):
            unit = g.number(1, 16)
            return make("segment", f"%:{g.number(0, 9)}{specification(names + [f'unit:{unit}'])}", value("int"))
        if g.chance(0.2):
            return make("segment", f"%:(% band 127){specification(names)}", value("int"), value("int"))
        return make("segment", f"%:{size(g)}{specification(names)}", value("int"))
    if shape < 0.6:
        return make("segment", f"%:{g.pick([16, 32, 64])}{specification(['float'] + flags(g, False))}", value("number"))
    if shape < 0.68:
        return make("segment", f"%/{g.pick(['utf8', 'utf16', 'utf32', 'utf16-little', 'utf32-little'])}", value("char"))
    if shape < 0.78:
        return make("segment", "%/binary", value("binary"))
    if shape < 0.88:
        return make("segment", "%/bitstring", value("bits"))
    if shape < 0.94:
        return make("segment", f"%:{g.number(0, 6)}/{g.pick(['binary', 'bitstring', 'binary-unit:3'])}", value("bits"))
    return make("segment", '"abc"')


def parenthesized(g, kind, depth):
    return make("operand", "(%)", e.expression(g, kind, depth))


def pattern(g):
    """A pattern; declares what it binds. A segment may say how long the next one is."""
    segments, length = [], None
    for _ in range(g.number(0, 4)):
        shape = g.random.random()
        name = g.fresh()
        bound = make("pattern", "_") if g.chance(0.1) else bind(name)
        if length and g.chance(0.5):
            kind, text = g.pick([("int", ":%"), ("bits", ":%/bitstring"), ("binary", ":%/binary"), ("int", ":%/little-signed"), ("int", ":(% * 2 + 1)")])
            segments.append(make("segment", "%" + text, bound, use(length)))
        elif shape < 0.55:
            kind, bits_ = "int", size(g)
            segments.append(make("segment", f"%:{bits_}{specification(flags(g, True))}", bound))
            if bits_ < 9 and bound.kind == "bind":
                length = name
        elif shape < 0.63:
            kind = "float"
            segments.append(make("segment", f"%:{g.pick([16, 32, 64])}{specification(['float'] + flags(g, False))}", bound))
        elif shape < 0.7:
            kind = "int"
            segments.append(make("segment", f"%/{g.pick(['utf8', 'utf16', 'utf32', 'utf16-little'])}", bound))
        elif shape < 0.8:
            kind = "binary"
            segments.append(make("segment", f"%:{g.number(0, 4)}/binary", bound))
        elif shape < 0.9:
            kind = "bits"
            segments.append(make("segment", f"%:{g.number(0, 40)}/bitstring", bound))
        else:
            kind, bound = "int", None
            segments.append(make("segment", f"{literal(g, 'byte')}:{size(g)}"))
        if bound is not None and bound.kind == "bind":
            g.declare(name, kind)
    if g.chance(0.7):
        name = g.fresh()
        kind = g.pick(["bits", "bits", "binary"])
        segments.append(make("segment", f"%/{kind.replace('bits', 'bitstring')}", bind(name)))
        g.declare(name, kind)
    return make("pattern", "<<%>>", items(segments, ", "))


def round_trip(g):
    """Values written and read back with the same segments, behind some bits that shift everything."""
    written, read, names = [], [], []
    for _ in range(g.number(1, 5)):
        name = g.fresh()
        kind, text = g.pick([
            ("int", f":{size(g)}{specification(flags(g, True))}"),
            ("int", f":{size(g)}{specification(flags(g, True))}"),
            ("number", f":{g.pick([16, 32, 64])}{specification(['float'] + flags(g, False))}"),
            ("char", f"/{g.pick(['utf8', 'utf16', 'utf32', 'utf16-little'])}"),
        ])
        written.append(make("segment", "%" + text, parenthesized(g, kind, 1)))
        read.append(make("segment", "%" + text, bind(name)))
        names.append(use(name))
    shift = g.number(0, 9)
    return expr("case id(<<0:%, %, %/bitstring>>) of <<_:%, %, Rest/bitstring>> -> {%, Rest}; Other -> {differs, Other} end".replace("Rest", g.fresh("Rest")).replace("Other", g.fresh("Other")),
                str(shift), items(written, ", ", 1), parenthesized(g, "bits", 1), str(shift), items(read, ", ", 1), items(names, ", "))


def loop(g):
    """A function that walks through a bitstring, and its call."""
    name = f"{g.name}_loop{len(g.functions)}"
    with g.alone():
        head, tail, rest, total = (g.fresh() for _ in range(4))
        g.declare(head, "int")
        g.declare(total, "any")
        text = f":{max(1, size(g))}{specification(flags(g, True))}" if g.chance(0.8) else "/" + g.pick(["utf8", "utf16", "utf32"])
        step = e.expression(g, "any", 2)
        guard = e.maybe_guard(g)
        clauses = [
            make("clause", f"%(<<%{text}, %/bitstring>>, %)% -> %(%, [% | %])", bind(name), bind(head), bind(tail), bind(total), guard,
                 use(name), use(tail), step, expr("lists:sublist(%, 20)", use(total))),
            make("clause", "%(%, %) -> {%, %}", bind(name), bind(rest), bind(total + "x"), use(rest), use(total + "x")),
        ]
    g.functions.append(items(clauses, ";\n", 1))
    return expr("%(%, [])", use(name), e.expression(g, "bits", 2))
