#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes small GGUF files for tests of the importer.

    make_gguf_fixtures.py DIRECTORY

DIRECTORY/valid         random models of every architecture and tensor type;
                        beside each, NAME.expected with its linear tensors:
                        name, numbers of -1, 0, +1, CRC-32 of the plain codes, bits
                        of the first scale
DIRECTORY/formats       a matrix of every tensor type with its weights as floats
DIRECTORY/parts         the model `small` of DIRECTORY/valid in three files
DIRECTORY/malformed     no GGUF files: the reader rejects them
DIRECTORY/inconsistent  GGUF files that make no model: the importer rejects
                        them, or the quantiser if a weight is at fault; beside
                        each, NAME.expected with a part of the message
DIRECTORY/damaged       random damage: anything but a crash is right

The same files on every run.
"""

from __future__ import annotations

import argparse
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from gguf_fixtures.formats import write_formats
from gguf_fixtures.inconsistent import write_inconsistent
from gguf_fixtures.malformed import write_malformed
from gguf_fixtures.models import MODELS, SMALL, VARIANTS, make_writer
from gguf_fixtures.parts import write_parts


def write_valid(directory: Path) -> None:
    cases = [(model, None) for model in [*MODELS, SMALL]]
    cases += [(replace(SMALL, name=name), mutate)
              for name, mutate in VARIANTS.items()]
    for model, mutate in cases:
        writer, linear = make_writer(model)
        if mutate:
            mutate(writer)
        writer.write(directory / f"{model.name}.gguf")
        lines = []
        for name, matrix in linear.items():
            elements = matrix.weights() / np.reshape(matrix.scale, -1)[0]
            counts = [np.count_nonzero(np.sign(elements) == sign)
                      for sign in (-1, 0, 1)]
            scale = np.float32(np.reshape(matrix.scale, -1)[0])
            lines.append(f"{name} {counts[0]} {counts[1]} {counts[2]} "
                         f"{zlib.crc32(matrix.codes()):08x} "
                         f"{scale.view(np.uint32):08x}\n")
        (directory / f"{model.name}.expected").write_text("".join(lines))


def write_damaged(directory: Path, count: int) -> None:
    """Flips bits in front of the tensor data."""
    writer, _ = make_writer(SMALL)
    whole = writer.to_bytes()
    header = sum(len(piece.data) for piece in writer.pieces()
                 if not piece.label.startswith("data "))
    random = np.random.default_rng(1)
    for index in range(count):
        damaged = bytearray(whole)
        for _ in range(random.integers(1, 5)):
            damaged[random.integers(header)] ^= 1 << random.integers(8)
        (directory / f"flip-{index:03}.gguf").write_bytes(damaged)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--damaged", type=int, default=100, metavar="COUNT",
                        help="number of randomly damaged files")
    options = parser.parse_args()
    for name in ("valid", "formats", "parts", "malformed", "inconsistent",
                 "damaged"):
        directory = options.directory / name
        directory.mkdir(parents=True, exist_ok=True)
        for old in [*directory.glob("*.gguf"), *directory.glob("*.expected")]:
            old.unlink()
    write_valid(options.directory / "valid")
    write_formats(options.directory / "formats")
    write_parts(options.directory / "parts")
    write_malformed(options.directory / "malformed")
    write_inconsistent(options.directory / "inconsistent")
    write_damaged(options.directory / "damaged", options.damaged)


if __name__ == "__main__":
    main()
