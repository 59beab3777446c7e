# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads tensors from files of onnx.TensorProto, the form in which ONNX's tests
store inputs and outputs, with NumPy alone.

Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, in the wire
format of protocol buffers (https://protobuf.dev/programming-guides/encoding).
"""

import struct
from dataclasses import dataclass

import numpy as np

# TensorProto.DataType: NumPy's type of an element, where there is one. Narrow
# floats are kept as their bits, narrow integers one to a byte.
ELEMENT_TYPES = {
    1: np.float32,
    2: np.uint8,
    3: np.int8,
    4: np.uint16,
    5: np.int16,
    6: np.int32,
    7: np.int64,
    9: np.bool_,
    10: np.float16,
    11: np.float64,
    12: np.uint32,
    13: np.uint64,
    16: np.uint16,  # BFLOAT16
    17: np.uint8,  # FLOAT8E4M3FN
    18: np.uint8,  # FLOAT8E4M3FNUZ
    19: np.uint8,  # FLOAT8E5M2
    20: np.uint8,  # FLOAT8E5M2FNUZ
    21: np.uint8,  # UINT4
    22: np.int8,  # INT4
    25: np.uint8,  # UINT2
    26: np.int8,  # INT2
}
PACKED_BITS = {21: 4, 22: 4, 25: 2, 26: 2}
SIGNED_PACKED = (22, 26)


class UnsupportedTensor(Exception):
    """A value that is no tensor of numbers: strings, sequences, optionals."""


@dataclass
class NamedTensor:
    name: str
    element_type: int
    values: np.ndarray


def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7


def read_fields(data):
    """Yields (number, value) of a message: ints, or bytes."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(data, at)
        elif kind == 1:
            value, at = data[at:at + 8], at + 8
        elif kind == 2:
            size, at = _varint(data, at)
            value, at = data[at:at + size], at + size
        elif kind == 5:
            value, at = data[at:at + 4], at + 4
        else:
            raise UnsupportedTensor(f"wire type {kind}")
        yield tag >> 3, value


def read_integers(values):
    """Repeated varints, packed or not, as signed 64-bit integers."""
    for value in values:
        if isinstance(value, int):
            numbers = [value]
        else:
            numbers, at = [], 0
            while at < len(value):
                number, at = _varint(value, at)
                numbers.append(number)
        for number in numbers:
            yield number - (1 << 64) if number >= 1 << 63 else number


def _unpack(raw, bits, signed, count):
    """Elements of 4 or 2 bits, the first in the low bits of a byte."""
    per_byte = 8 // bits
    data = np.frombuffer(raw, np.uint8)
    codes = (data[:, None] >> (np.arange(per_byte) * bits)) & ((1 << bits) - 1)
    codes = codes.reshape(-1)[:count].astype(np.int8)
    if signed:
        codes = np.where(codes >= 1 << (bits - 1), codes - (1 << bits), codes)
        return codes.astype(np.int8)
    return codes.astype(np.uint8)


def parse_tensor(data):
    """The NamedTensor that a serialised TensorProto holds."""
    fields = {}
    for number, value in read_fields(data):
        fields.setdefault(number, []).append(value)
    dims = list(read_integers(fields.get(1, [])))
    element_type = fields.get(2, [0])[0]
    name = bytes(fields.get(8, [b""])[0]).decode("utf-8", "replace")
    if element_type not in ELEMENT_TYPES:
        raise UnsupportedTensor(f"element type {element_type}")
    dtype = np.dtype(ELEMENT_TYPES[element_type])
    count = int(np.prod(dims, dtype=np.int64))
    bits = PACKED_BITS.get(element_type)
    if 9 in fields:
        raw = bytes(fields[9][0])
        values = (_unpack(raw, bits, element_type in SIGNED_PACKED, count)
                  if bits else np.frombuffer(raw, dtype))
    elif element_type == 1:
        values = np.frombuffer(b"".join(fields.get(4, [])), "<f4")
    elif element_type == 11:
        values = np.frombuffer(b"".join(fields.get(10, [])), "<f8")
    else:
        # int32_data, int64_data or uint64_data; narrow types by their bits.
        numbers = list(read_integers(
            fields.get(5, []) + fields.get(7, []) + fields.get(11, [])))
        if bits:
            raw = bytes(number & 0xFF for number in numbers)
            values = _unpack(raw, bits, element_type in SIGNED_PACKED, count)
        elif dtype == np.float16:
            values = np.array(numbers, np.int64).astype(np.uint16).view(dtype)
        else:
            values = np.array(numbers, np.int64).astype(dtype)
    return NamedTensor(name, element_type, values.reshape(dims).astype(dtype))


def read_tensor(path):
    """Reads a file of one TensorProto. Raises UnsupportedTensor."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        return parse_tensor(data)
    except (ValueError, IndexError, struct.error, TypeError) as error:
        raise UnsupportedTensor(f"no tensor: {error}") from error
