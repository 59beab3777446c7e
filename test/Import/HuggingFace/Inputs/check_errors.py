# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that folders that make no model end the compiler with one message.

    check_errors.py DIRECTORY

DIRECTORY is the folder `inconsistent` of make_huggingface_fixtures.py.
"""

import subprocess
import sys
from pathlib import Path


def main() -> None:
    failures, folders = [], sorted(
        path for path in Path(sys.argv[1]).iterdir() if path.is_dir())
    assert folders
    for folder in folders:
        run = subprocess.run(
            ["bitnet-compile", str(folder), "--until=quantize", "-o", "-"],
            capture_output=True, text=True, check=False)
        expected = folder.with_suffix(".expected").read_text()
        errors = [line for line in run.stderr.splitlines() if "error: " in line]
        is_right = run.returncode == 1 and len(errors) == 1
        if not is_right or expected not in errors[0]:
            failures.append(f"{folder.name}: status {run.returncode}\n"
                            f"  expected {expected}\n  found {run.stderr}")
    if failures:
        sys.exit("\n".join(failures))


main()
