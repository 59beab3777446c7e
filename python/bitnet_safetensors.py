# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads and writes safetensors files with NumPy, for tests.

Shares no code with the compiler, so that the one can check the other.

    write_safetensors(path, {"norm.weight": Stored("BF16", norm)})
    read_safetensors(path)["norm.weight"].values()
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# BF16 has no type of its own in NumPy: it is the upper half of F32.
NUMPY_TYPES = {"U8": "u1", "F16": "<f2", "BF16": "<u2", "F32": "<f4",
               "F64": "<f8", "I64": "<i8"}


def to_bf16_bits(values: np.ndarray) -> np.ndarray:
    """The nearest BF16, half to even."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


@dataclass
class Stored:
    """A tensor of a file: its type's name there, and its elements."""
    dtype: str
    array: np.ndarray

    def data(self) -> bytes:
        array = np.asarray(self.array)
        if self.dtype == "BF16":
            array = to_bf16_bits(array)
        return np.ascontiguousarray(array, NUMPY_TYPES[self.dtype]).tobytes()

    def values(self) -> np.ndarray:
        """The elements as the file rounds them: float32, or U8 as it is."""
        flat = np.frombuffer(self.data(), NUMPY_TYPES[self.dtype])
        if self.dtype == "BF16":
            flat = (flat.astype(np.uint32) << 16).view(np.float32)
        elif self.dtype != "U8":
            flat = flat.astype(np.float32)
        return flat.reshape(np.shape(self.array))


def write_safetensors(path: Path, tensors: dict[str, Stored]) -> None:
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        payload = tensor.data()
        header[name] = {"dtype": tensor.dtype,
                        "shape": list(np.shape(tensor.array)),
                        "data_offsets": [len(data), len(data) + len(payload)]}
        data += payload
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path: Path) -> dict[str, Stored]:
    data = path.read_bytes()
    begin = 8 + struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8:begin]).items():
        if name == "__metadata__":
            continue
        first, last = (begin + offset for offset in entry["data_offsets"])
        flat = np.frombuffer(data[first:last], NUMPY_TYPES[entry["dtype"]])
        if entry["dtype"] == "BF16":
            flat = (flat.astype(np.uint32) << 16).view(np.float32)
        tensors[name] = Stored(entry["dtype"], flat.reshape(entry["shape"]))
    return tensors


def read_folder(folder: Path) -> dict[str, Stored]:
    """All tensors of a folder of one file or of shards."""
    index = folder / "model.safetensors.index.json"
    names = {"model.safetensors"}
    if index.exists():
        names = set(json.loads(index.read_text())["weight_map"].values())
    tensors = {}
    for name in sorted(names):
        tensors |= read_safetensors(folder / name)
    return tensors


def pack_rows(trits: np.ndarray) -> np.ndarray:
    """How transformers packs the trits of BitLinear layers: 4 rows that are a
    quarter of the matrix apart to a row of uint8."""
    quarters = (trits + 1).astype(np.uint8).reshape(4, -1, trits.shape[1])
    shifts = np.array([0, 2, 4, 6], np.uint8).reshape(4, 1, 1)
    return np.bitwise_or.reduce(quarters << shifts, axis=0)


def unpack_rows(packed: np.ndarray) -> np.ndarray:
    """The trits of packed rows."""
    return np.concatenate([(packed >> shift & 3).astype(np.int8) - 1
                           for shift in (0, 2, 4, 6)])
