# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles ONNX files for the scripts beside this one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from bitnet_graph import Graph
from onnx_fixtures import wire


def compile_graph(model: Path, library: Path, options: Iterable[str] = (),
                  threads: int = 1) -> Graph:
    """`library` must be a new name in each call of a process."""
    subprocess.run(["bitnet-compile", str(model), "--emit=shared",
                    "-o", str(library), *options], check=True)
    return Graph(library, threads=threads)


def add_outputs(model: Path, result: Path, names: Iterable[str]) -> None:
    """Writes the file `model` with more outputs, which are floats. Of a field
    that is there twice, protocol buffers merge the messages."""
    outputs = wire.repeated(12, (wire.value_info(name, wire.FLOAT, None)
                                 for name in names))
    result.write_bytes(model.read_bytes() + wire.field(7, outputs))


def find_relative_errors(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """For each row, the largest error, relative to its largest number."""
    return np.abs(found - expected).max(-1) / np.abs(expected).max(-1)
