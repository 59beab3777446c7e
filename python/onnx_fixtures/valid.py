# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Small models that import."""

from __future__ import annotations

import struct

from onnx_fixtures.wire import (
    BFLOAT16, BOOL, DOUBLE, FLOAT, FLOAT16, FLOAT4E2M1, FLOAT8E4M3FN, INT2,
    INT32, INT4, INT64, INT8, UINT2, UINT32, UINT4, UINT8, attribute, external,
    field, floats, function, graph, int64s, int_attribute, model, node, opset,
    reference, repeated, tensor, value_info)

X = value_info("x", FLOAT, ["batch", 4])
Y = value_info("y", FLOAT, ["batch", 4])
WEIGHT = floats("w", [4], [1, 2, 3, 4])
LARGE = floats("large", [32, 32], range(1024))


def constant(name: str, output: str, value: bytes) -> bytes:
    return node("Constant", [], [output], name, [value])


def add() -> bytes:
    """A named node, an unnamed one, and one that no output needs."""
    return model(graph(
        [node("Add", ["x", "w"], ["sum"], "/net/Add"),
         node("Relu", ["sum"], ["y"]),
         node("Unused", ["x"], ["nothing"])], [X], [Y], [WEIGHT]))


def unsorted() -> bytes:
    """Nodes in front of what they read, as no file should have them."""
    return model(graph(
        [node("Relu", ["b"], ["y"], "last"), node("Abs", ["a"], ["b"], "middle"),
         node("Add", ["x", "w"], ["a"], "first")], [X], [Y], [WEIGHT]))


def dimensions() -> bytes:
    """One name for equal sizes, sizes without one, and a name that is what the
    importer would call another."""
    return model(graph(
        [node("Reshape", ["x", "flat"], ["y"], "Reshape")],
        [value_info("x", FLOAT, ["batch", "", 4]),
         value_info("z", FLOAT, ["batch", "x_dim1"])],
        [value_info("y", FLOAT, ["anything"])], [int64s("flat", [1], [-1])]))


def elements() -> bytes:
    """Tensors of all element types, in all places but external data."""
    def raw(element: int, dims: list[int], data: bytes):
        return element, dims, [field(9, data)]

    def int32_data(element: int, dims: list[int], values: list[int]):
        return element, dims, [repeated(5, values)]

    tensors = {
        "float_raw": raw(FLOAT, [2], struct.pack("<2f", 1, -2)),
        "float_typed": (FLOAT, [2], [repeated(4, [1.0, -2.0])]),
        # The same packed into one field, as libraries write them.
        "float_packed": (FLOAT, [2], [field(4, struct.pack("<2f", 1, -2))]),
        "double_raw": raw(DOUBLE, [1], struct.pack("<d", 0.1)),
        "half_typed": int32_data(FLOAT16, [2], [0x3C00, 0xBC00]),
        "bfloat_typed": int32_data(BFLOAT16, [1], [0x3F80]),
        "bool_typed": int32_data(BOOL, [3], [1, 0, 1]),
        "bool_raw": raw(BOOL, [2], b"\1\0"),
        "int8_typed": int32_data(INT8, [2], [-128, 127]),
        "uint8_raw": raw(UINT8, [2], b"\x00\xff"),
        "int32_typed": int32_data(INT32, [2], [-5, 7]),
        "int64_typed": (INT64, [1], [repeated(7, [-1])]),
        "uint32_typed": (UINT32, [1], [repeated(11, [4294967295])]),
        "float8_raw": raw(FLOAT8E4M3FN, [2], b"\x38\xb8"),
        "float4_raw": raw(FLOAT4E2M1, [2], b"\xa2"),
        "int4_raw": raw(INT4, [3], b"\x1f\x07"),
        "uint4_typed": int32_data(UINT4, [3], [0x1F, 0x07]),
        "int2_raw": raw(INT2, [5], b"\xe4\x03"),
        "uint2_raw": raw(UINT2, [5], b"\xe4\x03"),
        "empty": (INT64, [0], []),
        "scalar": (FLOAT, [], [repeated(4, [7.0])]),
    }
    return model(graph(
        [], [], [value_info(name, element, dims)
                 for name, (element, dims, _) in tensors.items()],
        [tensor(name, dims, element, None, *data)
         for name, (element, dims, data) in tensors.items()]), ir_version=13)


def constants() -> bytes:
    """All spellings of Constant, and one tensor that is too large to copy."""
    five = attribute("value", 4, field(5, floats("", [1], [5])))
    spellings = {
        "tensor": (five, FLOAT, [1]),
        "float": (attribute("value_float", 1, field(2, 1.5)), FLOAT, []),
        "floats": (attribute("value_floats", 6, field(7, 1.5), field(7, 2.5)),
                   FLOAT, [2]),
        "int": (int_attribute("value_int", -3), INT64, []),
        "ints": (attribute("value_ints", 7, field(8, 4), field(8, 5)),
                 INT64, [2]),
    }
    return model(graph(
        [constant(f"/{name}", name, value)
         for name, (value, _, _) in spellings.items()], [],
        [value_info(name, element, dims)
         for name, (_, element, dims) in spellings.items()]
        + [value_info("large", FLOAT, [32, 32])], [LARGE]))


def attributes() -> bytes:
    """Attributes of all kinds, on an operator that ignores them."""
    kinds = [attribute("one_float", 1, field(2, 0.5)),
             int_attribute("one_int", -7),
             attribute("one_string", 3, field(4, "text")),
             attribute("floats", 6, field(7, 1.0), field(7, 2.0)),
             attribute("ints", 7, field(8, 3), field(8, -4)),
             attribute("no_ints", 7),
             attribute("strings", 8, field(9, "a"), field(9, "b")),
             attribute("tensor", 4, field(5, floats("", [2], [1, 2]))),
             # Without a type, as old files have them.
             field(1, "old_int") + field(3, 9)]
    return model(graph([node("Relu", ["x"], ["y"], "Relu", kinds)], [X], [Y]))


def functions() -> bytes:
    """A function that calls another, with attributes that are given, left out
    and left to their defaults; one that returns what it was given; and two of
    one name."""
    cast = node("Cast", ["a"], ["b"], "cast", [reference("to", "to", 2)])
    convert = function("convert", ["a"], ["b"], [cast], ["to"])
    scale = function(
        "scale", ["a", "w"], ["b"],
        [node("Mul", ["a", "w"], ["m"], "mul"),
         node("convert", ["m"], ["b"], "convert",
              [reference("to", "type", 2)], "local")],
        defaults=[int_attribute("type", DOUBLE)])
    same = function("same", ["a"], ["a"], [])
    first = function("pick", ["a"], ["b"], [node("Relu", ["a"], ["b"], "r")],
                     overload="first")
    second = function("pick", ["a"], ["b"], [node("Abs", ["a"], ["b"], "a")],
                      overload="second")
    return model(graph(
        [node("scale", ["x", "w"], ["d"], "default", domain="local"),
         node("scale", ["x", "w"], ["f"], "given",
              [int_attribute("type", FLOAT)], "local"),
         node("same", ["f"], ["g"], "same", domain="local"),
         node("pick", ["g"], ["y"], "pick", domain="local",
              overload="second")],
        [X], [value_info("d", DOUBLE, ["batch", 4]), Y], [WEIGHT]),
        [opset(18), opset(1, "local")],
        [convert, scale, same, first, second])


def old() -> bytes:
    """IR version 3: initializers are inputs; and the standard domain by its
    name."""
    return model(graph(
        [node("Add", ["x", "w"], ["y"], "Add", domain="ai.onnx")],
        [X, value_info("w", FLOAT, [4])], [Y], [WEIGHT]),
        [opset(7, "ai.onnx")], ir_version=3)


def shape_input() -> bytes:
    """An input that decides a shape."""
    return model(graph(
        [node("Reshape", ["x", "shape"], ["y"], "Reshape")],
        [value_info("x", FLOAT, ["batch", 4]), value_info("shape", INT64, ["n"])],
        [value_info("y", FLOAT, ["a", "b"])]))


def outside() -> bytes:
    """Data in two places of a file, one of them at an odd offset."""
    return model(graph(
        [node("Add", ["x", "a"], ["s"], "Add"),
         node("Add", ["s", "b"], ["y"], "Add_1")],
        [value_info("x", FLOAT, ["batch", 1024])],
        [value_info("y", FLOAT, ["batch", 1024])],
        [tensor("a", [1024], FLOAT, None,
                external(location="outside.bin", offset=1, length=4096)),
         tensor("b", [1024], FLOAT, None,
                external(location="./outside.bin", offset=4100,
                         checksum="unread"))]))


OUTSIDE_DATA = (b"?" + struct.pack("<1024f", *range(1024)) + b"???"
                + struct.pack("<1024f", *range(1024)))

VALID = {
    "add": add(),
    "attributes": attributes(),
    "constants": constants(),
    "dimensions": dimensions(),
    "elements": elements(),
    "functions": functions(),
    "old": old(),
    "outside": outside(),
    "shape-input": shape_input(),
    "unsorted": unsorted(),
}
