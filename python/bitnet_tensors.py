# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The bytes of tensors in GGUF files, with NumPy.

Shares no code with the compiler, so that the one can check the other. The
formats are those that the compiler imports; lib/Weights draws their bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Iterable, Iterator

import numpy as np


class TensorType(IntEnum):
    """Numbers in files."""
    F32 = 0
    F16 = 1
    Q8_0 = 8
    Q6_K = 14
    BF16 = 30
    TQ1_0 = 34
    TQ2_0 = 35
    I2_S = 36
    Q1_0 = 41


# Elements and bytes of a block; blocks do not reach over the end of a row. I2_S
# has none: its groups are cut from the whole matrix.
BLOCKS = {
    TensorType.F32: (1, 4), TensorType.F16: (1, 2), TensorType.BF16: (1, 2),
    TensorType.Q8_0: (32, 34), TensorType.Q6_K: (256, 210),
    TensorType.TQ1_0: (256, 54), TensorType.TQ2_0: (256, 66),
    TensorType.Q1_0: (128, 18)}
I2_S_TAIL_BYTES = 32
TERNARY_TYPES = (TensorType.I2_S, TensorType.TQ1_0, TensorType.TQ2_0)


@dataclass
class Ternary:
    """weight = trit * scale."""
    # int8 [M, K], each -1, 0 or +1.
    trits: np.ndarray
    # One for the matrix, or [M].
    scale: float | np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.trits.shape

    def weights(self) -> np.ndarray:
        """float32 [M, K]."""
        return self.trits * np.reshape(np.float32(self.scale), (-1, 1))

    def codes(self) -> bytes:
        """The plain order of the compiler: 4 codes to a byte, low bits first,
        rows padded with zero trits."""
        rows, columns = self.trits.shape
        padded = np.ones((rows, -(-columns // 4), 4), np.uint8)
        padded.reshape(rows, -1)[:, :columns] = self.trits + 1
        shifts = np.array([0, 2, 4, 6], np.uint8)
        return np.bitwise_or.reduce(padded << shifts, axis=2).tobytes()


@dataclass
class Binary:
    """weight = sign * scale."""
    # int8 [M, K], each -1 or +1.
    signs: np.ndarray
    # One for the matrix, or [M, B] for B blocks of K / B columns.
    scale: float | np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.signs.shape

    def weights(self) -> np.ndarray:
        """float32 [M, K]."""
        scales = np.float32(self.scale)
        if scales.ndim:
            scales = np.repeat(scales, self.shape[1] // scales.shape[1], 1)
        return self.signs * scales

    def codes(self) -> bytes:
        """The plain order of the compiler: 8 signs to a byte, low bits first,
        rows padded with zeros."""
        return np.packbits(self.signs > 0, axis=1, bitorder="little").tobytes()


def binarize(weights: np.ndarray) -> Binary:
    """The binarisation of BitNet: signs of the centred weights, their mean
    magnitude as the scale. Weights that are binary already keep their scale."""
    weights = weights.astype(np.float32)
    levels = np.unique(np.abs(weights))
    if len(levels) == 1 and levels[0] != 0:
        return Binary(np.sign(weights).astype(np.int8), levels[0])
    wide = weights.astype(np.float64)
    signs = np.where(weights > np.float32(wide.mean()), 1, -1)
    return Binary(signs.astype(np.int8), np.float32(np.abs(wide).mean()))


def binarize_blocks(weights: np.ndarray) -> Binary:
    """How files of Q1_0 are made: signs and mean magnitudes of blocks."""
    rows, columns = weights.shape
    scale = np.abs(weights).reshape(rows, columns // 128, 128).mean(2)
    return Binary(np.where(weights >= 0, 1, -1).astype(np.int8),
                  scale.astype(np.float16))


def absmean(weights: np.ndarray) -> Ternary:
    """The ternarisation of BitNet b1.58, in float32 behind a mean in double.
    Weights that are ternary already, -s, 0 and +s, keep their scale."""
    weights = weights.astype(np.float32)
    levels = np.unique(np.abs(weights[weights != 0]))
    if len(levels) <= 1:
        scale = levels[0] if len(levels) else np.float32(1)
        return Ternary(np.sign(weights).astype(np.int8), scale)
    mean = np.float32(np.abs(weights.astype(np.float64)).mean())
    scale = max(mean, np.float32(1e-5))
    factor = np.float32(1) / scale
    trits = np.clip(np.rint(weights * factor), -1, 1).astype(np.int8)
    return Ternary(trits, scale)


# ---------------------------------------------------------------------------
# Tensor formats. An encoder takes a float array, a Ternary or a Binary and gives
# bytes, a decoder takes bytes and gives float32.


def _to_bf16(values: np.ndarray) -> np.ndarray:
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    rounded = bits + 0x7FFF + ((bits >> 16) & 1)
    return (rounded >> 16).astype("<u2")


def _from_bf16(data: bytes) -> np.ndarray:
    return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)


def _divide(values: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """values / scales, and 0 where the scale is 0."""
    return np.divide(values, scales, out=np.zeros_like(values),
                     where=np.broadcast_to(scales != 0, values.shape))


def _encode_q8_0(values: np.ndarray) -> bytes:
    blocks = values.astype(np.float32).reshape(-1, 32)
    scales = (np.abs(blocks).max(1, keepdims=True) / 127).astype("<f2")
    quants = np.clip(np.rint(_divide(blocks, scales.astype(np.float32))),
                     -127, 127).astype(np.int8)
    return np.hstack([scales.view(np.uint8), quants.view(np.uint8)]).tobytes()


def _decode_q8_0(data: bytes) -> np.ndarray:
    blocks = np.frombuffer(data, np.uint8).reshape(-1, 34)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    return scales * blocks[:, 2:].view(np.int8)


def _encode_q6_k(values: np.ndarray) -> bytes:
    groups = values.astype(np.float32).reshape(-1, 16, 16)
    wanted = np.abs(groups).max(2) / 31
    block_scales = (wanted.max(1, keepdims=True) / 127).astype("<f2")
    scales = np.rint(_divide(wanted, block_scales.astype(np.float32)))
    steps = (block_scales.astype(np.float32) * scales)[:, :, None]
    quants = np.clip(np.rint(_divide(groups, steps)), -32, 31) + 32
    # [block, half, part, lane]
    quants = quants.astype(np.uint8).reshape(-1, 2, 4, 32)
    low = (quants[:, :, :2] & 15) | (quants[:, :, 2:] & 15) << 4
    shifts = np.array([0, 2, 4, 6], np.uint8)[:, None]
    high = np.bitwise_or.reduce(quants >> 4 << shifts, axis=2)
    count = len(quants)
    return np.hstack([low.reshape(count, 128), high.reshape(count, 64),
                      scales.astype(np.int8).view(np.uint8),
                      block_scales.view(np.uint8)]).tobytes()


def _decode_q6_k(data: bytes) -> np.ndarray:
    blocks = np.frombuffer(data, np.uint8).reshape(-1, 210)
    low = blocks[:, :128].reshape(-1, 2, 2, 32)
    high = blocks[:, 128:192].reshape(-1, 2, 1, 32)
    scales = blocks[:, 192:208].view(np.int8).astype(np.float32)
    block_scales = blocks[:, 208:].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([low & 15, low >> 4], axis=2)
    shifts = np.array([0, 2, 4, 6], np.uint8)[:, None]
    quants = (nibbles | (high >> shifts & 3) << 4).astype(np.int8) - 32
    steps = (block_scales * scales)[:, :, None]
    return steps * quants.reshape(-1, 16, 16)


def _encode_i2_s(matrix: Ternary, group: int) -> bytes:
    codes = (matrix.trits + 1).astype(np.uint8).reshape(-1, 4, group // 4)
    shifts = np.array([6, 4, 2, 0], np.uint8)[:, None]
    data = np.bitwise_or.reduce(codes << shifts, axis=1).tobytes()
    scale = struct.pack("<f", matrix.scale)
    return data + scale.ljust(I2_S_TAIL_BYTES, b"\0")


def _i2_s_trits(data: bytes, group: int) -> np.ndarray:
    packed = np.frombuffer(data[:-I2_S_TAIL_BYTES], np.uint8)
    shifts = np.array([6, 4, 2, 0], np.uint8)[:, None]
    codes = packed.reshape(-1, 1, group // 4) >> shifts & 3
    return codes.astype(np.int8) - 1


def _decode_i2_s(data: bytes, group: int) -> np.ndarray:
    scale = np.frombuffer(data[-I2_S_TAIL_BYTES:][:4], "<f4")
    return _i2_s_trits(data, group) * scale


def _block_scales(matrix: Ternary) -> np.ndarray:
    rows, columns = matrix.shape
    scales = np.broadcast_to(np.reshape(matrix.scale, (-1, 1)), (rows, 1))
    return np.repeat(scales, columns // 256).astype("<f2").reshape(-1, 1)


def _encode_tq2_0(matrix: Ternary) -> bytes:
    codes = (matrix.trits + 1).astype(np.uint8).reshape(-1, 2, 4, 32)
    shifts = np.array([0, 2, 4, 6], np.uint8)[:, None]
    packed = np.bitwise_or.reduce(codes << shifts, axis=2).reshape(-1, 64)
    return np.hstack([packed, _block_scales(matrix).view(np.uint8)]).tobytes()


def _tq2_0_trits(blocks: np.ndarray) -> np.ndarray:
    shifts = np.array([0, 2, 4, 6], np.uint8)[:, None]
    codes = blocks[:, :64].reshape(-1, 2, 1, 32) >> shifts & 3
    return codes.reshape(-1, 256).astype(np.int8) - 1


def _encode_tq1_0(matrix: Ternary) -> bytes:
    codes = (matrix.trits + 1).astype(np.uint16).reshape(-1, 256)

    def pack(first: int, digits: int, count: int) -> np.ndarray:
        part = codes[:, first:first + digits * count]
        weights = np.array([81, 27, 9, 3, 1], np.uint16)[:digits, None]
        value = (part.reshape(-1, digits, count) * weights).sum(1)
        # The fraction value / 243 in 1/256, rounded up.
        return ((value * 256 + 242) // 243).astype(np.uint8)

    return np.hstack([pack(0, 5, 32), pack(160, 5, 16), pack(240, 4, 4),
                      _block_scales(matrix).view(np.uint8)]).tobytes()


def _tq1_0_trits(blocks: np.ndarray) -> np.ndarray:
    def unpack(first: int, digits: int, count: int) -> np.ndarray:
        # The base-3 digits of the number whose rounded-up fraction is stored.
        number = blocks[:, None, first:first + count].astype(np.int32) * 243 // 256
        weights = np.array([81, 27, 9, 3, 1])[:digits, None]
        return (number // weights % 3).reshape(-1, digits * count)

    codes = np.hstack([unpack(0, 5, 32), unpack(32, 5, 16), unpack(48, 4, 4)])
    return codes.astype(np.int8) - 1


def _encode_q1_0(matrix: Binary) -> bytes:
    rows, columns = matrix.shape
    scales = np.broadcast_to(matrix.scale, (rows, columns // 128))
    scales = scales.astype("<f2").reshape(-1, 1)
    bits = np.frombuffer(matrix.codes(), np.uint8).reshape(-1, 16)
    return np.hstack([scales.view(np.uint8), bits]).tobytes()


def _decode_q1_0(data: bytes) -> np.ndarray:
    blocks = np.frombuffer(data, np.uint8).reshape(-1, 18)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    bits = np.unpackbits(blocks[:, 2:], axis=1, bitorder="little")
    return scales * (2 * bits.astype(np.float32) - 1)


def _decode_ternary_blocks(data: bytes, block_bytes: int, trits) -> np.ndarray:
    blocks = np.frombuffer(data, np.uint8).reshape(-1, block_bytes)
    scales = blocks[:, -2:].copy().view("<f2").astype(np.float32)
    return scales * trits(blocks)


def encode(data: np.ndarray | Ternary | Binary, tensor_type: TensorType,
           i2s_group: int = 128) -> bytes:
    """The bytes of a tensor; ternary types want a Ternary."""
    if tensor_type == TensorType.Q1_0:
        return _encode_q1_0(data if isinstance(data, Binary)
                            else binarize_blocks(data))
    if isinstance(data, Ternary) and tensor_type not in TERNARY_TYPES:
        data = data.weights()
    if tensor_type == TensorType.F32:
        return data.astype("<f4").tobytes()
    if tensor_type == TensorType.F16:
        return data.astype("<f2").tobytes()
    if tensor_type == TensorType.BF16:
        return _to_bf16(data).tobytes()
    if tensor_type == TensorType.Q8_0:
        return _encode_q8_0(data)
    if tensor_type == TensorType.Q6_K:
        return _encode_q6_k(data)
    if tensor_type == TensorType.I2_S:
        return _encode_i2_s(data, i2s_group)
    if tensor_type == TensorType.TQ1_0:
        return _encode_tq1_0(data)
    if tensor_type == TensorType.TQ2_0:
        return _encode_tq2_0(data)
    raise ValueError(f"no encoder for {tensor_type!r}")


def encode_blocks(blocks: Iterable[np.ndarray | Ternary],
                  tensor_type: TensorType) -> Iterator[bytes]:
    """`encode` for a tensor in blocks of rows. Each block of I2_S is whole
    groups, and all have one scale."""
    tail = b""
    for block in blocks:
        data = encode(block, tensor_type)
        if tensor_type == TensorType.I2_S:
            data, tail = data[:-I2_S_TAIL_BYTES], data[-I2_S_TAIL_BYTES:]
        yield data
    yield tail


def data_size(tensor_type: TensorType, shape: tuple[int, ...],
              i2s_group: int = 128) -> int:
    """Bytes of a tensor. ValueError if blocks do not fill it."""
    count = int(np.prod(shape, dtype=np.int64))
    if tensor_type == TensorType.I2_S:
        if count % i2s_group != 0:
            raise ValueError(f"expects a multiple of {i2s_group} elements in "
                             f"i2_s, found {' x '.join(map(str, shape))}")
        return count // 4 + I2_S_TAIL_BYTES
    elements, size = BLOCKS[tensor_type]
    if shape[-1] % elements != 0:
        raise ValueError(f"expects rows of a multiple of {elements} elements "
                         f"in {tensor_type.name.lower()}, found {shape[-1]}")
    return count // elements * size


def decode(data: bytes, tensor_type: TensorType,
           i2s_group: int = 128) -> np.ndarray:
    """The weights as flat float32."""
    if tensor_type == TensorType.F32:
        values = np.frombuffer(data, "<f4")
    elif tensor_type == TensorType.F16:
        values = np.frombuffer(data, "<f2")
    elif tensor_type == TensorType.BF16:
        values = _from_bf16(data)
    elif tensor_type == TensorType.Q8_0:
        values = _decode_q8_0(data)
    elif tensor_type == TensorType.Q6_K:
        values = _decode_q6_k(data)
    elif tensor_type == TensorType.I2_S:
        values = _decode_i2_s(data, i2s_group)
    elif tensor_type == TensorType.TQ1_0:
        values = _decode_ternary_blocks(data, 54, _tq1_0_trits)
    elif tensor_type == TensorType.TQ2_0:
        values = _decode_ternary_blocks(data, 66, _tq2_0_trits)
    elif tensor_type == TensorType.Q1_0:
        values = _decode_q1_0(data)
    else:
        raise ValueError(f"no decoder for {tensor_type!r}")
    return values.astype(np.float32).reshape(-1)
