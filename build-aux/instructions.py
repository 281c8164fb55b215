#!/usr/bin/env python3
"""Expands the interpreter's instructions into one C function for each combination of operand forms.

    instructions.py TABLE.h TABLE.c OUT_1.c ... OUT_n.c SOURCE_1.c ... SOURCE_n.c

A source holds C and blocks that begin with `INSTRUCTION(name, forms, ...) {` and end with `}`, both at the start of a
line. The forms of an operand are letters (see exec/instruction.h). A block `SLOW_PATH(name) {` right behind one is
expanded with it, as a function of its own that the instruction reaches with TAIL(SLOW). The table lists all
instructions, for prepare.c to choose from and for people to read.
"""
import itertools
import os
import re
import sys

HEAD = re.compile(r"INSTRUCTION\((\w+)((?:, \w+)*)\) \{$")


def function(path, lines, start, head):
    """The function whose block starts there, under another head, and where it ends."""
    end = lines.index("}", start)
    return [f'#line {start + 1} "{path}"', f"{head} {{", *lines[start + 1:end + 1]], end


def expand(path, table):
    out = []
    lines = open(path, encoding="utf-8").read().split("\n")
    at = 0
    while at < len(lines):
        match = HEAD.match(lines[at])
        if not match:
            out.append(lines[at])
            at += 1
            continue
        name, forms = match[1], match[2].split(", ")[1:]
        end = lines.index("}", at)
        slow = end + 2 if lines[end + 2:end + 3] == [f"SLOW_PATH({name}) {{"] else None
        variants = []
        for choice in itertools.product(*forms):
            variant = "_".join(["instruction", name, *choice])
            variants.append(variant)
            out += [f"#define FORM_{n} {form}" for n, form in enumerate(choice, 1)]
            out += [f"#define OPERANDS {len(choice)}"]
            if slow:
                head = f"static PRESERVE_NONE __attribute__((noinline)) enum exec_result {variant}_slow(REGISTERS)"
                text, last = function(path, lines, slow, head)
                out += [*text, f"#define SLOW {variant}_slow"]
            text, _ = function(path, lines, at, f"PRESERVE_NONE enum exec_result {variant}(REGISTERS)")
            out += [*text, "#undef SLOW", "#undef OPERANDS"]
            out += [f"#undef FORM_{n}" for n in range(1, len(choice) + 1)]
        table.append((name, forms, variants))
        at = (last if slow else end) + 1
        out.append(f'#line {at + 1} "{path}"')
    return "\n".join([f'#line 1 "{path}"', *out])


def header(table):
    most = max(len(forms) for _, forms, _ in table)
    return "\n".join([
        "#ifndef PURLIN_EXEC_INSTRUCTION_TABLE_H", "#define PURLIN_EXEC_INSTRUCTION_TABLE_H", "",
        '#include "exec/instruction.h"', "", "enum operation {",
        *(f"    OPERATION_{name}," for name, _, _ in table), f"    OPERATION_COUNT = {len(table)}", "};", "",
        f"#define INSTRUCTION_OPERANDS_MAX {most}", "",
        "struct operation_info {",
        "    const char *name;",
        "    const char *forms[INSTRUCTION_OPERANDS_MAX];",
        "    unsigned operands, variant_count;",
        "    instruction *const *variants; // the last operand's form changes fastest",
        "};", "extern const struct operation_info operation_table[];", "",
        *(f"instruction {variant};" for _, _, variants in table for variant in variants), "", "#endif", ""])


def source(table):
    out = ['#include "exec/instruction_table.h"', ""]
    for name, _, variants in table:
        out += [f"static instruction *const variants_{name}[] = {{", *(f"    {v}," for v in variants), "};"]
    out += ["const struct operation_info operation_table[] = {"]
    for name, forms, variants in table:
        listed = ", ".join(f'"{form}"' for form in forms) or "NULL"
        out.append(f'    {{"{name}", {{{listed}}}, {len(forms)}, {len(variants)}, variants_{name}}},')
    return "\n".join(out + ["};", ""])


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main(table_header, table_source, *paths):
    count = len(paths) // 2
    table = []
    for out, path in zip(paths[:count], paths[count:]):
        write(out, expand(os.path.abspath(path), table))
    write(table_header, header(table))
    write(table_source, source(table))


if __name__ == "__main__":
    main(*sys.argv[1:])
