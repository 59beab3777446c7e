# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints the innermost loops of assembly: for each, the function, the
instructions from a label to the jump back to it, and their number.

    innermost_loops.py FUNCTION INSTRUCTION < assembly

Only those of functions whose names match FUNCTION that hold an INSTRUCTION;
both are regular expressions, matched at the beginning of the latter.
"""

import re
import sys
from collections.abc import Iterable, Iterator

LABEL = re.compile(r"([.\w]+):")
# Of x86-64; of AArch64.
JUMP = re.compile(r"\s+(?:j\w+\s+|b\.\w+\s+|cbn?z\s+\w+, |"
                  r"tbn?z\s+\w+, #\d+, )([.\w]+)")


def find_loops(assembly: Iterable[str], function: str,
               instruction: str) -> Iterator[tuple[str, list[str]]]:
    """The function and the instructions of each innermost loop."""
    name, label, body = "", "", []
    for line in assembly:
        if found := LABEL.match(line):
            label, body = found[1], []
            if not label.startswith("."):
                name = label
        elif line.startswith("\t") and not line.startswith("\t."):
            body.append(line.strip())
            found = JUMP.match(line)
            if (found and found[1] == label and re.search(function, name)
                    and any(re.match(instruction, entry) for entry in body)):
                yield name, body


def main() -> None:
    for name, body in find_loops(sys.stdin, *sys.argv[1:]):
        print(f"{name}:", *body, f"end of {len(body)}", sep="\n  ")


if __name__ == "__main__":
    main()
