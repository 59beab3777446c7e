# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks the layout of a file of weights (lib/Runtime/WeightsFormat.h), and
that its contents are those of a program with the weights inside."""

import os
import stat
import struct
import sys

PAGE = 4096

path, program = sys.argv[1:]
data = open(path, "rb").read()
magic, version, offset, size, digest = struct.unpack_from("<8sIIQQ", data)
assert magic == b"BNWEIGHT", magic
assert (version, offset) == (1, PAGE), (version, offset)
assert size % PAGE == 0 and len(data) == PAGE + size, (size, len(data))
assert digest not in (0, 2 ** 64 - 1)
assert not any(data[32:PAGE])
# The most of them, somewhere in the program.
middle = data[PAGE + size // 4:PAGE + size // 2]
assert middle in open(program, "rb").read()
assert stat.S_IMODE(os.stat(path).st_mode) & 0o444, "nobody can read it"
