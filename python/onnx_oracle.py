# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Computes ONNX graphs, in double precision unless told otherwise, with NumPy
alone: what compiled graphs are compared with.

    oracle = Oracle(read_graph("model.onnx"))
    logits = oracle.run({"image": image})["logits"]

Rounding is to the nearest even integer, as ONNX's Round says. The operators are
those that the bundled models need, each as https://onnx.ai/onnx/operators
specifies it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from onnx_graph import Node, OnnxGraph
from onnx_tensors import ELEMENT_TYPES

Array = np.ndarray


# Operators: functions of the node and its inputs, None where one is absent.

def _axes(node: Node, axes: Array | None):
    chosen = node.get("axes", axes)
    return None if chosen is None else tuple(int(axis) for axis in chosen)


def _reduce(function):
    def compute(node: Node, data: Array, axes: Array | None = None):
        return function(data, axis=_axes(node, axes),
                        keepdims=bool(node.get("keepdims", 1)))
    return compute


def _squeeze(node: Node, data: Array, axes: Array | None = None):
    return np.squeeze(data, _axes(node, axes))


def _unsqueeze(node: Node, data: Array, axes: Array | None = None):
    return np.expand_dims(data, _axes(node, axes))


def _clip(_, data: Array, low: Array | None = None, high: Array | None = None):
    if low is not None:
        data = np.maximum(data, low)
    return data if high is None else np.minimum(data, high)


def _gemm(node: Node, a: Array, b: Array, c: Array | None = None):
    a = a.T if node.get("transA", 0) else a
    b = b.T if node.get("transB", 0) else b
    product = node.get("alpha", 1.0) * (a @ b)
    return product if c is None else product + node.get("beta", 1.0) * c


def _convolution(node: Node, data: Array, weight: Array,
                 bias: Array | None = None):
    assert node.get("group", 1) == 1 and not any(node.get("pads", [0]))
    assert set(node.get("dilations", [1])) == {1}
    windows = np.lib.stride_tricks.sliding_window_view(
        data, weight.shape[2:], axis=(2, 3))
    rows, columns = node.get("strides", [1, 1])
    windows = windows[:, :, ::rows, ::columns]
    result = np.tensordot(windows, weight, axes=([1, 4, 5], [1, 2, 3]))
    result = result if bias is None else result + bias
    return result.transpose(0, 3, 1, 2)


def _layer_normalization(node: Node, data: Array, scale: Array,
                         bias: Array | None = None):
    axis = node.get("axis", -1) % data.ndim
    axes = tuple(range(axis, data.ndim))
    centred = data - data.mean(axes, keepdims=True)
    variance = (centred ** 2).mean(axes, keepdims=True)
    result = centred / np.sqrt(variance + node.get("epsilon", 1e-5)) * scale
    return result if bias is None else result + bias


def _softmax(node: Node, data: Array):
    axis = node.get("axis", -1)
    powers = np.exp(data - data.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def _reshape(node: Node, data: Array, shape: Array):
    sizes = [int(size) for size in shape]
    if not node.get("allowzero", 0):
        sizes = [data.shape[i] if size == 0 else size
                 for i, size in enumerate(sizes)]
    return data.reshape(sizes)


def _flatten(node: Node, data: Array):
    return data.reshape(math.prod(data.shape[:node.get("axis", 1)]), -1)


def _shape(node: Node, data: Array):
    return np.array(data.shape[node.get("start", 0):node.get("end")], np.int64)


def _slice(_, data: Array, starts: Array, ends: Array,
           axes: Array | None = None, steps: Array | None = None):
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    index = [slice(None)] * data.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps):
        assert step > 0
        index[axis] = slice(int(start), int(end), int(step))
    return data[tuple(index)]


def _split(node: Node, data: Array, sizes: Array | None = None):
    axis = node.get("axis", 0)
    sizes = node.get("split", sizes)
    if sizes is None:
        return np.split(data, node.get("num_outputs", len(node.outputs)), axis)
    return np.split(data, np.cumsum(sizes)[:-1], axis)


def _gather_nd(node: Node, data: Array, indices: Array):
    assert node.get("batch_dims", 0) == 0
    return data[tuple(np.moveaxis(indices, -1, 0))]


def _cumulative_sum(node: Node, data: Array, axis: Array):
    assert not node.get("exclusive", 0) and not node.get("reverse", 0)
    return np.cumsum(data, int(axis))


def _expand(_, data: Array, shape: Array):
    sizes = [int(size) for size in shape]
    return np.broadcast_to(data, np.broadcast_shapes(data.shape, sizes))


def _cast(node: Node, data: Array):
    return data.astype(ELEMENT_TYPES[node.get("to")])


def _mean(data: Array, **arguments):
    return np.mean(data, dtype=np.float64, **arguments)


def _constant_of_shape(node: Node, shape: Array):
    value = node.get("value", np.zeros(1, np.float32))
    return np.full([int(size) for size in shape], value[0])


def _elementwise(function):
    return lambda _, *operands: function(*operands)


def _divide(_, a: Array, b: Array):
    return a / b if a.dtype.kind == "f" else np.trunc(a / b).astype(a.dtype)


_erf = np.frompyfunc(math.erf, 1, 1)

OPERATORS: dict[str, Callable] = {
    "Abs": _elementwise(np.abs),
    "Add": _elementwise(np.add),
    "And": _elementwise(np.logical_and),
    "Cast": _cast,
    "Clip": _clip,
    "Concat": lambda node, *parts: np.concatenate(parts, node.get("axis")),
    "Constant": lambda node: node.get("value"),
    "ConstantOfShape": _constant_of_shape,
    "Conv": _convolution,
    "Cos": _elementwise(np.cos),
    "CumSum": _cumulative_sum,
    "Div": _divide,
    "Equal": _elementwise(np.equal),
    "Erf": lambda _, data: _erf(data).astype(data.dtype),
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": lambda node, data, indices: np.take(data, indices,
                                                  node.get("axis", 0)),
    "GatherND": _gather_nd,
    "Gemm": _gemm,
    "Greater": _elementwise(np.greater),
    "LayerNormalization": _layer_normalization,
    "LessOrEqual": _elementwise(np.less_equal),
    "MatMul": _elementwise(np.matmul),
    "Max": _elementwise(np.maximum),
    "Mul": _elementwise(np.multiply),
    "Neg": _elementwise(np.negative),
    "Not": _elementwise(np.logical_not),
    "Pow": _elementwise(np.power),
    "Range": _elementwise(np.arange),
    "Reciprocal": lambda _, data: 1.0 / data,
    "ReduceMax": _reduce(np.max),
    "ReduceMean": _reduce(_mean),
    "Relu": lambda _, data: np.maximum(data, 0.0),
    "Reshape": _reshape,
    "Round": _elementwise(np.rint),
    "Shape": _shape,
    "Sin": _elementwise(np.sin),
    "Slice": _slice,
    "Softmax": _softmax,
    "Split": _split,
    "Sqrt": _elementwise(np.sqrt),
    "Squeeze": _squeeze,
    "Sub": _elementwise(np.subtract),
    "Tanh": _elementwise(np.tanh),
    "Transpose": lambda node, data: data.transpose(node.get("perm")),
    "Unsqueeze": _unsqueeze,
    "Where": _elementwise(np.where),
}


@dataclass(frozen=True)
class Quantizer:
    """What makes activations integers of 8 bits: Clip(Round(x), -128, 127)."""
    unrounded: str  # x
    result: str


# Gets x and the result; what it returns takes the result's place.
Requantize = Callable[[Quantizer, Array, Array], Array]


class Oracle:
    """Floats that depend on the inputs are `dtype`. The others, `constants` by
    their names, are computed once and in single precision, but for sums of
    means, as whoever trained the weights had them: in double precision, weights
    half way between two trits would become others. `quantizers` are those of
    activations, in order."""

    def __init__(self, graph: OnnxGraph, dtype=np.float64):
        self.graph = graph
        self.dtype = np.float32
        self.constants = {name: self._convert(value)
                          for name, value in graph.initializers.items()}
        self._nodes = []
        for node in graph.nodes:
            if all(not name or name in self.constants for name in node.inputs):
                self._compute(node, self.constants)
            else:
                self._nodes.append(node)
        self.dtype = dtype
        self.constants = {name: self._convert(value)
                          for name, value in self.constants.items()}
        self.quantizers = self._find_quantizers()

    def run(self, inputs: Mapping[str, Array],
            requantize: Requantize | None = None) -> dict[str, Array]:
        """The outputs by their names. `requantize` is called for each of
        `self.quantizers` in turn."""
        values = dict(self.constants)
        values.update({name: self._convert(inputs[name])
                       for name in self.graph.inputs})
        quantizers = {quantizer.result: quantizer
                      for quantizer in self.quantizers}
        reads = {node.outputs[0]: set(node.inputs) for node in self._nodes}
        for quantizer in self.quantizers:
            reads[quantizer.result].add(quantizer.unrounded)
        last = {name: result for result, names in reads.items()
                for name in names}
        for node in self._nodes:
            self._compute(node, values)
            result = node.outputs[0]
            if requantize and result in quantizers:
                quantizer = quantizers[result]
                values[result] = requantize(
                    quantizer, values[quantizer.unrounded], values[result])
            for name in reads[result]:
                if last[name] == result and name not in self.graph.outputs:
                    values.pop(name, None)
        return {name: values[name] for name in self.graph.outputs}

    def _find_quantizers(self) -> list[Quantizer]:
        rounds = {node.outputs[0]: node.inputs[0] for node in self._nodes
                  if node.type == "Round"}
        return [Quantizer(rounds[node.inputs[0]], node.outputs[0])
                for node in self._nodes
                if node.type == "Clip" and node.inputs[0] in rounds
                and len(node.inputs) == 3
                and self.constants[node.inputs[1]] == -128
                and self.constants[node.inputs[2]] == 127]

    def _convert(self, value) -> Array:
        value = np.asarray(value)
        return value.astype(self.dtype, copy=False) \
            if value.dtype.kind == "f" else value

    def _compute(self, node: Node, values: dict[str, Array]) -> None:
        operands = [values[name] if name else None for name in node.inputs]
        results = OPERATORS[node.type](node, *operands)
        if not isinstance(results, list):
            results = [results]
        for name, result in zip(node.outputs, results):
            values[name] = self._convert(result)
