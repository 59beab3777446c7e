# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes token ids as compiled programs read them.

    write_ids.py arrays.npz NAME output.ids
"""

import sys

import numpy as np

np.load(sys.argv[1])[sys.argv[2]].astype("<i4").tofile(sys.argv[3])
