# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs commands that must fail: with status 1 and a message on standard error
that has few lines and says what its pattern says, and leaving no file."""

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Case:
    arguments: list[str]
    message: str  # a regular expression
    # Texts of files that the command finds.
    files: dict[str, str] = field(default_factory=dict)


def check_failures(command: list[str], cases: list[Case], scratch: Path,
                   most_lines: int, **options) -> bool:
    """Runs all cases in the folder `scratch`; says on standard error what is
    wrong. `options` are those of subprocess.run."""
    failures = 0
    for case in cases:
        for name, text in case.files.items():
            (scratch / name).write_text(text)
        before = {path for path in scratch.rglob("*")}
        run = subprocess.run([*command, *case.arguments], cwd=scratch,
                             capture_output=True, text=True, timeout=60,
                             **options)
        left = {path for path in scratch.rglob("*")} - before
        problems = []
        if run.returncode != 1:
            problems.append(f"status {run.returncode}")
        if run.stdout:
            problems.append("text on standard output")
        if not re.search(case.message, run.stderr):
            problems.append(f"no message like '{case.message}'")
        if len(run.stderr.splitlines()) > most_lines:
            problems.append("a long message")
        if left:
            problems.append(f"left {sorted(map(str, left))}")
        if problems:
            failures += 1
            print(f"{' '.join(case.arguments)}: {', '.join(problems)}\n"
                  f"{run.stderr[:1000]}", file=sys.stderr)
        for path in left:
            path.unlink()
    return failures == 0
