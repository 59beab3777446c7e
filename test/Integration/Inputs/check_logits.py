# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks logits against a reference, both of which follow from the float64
model under some choice at rounding ties.

    check_logits.py model.gguf library.so reference.npz
"""

import sys
from pathlib import Path

import numpy as np

from bitnet_compare import evaluate, explain
from bitnet_model import CompiledModel
from bitnet_reference import Model

# Summing in f32 rounds a few more values the other way than summing in f64.
MOST_TIES_OURS, MOST_TIES_REFERENCE = 8, 4
# The reference computes in float64 and was stored in float32.
REFERENCE_TOLERANCE = 1e-5
TOLERANCE = 1e-4
# What one or two roundings have been seen to move a logit by is below 0.3.
TIE_EFFECT = 0.5


def main() -> None:
    model = Model(Path(sys.argv[1]))
    compiled = CompiledModel(sys.argv[2])
    reference = np.load(sys.argv[3])
    columns = reference["logit_ids"]
    our_ties = reference_ties = compared = positions = 0
    with compiled.session(threads=1) as session:
        for index, prompt in enumerate(reference["prompts"]):
            ids = reference[f"ids{index}"].tolist()
            assert compiled.tokenize(str(prompt)) == ids, prompt
            ours, theirs = evaluate(session, ids), reference[f"logits{index}"]
            mine = explain(model, ids, ours)
            other = explain(model, ids, theirs, columns=columns,
                            tolerance=REFERENCE_TOLERANCE)
            our_ties += len(mine.ties)
            reference_ties += len(other.ties)
            # Positions before the first tie that the two rounded differently
            # can be compared without the float64 model in between.
            same = min((tie[2] for tie in mine.ties ^ other.ties),
                       default=len(ids))
            difference = np.abs(ours[:, columns] - theirs).max(1)
            assert (difference[:same] <= TOLERANCE).all(), (index, difference)
            assert (difference <= TIE_EFFECT).all(), (index, difference)
            compared, positions = compared + same, positions + len(ids)
    print(f"{compared} of {positions} positions equal the reference, "
          f"{our_ties} ties here, {reference_ties} there")
    assert our_ties <= MOST_TIES_OURS and reference_ties <= MOST_TIES_REFERENCE
    assert compared >= positions / 2


main()
