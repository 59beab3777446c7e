# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks a compiled graph layer by layer against double precision.

    check_quantizers.py model.onnx inputs.npz SCRATCH --input NAME=ARRAY
                        --count N [--quantizers N] [--threads N]

The graph gets its 8-bit activations as further outputs. In double precision
each of them is computed from the compiled graph's own 8-bit activations before
it, so that a number that is rounded to the other side changes no later one. All
must be equal, but for numbers so close to a tie that single precision decides,
and so must be the logits that follow from the last.
"""

import argparse
from pathlib import Path

import numpy as np

from compiled import add_outputs, compile_graph, find_relative_errors
from onnx_graph import read_graph
from onnx_oracle import Oracle, Quantizer

TIE = 1e-4
RELATIVE = 1e-5


class Comparison:
    """Compares, and goes on with what was found."""

    def __init__(self, found: dict[str, np.ndarray]):
        self._found = found
        self.compared = self.numbers = self.flipped = 0
        self.furthest = 0.0

    def __call__(self, quantizer: Quantizer, unrounded: np.ndarray,
                 expected: np.ndarray) -> np.ndarray:
        found = self._found[quantizer.result].astype(np.float64)
        assert found.shape == expected.shape, quantizer
        differs = found != expected
        ties = np.abs(unrounded - np.floor(unrounded) - 0.5)[differs]
        furthest = ties.max(initial=0)
        assert furthest < TIE, (quantizer, differs.sum(), furthest)
        assert (np.abs(found - expected)[differs] == 1).all(), quantizer
        self.compared += 1
        self.numbers += found.size
        self.flipped += differs.sum()
        self.furthest = max(self.furthest, furthest)
        return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("inputs", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--input", required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--quantizers", type=int, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--options", default="")
    arguments = parser.parse_args()
    arguments.scratch.mkdir(parents=True, exist_ok=True)
    name, array = arguments.input.split("=")
    inputs = {name: np.load(arguments.inputs)[array][:arguments.count]}

    oracle = Oracle(read_graph(arguments.model))
    names = [quantizer.result for quantizer in oracle.quantizers]
    assert len(names) == arguments.quantizers, len(names)
    more = arguments.scratch / "more.onnx"
    add_outputs(arguments.model, more, names)
    with compile_graph(more, arguments.scratch / "more.so",
                       arguments.options.split(), arguments.threads) as graph:
        found = graph.run(inputs)

    comparison = Comparison(found)
    expected = oracle.run(inputs, comparison)["logits"]
    assert comparison.compared == len(names)
    error = find_relative_errors(found["logits"], expected).max()
    assert error < RELATIVE, error
    assert comparison.flipped < 1e-3 * comparison.numbers, comparison.flipped
    print(f"{comparison.flipped} of {comparison.numbers} numbers in "
          f"{comparison.compared} tensors of 8 bits are the other side's, "
          f"{comparison.furthest:.1e} from a tie at most; logits within "
          f"{error:.1e}")


main()
