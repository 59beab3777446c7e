# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints the innermost loops of assembly: for each, the function, the
instructions from a label to the jump back to it, and their number.

    innermost_loops.py FUNCTION INSTRUCTION < assembly

Only those of functions whose names match FUNCTION that hold an INSTRUCTION;
both are regular expressions, matched at the beginning of the latter.
"""

import re
import sys

LABEL = re.compile(r"([.\w]+):")
# Of x86-64; of AArch64.
JUMP = re.compile(r"\s+(?:j\w+\s+|b\.\w+\s+|cbn?z\s+\w+, |"
                  r"tbn?z\s+\w+, #\d+, )([.\w]+)")


def main() -> None:
    wanted, instruction = map(re.compile, sys.argv[1:])
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
            if any(map(instruction.match, body)):
                print(f"{function}:", *body, f"end of {len(body)}", sep="\n  ")


main()
