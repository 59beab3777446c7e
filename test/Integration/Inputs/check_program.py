# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks what a program printed with --bench --json and with --logits.

    check_program.py bench.json logits.bin reference.npz
"""

import json
import sys
from pathlib import Path

import numpy as np

bench = json.loads(Path(sys.argv[1]).read_text())
assert bench["model"] == "storyteller-27m" and bench["threads"] == 1, bench
measured = {row["test"]: row for row in bench["tokens_per_second"]}
assert measured.keys() == {"prefill", "decode"}
assert measured["prefill"]["tokens"] == 8 and measured["decode"]["tokens"] == 4
for row in measured.values():
    assert 0 < row["min"] <= row["median"] <= row["max"], row

reference = np.load(sys.argv[3])
data = Path(sys.argv[2]).read_bytes()
count, vocabulary = np.frombuffer(data, "<i4", 2)
ids = np.frombuffer(data, "<i4", count, 8)
logits = np.frombuffer(data, "<f4", offset=8 + 4 * count)
assert ids.tolist() == reference["ids0"].tolist() and vocabulary == 4096
assert len(logits) == count * vocabulary
logits = logits.reshape(count, vocabulary)[:, reference["logit_ids"]]
# Rounding ties move a logit by less; logits-reference.test looks closely.
assert np.abs(logits - reference["logits0"]).max() < 0.5
