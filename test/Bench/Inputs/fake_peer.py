# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints a table as llama-bench does.

    fake_peer.py [--state file] test[@threads]=speed,... ...

Without @threads there is no column of threads. Of several speeds, each run
prints the next one; `file` remembers which.
"""

import sys
from pathlib import Path


def main():
    arguments = sys.argv[1:]
    run = 0
    if arguments[0] == "--state":
        state = Path(arguments[1])
        arguments = arguments[2:]
        run = int(state.read_text()) if state.exists() else 0
        state.write_text(str(run + 1))
    rows = []
    for argument in arguments:
        test, speeds = argument.split("=")
        test, _, threads = test.partition("@")
        speeds = speeds.split(",")
        rows.append((test, threads, speeds[run % len(speeds)]))
    has_threads = any(threads for _, threads, _ in rows)
    column = " threads |" if has_threads else ""
    print("system_info: something | that is = no row | of the table")
    print(f"| model                | size     | backend |{column} test | t/s |")
    print("| -------------------- | -------: | ------- | ---: | "
          + ("---: | " if has_threads else "") + "---: |")
    for test, threads, speed in rows:
        cell = f" {threads} |" if has_threads else ""
        print(f"| bitnet 2B I2_S ternary | 1.71 GiB | CPU |{cell} {test} "
              f"| {speed} ± 0.31 |")
    print("\nbuild: 0123abcd (42)")


main()
