#!/usr/bin/env python3
"""Makes the tables that the sources imply.

    generate.py atoms OUT.h OUT.c SOURCES...   ATOM_name for every one mentioned, and the texts in the same order
    generate.py bifs OUT.c SOURCES...          the table of built-in functions: every line that begins with BIF( or BIF_NAMED(
    generate.py preloaded OUT.c BEAMS...       the modules that the program carries, in that order

Names that are no C identifiers stand in atoms.tab: a line `identifier "text"` each.
"""
import os
import re
import sys


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write_if_changed(path, text):
    try:
        if read(path) == text:
            return
    except OSError:
        pass
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def c_string(text):
    return '"' + "".join(
        chr(b) if 32 <= b < 127 and b not in (34, 92) else "\\%03o" % b for b in text.encode()
    ) + '"'


def atoms(header, source, paths):
    texts = {}
    names = set()
    for path in paths:
        content = read(path)
        if path.endswith(".tab"):
            for line in content.splitlines():
                match = re.match(r'(\w+)\s+"(.*)"$', line)
                if match:
                    texts[match[1]] = match[2]
        else:
            names.update(re.findall(r"\bATOM_([a-z_A-Z0-9]+)\b", content))
    names -= {"WORD", "CHARACTERS_MAX"}
    # Atoms 0 and 1 are fixed: false < true by index lets a comparison be made a boolean by addition.
    ordered = ["false", "true"] + sorted((names | set(texts)) - {"false", "true"})
    write_if_changed(header, "".join(
        f"#define ATOM_{name} ATOM_WORD({index})\n" for index, name in enumerate(ordered)))
    write_if_changed(source, "#include <stddef.h>\n\nconst char *const atom_initial[] = {\n" + "".join(
        f"    {c_string(texts.get(name, name))},\n" for name in ordered) +
        f"}};\nconst size_t atom_initial_count = {len(ordered)};\n")


def bifs(out, paths):
    rows = []
    for path in paths:
        for line in read(path).splitlines():
            match = re.match(r"BIF\((\w+), (\w+), (\d+)\)", line)
            if match:
                rows.append((match[1], match[2], int(match[3]), "_".join(match.groups())))
            match = re.match(r'BIF_NAMED\((\w+), "([^"]*)", "([^"]*)", (\d+)\)', line)
            if match:
                rows.append((match[2], match[3], int(match[4]), match[1]))
    rows.sort()
    for before, after in zip(rows, rows[1:]):
        if before[:3] == after[:3]:
            sys.exit(f"generate.py: {after[0]}:{after[1]}/{after[2]} is defined twice")
    write_if_changed(out, '#include "bif/bif.h"\n\n' + "".join(
        f"bif_function bif_{row[3]};\n" for row in rows) + "\nconst struct bif bif_table[] = {\n" + "".join(
        f"    {{{c_string(m)}, {c_string(f)}, {a}, bif_{i}}},\n" for m, f, a, i in rows) +
        f"}};\nconst size_t bif_count = {len(rows)};\n")


def preloaded(out, paths):
    names = [os.path.basename(path).removesuffix(".beam") for path in paths]
    write_if_changed(out, '#include "preloaded.h"\n\n' + "".join(
        f"static const uint8_t {name}[] = {{\n#embed {c_string(path)}\n}};\n" for name, path in zip(names, paths)) +
        "\nconst struct preloaded preloaded[] = {\n" + "".join(
        f"    {{{c_string(name)}, {name}, sizeof {name}}},\n" for name in names) +
        f"}};\nconst size_t preloaded_count = {len(names)};\n")


if __name__ == "__main__":
    if sys.argv[1] == "atoms":
        atoms(sys.argv[2], sys.argv[3], sys.argv[4:])
    elif sys.argv[1] == "bifs":
        bifs(sys.argv[2], sys.argv[3:])
    elif sys.argv[1] == "preloaded":
        preloaded(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(__doc__)
