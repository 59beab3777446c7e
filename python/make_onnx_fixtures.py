#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes small ONNX files for tests of the importer.

    make_onnx_fixtures.py DIRECTORY

DIRECTORY/valid    models that import, a tensor shape.pb
DIRECTORY/hostile  files that do not; beside each, NAME.expected with a part of
                   the message

The same files on every run. No package of ONNX is needed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from onnx_fixtures.hostile import HOSTILE
from onnx_fixtures.valid import OUTSIDE_DATA, VALID
from onnx_fixtures.wire import int64s


def write_valid(directory: Path) -> None:
    for name, model in VALID.items():
        (directory / f"{name}.onnx").write_bytes(model)
    (directory / "outside.bin").write_bytes(OUTSIDE_DATA)
    (directory / "shape.pb").write_bytes(int64s("", [2], [2, -1]))
    (directory / "shape-3.pb").write_bytes(int64s("", [1, 1], [2]))


def write_hostile(directory: Path) -> None:
    for name, (model, message) in HOSTILE.items():
        (directory / f"{name}.onnx").write_bytes(model)
        (directory / f"{name}.expected").write_text(message)
    (directory / "outside.bin").write_bytes(OUTSIDE_DATA)
    (directory.parent / "outside.bin").write_bytes(OUTSIDE_DATA)
    (directory / "link.bin").symlink_to("../outside.bin")
    (directory / "linked").symlink_to("..")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("directory", type=Path)
    options = parser.parse_args()
    for name in ("valid", "hostile"):
        directory = options.directory / name
        directory.mkdir(parents=True, exist_ok=True)
        for old in directory.iterdir():
            old.unlink()
    write_valid(options.directory / "valid")
    write_hostile(options.directory / "hostile")


if __name__ == "__main__":
    main()
