# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares what a dry run predicts with what the compiled program says."""

import json
import re
import sys

report = json.load(open(sys.argv[1]))
info = open(sys.argv[2]).read()


def read(name: str) -> int:
    return int(re.search(rf"^{name} +(\d+)", info, re.MULTILINE).group(1))


def compare(what: str, predicted: float, found: float, bound: float) -> None:
    ratio = predicted / found
    assert 1 / (1 + bound) < ratio < 1 + bound, (what, predicted, found)


machine = report["machines"][0]
compare("weights", machine["weight_bytes"], read("weights"), 0.02)
whole = machine["contexts"][-1]
assert whole["positions"] == read("context length")
compare("session", whole["session_bytes"], read("session"), 0.3)
assert machine["compile_bytes"] > machine["weight_bytes"]
assert report["parameters"] > 27e6
# More context is more to read.
speeds = [row["decode_tokens_per_second"] for row in machine["contexts"]]
assert speeds == sorted(speeds, reverse=True) and speeds[-1] > 0, speeds
assert all(row["prompt_tokens_per_second"] > 0 for row in machine["contexts"])
assert machine["weights_file"] is False
