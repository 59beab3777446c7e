# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that the compiler refuses each file NAME.onnx in a folder.

    check_messages.py FOLDER

The status is 1 and the message one line, which begins with the file's path and
has the text that is in NAME.expected.
"""

import subprocess
import sys
from pathlib import Path

SECONDS = 60


def check(file: Path) -> str:
    """What is wrong, or nothing."""
    run = subprocess.run(
        ["bitnet-compile", file, "--until=import", "-o", "-"],
        capture_output=True, encoding="utf-8", errors="replace",
        timeout=SECONDS, check=False)
    expected = file.with_suffix(".expected").read_text()
    prefix = f"bitnet-compile: error: {file}: "
    if (run.returncode != 1 or run.stderr.count("\n") != 1
            or not run.stderr.startswith(prefix)):
        return f"status {run.returncode}: {run.stderr}"
    if expected not in run.stderr:
        return f"expected {expected}, found {run.stderr}"
    return ""


def main() -> None:
    files = sorted(Path(sys.argv[1]).glob("*.onnx"))
    problems = [f"{file.name}: {problem}" for file in files
                if (problem := check(file))]
    print("\n".join(problems))
    print(f"{len(files)} files, {len(problems)} problems")
    sys.exit(bool(problems) or not files)


if __name__ == "__main__":
    main()
