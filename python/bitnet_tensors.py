# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The bytes of tensors in GGUF files, with NumPy.

Shares no code with the compiler, so that the one can check the other. The
formats are those that the compiler imports; lib/Weights draws their bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Callable, Iterable, Iterator

import numpy as np

import bitnet_codes as codes
import bitnet_trits as trits


class TensorType(IntEnum):
    """Numbers in files. Some forks of ggml give 42 to PQ2_0."""
    F32 = 0
    F16 = 1
    Q4_0 = 2
    Q4_1 = 3
    Q5_0 = 6
    Q5_1 = 7
    Q8_0 = 8
    Q2_K = 10
    Q3_K = 11
    Q4_K = 12
    Q5_K = 13
    Q6_K = 14
    IQ4_NL = 20
    I8 = 24
    I16 = 25
    I32 = 26
    I64 = 27
    F64 = 28
    BF16 = 30
    TQ1_0 = 34
    TQ2_0 = 35
    I2_S = 36
    Q1_0 = 41
    Q2_0 = 42
    IQ1_BN = 134
    IQ2_BN = 135
    PQ2_0 = 142
    PTQ1_0 = 143
    IQ2_BN_R4 = 335


NUMBERS = {
    TensorType.F32: "<f4", TensorType.F16: "<f2", TensorType.F64: "<f8",
    TensorType.I8: "<i1", TensorType.I16: "<i2", TensorType.I32: "<i4",
    TensorType.I64: "<i8"}


@dataclass(frozen=True)
class CodeFormat:
    """Blocks of whole numbers with scales."""
    elements: int
    size: int
    encode: Callable[[np.ndarray], bytes]
    decode: Callable[[np.ndarray], np.ndarray]


CODE_FORMATS = {
    TensorType.Q8_0: CodeFormat(32, 34, codes.encode_q8_0, codes.decode_q8_0),
    TensorType.Q4_0: CodeFormat(32, 18, codes.encode_q4_0, codes.decode_q4_0),
    TensorType.Q4_1: CodeFormat(32, 20, codes.encode_q4_1, codes.decode_q4_1),
    TensorType.Q5_0: CodeFormat(32, 22, codes.encode_q5_0, codes.decode_q5_0),
    TensorType.Q5_1: CodeFormat(32, 24, codes.encode_q5_1, codes.decode_q5_1),
    TensorType.IQ4_NL: CodeFormat(32, 18, codes.encode_iq4_nl,
                                  codes.decode_iq4_nl),
    TensorType.Q2_K: CodeFormat(256, 84, codes.encode_q2_k, codes.decode_q2_k),
    TensorType.Q3_K: CodeFormat(256, 110, codes.encode_q3_k, codes.decode_q3_k),
    TensorType.Q4_K: CodeFormat(256, 144, codes.encode_q4_k, codes.decode_q4_k),
    TensorType.Q5_K: CodeFormat(256, 176, codes.encode_q5_k, codes.decode_q5_k),
    TensorType.Q6_K: CodeFormat(256, 210, codes.encode_q6_k, codes.decode_q6_k)}


@dataclass(frozen=True)
class TritFormat:
    """Blocks of trits, with an f16 scale unless rows have one."""
    elements: int
    size: int
    pack: Callable[[np.ndarray], np.ndarray]
    unpack: Callable[[np.ndarray], np.ndarray]
    scale_first: bool = False
    # The type of the scale in front of a row, which blocks then lack.
    row_scale: str = ""


TRIT_FORMATS = {
    TensorType.TQ1_0: TritFormat(256, 54, trits.pack_tq1_0, trits.unpack_tq1_0),
    TensorType.TQ2_0: TritFormat(256, 66, trits.pack_tq2_0, trits.unpack_tq2_0),
    TensorType.PTQ1_0: TritFormat(128, 28, trits.pack_ptq1_0,
                                  trits.unpack_ptq1_0),
    TensorType.Q2_0: TritFormat(64, 18, trits.pack_q2_0, trits.unpack_q2_0,
                                scale_first=True),
    TensorType.PQ2_0: TritFormat(128, 34, trits.pack_q2_0, trits.unpack_q2_0,
                                 scale_first=True),
    TensorType.IQ1_BN: TritFormat(64, 13, trits.pack_iq1_bn,
                                  trits.unpack_iq1_bn, row_scale="<f2"),
    TensorType.IQ2_BN: TritFormat(64, 16, trits.pack_iq2_bn,
                                  trits.unpack_iq2_bn, row_scale="<f4")}

I2_S_TAIL_BYTES = 32
TERNARY_TYPES = (TensorType.I2_S, TensorType.IQ2_BN_R4, *TRIT_FORMATS)


@dataclass
class Ternary:
    """weight = trit * scale."""
    # int8 [M, K], each -1, 0 or +1.
    trits: np.ndarray
    # One for the matrix, [M], or [M, B] for B blocks of K / B columns.
    scale: float | np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.trits.shape

    def weights(self) -> np.ndarray:
        """float32 [M, K]."""
        return self.trits * self.block_scales(1)

    def block_scales(self, columns: int) -> np.ndarray:
        """float32 scales of blocks of `columns` columns, which lie in blocks
        with one scale."""
        scales = np.float32(self.scale)
        if scales.ndim < 2:
            scales = scales.reshape(-1, 1)
        rows, count = self.trits.shape
        scales = np.broadcast_to(scales, (rows, scales.shape[1]))
        repeats, rest = divmod(count // columns, scales.shape[1])
        if rest:
            raise ValueError(f"expects one scale in blocks of {columns}")
        return np.repeat(scales, repeats, 1)

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


def _encode_i2_s(matrix: Ternary, group: int) -> bytes:
    data = trits.pack_strided((matrix.trits + 1).astype(np.uint8).reshape(1, -1),
                              group // 4, top_first=True)
    scale = struct.pack("<f", matrix.scale)
    return data.tobytes() + scale.ljust(I2_S_TAIL_BYTES, b"\0")


def _to_trits(unpacked: np.ndarray) -> np.ndarray:
    return unpacked.astype(np.int8) - 1


def _decode_i2_s(data: bytes, group: int) -> np.ndarray:
    packed = np.frombuffer(data[:-I2_S_TAIL_BYTES], np.uint8).reshape(1, -1)
    scale = np.frombuffer(data[-I2_S_TAIL_BYTES:][:4], "<f4")
    return _to_trits(trits.unpack_strided(packed, group // 4,
                                          top_first=True)) * scale


def _encode_trits(matrix: Ternary, form: TritFormat) -> bytes:
    rows, columns = matrix.shape
    blocks = (matrix.trits + 1).astype(np.uint8).reshape(-1, form.elements)
    packed = form.pack(blocks)
    if form.row_scale:
        scales = matrix.block_scales(columns).astype(form.row_scale)
        return np.hstack([scales.view(np.uint8),
                          packed.reshape(rows, -1)]).tobytes()
    scales = codes.halves(matrix.block_scales(form.elements).reshape(-1, 1))
    parts = [scales, packed] if form.scale_first else [packed, scales]
    return np.hstack(parts).tobytes()


def _decode_trits(data: bytes, form: TritFormat, columns: int) -> np.ndarray:
    if form.row_scale:
        head = np.dtype(form.row_scale).itemsize
        row_bytes = head + columns // form.elements * form.size
        stored = np.frombuffer(data, np.uint8).reshape(-1, row_bytes)
        scales = np.ascontiguousarray(stored[:, :head]).view(form.row_scale)
        unpacked = form.unpack(stored[:, head:].reshape(-1, form.size))
        return (scales.astype(np.float32) *
                _to_trits(unpacked).reshape(-1, columns))
    stored = np.frombuffer(data, np.uint8).reshape(-1, form.size)
    parts = ((stored[:, :2], stored[:, 2:]) if form.scale_first
             else (stored[:, -2:], stored[:, :-2]))
    return codes.from_halves(parts[0]) * _to_trits(form.unpack(parts[1]))


def _encode_iq2_bn_r4(matrix: Ternary) -> bytes:
    scales = matrix.block_scales(matrix.shape[1]).astype("<f4").reshape(-1, 4)
    packed = trits.pack_iq2_bn_r4((matrix.trits + 1).astype(np.uint8))
    return np.hstack([scales.view(np.uint8), packed]).tobytes()


def _decode_iq2_bn_r4(data: bytes, columns: int) -> np.ndarray:
    stored = np.frombuffer(data, np.uint8).reshape(-1, 16 + columns)
    scales = np.ascontiguousarray(stored[:, :16]).view("<f4").reshape(-1, 1)
    return scales * _to_trits(trits.unpack_iq2_bn_r4(stored[:, 16:]))


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


def encode(data: np.ndarray | Ternary | Binary, tensor_type: TensorType,
           i2s_group: int = 128) -> bytes:
    """The bytes of a tensor; ternary types want a Ternary."""
    if tensor_type == TensorType.Q1_0:
        return _encode_q1_0(data if isinstance(data, Binary)
                            else binarize_blocks(data))
    if tensor_type == TensorType.I2_S:
        return _encode_i2_s(data, i2s_group)
    if tensor_type == TensorType.IQ2_BN_R4:
        return _encode_iq2_bn_r4(data)
    if tensor_type in TRIT_FORMATS:
        return _encode_trits(data, TRIT_FORMATS[tensor_type])
    if isinstance(data, (Ternary, Binary)):
        data = data.weights()
    if tensor_type == TensorType.BF16:
        return _to_bf16(data).tobytes()
    if tensor_type in NUMBERS:
        return data.astype(NUMBERS[tensor_type]).tobytes()
    return CODE_FORMATS[tensor_type].encode(data.astype(np.float32))


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
    elements, size = _block(tensor_type)
    if shape[-1] % elements != 0:
        raise ValueError(f"expects rows of a multiple of {elements} elements "
                         f"in {tensor_type.name.lower()}, found {shape[-1]}")
    rows = count // shape[-1]
    if tensor_type == TensorType.IQ2_BN_R4 and rows % 4 != 0:
        raise ValueError(f"expects a multiple of 4 rows in iq2_bn_r4, found "
                         f"{rows}")
    return count // elements * size + rows * _row_head(tensor_type)


def _block(tensor_type: TensorType) -> tuple[int, int]:
    """Elements and bytes of a block; blocks do not reach over the end of a
    row."""
    if tensor_type in NUMBERS:
        return 1, np.dtype(NUMBERS[tensor_type]).itemsize
    if tensor_type in CODE_FORMATS or tensor_type in TRIT_FORMATS:
        form = {**CODE_FORMATS, **TRIT_FORMATS}[tensor_type]
        return form.elements, form.size
    return {TensorType.BF16: (1, 2), TensorType.Q1_0: (128, 18),
            TensorType.IQ2_BN_R4: (64, 16)}[tensor_type]


def _row_head(tensor_type: TensorType) -> int:
    """Bytes that a row has besides its blocks."""
    if tensor_type == TensorType.IQ2_BN_R4:
        return 4
    form = TRIT_FORMATS.get(tensor_type)
    return np.dtype(form.row_scale).itemsize if form and form.row_scale else 0


def decode(data: bytes, tensor_type: TensorType, i2s_group: int = 128,
           columns: int = 0) -> np.ndarray:
    """The weights as flat float32. Types with a scale for each row need the
    number of `columns`."""
    if tensor_type in NUMBERS:
        values = np.frombuffer(data, NUMBERS[tensor_type])
    elif tensor_type == TensorType.BF16:
        values = _from_bf16(data)
    elif tensor_type == TensorType.Q1_0:
        values = _decode_q1_0(data)
    elif tensor_type == TensorType.I2_S:
        values = _decode_i2_s(data, i2s_group)
    elif tensor_type == TensorType.IQ2_BN_R4:
        values = _decode_iq2_bn_r4(data, columns)
    elif tensor_type in TRIT_FORMATS:
        values = _decode_trits(data, TRIT_FORMATS[tensor_type], columns)
    else:
        form = CODE_FORMATS[tensor_type]
        blocks = np.frombuffer(data, np.uint8).reshape(-1, form.size)
        values = form.decode(blocks)
    return values.astype(np.float32).reshape(-1)
