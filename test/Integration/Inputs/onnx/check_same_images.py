# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that a compiled network recognises images as well as PyTorch, and with
the same logits to the bit however it was compiled.

    check_same_images.py model.onnx reference.npz SCRATCH --options=...
                         [--options=...]... [--batches N,...]

Compiles the model once for each --options; the object of the first is run with
all batches and 1 and 2 threads. Of an object for several CPUs all variants are
run that this processor supports.
"""

import argparse
import os
from pathlib import Path

import numpy as np

from bitnet_graph import Graph
from compiled import compile_graph, find_relative_errors

LARGEST = 0.1  # difference of a logit after numbers were rounded differently


def run(graph: Graph, images: np.ndarray, batch: int) -> np.ndarray:
    return np.concatenate([
        graph.run({"image": images[begin:begin + batch]})["logits"]
        for begin in range(0, len(images), batch)])


def check_reference(logits: np.ndarray, reference) -> None:
    labels, expected = reference["y"], reference["logits"]
    right, known = ((rows.argmax(1) == labels).sum()
                    for rows in (logits, expected))
    assert abs(right - known) <= 1, (right, known)
    difference = np.abs(logits - expected).max()
    assert difference < LARGEST, difference
    errors = find_relative_errors(logits, expected)
    print(f"{right} of {len(labels)} images right, PyTorch {known}; logits "
          f"differ by {difference:.1e} at most, {np.median(errors):.1e} of the "
          "largest in the median")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--options", action="append", required=True)
    parser.add_argument("--batches", default="256")
    arguments = parser.parse_args()
    arguments.scratch.mkdir(parents=True, exist_ok=True)
    reference = np.load(arguments.reference)
    images = reference["x"]
    batches = [int(batch) for batch in arguments.batches.split(",")]

    library = arguments.scratch / "net0.so"
    with compile_graph(arguments.model, library,
                       arguments.options[0].split()) as graph:
        logits = run(graph, images, batches[0])
    check_reference(logits, reference)

    def check(graph: Graph, batch: int, what: str) -> None:
        found = run(graph, images, batch)
        differs = (found != logits).any(1)
        assert not differs.any(), \
            (what, batch, differs.sum(), np.abs(found - logits).max())
        print(f"{what}, {graph.variant.name.decode()}: same")

    for threads in (1, 2):
        with Graph(library, threads=threads) as graph:
            for batch in batches:
                check(graph, batch, f"{batch} images by {threads} threads")
    for index, options in enumerate(arguments.options[1:], 1):
        library = arguments.scratch / f"net{index}.so"
        with compile_graph(arguments.model, library,
                           options.split()) as graph:
            check(graph, batches[0], options)
            variants = [variant.name.decode() for variant in graph.variants()
                        if variant.is_supported]
        for variant in variants[1:]:
            # A library chooses once.
            copy = arguments.scratch / f"net{index}.{variant}.so"
            copy.write_bytes(library.read_bytes())
            os.environ["BITNET_VARIANT"] = variant
            with Graph(copy, symbol=library.stem) as graph:
                assert graph.variant.name.decode() == variant
                check(graph, batches[0], options)
            del os.environ["BITNET_VARIANT"]


main()
