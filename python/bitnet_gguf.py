# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads and writes GGUF files with NumPy, for tests and synthetic models.

Shares no code with the compiler, so that the one can check the other. The
bytes of tensors are made by bitnet_tensors.py.

    writer = GgufWriter()
    writer.add("general.architecture", "bitnet-b1.58")
    writer.add_tensor("output_norm.weight", norm, TensorType.F32)
    writer.add_tensor("blk.0.attn_q.weight", Ternary(trits, 0.5), TensorType.I2_S)
    writer.write(path)  # tensors of add_tensor_blocks are made on the way
    file = GgufReader(path)
    file.tensors["output_norm.weight"].decode()
"""

from __future__ import annotations

import errno
import mmap
import os
import struct
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import Callable, Iterable, Iterator

import numpy as np

from bitnet_tensors import (Binary, TensorType, Ternary, data_size, decode, encode,
                            encode_blocks)


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


# ---------------------------------------------------------------------------
# Writing


@dataclass
class Piece:
    """A field of the file. Labels are unique; tests damage fields by label."""
    label: str
    data: bytes


def _string_pieces(label: str, text: str | bytes) -> list[Piece]:
    data = (text.encode(errors="surrogateescape") if isinstance(text, str)
            else text)
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


@dataclass
class StoredTensor:
    """A tensor to be written."""
    name: str
    shape: tuple[int, ...]
    tensor_type: int
    size: int
    # The bytes, part by part; may be called many times.
    parts: Callable[[], Iterable[bytes]]


class GgufWriter:
    """Collects metadata and tensors; the file is version 3."""

    def __init__(self, alignment: int = 32):
        self.alignment = alignment
        self._entries: list[tuple[str, list[Piece]]] = []
        self.tensors: list[StoredTensor] = []
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
        return [tensor.name for tensor in self.tensors]

    def remove(self, key: str) -> None:
        self._entries = [entry for entry in self._entries if entry[0] != key]

    def replace(self, key: str, value,
                value_type: ValueType | None = None) -> None:
        """Gives a key another value; the order of the entries changes."""
        self.remove(key)
        self.add(key, value, value_type)

    def add_tensor(self, name: str, data: np.ndarray | Ternary | Binary,
                   tensor_type: TensorType, i2s_group: int = 128) -> None:
        """`data` is [M, K] or [K]."""
        self.add_raw_tensor(name, data.shape, tensor_type,
                            encode(data, tensor_type, i2s_group))

    def add_raw_tensor(self, name: str, shape: tuple[int, ...],
                       tensor_type: int, data: bytes) -> None:
        self.tensors.append(StoredTensor(name, shape, tensor_type, len(data),
                                         lambda: [data]))

    def add_tensor_blocks(
            self, name: str, shape: tuple[int, ...], tensor_type: TensorType,
            blocks: Callable[[], Iterable[np.ndarray | Ternary]]) -> None:
        """A tensor too large to keep: `blocks` makes it when it is written, in
        blocks of rows as `encode_blocks` takes them. ValueError if the type
        cannot hold the shape."""
        try:
            size = data_size(tensor_type, shape)
        except ValueError as error:
            raise ValueError(f"tensor '{name}': {error}") from None
        self.tensors.append(StoredTensor(
            name, shape, tensor_type, size,
            lambda: encode_blocks(blocks(), tensor_type)))

    def remove_tensor(self, name: str) -> None:
        self.tensors = [t for t in self.tensors if t.name != name]

    def _padding(self, size: int) -> int:
        return -size % self.alignment

    def _header(self) -> list[Piece]:
        """All fields in front of the data."""
        pieces = [Piece("magic", b"GGUF"),
                  Piece("version", struct.pack("<I", 3)),
                  Piece("number of tensors",
                        struct.pack("<Q", len(self.tensors))),
                  Piece("number of entries",
                        struct.pack("<Q", len(self._entries)))]
        for _, entry in self._entries:
            pieces += entry
        offset = 0
        for tensor in self.tensors:
            label = f"tensor {tensor.name}"
            pieces += _string_pieces(label, tensor.name)
            pieces.append(Piece(f"{label}/dimensions",
                                struct.pack("<I", len(tensor.shape))))
            for index, extent in enumerate(reversed(tensor.shape)):
                pieces.append(Piece(f"{label}/extent {index}",
                                    struct.pack("<Q", extent)))
            pieces.append(Piece(f"{label}/type",
                                struct.pack("<I", tensor.tensor_type)))
            pieces.append(Piece(f"{label}/offset", struct.pack("<Q", offset)))
            offset += tensor.size + self._padding(tensor.size)
        size = sum(len(piece.data) for piece in pieces)
        pieces.append(Piece("padding", b"\0" * self._padding(size)))
        return pieces

    def pieces(self) -> list[Piece]:
        """All fields in the order of the file."""
        pieces = self._header()
        for tensor in self.tensors:
            pieces.append(Piece(f"data {tensor.name}",
                                b"".join(tensor.parts())))
            pieces.append(Piece(f"data {tensor.name}/padding",
                                b"\0" * self._padding(tensor.size)))
        return pieces

    def to_bytes(self) -> bytes:
        return b"".join(piece.data for piece in self.pieces())

    def size(self) -> int:
        """Bytes of the file."""
        return sum(len(piece.data) for piece in self._header()) + sum(
            tensor.size + self._padding(tensor.size)
            for tensor in self.tensors)

    def _parts(self) -> Iterator[bytes]:
        """The bytes of the file, part by part."""
        yield b"".join(piece.data for piece in self._header())
        for tensor in self.tensors:
            yield from tensor.parts()
            yield b"\0" * self._padding(tensor.size)

    def write_header(self, path: Path | str) -> None:
        """Writes a file of the full size without the data of tensors: it reads
        as zeros, and takes no room where files may have holes. OSError."""
        with open(path, "wb") as file:
            file.write(b"".join(piece.data for piece in self._header()))
            file.truncate(self.size())

    def write(self, path: Path | str,
              report: Callable[[int], None] = lambda written: None) -> None:
        """The file appears when it is whole; `report` hears how many bytes are
        written. OSError."""
        path = Path(path).resolve()
        if path.exists() and not path.is_file():
            raise OSError(errno.EINVAL, "expects a regular file", str(path))
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        written = 0
        with open(partial, "xb", buffering=0) as file:
            try:
                for part in self._parts():
                    # A raw file may take less than it is given.
                    rest = memoryview(part)
                    while rest:
                        count = file.write(rest)
                        rest = rest[count:]
                        written += count
                        report(written)
                os.replace(partial, path)
            except BaseException:
                partial.unlink()
                raise


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
        return decode(self.data, self.tensor_type, i2s_group,
                      self.shape[-1]).reshape(self.shape)


class GgufReader:
    """Metadata and tensors by name. Trusts the file, which is mapped.

    `fields` are values; `field_types` are their types, of arrays that of the
    elements.
    """

    def __init__(self, path: Path | str):
        with open(path, "rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._at = 0
        if self._take(4) != b"GGUF" or self._number("<I") not in (2, 3):
            raise ValueError(f"{path}: not a little-endian GGUF 2 or 3 file")
        self._tensor_count = self._number("<Q")
        self.fields, self.field_types = {}, {}
        for _ in range(self._number("<Q")):
            key = self._string()
            self.fields[key], self.field_types[key] = self._typed_value()

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        infos = []
        for _ in range(self._tensor_count):
            name = self._string()
            dimensions = self._number("<I")
            shape = tuple(self._number("<Q") for _ in range(dimensions))[::-1]
            tensor_type = TensorType(self._number("<I"))
            infos.append((name, shape, tensor_type, self._number("<Q")))
        alignment = self.fields.get("general.alignment", 32)
        base = self._at + -self._at % alignment
        tensors = {}
        for name, shape, tensor_type, offset in infos:
            start = base + offset
            end = start + data_size(tensor_type, shape, i2s_group=4)
            data = memoryview(self._data)[start:end]
            tensors[name] = Tensor(name, shape, tensor_type, data)
        return tensors

    def _take(self, size: int) -> bytes:
        self._at += size
        return self._data[self._at - size:self._at]

    def _number(self, scalar_format: str):
        return struct.unpack(scalar_format,
                             self._take(struct.calcsize(scalar_format)))[0]

    def _string(self) -> str:
        # Tokens of real vocabularies need not be UTF-8; the writer turns
        # surrogates back into bytes.
        return self._take(self._number("<Q")).decode(errors="surrogateescape")

    def _scalar(self, value_type: ValueType):
        if value_type == ValueType.STRING:
            return self._string()
        return self._number(SCALAR_FORMATS[value_type])

    def _typed_value(self) -> tuple:
        value_type = ValueType(self._number("<I"))
        if value_type != ValueType.ARRAY:
            return self._scalar(value_type), value_type
        value_type = ValueType(self._number("<I"))
        count = self._number("<Q")
        return [self._scalar(value_type) for _ in range(count)], value_type
