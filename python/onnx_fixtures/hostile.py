# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Files that are no models, each with a part of the message it must give."""

from __future__ import annotations

import struct

from onnx_fixtures.valid import LARGE, WEIGHT, X, Y
from onnx_fixtures.wire import (
    BFLOAT16, COMPLEX64, FLOAT, INT64, INT8, STRING, attribute, external,
    field, floats, function, graph, int64s, int_attribute, model, node, opset,
    reference, repeated, tensor, value_info, varint)

ADD = node("Add", ["x", "w"], ["y"], "add")
RELU = node("Relu", ["x"], ["y"], "relu")


def of_tensor(*fields: bytes) -> bytes:
    """A model whose weight `w` has these fields too; the last of one number
    counts."""
    return model(graph([ADD], [X], [Y], [tensor("w", [4], FLOAT, None, *fields)]))


def of_data(**entries: int | str) -> bytes:
    """A model whose weight is in a file."""
    return of_tensor(external(**entries))


def of_nodes(*nodes: bytes, inputs: tuple[bytes, ...] = (X,),
             initializers: tuple[bytes, ...] = (WEIGHT,)) -> bytes:
    return model(graph(nodes, inputs, [Y], initializers))


def of_input(*dims: int | str) -> bytes:
    return of_nodes(RELU, inputs=(value_info("x", FLOAT, dims),))


def of_attribute(*attributes: bytes) -> bytes:
    return of_nodes(node("Relu", ["x"], ["y"], "relu", attributes))


def of_functions(*functions: bytes, call: bytes | None = None) -> bytes:
    call = call or node("f", ["x"], ["y"], "call", domain="local")
    return model(graph([call], [X], [Y]), [opset(18), opset(1, "local")],
                 functions)


def calls(name: str, callee: str, times: int = 1) -> bytes:
    """A function that calls another on its own result."""
    values = ["a", *(f"v{i}" for i in range(1, times)), "b"]
    return function(name, ["a"], ["b"], [
        node(callee, [before], [after], domain="local")
        for before, after in zip(values, values[1:])])


def nested_types(depth: int) -> bytes:
    """The type of a sequence of sequences of ..."""
    kind = field(1, field(1, FLOAT))
    for _ in range(depth):
        kind = field(4, field(1, kind))
    return kind


RELU_FUNCTION = function("f", ["a"], ["b"], [node("Relu", ["a"], ["b"], "r")])
DOUBLING = [calls(f"f{i}" if i else "f", f"f{i + 1}", 2) for i in range(40)]
CHAIN = [calls(f"f{i}" if i else "f", f"f{i + 1}") for i in range(100)]
EMPTY_LEAF = function("f40", ["a"], ["a"], [])
LEAF = function("f40", ["a"], ["b"], [node("Relu", ["a"], ["b"])])
CHAIN_LEAF = function("f100", ["a"], ["b"], [node("Relu", ["a"], ["b"])])

# File name: its bytes, a part of the message.
FILES = {
    "empty": (b"", "expects an ONNX file, found an empty file"),
    "text": (b"This is no model.\n",
             "expects an ONNX file, found something else or a part of one"),
    "zeros": (bytes(100),
              "expects an ONNX file, found something else or a part of one"),
    "no-ir-version": (model(graph([RELU], [X], [Y]))[2:],
                      "expects an ONNX file of IR version 3 or later, found "
                      "none"),
    "ir-version-2": (model(graph([RELU], [X], [Y]), ir_version=2),
                     "IR version 3 or later, found 2"),
    "ir-version-negative": (model(graph([RELU], [X], [Y]), ir_version=-1),
                            "IR version 3 or later, found -1"),
    "no-graph": (field(1, 9) + field(8, opset(18)), "expects a graph, found"),
    "opset-0": (model(graph([RELU], [X], [Y]), [opset(0)]),
                "expects version 1 to 25 of the standard operators, found 0"),
    "opset-26": (model(graph([RELU], [X], [Y]), [opset(26)]),
                 "expects version 1 to 25 of the standard operators, found 26"),
    "opset-none": (model(graph([RELU], [X], [Y]), []),
                   "node 'relu': expects a version of the standard operators "
                   "among the imports, found none"),
    "opset-twice": (model(graph([RELU], [X], [Y]), [opset(18), opset(19)]),
                    "expects one version among the imports, found 18 and 19"),
    "opset-negative": (model(graph([RELU], [X], [Y]),
                             [opset(18), opset(-1, "other")]),
                       "operators 'other': expects a positive version, found "
                       "-1"),
}

TENSORS = {
    "element-string": (of_tensor(field(2, STRING)),
                       "tensor 'w': expects elements of a number type or BOOL, "
                       "found STRING"),
    "element-complex": (of_tensor(field(2, COMPLEX64)), "found COMPLEX64"),
    "element-undefined": (of_tensor(field(2, 0)), "found UNDEFINED"),
    "element-unknown": (of_tensor(field(2, 27)),
                        "tensor 'w': expects elements of a number type or "
                        "BOOL, found element type 27"),
    "element-negative": (of_tensor(field(2, -1)), "found element type -1"),
    "size-negative": (of_tensor(field(1, -4)),
                      "tensor 'w': expects sizes that are not negative, found "
                      "shape [4, -4]"),
    "size-least": (of_tensor(field(1, -1 << 63)), "not negative, found shape"),
    "size-huge": (of_tensor(field(1, (1 << 63) - 1)),
                  "tensor 'w': expects fewer elements, found shape [4, "),
    "size-huge-and-0": (of_tensor(repeated(1, [1 << 62, 1 << 62, 0])),
                        "expects fewer elements, found shape"),
    "size-wraps": (of_tensor(repeated(1, [1 << 31, 1 << 31])),
                   "expects fewer elements, found shape"),
    "size-large": (of_tensor(field(1, 1 << 40)),
                   "tensor 'w': expects 17592186044416 bytes of data for its "
                   "shape, found 0"),
    "rank-65": (of_tensor(repeated(1, [1] * 64)),
                "expects at most 64 dimensions, found 65"),
    "raw-short": (of_tensor(field(9, bytes(15))),
                  "tensor 'w': expects 16 bytes of data for its shape, found "
                  "15"),
    "raw-long": (of_tensor(field(9, bytes(17))), "16 bytes of data"),
    "typed-short": (of_tensor(repeated(4, [1.0] * 3)),
                    "expects 16 bytes of data for its shape, found 12"),
    "typed-wrong-field": (of_tensor(repeated(5, [1] * 4)),
                          "expects 16 bytes of data for its shape, found 0"),
    "typed-too-wide": (of_tensor(field(2, INT8), repeated(5, [1, 2, 3, 300])),
                       "tensor 'w': expects elements of 8 bits, found 300 in "
                       "entry 3 of the data"),
    "data-twice": (of_tensor(field(9, bytes(16)), repeated(4, [1.0] * 4)),
                   "expects data in one field, found it in several"),
    "data-none": (of_tensor(), "for its shape, found 0"),
    "segment": (of_tensor(field(3, field(1, 0)), field(9, bytes(16))),
                "expects a whole tensor, found a segment"),
    "sparse": (model(graph([ADD], [X], [Y], [],
                           field(15, field(1, WEIGHT)))),
               "tensor 'w': expects dense data, found a sparse tensor"),
    "attribute-tensor": (
        of_attribute(attribute("value", 4, field(
            5, tensor("t", [3], FLOAT, bytes(4))))),
        "node 'relu': attribute 'value': expects 12 bytes of data for its "
        "shape, found 4"),
}

# outside.bin has 8203 bytes.
EXTERNAL = {
    "outside-parent": (of_data(location="../outside.bin"),
                       "tensor 'w': expects external data in the folder of the "
                       "model, found '../outside.bin'"),
    "outside-hidden-parent": (of_data(location="sub/../../outside.bin"),
                              "expects external data in the folder"),
    "outside-absolute": (of_data(location="/etc/passwd"),
                         "expects external data in the folder of the model, "
                         "found '/etc/passwd'"),
    "outside-link": (of_data(location="link.bin"),
                     "expects external data in the folder of the model, found "
                     "'link.bin'"),
    "outside-linked-folder": (of_data(location="linked/outside.bin"),
                              "expects external data in the folder"),
    "outside-nul": (of_data(location="outside.bin\0.txt"),
                    "expects external data in the folder"),
    "outside-nothing": (of_data(offset=0),
                        "expects external data in the folder of the model, "
                        "found ''"),
    "outside-missing": (of_data(location="missing.bin"),
                        "cannot read external data"),
    "outside-folder": (of_data(location="."), "expects"),
    "outside-offset-end": (of_data(location="outside.bin", offset=8190),
                           "expects 16 bytes at offset 8190 of external data "
                           "'outside.bin', which has"),
    "outside-offset-wraps": (of_data(location="outside.bin",
                                     offset=(1 << 64) - 8),
                             "expects 16 bytes at offset 18446744073709551608"),
    "outside-offset-huge": (of_data(location="outside.bin", offset=1 << 64),
                            "expects a number of bytes as offset of external "
                            "data, found '18446744073709551616'"),
    "outside-offset-negative": (of_data(location="outside.bin", offset=-16),
                                "expects a number of bytes as offset"),
    "outside-length-text": (of_data(location="outside.bin", length="all"),
                            "expects a number of bytes as length of external "
                            "data, found 'all'"),
    "outside-length-wrong": (of_data(location="outside.bin", length=20),
                             "expects 16 bytes of external data, found length "
                             "20"),
    "outside-and-inside": (
        of_tensor(field(9, bytes(16)), external(location="outside.bin")),
        "expects external data only, found data in the file too"),
}

VALUES = {
    "input-undefined": (of_nodes(node("Add", ["x", "nowhere"], ["y"], "add")),
                        "node 'add': reads 'nowhere', which nothing defines"),
    "input-unnamed-node": (of_nodes(node("Add", ["x", "nowhere"], ["y"])),
                           "node 'Add#0': reads 'nowhere', which nothing"),
    "output-undefined": (of_nodes(node("Relu", ["x"], ["z"])),
                         "output 'y': expects a value, which nothing defines"),
    "outputs-none": (model(graph([RELU], [X], [])),
                     "expects a graph with outputs, found none"),
    "output-twice": (of_nodes(RELU, node("Abs", ["x"], ["y"], "abs")),
                     "value 'y': expects one definition, found another by node "
                     "'abs'"),
    "output-twice-in-node": (of_nodes(node("Relu", ["x"], ["y", "y"], "relu")),
                             "value 'y': expects one definition, found another "
                             "by node 'relu'"),
    "output-is-input": (of_nodes(node("Relu", ["x"], ["x"], "relu")),
                        "value 'x': expects one definition, found another by "
                        "node 'relu'"),
    "initializer-twice": (of_nodes(ADD, initializers=(WEIGHT, WEIGHT)),
                          "value 'w': expects one definition, found another by "
                          "an initializer"),
    "initializer-unnamed": (of_nodes(RELU, initializers=(
        floats("", [1], [1]),)), "expects tensors with names"),
    "input-twice": (of_nodes(RELU, inputs=(X, X)),
                    "input 'x': expects one definition, found another"),
    "input-unnamed": (of_nodes(RELU, inputs=(
        X, value_info("", FLOAT, [1]))), "expects inputs with names"),
    "cycle-1": (of_nodes(node("Add", ["x", "y"], ["y"], "loop")),
                "expects a graph without cycles, found that 'loop' reads from "
                "'loop'"),
    "cycle-3": (of_nodes(
        node("Relu", ["c"], ["a"], "one"), node("Relu", ["a"], ["b"], "two"),
        node("Relu", ["b"], ["c"], "three"), node("Relu", ["c"], ["y"], "last")),
        "expects a graph without cycles, found that 'one' reads from 'three' "
        "reads from 'two' reads from 'one'"),
    "cycle-long": (of_nodes(*(
        node("Relu", [f"v{(i + 1) % 50}"], [f"v{i}"]) for i in range(50)), RELU),
        "reads from ..."),
}

INPUTS = {
    "dimension-negative": (of_input(-1, 4),
                           "input 'x': expects sizes that are not negative, "
                           "found -1"),
    "dimension-huge": (of_input(1 << 41),
                       "input 'x': expects at most 2^40 elements"),
    "dimensions-huge": (of_input("n", 1 << 62, 1 << 62),
                        "input 'x': expects at most 2^40 elements"),
    "input-rank-65": (of_input(*[1] * 65),
                      "input 'x': expects at most 64 dimensions, found 65"),
    "input-rank-unknown": (of_nodes(RELU, inputs=(
        value_info("x", FLOAT, None),)),
        "input 'x': expects a number of dimensions, found none"),
    "input-string": (of_nodes(RELU, inputs=(value_info("x", STRING, [1]),)),
                     "input 'x': expects elements of a number type or BOOL, "
                     "found STRING"),
    "input-sequence": (of_nodes(RELU, inputs=(
        field(1, "x") + field(2, nested_types(1)),)),
        "input 'x': expects a tensor, found a sequence"),
    "input-untyped": (of_nodes(RELU, inputs=(field(1, "x"),)),
                      "input 'x': expects a tensor, found no type"),
    "type-nested": (of_nodes(RELU, inputs=(
        field(1, "x") + field(2, nested_types(5000)),)),
        "found something else or a part of one"),
    "output-type": (model(graph([RELU], [X], [
        value_info("y", INT64, ["batch", 4])])),
        "output 'y': expects elements of type INT64 as declared, found "
        "tensor<?x4xf32>"),
    "output-rank": (model(graph([RELU], [X], [value_info("y", FLOAT, [4])])),
                    "output 'y': expects 1 dimensions as declared, found "
                    "tensor<?x4xf32>"),
    "output-sequence": (model(graph([RELU], [X], [
        field(1, "y") + field(2, nested_types(1))])),
        "output 'y': expects a tensor, found a sequence"),
}

NODES = {
    "operators-unsupported": (of_nodes(
        node("Florp", ["x"], ["a"], "first"), node("Relu", ["a"], ["b"]),
        node("If", ["b"], ["c"], "choice", [
            attribute("then_branch", 5, field(6, graph([RELU], [], [Y])))]),
        node("Florp", ["c"], ["d"]),
        node("Scaler", ["d"], ["y"], "scaler", domain="ai.onnx.ml"),
    )[:-len(field(8, opset(18)))] + repeated(8, [
        opset(18), opset(3, "ai.onnx.ml")]),
        "expects supported operators, found Florp ('first', 'Florp#3'), If "
        "('choice'), ai.onnx.ml.Scaler ('scaler')"),
    "operator-none": (of_nodes(node("", ["x"], ["y"], "none")),
                      "node 'none': expects an operator"),
    "domain-not-imported": (of_nodes(
        node("Gelu", ["x"], ["y"], "gelu", domain="com.microsoft")),
        "node 'gelu': expects a version of the operators 'com.microsoft' among "
        "the imports, found none"),
    "attribute-twice": (of_attribute(int_attribute("a", 1),
                                     int_attribute("a", 2)),
                        "node 'relu': expects attribute 'a' once"),
    "attribute-reference": (of_attribute(reference("a", "b", 2)),
                            "node 'relu': expects a value of attribute 'a', "
                            "found a reference outside a function"),
    "attribute-name": (of_attribute(int_attribute("a.b", 1)),
                       "node 'relu': attribute 'a.b': expects the name of an "
                       "attribute of an operator"),
    "attribute-unnamed": (of_attribute(int_attribute("", 1)),
                          "node 'relu': attribute '': expects the name"),
    "attribute-op-type": (of_attribute(attribute("op_type", 3, field(4, "x"))),
                          "node 'relu': attribute 'op_type': expects the name"),
    "attribute-sparse": (of_attribute(attribute("a", 11, field(22, b""))),
                         "expects supported operators, found Relu ('relu')"),
    "constant-empty": (of_nodes(node("Constant", [], ["y"], "c")),
                       "node 'c': expects one attribute of a Constant"),
    "constant-string": (of_nodes(node("Constant", [], ["y"], "c", [
        attribute("value_string", 3, field(4, "text"))])),
        "node 'c': expects numbers as value of a Constant, found attribute "
        "'value_string'"),
    "constant-inputs": (of_nodes(node("Constant", ["x"], ["y"], "c", [
        int_attribute("value_int", 1)])),
        "node 'c': expects one output and no input of a Constant"),
    "shapes-differ": (of_nodes(ADD, initializers=(
        floats("w", [3], [1, 2, 3]),)), "node 'add': Add: "),
    "shape-unknown": (of_nodes(
        node("Reshape", ["x", "s"], ["y"], "reshape"),
        inputs=(X, value_info("s", INT64, [2]))), "node 'reshape': Reshape: "),
    "reshape-negative": (of_nodes(
        node("Reshape", ["x", "s"], ["y"], "reshape"),
        initializers=(int64s("s", [2], [-1, -4]),)),
        "node 'reshape': Reshape: "),
    "reshape-huge": (of_nodes(
        node("Reshape", ["x", "s"], ["y"], "reshape"),
        initializers=(int64s("s", [3], [1 << 62, 1 << 62, 4]),)),
        "node 'reshape': Reshape: "),
}

FUNCTIONS = {
    "function-recursive": (of_functions(calls("f", "g"), calls("g", "f")),
                           "node 'call/g#0/f#0': expects functions that do not "
                           "call themselves, found 'f'"),
    "function-chain": (of_functions(*CHAIN, CHAIN_LEAF),
                       "expects functions in at most 64 others"),
    "function-doubling": (of_functions(*DOUBLING, LEAF),
                          "expects functions that make at most 1048576 nodes"),
    "function-doubling-nothing": (
        of_functions(*DOUBLING, EMPTY_LEAF),
        "expects functions that make at most 1048576 nodes"),
    "function-twice": (of_functions(RELU_FUNCTION, RELU_FUNCTION),
                       "function 'f': expects one definition, found several"),
    "function-inputs-twice": (
        of_functions(function("f", ["a", "a"], ["a"], [])),
        "function 'f': expects inputs of different names, found 'a' twice"),
    "function-many-inputs": (
        of_functions(RELU_FUNCTION, call=node(
            "f", ["x", "x"], ["y"], "call", domain="local")),
        "node 'call': expects at most 1 inputs and 1 outputs of function 'f', "
        "found 2 and 1"),
    "function-undefined": (
        of_functions(function("f", ["a"], ["b"], [
            node("Add", ["a", "x"], ["b"], "add")])),
        "node 'call/add': reads 'x', which nothing defines"),
    "function-no-output": (of_functions(function("f", ["a"], ["b"], [])),
                           "function 'f': expects output 'b', which nothing "
                           "defines"),
    "function-input-left-out": (
        of_functions(function("f", ["a"], ["a"], []), call=node(
            "f", [], ["y"], "call", domain="local")),
        "function 'f': expects output 'a', which nothing defines"),
    "function-cycle": (
        of_functions(function("f", ["a"], ["a"], []), call=node(
            "f", ["y"], ["y"], "call", domain="local")),
        "value 'y': expects a definition, found only itself"),
    "function-default": (of_functions(RELU_FUNCTION + field(11, b"\xff")),
                         "function 'f': expects attributes with their values"),
}

HOSTILE = {**FILES, **TENSORS, **EXTERNAL, **VALUES, **INPUTS, **NODES,
           **FUNCTIONS}
