# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a compilation with a terminal as its standard error and checks what a
user sees of it."""

import os
import pty
import subprocess
import sys

controller, terminal = pty.openpty()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE,
                           stderr=terminal)
os.close(terminal)
seen = b""
while True:
    try:
        piece = os.read(controller, 4096)
    except OSError:  # The other end is closed.
        break
    if not piece:
        break
    seen += piece
output, _ = process.communicate()
assert process.returncode == 0, (process.returncode, seen)
assert output == b"", output

# Every line is begun by erasing the one before, and none is left.
assert b"\n" not in seen, seen
start, *lines = seen.split(b"\r\x1b[K")
assert start == b"", start
assert lines[-1] == b"", lines[-1]
order = [b".gguf", b"quantizing weights", b"folding", b"packing weights",
         b"generating kernels", b"optimising", b"b.o"]
# Long lines lack their beginning.
found = [next(i for i, line in enumerate(lines) if step in line)
         for step in order]
assert found == sorted(found), lines
assert all(len(line) < 80 for line in lines), lines
