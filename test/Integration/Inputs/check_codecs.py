# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks the codecs of bitnet_tensors.py.

    check_codecs.py [--package]

What has been encoded must come back: trits and signs exactly, floats within the
steps of the type. With --package, the Python package gguf must decode the types
that it knows to the same floats, and what it encodes must decode alike.
"""

import sys

import numpy as np

from bitnet_tensors import (TERNARY_TYPES, TensorType, Ternary, absmean,
                            data_size, decode, encode)

ROWS, COLUMNS = 8, 512
# The largest error in parts of the largest weight of a block.
STEPS = {TensorType.F32: 0, TensorType.F64: 0, TensorType.F16: 1e-3,
         TensorType.BF16: 4e-3, TensorType.Q8_0: 5e-3, TensorType.Q6_K: 3e-2,
         TensorType.Q5_0: 5e-2, TensorType.Q5_1: 5e-2, TensorType.Q5_K: 7e-2,
         TensorType.Q4_0: 1e-1, TensorType.Q4_1: 1e-1, TensorType.Q4_K: 1e-1,
         TensorType.IQ4_NL: 1.2e-1, TensorType.Q3_K: 2.5e-1,
         TensorType.Q2_K: 4.5e-1}
INTEGERS = {TensorType.I8: 100, TensorType.I16: 30000,
            TensorType.I32: 2 ** 24, TensorType.I64: 2 ** 24}
# What the package calls otherwise, or has not.
OURS_ALONE = {TensorType.I2_S, TensorType.IQ1_BN, TensorType.IQ2_BN,
              TensorType.IQ2_BN_R4, TensorType.Q2_0, TensorType.PQ2_0,
              TensorType.PTQ1_0}
ENCODED_BY_PACKAGE = ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "TQ1_0", "TQ2_0")

random = np.random.default_rng(1)
weights = random.normal(0, 0.02, (ROWS, COLUMNS)).astype(np.float32)
weights[3] = 0


def encode_any(tensor_type: TensorType) -> tuple[bytes, np.ndarray, float]:
    """Bytes, what they should decode to, and the largest error."""
    if tensor_type in INTEGERS:
        limit = INTEGERS[tensor_type]
        numbers = random.integers(-limit, limit, weights.shape)
        return encode(numbers, tensor_type), numbers.astype(np.float32), 0
    if tensor_type in STEPS:
        largest = float(np.abs(weights).max())
        return (encode(weights, tensor_type), weights,
                STEPS[tensor_type] * largest)
    if tensor_type == TensorType.Q1_0:
        blocks = np.abs(weights).reshape(ROWS, -1, 128).mean(2)
        signs = np.where(weights >= 0, 1, -1)
        expected = np.repeat(blocks.astype(np.float16), 128, 1) * signs
        return encode(weights, tensor_type), expected.astype(np.float32), 0
    matrix = absmean(weights)
    rows = np.linspace(0.5, 1, ROWS).astype(np.float16)
    if tensor_type == TensorType.I2_S:
        matrix.scale = 0.375
    elif tensor_type.name.startswith("IQ"):
        matrix.scale = rows
    else:
        matrix.scale = rows[:, None] * np.float16([1, 0.5])
    return encode(matrix, tensor_type), matrix.weights(), 0


def check(tensor_type: TensorType) -> bytes:
    data, expected, limit = encode_any(tensor_type)
    assert len(data) == data_size(tensor_type, weights.shape), tensor_type
    decoded = decode(data, tensor_type, columns=COLUMNS).reshape(weights.shape)
    error = float(np.abs(decoded - expected).max())
    assert error <= limit, (tensor_type, error, limit)
    print(f"{tensor_type.name} error {error:.3g}")
    return data


def check_package(tensor_type: TensorType, data: bytes) -> None:
    import gguf
    theirs = gguf.GGMLQuantizationType(tensor_type)
    assert theirs.name == tensor_type.name
    assert gguf.GGML_QUANT_SIZES[theirs][1] == \
        data_size(tensor_type, (1, 256)) // (256 // gguf.GGML_QUANT_SIZES[theirs][0])
    if tensor_type in INTEGERS or tensor_type in (
            TensorType.F64, TensorType.Q1_0):
        # Known by size only.
        return
    stored = np.frombuffer(data, np.uint8)
    values = gguf.dequantize(stored, theirs).astype(np.float32).reshape(-1)
    assert np.array_equal(values, decode(data, tensor_type)), tensor_type
    if tensor_type.name in ENCODED_BY_PACKAGE:
        stored = gguf.quantize(weights, theirs)
        values = gguf.dequantize(stored, theirs).reshape(-1)
        assert np.array_equal(values, decode(stored.tobytes(), tensor_type))


def check_refusals() -> None:
    for tensor_type, shape in ((TensorType.Q4_K, (2, 128)),
                               (TensorType.IQ2_BN_R4, (2, 64))):
        try:
            data_size(tensor_type, shape)
        except ValueError:
            continue
        raise AssertionError(tensor_type)
    try:
        encode(Ternary(np.ones((1, 256), np.int8), np.ones((1, 4))),
               TensorType.TQ1_0)
    except ValueError:
        return
    raise AssertionError("scales inside a block")


def main() -> None:
    assert set(STEPS) | set(INTEGERS) | {TensorType.Q1_0} | set(
        TERNARY_TYPES) == set(TensorType)
    for tensor_type in TensorType:
        data = check(tensor_type)
        if "--package" in sys.argv and tensor_type not in OURS_ALONE:
            check_package(tensor_type, data)
    check_refusals()


main()
