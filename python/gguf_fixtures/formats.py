# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A file with a matrix of every tensor type, which makes no model."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bitnet_gguf import GgufWriter
from bitnet_tensors import (TERNARY_TYPES, TensorType, Ternary, absmean, decode,
                            encode)

SHAPE = (8, 512)


def make_matrix(tensor_type: TensorType,
                random: np.random.Generator) -> np.ndarray | Ternary:
    weights = random.normal(0, 0.02, SHAPE).astype(np.float32)
    if tensor_type in (TensorType.I8, TensorType.I16, TensorType.I32,
                       TensorType.I64):
        return np.rint(weights * 1000)
    if tensor_type not in TERNARY_TYPES:
        return weights
    matrix = absmean(weights)
    if tensor_type == TensorType.I2_S:
        return matrix
    matrix.scale = random.uniform(0.5, 1, SHAPE[:1]).astype(np.float16)
    if not tensor_type.name.startswith("IQ"):
        matrix.scale = matrix.scale[:, None] * np.float16([1, 0.5])
    return matrix


def write_formats(directory: Path) -> None:
    """Tensor NAME is in the type of that name, NAME.expected are its weights."""
    random = np.random.default_rng(1)
    writer = GgufWriter()
    writer.add("general.architecture", "none")
    for tensor_type in TensorType:
        data = encode(make_matrix(tensor_type, random), tensor_type)
        weights = decode(data, tensor_type, columns=SHAPE[1]).reshape(SHAPE)
        writer.add_raw_tensor(tensor_type.name, SHAPE, tensor_type, data)
        writer.add_tensor(f"{tensor_type.name}.expected", weights,
                          TensorType.F32)
    writer.write(directory / "formats.gguf")
