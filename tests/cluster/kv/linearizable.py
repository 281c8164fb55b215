"""Is the history of one key linearizable?

The search is Wing and Gong's ("Testing and Verifying Concurrent Objects", 1993): pick an operation that was begun before any other one had
ended, apply it to the model, go on with the rest; when none fits, go back. With Lowe's memory ("Testing for Linearizability", 2017): a set of
operations done, with the state they led to, is tried once.

An operation is (begin, end, kind, arguments, result); `end` is None where no answer came: then it may have been done at any time after its
begin, or never.

  put (value)             "ok"
  delete ()               "ok"
  get ()                  the value, or None
  swap (expected, value)  "ok", or ("mismatch", what is there)
"""
import math


def step(state, kind, arguments, result):
    """The state after an operation, and whether the result fits. An operation without an answer fits always."""
    if kind == "put":
        return arguments[0], True
    if kind == "delete":
        return None, True
    if kind == "get":
        return state, result == state
    expected, value = arguments
    if state == expected:
        return value, result in ("ok", UNANSWERED)
    return state, result in (("mismatch", state), UNANSWERED)


UNANSWERED = object()


def prepare(history):
    operations = []
    for begin, end, kind, arguments, result in history:
        if end is None:
            if kind != "get":
                operations.append((begin, math.inf, kind, arguments, UNANSWERED))
        else:
            operations.append((begin, end, kind, arguments, result))
    return sorted(operations, key=lambda operation: operation[:2])


class Window:
    """Operations in order of their begin; all before `low` are done, so that a set of done ones is short: bits from `low` on."""

    def __init__(self, operations):
        self.operations = operations

    def moves(self, low, done, state):
        first_end, number = math.inf, low
        while number < len(self.operations):
            begin, end, kind, arguments, result = self.operations[number]
            if not done >> (number - low) & 1:
                if begin > first_end:
                    break
                first_end = min(first_end, end)
                after, fits = step(state, kind, arguments, result)
                if fits:
                    yield self.mark(low, done, number) + (after,)
            number += 1

    def mark(self, low, done, number):
        done |= 1 << (number - low)
        while done & 1:
            done, low = done >> 1, low + 1
        return low, done

    def over(self, low, done):
        """Only operations without an answer are left, which need not have been done."""
        rest = enumerate(self.operations[low:])
        return all(done >> number & 1 or operation[1] == math.inf for number, operation in rest)


def check(history, initial=None):
    """None when the history is linearizable; otherwise the operation that cannot be placed."""
    window = Window(prepare(history))
    start = (0, 0, initial)
    seen, stack, furthest = {start}, [(start, window.moves(*start))], 0
    while stack:
        (low, done, state), moves = stack[-1]
        furthest = max(furthest, low)
        if window.over(low, done):
            return None
        for move in moves:
            if move not in seen:
                seen.add(move)
                stack.append((move, window.moves(*move)))
                break
        else:
            stack.pop()
    return window.operations[furthest]


def self_test():
    """Histories whose answers are known."""
    put = lambda begin, end, value: (begin, end, "put", (value,), "ok")
    get = lambda begin, end, value: (begin, end, "get", (), value)
    good = [
        [],
        [put(0, 1, "a"), get(2, 3, "a")],
        [put(0, 3, "a"), get(1, 2, None), get(1, 2, "a")],
        [put(0, 9, "a"), put(0, 9, "b"), get(1, 2, "b"), get(3, 4, "a")],
        [put(0, None, "a"), get(5, 6, None), get(7, 8, "a")],
        [put(0, None, "a"), get(5, 6, None)],
        [put(0, 1, "a"), (2, 3, "swap", ("a", "b"), "ok"), (4, 5, "swap", ("a", "c"), ("mismatch", "b")), get(6, 7, "b")],
        [put(0, 1, "a"), (2, 3, "delete", (), "ok"), get(4, 5, None)],
        [put(0, 1, "a"), (2, None, "swap", ("a", "b"), None), put(3, 4, "c"), get(5, 6, "c")],
    ]
    bad = [
        [put(0, 1, "a"), get(2, 3, None)],  # lost
        [put(0, 1, "a"), put(2, 3, "b"), get(4, 5, "a")],  # stale, or done twice
        [put(0, 9, "a"), get(1, 2, "a"), get(3, 4, None)],  # seen, then not
        [put(0, None, "a"), get(5, 6, "a"), put(7, 8, "b"), get(9, 10, "a")],  # a late one done twice
        [put(0, 1, "a"), (2, 3, "swap", ("a", "b"), "ok"), (2, 3, "swap", ("a", "c"), "ok")],  # two winners
        [put(3, 4, "a"), get(1, 2, "a")],  # from the future
        [put(0, 1, "a"), (2, 3, "swap", ("b", "c"), ("mismatch", None))],  # says what is not there
    ]
    for history in good:
        assert check(history) is None, history
    for history in bad:
        assert check(history) is not None, history
