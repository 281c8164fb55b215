"""What a generator carries along: the source of chance, the variables in scope, the functions beside the main one."""
import contextlib
import random

from tree import Node, use


class Context:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.name = f"seed_{seed}"
        self.scope = []       # (name, type) of the variables that may be used here
        self.functions = []   # functions beside the main one
        self.count = 0
        self.quiet = 0        # above zero: no deliberate errors

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, choices):
        return self.random.choice(choices)

    def number(self, low, high):
        return self.random.randint(low, high)

    def fresh(self, prefix="V"):
        self.count += 1
        return f"{prefix}{self.count}"

    def declare(self, name, kind):
        self.scope.append((name, kind))

    @contextlib.contextmanager
    def inner(self):
        """Variables declared within are forgotten afterwards."""
        outer = self.scope
        self.scope = list(outer)
        yield
        self.scope = outer

    @contextlib.contextmanager
    def alone(self):
        """Within, no variable of the surroundings may be used: another function."""
        outer = self.scope
        self.scope = []
        yield
        self.scope = outer

    def variable(self, kinds):
        names = [name for name, kind in self.scope if kind in kinds]
        if not names:
            return None
        # The newest are the most interesting.
        name = names[-1] if self.chance(0.3) else self.pick(names)
        return Node("expr", [use(name)])
