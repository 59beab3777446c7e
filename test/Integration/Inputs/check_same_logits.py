# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that logits are the same to the bit however they are computed.

    check_same_logits.py model.gguf SCRATCH --options=... --options=...
                         [--tokens N] [--threads 1,2,3] [--splits]

Compiles the model to the folder SCRATCH once for each --options, the command
line options of bitnet-compile, and evaluates the same tokens with each; with
--splits, in many ways.
"""

import argparse
import subprocess
from pathlib import Path

import numpy as np

from bitnet_model import CompiledModel, Session


def compile_model(path: Path, library: Path, options: str) -> CompiledModel:
    subprocess.run(["bitnet-compile", str(path), "--emit=shared",
                    "-o", str(library), *options.split()], check=True)
    return CompiledModel(library)


def pieces(ids: np.ndarray, sizes: list[int]):
    """Cuts `ids` into pieces of these sizes, over and over."""
    begin = index = 0
    while begin < len(ids):
        yield ids[begin:begin + sizes[index % len(sizes)]]
        begin, index = begin + sizes[index % len(sizes)], index + 1


def check_splits(session: Session, ids: np.ndarray, expected: np.ndarray,
                 what: str) -> None:
    for sizes in ([1], [2], [7], [64], [65], [1, 64, 2, 65, 7]):
        session.reset()
        rows = [session.evaluate_all(piece) for piece in pieces(ids, sizes)]
        assert np.array_equal(np.concatenate(rows), expected), \
            (what, sizes, "evaluate_all")
    for sizes in ([1], [7, 65]):
        session.reset()
        for piece in pieces(ids, sizes):
            session.evaluate(piece)
            assert np.array_equal(session.logits(),
                                  expected[session.position - 1]), \
                (what, sizes, "evaluate", session.position)
    # Forgetting the end and evaluating it anew.
    for position in (len(ids) - 1, len(ids) // 2, 1):
        session.reset(position)
        again = session.evaluate_all(ids[position:])
        assert np.array_equal(again, expected[position:]), (what, position)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--options", action="append", required=True)
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--threads", default="1")
    parser.add_argument("--splits", action="store_true")
    arguments = parser.parse_args()
    arguments.scratch.mkdir(parents=True, exist_ok=True)

    expected = None
    kernels = set()
    for index, options in enumerate(arguments.options):
        model = compile_model(arguments.model,
                              arguments.scratch / f"model{index}.so", options)
        info = model.info()
        kernels.add(info.kernel.decode())
        ids = np.random.default_rng(1).integers(0, info.vocabulary_size,
                                                arguments.tokens)
        for threads in map(int, arguments.threads.split(",")):
            what = f"options '{options}', {threads} threads"
            with model.session(threads=threads) as session:
                logits = session.evaluate_all(ids)
                if expected is None:
                    # Not all the same by being all nothing.
                    assert np.isfinite(logits).all() and logits.std() > 0.1
                    expected = logits
                assert np.array_equal(logits, expected), what
                if arguments.splits:
                    check_splits(session, ids, expected, what)
            print(f"{what}: kernel {info.kernel.decode()}, same")
    print(f"{len(kernels)} kernels compared: {', '.join(sorted(kernels))}")


main()
