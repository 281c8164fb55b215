"""Plain values of each type, with a taste for the borders."""
from tree import Node, expr, items

ATOMS = ["a", "b", "true", "false", "ok", "undefined", "'A b'", "''", "error", "infinity"]
BORDERS = [8, 16, 27, 28, 31, 32, 47, 53, 59, 60, 61, 62, 63, 64, 65, 96, 120, 124, 127, 128, 180, 256, 1024]
FLOATS = ["0.0", "-0.0", "1.0", "0.5", "-1.5", "3.14159", "1.0e10", "1.0e22", "1.0e23", "123456789.125", "-2.5e-5", "1.0e-10", "1.0e100",
          "1.7976931348623157e308", "2.2250738585072014e-308", "4.9e-324", "1.0e77", "1.2e-77", "9007199254740992.0",
          "9007199254740993.0", "2.5", "3.5", "-0.5", "0.1", "100.0", "65504.0", "3.4028234663852886e38"]
TEXTS = ["", "a", "abc", "hello world", "12", "-7", "1.5", "aXbXc", " x ", "fff", "1e3", "\\x{e9}", "\\x{20ac}uro", "a,b,,c", "0", "Zz"]


def integer(g):
    shape = g.random.random()
    if shape < 0.45:
        return g.number(-5, 20)
    if shape < 0.6:
        return g.number(-300, 1200)
    if shape < 0.9:
        return g.pick([1, -1]) * (1 << g.pick(BORDERS[:-3])) + g.number(-2, 2)
    return g.random.getrandbits(g.pick(BORDERS)) * g.pick([1, -1])


def floating(g):
    if g.chance(0.6):
        return g.pick(FLOATS)
    value = g.random.uniform(-1, 1) * 10.0 ** g.number(-20, 20)
    text = repr(value)
    mantissa, mark, exponent = text.partition("e")
    return (mantissa if "." in mantissa else mantissa + ".0") + (mark + str(int(exponent)) if mark else "")


def binary(g):
    if g.chance(0.5):
        return f'<<"{g.pick(TEXTS)}"{g.pick(["", "/utf8"])}>>'
    length = g.number(0, 9) if g.chance(0.8) else g.number(60, 70)
    return "<<" + ",".join(str(g.number(0, 255)) for _ in range(length)) + ">>"


def bits(g):
    inner = binary(g)[2:-2]
    return f"<<{inner}{',' if inner else ''}{g.number(0, 255)}:{g.number(1, 15)}>>"


def literal(g, kind, depth=2):
    if kind == "data":  # what is printed or encoded: no map, whose order may differ
        kind = g.pick(["int", "int", "atom", "float", "binary", "string", "ints", "bits"])
    if kind == "any":
        kind = g.pick(["int", "int", "atom", "float", "binary", "string", "bits", "list", "tuple", "map", "pairs"] if depth > 0 else ["int", "atom"])
    if kind == "number":
        kind = g.pick(["int", "float"])
    if kind in ("list", "ints", "pairs", "tuple", "binaries", "string"):
        return sequence(g, kind, depth)
    text = {
        "int": lambda: integer(g),
        "float": lambda: floating(g),
        "bool": lambda: g.pick(["true", "false"]),
        "atom": lambda: g.pick(ATOMS),
        "binary": lambda: binary(g),
        "bits": lambda: g.pick([binary, bits])(g),
        "small": lambda: g.number(0, 12) if g.chance(0.9) else g.pick([-1, 20, 33]),
        "shift": lambda: g.pick(BORDERS[:-2]) * g.pick([1, 1, -1]) + g.number(-1, 1),
        "base": lambda: g.pick([2, 3, 8, 10, 10, 16, 36, 37]),
        "char": lambda: g.pick([0, 32, 65, 97, 127, 128, 255, 256, 0x7ff, 0x800, 0xd800, 0xffff, 0x10000, 0x10ffff, 0x110000, -1]),
        "byte": lambda: g.number(0, 255),
    }.get(kind)
    if text:
        return expr(str(text()))
    if kind == "map":
        count = g.number(0, 4) if g.chance(0.85) else g.number(30, 36)
        return large_map(g, count) if count > 4 else expr("#{%}", items([pair(g, i, depth) for i in range(count)], ", "))
    if kind == "record":
        return expr("#rec{%}", items([expr("x = %", literal(g, "int"))], ", "))
    if kind == "iodata":
        return literal(g, g.pick(["binary", "string", "binaries"]))
    raise ValueError(kind)


def pair(g, position, depth):
    key = g.pick([f"k{position}", str(position), f"{{{position}}}", f"<<{position}>>", f"{position}.0", f'"{position}"'])
    return Node("item", [key, " => ", literal(g, "any", depth - 1)])


def large_map(g, count):
    key = g.pick(["K", "{K}", "<<K>>", "K * 1.0", "[K]", "K bsl 60"])
    return expr(f"maps:from_list([{{{key}, K}} || K <- lists:seq(1, {count})])")


def sequence(g, kind, depth):
    if kind == "string":
        return expr('"' + g.pick(TEXTS) + '"')
    element = {"ints": "int", "binaries": "binary", "pairs": "pair"}.get(kind, "any")
    count = g.number(0, 5)

    def one():
        if element == "pair":
            return expr("{%, %}", literal(g, g.pick(["atom", "int"]), 0), literal(g, "any", depth - 1))
        return literal(g, element, depth - 1)

    brackets = "{%}" if kind == "tuple" else "[%]"
    return expr(brackets, items([one() for _ in range(count)], ", "))
