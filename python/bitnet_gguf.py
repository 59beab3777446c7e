# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads and writes GGUF files with NumPy, for tests.

Shares no code with the compiler, so that the one can check the other. The
tensor formats are those that the compiler imports; lib/Weights draws their
bytes.

    writer = GgufWriter()
    writer.add("general.architecture", "bitnet-b1.58")
    writer.add_tensor("output_norm.weight", norm, TensorType.F32)
    writer.add_tensor("blk.0.attn_q.weight", Ternary(trits, 0.5), TensorType.I2_S)
    writer.write(path)
    file = GgufReader(path)
    file.tensors["output_norm.weight"].decode()
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

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


class ValueType(IntEnum):
    U8 = 0
    I8 = 1
    U16 = 2
    I16 = 3
    U32 = 4
    I32 = 5
    F32 = 6
    BOOL = 7
    STRING = 8
    ARRAY = 9
    U64 = 10
    I64 = 11
    F64 = 12


SCALAR_FORMATS = {
    ValueType.U8: "<B", ValueType.I8: "<b", ValueType.U16: "<H",
    ValueType.I16: "<h", ValueType.U32: "<I", ValueType.I32: "<i",
    ValueType.F32: "<f", ValueType.BOOL: "<?", ValueType.U64: "<Q",
    ValueType.I64: "<q", ValueType.F64: "<d"}

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

    def codes(self) -> bytes:
        """The plain order of the compiler: 4 codes to a byte, low bits first,
        rows padded with zero trits."""
        rows, columns = self.trits.shape
        padded = np.ones((rows, -(-columns // 4), 4), np.uint8)
        padded.reshape(rows, -1)[:, :columns] = self.trits + 1
        shifts = np.array([0, 2, 4, 6], np.uint8)
        return np.bitwise_or.reduce(padded << shifts, axis=2).tobytes()


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
# Tensor formats. An encoder takes a float array or a Ternary and gives bytes, a
# decoder takes bytes and gives float32.


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


def _decode_ternary_blocks(data: bytes, block_bytes: int, trits) -> np.ndarray:
    blocks = np.frombuffer(data, np.uint8).reshape(-1, block_bytes)
    scales = blocks[:, -2:].copy().view("<f2").astype(np.float32)
    return scales * trits(blocks)


def encode(data: np.ndarray | Ternary, tensor_type: TensorType,
           i2s_group: int = 128) -> bytes:
    """The bytes of a tensor; ternary types want a Ternary."""
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
    else:
        raise ValueError(f"no decoder for {tensor_type!r}")
    return values.astype(np.float32).reshape(-1)


# ---------------------------------------------------------------------------
# Writing


@dataclass
class Piece:
    """A field of the file. Labels are unique; tests damage fields by label."""
    label: str
    data: bytes


def _string_pieces(label: str, text: str | bytes) -> list[Piece]:
    data = text.encode() if isinstance(text, str) else text
    return [Piece(f"{label}/length", struct.pack("<Q", len(data))),
            Piece(label, data)]


def _guess_type(value) -> ValueType:
    if isinstance(value, bool):
        return ValueType.BOOL
    if isinstance(value, int):
        return ValueType.U32
    if isinstance(value, float):
        return ValueType.F32
    return ValueType.STRING


class GgufWriter:
    """Collects metadata and tensors; the file is version 3."""

    def __init__(self, alignment: int = 32):
        self.alignment = alignment
        self._entries: list[tuple[str, list[Piece]]] = []
        self._tensors: list[tuple[str, tuple[int, ...], int, bytes]] = []
        if alignment != 32:
            self.add("general.alignment", alignment)

    def add(self, key: str, value, value_type: ValueType | None = None) -> None:
        """Adds an entry. Types are guessed (u32, f32, bool, string, arrays of
        i32, f32, bool or string) unless given; for a list, `value_type` is that
        of its elements."""
        label = f"key {key}"
        pieces = _string_pieces(label, key)
        is_array = isinstance(value, (list, tuple))
        values = value if is_array else [value]
        if value_type is None:
            value_type = _guess_type(values[0]) if values else ValueType.STRING
            if is_array and value_type == ValueType.U32:
                value_type = ValueType.I32
        outer = ValueType.ARRAY if is_array else value_type
        pieces.append(Piece(f"{label}/type", struct.pack("<I", outer)))
        if is_array:
            pieces.append(Piece(f"{label}/element type",
                                struct.pack("<I", value_type)))
            pieces.append(Piece(f"{label}/count",
                                struct.pack("<Q", len(values))))
        for index, item in enumerate(values):
            part = f"{label}/{index}" if is_array else f"{label}/value"
            if value_type == ValueType.STRING:
                pieces += _string_pieces(part, item)
            else:
                pieces.append(Piece(
                    part, struct.pack(SCALAR_FORMATS[value_type], item)))
        self._entries.append((key, pieces))

    def keys(self) -> list[str]:
        return [key for key, _ in self._entries]

    def tensor_names(self) -> list[str]:
        return [name for name, *_ in self._tensors]

    def remove(self, key: str) -> None:
        self._entries = [entry for entry in self._entries if entry[0] != key]

    def replace(self, key: str, value,
                value_type: ValueType | None = None) -> None:
        """Gives a key another value; the order of the entries changes."""
        self.remove(key)
        self.add(key, value, value_type)

    def add_tensor(self, name: str, data: np.ndarray | Ternary,
                   tensor_type: TensorType, i2s_group: int = 128) -> None:
        """`data` is [M, K] or [K]."""
        self.add_raw_tensor(name, data.shape, tensor_type,
                            encode(data, tensor_type, i2s_group))

    def add_raw_tensor(self, name: str, shape: tuple[int, ...],
                       tensor_type: int, data: bytes) -> None:
        self._tensors.append((name, shape, tensor_type, data))

    def remove_tensor(self, name: str) -> None:
        self._tensors = [t for t in self._tensors if t[0] != name]

    def pieces(self) -> list[Piece]:
        """All fields in the order of the file."""
        pieces = [Piece("magic", b"GGUF"),
                  Piece("version", struct.pack("<I", 3)),
                  Piece("number of tensors",
                        struct.pack("<Q", len(self._tensors))),
                  Piece("number of entries",
                        struct.pack("<Q", len(self._entries)))]
        for _, entry in self._entries:
            pieces += entry
        offset = 0
        for name, shape, tensor_type, data in self._tensors:
            label = f"tensor {name}"
            pieces += _string_pieces(label, name)
            pieces.append(Piece(f"{label}/dimensions",
                                struct.pack("<I", len(shape))))
            for index, extent in enumerate(reversed(shape)):
                pieces.append(Piece(f"{label}/extent {index}",
                                    struct.pack("<Q", extent)))
            pieces.append(Piece(f"{label}/type", struct.pack("<I", tensor_type)))
            pieces.append(Piece(f"{label}/offset", struct.pack("<Q", offset)))
            offset += len(data) + -len(data) % self.alignment
        size = sum(len(piece.data) for piece in pieces)
        pieces.append(Piece("padding", b"\0" * (-size % self.alignment)))
        for name, _, _, data in self._tensors:
            padding = b"\0" * (-len(data) % self.alignment)
            pieces.append(Piece(f"data {name}", data))
            pieces.append(Piece(f"data {name}/padding", padding))
        return pieces

    def to_bytes(self) -> bytes:
        return b"".join(piece.data for piece in self.pieces())

    def write(self, path: Path | str) -> None:
        Path(path).write_bytes(self.to_bytes())


# ---------------------------------------------------------------------------
# Reading


@dataclass
class Tensor:
    name: str
    # Slowest dimension first, as NumPy has it.
    shape: tuple[int, ...]
    tensor_type: TensorType
    data: bytes | memoryview

    def decode(self, i2s_group: int = 128) -> np.ndarray:
        """The weights as float32 of the tensor's shape."""
        return decode(self.data, self.tensor_type, i2s_group).reshape(self.shape)


def data_size(tensor_type: TensorType, count: int) -> int:
    """Bytes of `count` elements."""
    elements, size = {
        TensorType.F32: (1, 4), TensorType.F16: (1, 2), TensorType.BF16: (1, 2),
        TensorType.Q8_0: (32, 34), TensorType.Q6_K: (256, 210),
        TensorType.TQ1_0: (256, 54), TensorType.TQ2_0: (256, 66),
        TensorType.I2_S: (4, 1)}[tensor_type]
    tail = I2_S_TAIL_BYTES if tensor_type == TensorType.I2_S else 0
    return count // elements * size + tail


class GgufReader:
    """Metadata (`fields`) and tensors (`tensors`) by name. Trusts the file,
    which is mapped."""

    def __init__(self, path: Path | str):
        with open(path, "rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._at = 0
        if self._take(4) != b"GGUF" or self._number("<I") not in (2, 3):
            raise ValueError(f"{path}: not a little-endian GGUF 2 or 3 file")
        tensor_count = self._number("<Q")
        entry_count = self._number("<Q")
        self.fields = {}
        for _ in range(entry_count):
            key = self._string()
            self.fields[key] = self._value(ValueType(self._number("<I")))
        infos = []
        for _ in range(tensor_count):
            name = self._string()
            dimensions = self._number("<I")
            shape = tuple(self._number("<Q") for _ in range(dimensions))[::-1]
            tensor_type = TensorType(self._number("<I"))
            infos.append((name, shape, tensor_type, self._number("<Q")))
        alignment = self.fields.get("general.alignment", 32)
        base = self._at + -self._at % alignment
        self.tensors = {}
        for name, shape, tensor_type, offset in infos:
            size = data_size(tensor_type, int(np.prod(shape)))
            start = base + offset
            data = memoryview(self._data)[start:start + size]
            self.tensors[name] = Tensor(name, shape, tensor_type, data)

    def _take(self, size: int) -> bytes:
        self._at += size
        return self._data[self._at - size:self._at]

    def _number(self, scalar_format: str):
        return struct.unpack(scalar_format,
                             self._take(struct.calcsize(scalar_format)))[0]

    def _string(self) -> str:
        # Tokens of real vocabularies need not be UTF-8.
        return self._take(self._number("<Q")).decode(errors="replace")

    def _value(self, value_type: ValueType):
        if value_type == ValueType.STRING:
            return self._string()
        if value_type == ValueType.ARRAY:
            element_type = ValueType(self._number("<I"))
            return [self._value(element_type)
                    for _ in range(self._number("<Q"))]
        return self._number(SCALAR_FORMATS[value_type])
