# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks a folder's logits and greedy tokens against those of transformers.

    check_folder_reference.py FOLDER library.so [absmean]

FOLDER has ref.npz: `ids` [sequences, tokens], `logits` of all of them, and
`greedy`, whose first tokens are a prompt. With absmean, float weights are
masters. Where the two differ, both follow from the float64 model under some
choice at rounding ties.
"""

import sys
from pathlib import Path

import numpy as np

from bitnet_compare import evaluate, explain
from bitnet_huggingface import FolderModel
from bitnet_model import CompiledModel

TOLERANCE = 1e-5
# What roundings have been seen to move a logit by is below 0.1.
TIE_EFFECT = 0.2
PROMPT = 8


def count_equal(model: FolderModel, ids: list[int], ours: np.ndarray,
                theirs: np.ndarray) -> int:
    """How many positions are the same. Others must come after a tie that the
    two rounded differently."""
    difference = np.abs(ours - theirs).max(1)
    if (difference <= TOLERANCE).all():
        return len(ids)
    ties = [explain(model, ids, logits, tolerance=TOLERANCE).ties
            for logits in (ours, theirs)]
    first = min(tie[2] for tie in ties[0] ^ ties[1])
    assert (difference[:first] <= TOLERANCE).all(), difference
    assert (difference <= TIE_EFFECT).all(), difference
    return first


def main() -> None:
    model = FolderModel(Path(sys.argv[1]), *sys.argv[3:])
    compiled = CompiledModel(sys.argv[2])
    reference = np.load(Path(sys.argv[1]) / "ref.npz")
    equal = positions = 0
    with compiled.session(threads=1) as session:
        for ids, theirs in zip(reference["ids"].tolist(), reference["logits"]):
            equal += count_equal(model, ids, evaluate(session, ids), theirs)
            positions += len(ids)
        print(f"{equal} of {positions} positions equal the reference")
        assert equal > positions / 2
        greedy = reference["greedy"].tolist()
        session.reset()
        session.evaluate(greedy[:PROMPT])
        for token in greedy[PROMPT:]:
            assert session.sample() == token
            session.evaluate([token])
        print(f"{len(greedy) - PROMPT} greedy tokens")


main()
