# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads graphs from ONNX files that hold all of their weights, without
subgraphs, with NumPy alone.

Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from onnx_tensors import parse_tensor, read_fields, read_integers


@dataclass
class Node:
    type: str
    name: str
    inputs: list[str]  # "": absent
    outputs: list[str]
    attributes: dict[str, int | float | str | list[int] | np.ndarray] = field(
        default_factory=dict)

    def get(self, name: str, default=None):
        return self.attributes.get(name, default)


@dataclass
class OnnxGraph:
    """Nodes in an order in which they can be computed."""
    nodes: list[Node]
    initializers: dict[str, np.ndarray]
    inputs: list[str]
    outputs: list[str]


def _read_attribute(data: bytes):
    fields = {}
    for number, value in read_fields(data):
        fields.setdefault(number, []).append(value)
    kind = fields[20][0]
    if kind == 1:
        value = struct.unpack("<f", fields[2][0])[0]
    elif kind == 2:
        value = next(read_integers(fields.get(3, [0])))
    elif kind == 3:
        value = bytes(fields[4][0]).decode()
    elif kind == 4:
        value = parse_tensor(fields[5][0]).values
    elif kind == 7:
        value = list(read_integers(fields.get(8, [])))
    else:
        raise NotImplementedError(f"attribute of kind {kind}")
    return bytes(fields[1][0]).decode(), value


def _read_node(data: bytes) -> Node:
    node = Node("", "", [], [])
    for number, value in read_fields(data):
        if number == 1:
            node.inputs.append(bytes(value).decode())
        elif number == 2:
            node.outputs.append(bytes(value).decode())
        elif number == 3:
            node.name = bytes(value).decode()
        elif number == 4:
            node.type = bytes(value).decode()
        elif number == 5:
            name, attribute = _read_attribute(value)
            node.attributes[name] = attribute
    return node


def _read_name(data: bytes) -> str:
    """The name of a ValueInfoProto."""
    return next(bytes(value).decode() for number, value in read_fields(data)
                if number == 1)


def read_graph(path: Path | str) -> OnnxGraph:
    model = Path(path).read_bytes()
    data = next(value for number, value in read_fields(model) if number == 7)
    graph = OnnxGraph([], {}, [], [])
    for number, value in read_fields(data):
        if number == 1:
            graph.nodes.append(_read_node(value))
        elif number == 5:
            tensor = parse_tensor(value)
            graph.initializers[tensor.name] = tensor.values
        elif number == 11:
            graph.inputs.append(_read_name(value))
        elif number == 12:
            graph.outputs.append(_read_name(value))
    return graph
