# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the innermost loops of a kernel with budgets of instructions.

    loop_budgets.py FUNCTION INSTRUCTION BUDGET... < assembly

The loops are those of functions whose names match FUNCTION that hold an
INSTRUCTION, both regular expressions. In the order of the budgets, each of them
is met by one loop or by several in a row, such as copies of it. A budget has
numbers of instructions, by the beginnings of their names, and the most that
there may be of all others together:

    vpdpbusd=64 vpand=16 others=39

No loop may use the stack.
"""

import re
import sys
from collections import Counter

from innermost_loops import find_loops


def find_excess(body: list[str], budget: str) -> list[str]:
    """What keeps a loop from meeting a budget."""
    expected = {name: int(count)
                for name, count in (term.split("=") for term in budget.split())}
    others = expected.pop("others")
    # `{vex}` precedes an instruction that has another encoding, too.
    names = [re.sub(r"^\{\w+\}\s*", "", line).split()[0] for line in body]
    counts = Counter(next(filter(name.startswith, expected), "others")
                     for name in names)
    excess = [f"{counts[name]} of {name}, expected {count}"
              for name, count in expected.items() if counts[name] != count]
    if counts["others"] > others:
        excess.append(f"{counts['others']} others, expected at most {others}")
    if any("(%rsp" in line or "[sp" in line for line in body):
        excess.append("the stack is used")
    return excess


def main() -> None:
    function, instruction, *budgets = sys.argv[1:]
    met = 0
    for name, body in find_loops(sys.stdin, function, instruction):
        if met and not find_excess(body, budgets[met - 1]):
            continue
        if met == len(budgets):
            sys.exit(f"{name}: a loop of {len(body)} instructions is left")
        if excess := find_excess(body, budgets[met]):
            print(f"{name}:", *body, sep="\n  ")
            sys.exit(f"{name}, budget '{budgets[met]}': " + "; ".join(excess))
        met += 1
    if met < len(budgets):
        sys.exit(f"no loop for the budget '{budgets[met]}'")


main()
