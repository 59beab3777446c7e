# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks the logits of a compiled decoder.

    check_decoder.py model.onnx reference.npz SCRATCH

They must be PyTorch's and those in double precision, for every number of
sequences and of tokens from one object, and the same to the bit by one and two
threads and whatever other sequences there are. Logits of a prefix are those of
the whole sequence: no token sees what comes after it.
"""

import sys
from pathlib import Path

import numpy as np

from bitnet_graph import Graph
from compiled import compile_graph, find_relative_errors
from onnx_graph import read_graph
from onnx_oracle import Oracle

RELATIVE = 1e-5
LENGTHS = (24, 1, 2, 7, 16)


def check_choices(logits: np.ndarray, expected: np.ndarray) -> None:
    """The same token is the likeliest, unless two are as close as the error."""
    spread = np.abs(logits - expected).max()
    second, first = np.moveaxis(np.sort(expected, -1)[..., -2:], -1, 0)
    clear = first - second > 2 * spread
    assert clear.any()
    same = logits.argmax(-1) == expected.argmax(-1)
    assert same[clear].all()
    print(f"{clear.sum()} of {clear.size} choices are clear, all the same")


def main() -> None:
    model, reference, scratch = map(Path, sys.argv[1:])
    scratch.mkdir(parents=True, exist_ok=True)
    arrays = np.load(reference)
    ids, pytorch = arrays["ids"], arrays["logits"]
    oracle = Oracle(read_graph(model))
    double = oracle.run({"input_ids": ids})["logits"]
    library = scratch / "decoder.so"
    compile_graph(model, library).close()
    for threads in (1, 2):
        with Graph(library, threads=threads) as graph:
            found = [[graph.run({"input_ids": rows[:, :length]})["logits"]
                      for length in LENGTHS] for rows in (ids, ids[1:])]
        if threads == 1:
            expected = found
    for one, two in zip(sum(expected, []), sum(found, [])):
        assert np.array_equal(one, two)
    for both, second in zip(*expected):
        assert np.array_equal(both[1:], second)
    for rows, begin in zip(expected, (0, 1)):
        for logits, length in zip(rows, LENGTHS):
            errors = find_relative_errors(logits, double[begin:, :length])
            assert errors.max() < RELATIVE, (begin, length, errors.max())
    logits = expected[0][0]
    for what, reference_logits in (("PyTorch", pytorch), ("double", double)):
        errors = find_relative_errors(logits, reference_logits)
        assert errors.max() < RELATIVE, errors.max()
        print(f"{what}: error {errors.max():.1e}")
        check_choices(logits, reference_logits)


main()
