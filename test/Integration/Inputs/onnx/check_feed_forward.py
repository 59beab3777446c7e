# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks what a compiled feed-forward net with BitLinear layers computes.

    check_feed_forward.py model.onnx reference.npz SCRATCH

The logits and the 8-bit activations of all layers must be those of the same
operations in NumPy to the bit, whatever the batch and the number of threads.
The same graph in double precision must have the same 8-bit activations but for
numbers next to a tie, and where all are the same, the same logits.
"""

import sys
from pathlib import Path

import numpy as np

from bitnet_graph import Graph
from compiled import add_outputs, compile_graph, find_relative_errors
from feed_forward import FeedForward
from onnx_graph import read_graph
from onnx_oracle import Oracle

TIE = 1e-4  # distance from a tie within which single precision may decide
RELATIVE = 1e-5
FLIPPED = 0.1  # largest difference of a logit after a number became another


def check_repeated(graph, images, logits) -> None:
    for batch in (1, 64, 256):
        for begin in range(0, len(images), batch):
            found = graph.run({"image": images[begin:begin + batch]})["logits"]
            assert np.array_equal(found, logits[begin:begin + batch]), \
                (batch, begin)


def check_double(oracle, images, logits, integers) -> str:
    """Compares with double precision, which takes its own way from the first
    number that it rounds differently."""
    own = []

    def note(_, unrounded, rounded):
        own.append((unrounded, rounded))
        return rounded

    expected = oracle.run({"image": images}, note)["logits"]
    same = np.ones(len(images), bool)  # no number differs so far
    for (unrounded, rounded), found in zip(own, integers, strict=True):
        differs = (found != rounded) & same[:, None]
        ties = np.abs(unrounded - np.floor(unrounded) - 0.5)
        assert (ties[differs] < TIE).all(), ties[differs].max()
        same &= ~differs.any(1)
    errors = find_relative_errors(logits, expected)
    assert same.sum() > 0.9 * len(images), same.sum()
    assert errors[same].max() < RELATIVE, errors[same].max()
    assert np.abs(logits - expected).max() < FLIPPED
    return (f"{same.sum()} of {len(images)} images round as in double "
            f"precision, error {errors[same].max():.1e}; the others "
            f"{errors[~same].max(initial=0):.1e}")


def main() -> None:
    model, reference, scratch = map(Path, sys.argv[1:])
    scratch.mkdir(parents=True, exist_ok=True)
    arrays = np.load(reference)
    images, labels = arrays["x"], arrays["y"]
    graph = read_graph(model)
    logits, integers = FeedForward(Oracle(graph, np.float32)).run(images)

    library = scratch / "net.so"
    with compile_graph(model, library) as compiled:
        check_repeated(compiled, images, logits)
    with Graph(library, threads=2) as compiled:
        check_repeated(compiled, images, logits)

    oracle = Oracle(graph)
    names = [quantizer.result for quantizer in oracle.quantizers]
    if names:
        add_outputs(model, scratch / "more.onnx", names)
        with compile_graph(scratch / "more.onnx",
                           scratch / "more.so") as compiled:
            found = compiled.run({"image": images})
        assert np.array_equal(found["logits"], logits)
        for name, expected in zip(names, integers, strict=True):
            assert np.array_equal(found[name], expected), name
    print(f"logits and {len(names)} tensors of 8 bits are exact")
    print(check_double(oracle, images, logits, integers))

    right, expected = ((rows.argmax(1) == labels).sum()
                       for rows in (logits, arrays["logits"]))
    assert abs(right - expected) <= 1, (right, expected)
    difference = np.abs(logits - arrays["logits"]).max()
    assert difference < FLIPPED, difference
    print(f"{right} of {len(labels)} images right, PyTorch {expected}; "
          f"logits differ by {difference:.1e}")


main()
