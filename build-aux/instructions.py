#!/usr/bin/env python3
"""Expands the interpreter's instructions into one C function for each combination of operand forms.

    instructions.py TABLE.h TABLE.c FUSED.c OUT_1.c ... OUT_n.c SEQUENCES SOURCE_1.c ... SOURCE_n.c

A source holds C and blocks that begin with `INSTRUCTION(name, forms, ...) {` and end with `}`, both at the start of a
line. The forms of an operand are letters (see exec/instruction.h). A block `SLOW_PATH(name) {` right behind one is
expanded with it, as a function of its own that the instruction reaches with TAIL(SLOW). The table lists all
instructions, for prepare.c to choose from and for people to read.

SEQUENCES has a line for each sequence of instructions that is worth a function of its own, as patterns of the
functions' names: its bodies one behind the other, without the jumps between them. Behind a semicolon may stand which
operands are the same register as an earlier one: `2.1=1.3` is the first of the second instruction, and the third of
the first. Where they are, the sequence has one more function, which need not go to memory for what it holds already.
"""
import fnmatch
import itertools
import os
import re
import sys

HEAD = re.compile(r"INSTRUCTION\((\w+)((?:, \w+)*)\) \{$")


class Variant:
    """An instruction with one choice of its operands' forms."""

    def __init__(self, name, choice, body, slow):
        self.name = "_".join([name, *choice])
        self.symbol = "instruction_" + self.name
        self.forms, self.body, self.slow = choice, body, slow

    def defines(self):
        return [*(f"#define FORM_{n} {form}" for n, form in enumerate(self.forms, 1)),
                f"#define OPERANDS {len(self.forms)}", *([f"#define SLOW {self.symbol}_slow"] if self.slow else [])]

    def undefines(self):
        return ["#undef SLOW", "#undef OPERANDS", *(f"#undef FORM_{n}" for n in range(1, len(self.forms) + 1))]

    def functions(self):
        slow = [f"PRESERVE_NONE __attribute__((noinline)) enum exec_result {self.symbol}_slow(REGISTERS) {{",
                *self.slow] if self.slow else []
        return [*self.defines(), *slow, f"PRESERVE_NONE enum exec_result {self.symbol}(REGISTERS) {{", *self.body,
                *self.undefines()]


class Operation:
    def __init__(self, name, forms, body, slow):
        self.name, self.forms = name, forms
        self.variants = [Variant(name, choice, body, slow) for choice in itertools.product(*forms)]


def block(path, lines, start):
    """The text of the block that starts there, without its head, and where it ends."""
    end = lines.index("}", start)
    return [f'#line {start + 2} "{path}"', *lines[start + 1:end + 1]], end


def parse(path):
    """What a source consists of, in order: lines of C, and operations."""
    parts = [f'#line 1 "{path}"']
    lines = open(path, encoding="utf-8").read().split("\n")
    at = 0
    while at < len(lines):
        match = HEAD.match(lines[at])
        if not match:
            parts.append(lines[at])
            at += 1
            continue
        name, forms = match[1], match[2].split(", ")[1:]
        body, end = block(path, lines, at)
        slow = None
        if lines[end + 2:end + 3] == [f"SLOW_PATH({name}) {{"]:
            slow, end = block(path, lines, end + 2)
        parts.append(Operation(name, forms, body, slow))
        at = end + 1
        parts.append(f'#line {at + 1} "{path}"')
    return parts


def expand(parts):
    out = []
    for part in parts:
        out += [part] if isinstance(part, str) else [line for variant in part.variants for line in variant.functions()]
    return "\n".join(out)


class Fused:
    """A sequence of variants, with the sequence that it extends by the last one (or the first variant itself).

    `same` has pairs of (instruction, operand), from 0 and from 1, that are the same register, the earlier one first.
    """

    def __init__(self, variants, shorter, same=()):
        self.variants, self.shorter, self.same = variants, shorter, same
        self.symbol = ("same_" if same else "fused_") + "__".join(variant.name for variant in variants)

    def place(self, instruction, operand):
        """Of an operand's word, from the first instruction's on."""
        return sum(1 + len(variant.forms) for variant in self.variants[:instruction]) + operand

    def is_possible(self):
        return all(self.variants[a].forms[m - 1] == self.variants[b].forms[n - 1] for (a, m), (b, n) in self.same)

    def function(self):
        out = [f"PRESERVE_NONE enum exec_result {self.symbol}(REGISTERS) {{",
               *(f"const word same_{a}_{m} = ip[{self.place(a, m)}];" for a, m in dict.fromkeys(one for one, _ in self.same))]
        for n, variant in enumerate(self.variants):
            last = n == len(self.variants) - 1
            known = {operand: one for pair in self.same for one in pair[:1] for at, operand in pair if at == n}
            out += ["#undef NEXT", f"#define NEXT {'NEXT_INSTRUCTION' if last else f'goto behind_{n}'}",
                    *variant.defines()]
            for operand, (a, m) in known.items():
                out += [f"#undef WORD_{operand}", f"#define WORD_{operand} same_{a}_{m}"]
            out += ["{", *variant.body]
            out += [] if last else [f"behind_{n}:", "ip = AFTER;"]
            out += variant.undefines()
            for operand in known:
                out += [f"#undef WORD_{operand}", f"#define WORD_{operand} ip[{operand}]"]
        return out + ["}"]


def parse_same(text):
    """[((0, 3), (1, 1)), ...] of "2.1=1.3 ...", the earlier operand first."""
    return tuple(tuple((int(a) - 1, int(m)) for a, m in (word.split(".") for word in reversed(pair.split("="))))
                 for pair in text.split())


def fuse(path, variants):
    """The sequences, and those of which operands are the same."""
    sequences, special = {}, {}
    for line in open(path, encoding="utf-8"):
        text, _, same = line.split("#")[0].partition(";")
        patterns = text.split()
        matches = [fnmatch.filter(variants, pattern) for pattern in patterns]
        if not all(matches):
            sys.exit(f"{path}: no instruction fits {line.strip()}")
        for names in itertools.product(*matches) if matches else []:
            for length in range(2, len(names) + 1):
                part = names[:length]
                shorter = sequences[part[:-1]] if length > 2 else variants[part[0]]
                sequences.setdefault(part, Fused([variants[name] for name in part], shorter))
        if same:
            known = [Fused([variants[name] for name in names], sequences[names], parse_same(same))
                     for names in itertools.product(*matches)]
            known = {tuple(variant.name for variant in one.variants): one for one in known if one.is_possible()}
            if not known:
                sys.exit(f"{path}: no such operands can be the same in {line.strip()}")
            special.update(known)
    return list(sequences.values()), list(special.values())


def fused_source(sources, sequences, special):
    out = ['#pragma clang diagnostic ignored "-Wunused-function"', '#include "exec/instruction_table.h"']
    for parts in sources:
        out += [part for part in parts if isinstance(part, str)]
    return "\n".join(out + [line for sequence in sequences + special for line in sequence.function()] + [""])


def header(operations, variants, sequences, special):
    most = max(len(operation.forms) for operation in operations)
    pairs = max(len(one.same) for one in special)
    return "\n".join([
        "#ifndef PURLIN_EXEC_INSTRUCTION_TABLE_H", "#define PURLIN_EXEC_INSTRUCTION_TABLE_H", "",
        '#include "exec/instruction.h"', "", "enum operation {",
        *(f"    OPERATION_{operation.name}," for operation in operations),
        f"    OPERATION_COUNT = {len(operations)}", "};", "",
        f"#define INSTRUCTION_OPERANDS_MAX {most}", "",
        "struct operation_info {",
        "    const char *name;",
        "    const char *forms[INSTRUCTION_OPERANDS_MAX];",
        "    unsigned operands;",
        "    unsigned first; // variant in instruction_table; the last operand's form changes fastest",
        "};", "extern const struct operation_info operation_table[];", "",
        "// All variants, then all fused sequences.",
        "extern instruction *const instruction_table[];",
        "// `both` is the first one with the second behind it; in the order of (first, second).",
        "struct fused_pair {", "    uint16_t first, second, both;", "};",
        "extern const struct fused_pair fused_pairs[];", f"#define FUSED_PAIR_COUNT {len(sequences)}", "",
        "// A sequence where operands are the same registers: pairs of words from its first instruction on, up to (0, 0).",
        "struct fused_same {", "    uint16_t sequence;", f"    uint8_t same[{pairs}][2];", "    instruction *function;", "};",
        "extern const struct fused_same fused_same[]; // in the order of sequence", f"#define FUSED_SAME_COUNT {len(special)}", "",
        *(f"instruction {variant.symbol};" for variant in variants.values()),
        *(f"instruction {variant.symbol}_slow;" for variant in variants.values() if variant.slow),
        *(f"instruction {sequence.symbol};" for sequence in sequences + special), "", "#endif", ""])


def source(operations, variants, sequences, special):
    everything = [*variants.values(), *sequences]
    number = {entry.symbol: n for n, entry in enumerate(everything)}
    out = ['#include "exec/instruction_table.h"', "", "const struct operation_info operation_table[] = {"]
    for operation in operations:
        listed = ", ".join(f'"{form}"' for form in operation.forms) or "NULL"
        first = number[operation.variants[0].symbol]
        out.append(f'    {{"{operation.name}", {{{listed}}}, {len(operation.forms)}, {first}}},')
    pairs = sorted((number[sequence.shorter.symbol], number[sequence.variants[-1].symbol], number[sequence.symbol])
                   for sequence in sequences)
    specials = sorted((number[one.shorter.symbol], ", ".join("{%d, %d}" % (one.place(*a), one.place(*b)) for a, b in one.same),
                       one.symbol) for one in special)
    return "\n".join([*out, "};", "instruction *const instruction_table[] = {",
                      *(f"    {entry.symbol}," for entry in everything), "};",
                      "const struct fused_pair fused_pairs[] = {",
                      *("    {%d, %d, %d}," % pair for pair in pairs), "};",
                      "const struct fused_same fused_same[] = {",
                      *("    {%d, {%s}, %s}," % one for one in specials), "};", ""])


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main(table_header, table_source, fused, *paths):
    count = (len(paths) - 1) // 2
    outputs, listing, inputs = paths[:count], paths[count], paths[count + 1:]
    sources = [parse(os.path.abspath(path)) for path in inputs]
    operations = [part for parts in sources for part in parts if isinstance(part, Operation)]
    variants = {variant.name: variant for operation in operations for variant in operation.variants}
    sequences, special = fuse(listing, variants)
    for out, parts in zip(outputs, sources):
        write(out, expand(parts))
    write(fused, fused_source(sources, sequences, special))
    write(table_header, header(operations, variants, sequences, special))
    write(table_source, source(operations, variants, sequences, special))


if __name__ == "__main__":
    main(*sys.argv[1:])
