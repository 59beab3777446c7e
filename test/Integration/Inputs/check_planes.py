# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that a head in two planes chooses the tokens that it chooses when all
logits are computed.

    check_planes.py model.gguf SCRATCH --options=... [--tokens N]

Compiles the model to the folder SCRATCH with these options and --head=planes and
lets it write on: a session that knows how many of the largest logits matter, one
that does not, and several in a batch.
"""

import argparse
import subprocess
from pathlib import Path

import numpy as np

from bitnet_model import CompiledModel, Sampling, make_sampler

PROMPTS = ("Once upon a time", "The little dog was", "A", "Lily and Tom went to")


def compare(limited: np.ndarray, whole: np.ndarray, k: int) -> float:
    """The share of logits that were computed."""
    assert np.isfinite(whole).all() and whole.std() > 0.1
    computed = limited != -np.inf
    assert np.array_equal(limited[computed].view(np.uint32),
                          whole[computed].view(np.uint32))
    least = np.sort(whole)[-k]
    assert computed[whole >= least].all(), k
    return computed.mean()


def check_text(model: CompiledModel, prompt: str, tokens: int,
               sampling: Sampling, threads: int) -> float:
    """Writes a text twice, token by token; the mean share of logits that were
    computed where not all had to be."""
    k = sampling.top_k or 1
    ids = model.tokenize(prompt)
    shares = []
    with model.session(threads=threads) as limited, \
            model.session(threads=1) as whole:
        limited.limit_logits(k)
        ours, theirs = make_sampler(5), make_sampler(5)
        for _ in range(tokens):
            limited.evaluate(ids)
            whole.evaluate(ids)
            shares.append(compare(limited.logits(), whole.logits(), k))
            ids = [limited.sample(sampling, ours)]
            assert ids == [whole.sample(sampling, theirs)], (prompt, k)
        # What was left out comes back.
        limited.limit_logits(0)
        limited.evaluate(ids)
        whole.evaluate(ids)
        assert np.array_equal(limited.logits(), whole.logits())
        text = whole.tokens
    with model.session(threads=threads) as session:
        generated = session.generate(prompt, tokens, sampling)
        assert generated.generated_tokens > 0
    print(f"  {prompt!r}, k = {k}: {np.mean(shares):.1%} of the logits of "
          f"{len(text)} tokens")
    return float(np.mean(shares))


def check_batch(model: CompiledModel, threads: int) -> None:
    """Sessions with several limits, and without one, in one pass."""
    with model.evaluator(threads=threads) as evaluator:
        limits = (1, 0, 40, 5)
        batch = [evaluator.session() for _ in limits]
        for session, k in zip(batch, limits):
            session.limit_logits(k)
        rows = [model.tokenize(prompt) for prompt in PROMPTS]
        for _ in range(3):
            logits = evaluator.evaluate_batch(batch, rows)
            for session, k, row in zip(batch, limits, logits):
                with model.session() as alone:
                    whole = alone.evaluate_all(session.tokens)[-1]
                compare(row, whole, k or len(whole))
            rows = [[int(row.argmax())] for row in logits]
        for session in batch:
            session.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--options", action="append", required=True)
    parser.add_argument("--tokens", type=int, default=24)
    arguments = parser.parse_args()
    arguments.scratch.mkdir(parents=True, exist_ok=True)
    for index, options in enumerate(arguments.options):
        library = arguments.scratch / f"model{index}.so"
        subprocess.run(["bitnet-compile", str(arguments.model),
                        "--emit=shared", "--head=planes", "-o", str(library),
                        *options.split()], check=True)
        model = CompiledModel(library)
        print(options)
        for prompt in PROMPTS:
            greedy = check_text(model, prompt, arguments.tokens, Sampling(),
                                threads=2)
            check_text(model, prompt, arguments.tokens,
                       Sampling(temperature=0.8, top_k=40, top_p=0.9), 1)
            # Not everything is computed all the same.
            assert greedy < 0.5
        check_batch(model, threads=2)


main()
