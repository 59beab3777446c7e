# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model in several files."""

from __future__ import annotations

from pathlib import Path

from bitnet_gguf import GgufWriter, ValueType
from gguf_fixtures.models import SMALL, make_writer

COUNT = 3


def write_parts(directory: Path) -> None:
    """The model `small`; the first part has no tensors."""
    whole, _ = make_writer(SMALL)
    for number in range(COUNT):
        part, _ = make_writer(SMALL)
        if number:
            part = GgufWriter()
        part.tensors = [tensor for index, tensor in enumerate(whole.tensors)
                        if number and index % (COUNT - 1) == number - 1]
        part.add("split.no", number, ValueType.U16)
        part.add("split.count", COUNT, ValueType.U16)
        part.add("split.tensors.count", len(whole.tensors), ValueType.I32)
        part.write(directory / f"small-{number + 1:05}-of-{COUNT:05}.gguf")
