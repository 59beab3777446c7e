# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints the innermost loops of x86 assembly: for each, the function, the
instructions from a label to the jump back to it, and their number.

    innermost_loops.py FUNCTION INSTRUCTION < assembly

Only those of functions whose names match FUNCTION that hold INSTRUCTION.
"""

import re
import sys

LABEL = re.compile(r"([.\w]+):")
JUMP = re.compile(r"\s+j\w+\s+([.\w]+)")


def main() -> None:
    wanted, instruction = re.compile(sys.argv[1]), sys.argv[2]
    function, label, body = "", "", []
    for line in sys.stdin:
        if found := LABEL.match(line):
            label, body = found[1], []
            if not label.startswith("."):
                function = label
        elif line.startswith("\t") and not line.startswith("\t."):
            body.append(line.strip())
            found = JUMP.match(line)
            if not found or found[1] != label or not wanted.search(function):
                continue
            if any(entry.startswith(instruction) for entry in body):
                print(f"{function}:", *body, f"end of {len(body)}", sep="\n  ")


main()
