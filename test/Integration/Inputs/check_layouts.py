# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sizes and offsets of all structs of the C interface, and the values of its
enumerators, are what they were; the structs of the Python modules have them,
too. A change of the interface that is meant changes the file: --update.

    check_layouts.py <clang> <include folder> <file with the layouts> [--update]
"""

import ctypes
import re
import subprocess
import sys
from pathlib import Path

import bitnet_graph
import bitnet_model

# What every processor has the same; no header of a C library is read.
TARGETS = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu")
HEADERS = ("bitnet/runtime.h", "bitnet/graph.h")
# Python's names of structs that are not those of C in another spelling.
NAMES = {(bitnet_model, "_Functions"): "bitnet_model_functions",
         (bitnet_graph, "_Functions"): "bitnet_graph_functions"}


def run_clang(clang, include, target, *arguments):
    source = "".join(f'#include "{header}"\n' for header in HEADERS)
    return subprocess.run(
        [clang, f"--target={target}", "-ffreestanding", "-nostdlibinc", "-x",
         "c", "-std=c11", "-I", include, *arguments, "-"], input=source,
        check=True, capture_output=True, text=True).stdout


def read_structs(clang, include, target):
    """{struct: ([(field, offset)], size)}, in the order of the headers."""
    dump = run_clang(clang, include, target, "-fsyntax-only", "-Xclang",
                     "-fdump-record-layouts-complete")
    structs = {}
    for record in dump.split("*** Dumping AST Record Layout\n")[1:]:
        lines = record.splitlines()
        name = re.match(r" *0 \| struct (bitnet_\w+)$", lines[0])
        if not name:
            continue
        fields, size = [], 0
        for line in lines[1:]:
            # Fields of fields have deeper indentation.
            if field := re.match(r" *(\d+) \|   (?! ).*?(\w+)$", line):
                fields.append((field[2], int(field[1])))
            elif end := re.search(r"\[sizeof=(\d+)", line):
                size = int(end[1])
        structs[name[1]] = fields, size
    return structs


def read_enumerators(clang, include, target):
    """{enumerator: value}; all have explicit ones."""
    text = run_clang(clang, include, target, "-E", "-P")
    values = {}
    for body in re.findall(r"\benum\b[^;{]*\{([^}]*)\}", text):
        for item in filter(None, map(str.strip, body.split(","))):
            name, value = re.fullmatch(r"(\w+) = (-?\d+)", item).groups()
            values[name] = int(value)
    return values


def print_interface(structs, values):
    lines = []
    for name, (fields, size) in structs.items():
        lines.append(f"struct {name}, {size} bytes")
        lines += [f"  {offset:4} {field}" for field, offset in fields]
    return "\n".join(
        lines + [f"{name} = {value}" for name, value in values.items()]) + "\n"


def spell(module, name):
    """`_SessionOptions`: "bitnet_session_options"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.lstrip("_")).lower()
    return NAMES.get((module, name), f"bitnet_{words}")


def check_python(structs, values):
    errors = []
    for module in bitnet_model, bitnet_graph:
        for name, made in vars(module).items():
            if not isinstance(made, type) or \
                    not issubclass(made, ctypes.Structure) or \
                    made.__module__ != module.__name__:
                continue
            fields = [(field[0], getattr(made, field[0]).offset)
                      for field in made._fields_]
            expected = structs.get(spell(module, name), ([], 0))
            if (fields, ctypes.sizeof(made)) != expected:
                errors.append(f"{module.__name__}.{name}: expects "
                              f"{expected}, found {fields}, "
                              f"{ctypes.sizeof(made)}")
    for status in bitnet_model.Status:
        if values.get(f"BITNET_{status.name}") != status.value:
            errors.append(f"bitnet_model.Status.{status.name}: {status.value}")
    return errors


def main(clang, include, path, *options):
    structs, values = (read(clang, include, TARGETS[0])
                       for read in (read_structs, read_enumerators))
    for target in TARGETS[1:]:
        if read_structs(clang, include, target) != structs:
            return f"structs differ for {target}"
    text = print_interface(structs, values)
    if "--update" in options:
        Path(path).write_text(text, encoding="utf-8")
    elif text != Path(path).read_text(encoding="utf-8"):
        return f"{path}: the headers say\n{text}"
    return "\n".join(check_python(structs, values)) or None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
