# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks what --perplexity --json printed.

    check_perplexity.py output.json reference.npz [int8.json]

`int8.json` is of the same model with a KV cache of 8-bit integers.
"""

import json
import sys
from pathlib import Path

import numpy as np

# Rounding ties move it by 0.004.
TOLERANCE = 0.02

measured = json.loads(Path(sys.argv[1]).read_text())
reference = np.load(sys.argv[2])
window = int(reference["ppl_window"])
windows = len(reference["ppl_ids"]) // (window - 1)
print(measured, float(reference["ppl"]))
assert measured["window"] == window
assert measured["windows"] == windows
assert measured["tokens"] == windows * (window - 1)
assert abs(measured["perplexity"] - float(reference["ppl"])) <= TOLERANCE
if len(sys.argv) > 3:
    rounded = json.loads(Path(sys.argv[3]).read_text())["perplexity"]
    print(rounded)
    assert abs(rounded / measured["perplexity"] - 1) <= 0.005
