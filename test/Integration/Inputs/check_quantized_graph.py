# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles a float graph with every quantiser and compares its logits with
those of PyTorch.

Usage: check_quantized_graph.py MODEL.onnx REFERENCE.npz FOLDER
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

from bitnet_graph import Graph
from onnx_fixtures.wire import int64s

# Options: the most that ‖y' - y‖ / ‖y‖ of the logits may be, and the least share
# of tokens with the same most likely successor. The bounds of 8 bits are a
# quarter above what ONNX Runtime computes of the same codes without its
# optimisations: 0.0105, 0.0074, 0.0101, 0.0065, 0.0119. Trits need training.
BOUNDS = {
    (): (1e-5, 1),
    ("--quantize=absmax-int8",): (0.0131, 0.97),
    ("--quantize=absmax-int8", "--quantize-granularity=row"): (0.0092, 0.97),
    ("--quantize=zeropoint-int8",): (0.0127, 0.97),
    ("--quantize=zeropoint-int8", "--quantize-granularity=row"): (0.0082, 0.97),
    ("--quantize=int8-outliers",): (0.0149, 0.97),
    ("--quantize=absmean",): (0.7, 0),
    # The output head alone.
    ("--quantize=absmax-int8", "--quantize-layers=_linear$"): (0.0120, 0.97),
}


def compare(logits, expected):
    error = np.linalg.norm(logits - expected) / np.linalg.norm(expected)
    agreement = (logits.argmax(-1) == expected.argmax(-1)).mean()
    return error, agreement


def main():
    model, reference, folder = map(Path, sys.argv[1:])
    data = np.load(reference)
    ids, expected = data["ids"], data["logits"].astype(np.float64)
    sizes, errors = {}, {}
    for index, (options, (most, least)) in enumerate(BOUNDS.items()):
        library = folder / f"{index}.so"
        subprocess.run(["bitnet-compile", str(model), "--emit=shared", "-o",
                        str(library), *options], check=True)
        with Graph(library) as graph:
            logits = graph.run({"input_ids": ids})["logits"]
            sizes[options] = graph.info().weight_bytes
        errors[options], agreement = compare(logits, expected)
        what = " ".join(options) or "float"
        print(f"{what}: error {errors[options]:.5f}, {100 * agreement:.1f}% of "
              f"tokens, {sizes[options]} bytes")
        if not errors[options] <= most or agreement < least:
            sys.exit(f"{what}: expects at most {most} and {100 * least}%")
    row = "--quantize-granularity=row"
    for options in BOUNDS:
        if row in options and errors[options] >= errors[options[:1]]:
            sys.exit(f"{options[0]}: scales of rows are no better")
    # A quarter of the layers' bytes, and the embeddings.
    if sizes["--quantize=absmax-int8",] > sizes[()] / 3:
        sys.exit("8 bits save too little")


main()
