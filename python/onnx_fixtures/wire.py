# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Messages of ONNX files in protobuf's encoding, as far as tests need them.

A message is bytes. The numbers of fields are those of onnx.proto; later fields
win where one is given twice, so that a wrong one may be added to a right
message.
"""

from __future__ import annotations

import struct
from typing import Iterable, Union

Value = Union[int, float, str, bytes]

FLOAT, UINT8, INT8, INT32, INT64, STRING, BOOL = 1, 2, 3, 6, 7, 8, 9
FLOAT16, DOUBLE, UINT32, COMPLEX64, BFLOAT16 = 10, 11, 12, 14, 16
FLOAT8E4M3FN, UINT4, INT4, FLOAT4E2M1, UINT2, INT2 = 17, 21, 22, 23, 25, 26


def varint(value: int) -> bytes:
    value %= 1 << 64
    result = bytearray()
    while value > 0x7F:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)


def field(number: int, value: Value) -> bytes:
    """An integer as varint, a float as 4 bytes, others with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def repeated(number: int, values: Iterable[Value]) -> bytes:
    return b"".join(field(number, value) for value in values)


def tensor(name: str, dims: Iterable[int], element: int, raw: bytes | None = None,
           *more: bytes) -> bytes:
    """`more` are fields such as typed or external data."""
    result = repeated(1, dims) + field(2, element) + field(8, name)
    if raw is not None:
        result += field(9, raw)
    return result + b"".join(more)


def floats(name: str, dims: Iterable[int], values: Iterable[float]) -> bytes:
    values = list(values)
    return tensor(name, dims, FLOAT, struct.pack(f"<{len(values)}f", *values))


def int64s(name: str, dims: Iterable[int], values: Iterable[int]) -> bytes:
    values = list(values)
    return tensor(name, dims, INT64, struct.pack(f"<{len(values)}q", *values))


def external(**entries: Value) -> bytes:
    """The fields that say that data is in a file."""
    return field(14, 1) + b"".join(
        field(13, field(1, key) + field(2, str(value)))
        for key, value in entries.items())


def value_info(name: str, element: int, dims: Iterable[int | str] | None
               ) -> bytes:
    """A dimension is a number, or a name, which may be empty."""
    kind = field(1, element)
    if dims is not None:
        shape = b""
        for dim in dims:
            if isinstance(dim, int):
                shape += field(1, field(1, dim))
            else:
                shape += field(1, field(2, dim) if dim else b"")
        kind += field(2, shape)
    return field(1, name) + field(2, field(1, kind))


def attribute(name: str, kind: int, *fields: bytes) -> bytes:
    return field(1, name) + b"".join(fields) + field(20, kind)


def int_attribute(name: str, value: int) -> bytes:
    return attribute(name, 2, field(3, value))


def reference(name: str, outer: str, kind: int) -> bytes:
    """In a function: the caller's attribute `outer`."""
    return attribute(name, kind, field(21, outer))


def node(op_type: str, inputs: Iterable[str], outputs: Iterable[str],
         name: str = "", attributes: Iterable[bytes] = (), domain: str = "",
         overload: str = "") -> bytes:
    result = repeated(1, inputs) + repeated(2, outputs)
    result += field(3, name) + field(4, op_type) + repeated(5, attributes)
    if domain:
        result += field(7, domain)
    return result + (field(8, overload) if overload else b"")


def opset(version: int, domain: str = "") -> bytes:
    return field(1, domain) + field(2, version)


def function(name: str, inputs: Iterable[str], outputs: Iterable[str],
             nodes: Iterable[bytes], attributes: Iterable[str] = (),
             defaults: Iterable[bytes] = (), domain: str = "local",
             overload: str = "", opsets: Iterable[bytes] = (opset(18),)
             ) -> bytes:
    return (field(1, name) + repeated(4, inputs) + repeated(5, outputs)
            + repeated(6, attributes) + repeated(7, nodes)
            + repeated(9, opsets) + field(10, domain) + repeated(11, defaults)
            + (field(13, overload) if overload else b""))


def graph(nodes: Iterable[bytes], inputs: Iterable[bytes],
          outputs: Iterable[bytes], initializers: Iterable[bytes] = (),
          *more: bytes) -> bytes:
    return (repeated(1, nodes) + field(2, "graph")
            + repeated(5, initializers) + repeated(11, inputs)
            + repeated(12, outputs) + b"".join(more))


def model(graph_message: bytes, opsets: Iterable[bytes] = (opset(18),),
          functions: Iterable[bytes] = (), ir_version: int = 9) -> bytes:
    return (field(1, ir_version) + field(7, graph_message)
            + repeated(8, opsets) + repeated(25, functions))
