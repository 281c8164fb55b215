"""Programs as trees of text, so that a failing one can be made smaller.

A node is a kind and its parts (strings and nodes). The kinds that shrinking knows:

    expr, guard   may be replaced by any node of the same kind within it, or by a plain value
    list          items with a separator, of which all but `least` may go
    use, bind     a name's use and its binding

Every name in a program is bound at one place only. So a program is well-formed as long as each name that it uses is bound.
"""


class Node:
    __slots__ = ("kind", "parts", "separator", "least")

    def __init__(self, kind, parts, separator="", least=0):
        self.kind, self.parts, self.separator, self.least = kind, parts, separator, least

    def __str__(self):
        return self.separator.join(map(str, self.parts))

    def walk(self):
        yield self
        for part in self.parts:
            if isinstance(part, Node):
                yield from part.walk()

    def replaced(self, old, new):
        """A copy in which the node `old` is `new`; what does not change is shared."""
        if self is old:
            return new
        parts = [part.replaced(old, new) if isinstance(part, Node) else part for part in self.parts]
        if all(a is b for a, b in zip(parts, self.parts)):
            return self
        return Node(self.kind, parts, self.separator, self.least)

    def without(self, index):
        return Node(self.kind, self.parts[:index] + self.parts[index + 1:], self.separator, self.least)

    def is_closed(self):
        names = {"use": set(), "bind": set()}
        for node in self.walk():
            if node.kind in names:
                names[node.kind].add(node.parts[0])
        return names["use"] <= names["bind"]


def make(kind, template, *holes):
    """make("expr", "(% + %)", a, b): the percent signs are the places of a and b."""
    texts = template.split("%")
    assert len(texts) == len(holes) + 1, template
    parts = [texts[0]]
    for hole, text in zip(holes, texts[1:]):
        parts += [hole, text]
    return Node(kind, [part for part in parts if part != ""])


def expr(template, *holes):
    return make("expr", template, *holes)


def items(nodes, separator, least=0):
    return Node("list", list(nodes), separator, least)


def use(name):
    return Node("use", [name])


def bind(name):
    return Node("bind", [name])


PLAIN = ["0", "[]", "a", "<<>>"]


def smaller(program):
    """The programs that are one step simpler, the boldest steps first."""
    size = len(str(program))
    seen = set()
    steps = []
    for node in program.walk():
        steps += [program.replaced(node, new) for new in simplifications(node)]
    for step in sorted(steps, key=lambda step: len(str(step))):
        text = str(step)
        if len(text) < size and text not in seen and step.is_closed():
            seen.add(text)
            yield step


def simplifications(node):
    if node.kind == "list":
        if len(node.parts) > node.least:
            yield from (node.without(i) for i in range(len(node.parts)))
    elif node.kind in ("expr", "guard"):
        yield from (inner for inner in node.walk() if inner.kind == node.kind and inner is not node)
        text = str(node)
        if text not in PLAIN and node.kind == "expr":
            yield from (Node("expr", [plain]) for plain in PLAIN)
        if text.lstrip("-").isdigit() and len(text) > 1:
            yield Node(node.kind, [text[:len(text) // 2] if len(text) > 2 else "1"])
            yield Node(node.kind, [text[:-1] if text != "-1" else "1"])
        if node.kind == "guard" and text != "true":
            yield Node("guard", ["true"])
