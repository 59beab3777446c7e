# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks greedy continuations against a reference.

    check_greedy.py model.gguf library.so reference.npz

A continuation must be the reference's up to some step. There, the reference
must have been nearly undecided, and the token must be the best of the float64
model under roundings that explain all logits so far: a rounding tie, and
nothing else, led elsewhere.
"""

import sys
from pathlib import Path

import numpy as np

from bitnet_compare import TOLERANCE, evaluate, explain
from bitnet_model import CompiledModel, Session
from bitnet_reference import Model

# Tokens are the reference's wherever its best two are further apart.
MOST_GAP = 0.02
STEPS = 96


def continue_greedily(session: Session, ids: list[int]) -> list[int]:
    session.reset()
    session.evaluate(ids)
    tokens = []
    for _ in range(STEPS):
        tokens.append(session.sample())
        session.evaluate(tokens[-1:])
    return ids + tokens


def main() -> None:
    model = Model(Path(sys.argv[1]))
    compiled = CompiledModel(sys.argv[2])
    reference = np.load(sys.argv[3])
    prompts = reference["prompts"]
    equal = steps = 0
    with compiled.session(threads=1) as session:
        for index, prompt in enumerate(prompts):
            ids = reference[f"ids{index}"].tolist()
            theirs = reference[f"greedy{index}"].tolist()
            ours = continue_greedily(session, ids)
            session.reset()
            generated = session.generate(str(prompt), STEPS)
            assert generated.text == compiled.detokenize(ours[len(ids):])

            same = next((i for i, (a, b) in enumerate(zip(ours, theirs))
                         if a != b), len(theirs))
            steps += same - len(ids)
            if same == len(theirs):
                equal += 1
                continue
            gap = float(reference[f"gap{index}"][same - len(ids)])
            prefix = ours[:same]
            agreement = explain(model, prefix, evaluate(session, prefix))
            last = agreement.logits[-1]
            print(f"prompt {index}: step {same - len(ids)} differs, gap "
                  f"{gap:.3g}, {len(agreement.ties)} ties before it")
            assert last[ours[same]] >= last.max() - 2 * TOLERANCE
            assert gap <= MOST_GAP
    print(f"{equal} of {len(prompts)} continuations equal the reference's, "
          f"{steps} of {STEPS * len(prompts)} steps come before a difference")
    assert equal >= len(prompts) / 2
    assert steps >= STEPS * len(prompts) / 2


main()
